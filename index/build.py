"""Articles -> a published snapshot: comparing, reading, splitting, storing and embedding, joined as a stream.

What was derived from an article before, and every vector, is found again (`derived.py`, `embedding_cache.py`), so that
a building costs what has changed. Texts pass through in bounded portions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from index import inbox
from index.articles import Describe, read_collection
from index.changes import Changes, Comparison, Served, nothing_in, served
from index.derived import FILE_NAME, DerivedCache
from index.derived_entries import Derived
from index.deriving import Deriver
from index.draft import DraftWriter
from index.embedding import Embedder, TokenEmbedder, Vectors
from index.errors import ArticleError, EmptyCollection, NotPruned
from index.inbox import overlay
from index.inputs import (
    SPLITTING,
    passages_alone,
    sentence_vectors,
    sentences_alone,
    sentences_in_context,
)
from index.lock import WriterLock, held_or_taken
from index.manifest import Manifest
from index.progress import Progress, Silence, Step
from index.publish import KEPT, publish, remove_strays, staging
from index.types import Article
from index.vector_kinds import VectorOptions, VectorsRecord

CHARACTERS_AT_ONCE = 1_000_000
"""Texts are embedded when this many characters have come together: enough to sort into full batches by length."""

OnError = Callable[[ArticleError], None]
SEARCHED = VectorOptions()


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How a snapshot is built.

    `keep` snapshots stay on disk; `vectors` says how vectors are to be searched; `force` publishes although nothing has
    changed; `allow_empty` publishes a snapshot without articles where nothing usable was found, which is an error else.
    """

    keep: int = KEPT
    vectors: VectorOptions = SEARCHED
    force: bool = False
    allow_empty: bool = False


DEFAULTS = BuildOptions()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was built. `languages` counts passages; `skipped` are the articles left out, each with its reason.

    `unchanged` where nothing had changed and nothing was published: `snapshot` is then the one that was served before.
    `why` says what beside the articles made a new snapshot due, empty where nothing did. `embedding_seconds` is the
    part of `seconds` that was spent inside the embedding model. `vectors` is what the manifest says of them.
    """

    snapshot: str
    articles: int
    passages: int
    sentences: int
    languages: dict[str, int]
    skipped: tuple[ArticleError, ...]
    seconds: float
    embedding_seconds: float
    changes: Changes
    unchanged: bool = False
    why: str = ""
    vectors: dict[str, VectorsRecord] = field(default_factory=dict)


def build(
    paths: Sequence[Path],
    out: Path,
    embedder: Embedder,
    *,
    on_error: OnError,
    progress: Progress | None = None,
    options: BuildOptions = DEFAULTS,
    held: WriterLock | None = None,
) -> BuildReport:
    """Index the articles in `paths` and publish them as a snapshot in `out`, unless the served one is the same.

    What was written and deleted over HTTP (`inbox.py`) goes before what the files say, and is told to `on_error`. Where
    `out` lies in a directory of `paths`, it is no part of the collection.

    Each article that can't be used is told to `on_error` and left out. `held` is the lock on `out` of a caller that has
    it already. Raises EmptyCollection where no article was found or none of them could be used (not where all were
    deleted over HTTP), IndexLocked where somebody else is writing to `out`, another IndexingError where building or
    publishing fails; what `out` served before is served on then.
    """

    def source(skip: OnError, describe: Describe) -> Iterable[Article]:
        def hidden(article: Article) -> None:
            skip(ArticleError(article.id, "what was said of it over HTTP goes before its file"))

        articles = read_collection(paths, skip, describe, without=out, allow_empty=options.allow_empty)
        return changes.over(articles, hidden)

    # The lock comes first: an inbox read before another writer published would take back what that one made of it.
    with held_or_taken(out, "building", held) as lock, overlay(out) as changes:
        try:
            report = _built(source, out, embedder, on_error, progress or Silence(), options, lock)
        except NotPruned as error:
            changes.settle(error.published)
            raise
        changes.settle(report.snapshot)
    return report


def build_articles(
    articles: Iterable[Article],
    out: Path,
    embedder: Embedder,
    *,
    on_error: OnError,
    progress: Progress | None = None,
    options: BuildOptions = DEFAULTS,
    held: WriterLock | None = None,
) -> BuildReport:
    """Like `build`, for whoever has the articles already. They are taken one at a time, once; there may be none."""
    return _built(lambda *_: articles, out, embedder, on_error, progress or Silence(), options, held)


Source = Callable[[OnError, Describe], Iterable[Article]]


def _built(
    source: Source,
    out: Path,
    embedder: Embedder,
    on_error: OnError,
    progress: Progress,
    options: BuildOptions,
    held: WriterLock | None,
) -> BuildReport:
    started = time.perf_counter()
    skipped: list[ArticleError] = []

    def skip(error: ArticleError) -> None:
        skipped.append(error)
        on_error(error)

    with held_or_taken(out, "building", held) as lock, closing(DerivedCache(out / FILE_NAME)) as cache:
        remove_strays(out)
        inbox.remove_strays(out)
        deriver = Deriver(embedder, cache)
        articles = source(skip, deriver.describe)
        with served(out) as before:
            comparison = Comparison(before if isinstance(before, Served) else None, articles)
            why = _why(before, embedder, options)
            if isinstance(before, Served) and not why and comparison.finds_none(deriver.has_nothing, skip):
                why = before.damage()
                if not why:
                    return _unchanged(before, skipped, time.perf_counter() - started)
            with staging(out, held=lock) as draft:
                tokens = isinstance(embedder, TokenEmbedder)
                with DraftWriter(draft, embedder.dim, tokens=tokens, vectors=options.vectors) as writer:
                    builder = _Builder(writer, embedder, deriver, progress)
                    came = builder.add_all(comparison, skip)
                    if came and not writer.store.articles and not options.allow_empty:
                        raise EmptyCollection("none of the articles holds a sentence to index; nothing was published")
                    languages = writer.store.passages_by_language()
                    manifest = writer.finish(embedder.identity(), SPLITTING)
                publish(out, draft, manifest, keep=options.keep)
        cache.retire()
    seconds = time.perf_counter() - started
    return _report(manifest, languages, skipped, seconds, comparison.changes, builder.embedding_seconds, why)


@dataclass(slots=True)
class _Pending:
    """Texts that wait for being embedded. `contexts` are those of `sentences`.

    `tokens` says of each passage how many vectors of tokens each of its sentences has.
    """

    passages: list[str] = field(default_factory=list)
    tokens: list[list[int]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)
    characters: int = 0

    def add(self, article: Article, derived: Derived) -> None:
        self.passages.extend(passages_alone(article, derived.passages))
        own: list[list[int]] = [[] for _ in derived.passages]
        for sentence, tokens in zip(derived.sentences, derived.tokens, strict=False):
            own[sentence.passage].append(tokens)
        self.tokens.extend(own)
        self.sentences.extend(sentences_alone(article, derived.sentences))
        self.contexts.extend(sentences_in_context(article, derived.sentences))
        self.characters += 4 * len(article.text)


class _Builder:
    """Splits articles, embeds their texts and hands all of it to the writer."""

    def __init__(self, writer: DraftWriter, embedder: Embedder, deriver: Deriver, progress: Progress) -> None:
        self._writer = writer
        self._embedder = embedder
        self._deriver = deriver
        self._progress = progress
        self.embedding_seconds = 0.0

    def add_all(self, comparison: Comparison, skip: OnError) -> int:
        """Split, store and embed every article; how many came, those included that had nothing to index."""
        came = 0
        pending = _Pending()
        with (
            self._progress.step("Reading", "article") as reading,
            self._progress.step("Embedding", "text") as embedding,
        ):
            for article in comparison.all():
                try:
                    self._add(article, pending)
                    comparison.count(article)
                except ArticleError as error:
                    skip(error)
                came += 1
                reading.advance()
                if pending.characters >= CHARACTERS_AT_ONCE:
                    self._embed(pending, embedding)
                    pending = _Pending()
            self._embed(pending, embedding)
        return came

    def _add(self, article: Article, pending: _Pending) -> None:
        derived = self._deriver.derive(article)
        if not derived.sentences:
            raise nothing_in(article)
        self._writer.add(article, derived)
        pending.add(article, derived)

    def _embed(self, pending: _Pending, step: Step) -> None:
        """Embed sentences and contexts in one go, so that they fill each other's batches."""
        self._deriver.flush()
        texts = pending.sentences + pending.contexts
        if not texts:
            return
        step.expect(len(pending.passages) + len(texts))
        started = time.perf_counter()
        passages = self._embed_passages(pending, step)
        vectors = self._embedder.embed_documents(texts, step.advance)
        self.embedding_seconds += time.perf_counter() - started
        alone, in_context = np.split(vectors, [len(pending.sentences)])
        self._writer.add_vectors(passages, sentence_vectors(alone, in_context))

    def _embed_passages(self, pending: _Pending, step: Step) -> Vectors:
        """The vectors of passages; those of their tokens, where the model gives any, are written on the way."""
        if not isinstance(self._embedder, TokenEmbedder):
            return self._embedder.embed_documents(pending.passages, step.advance)
        vectors, tokens = self._embedder.embed_document_tokens(pending.passages, step.advance)
        self._writer.add_tokens(tokens, pending.tokens)
        return vectors


def _why(before: Served | str, embedder: Embedder, options: BuildOptions) -> str:
    """What makes a new snapshot due, whatever the articles are."""
    if isinstance(before, str):
        return before
    return "asked for" if options.force else before.built_otherwise(embedder, options.vectors)


def _unchanged(before: Served, skipped: Sequence[ArticleError], seconds: float) -> BuildReport:
    languages = before.store.passages_by_language()
    same = Changes(unchanged=before.manifest.counts.articles)
    return _report(before.manifest, languages, skipped, seconds, same, unchanged=True)


def _report(
    manifest: Manifest,
    languages: dict[str, int],
    skipped: Sequence[ArticleError],
    seconds: float,
    changes: Changes,
    embedding_seconds: float = 0.0,
    why: str = "",
    *,
    unchanged: bool = False,
) -> BuildReport:
    counts = manifest.counts
    return BuildReport(
        manifest.id,
        counts.articles,
        counts.passages,
        counts.sentences,
        languages,
        tuple(skipped),
        seconds,
        embedding_seconds,
        changes,
        unchanged,
        why,
        manifest.vectors,
    )
