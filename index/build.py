"""Articles -> a published snapshot: reading, splitting, storing and embedding, joined as a stream.

Of a whole collection, only the vectors are in memory at once; texts pass through in bounded portions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from index.articles import read_collection
from index.draft import DraftWriter
from index.embedding import Embedder, TokenEmbedder, Vectors
from index.errors import ArticleError, EmptyCollection
from index.inputs import (
    SPLITTING,
    passages_alone,
    passages_in_pieces,
    sentence_vectors,
    sentences_alone,
    sentences_in_context,
)
from index.passages import split
from index.progress import Progress, Silence, Step
from index.publish import publish, staging
from index.types import Article, Passage, Sentence

CHARACTERS_AT_ONCE = 1_000_000
"""Texts are embedded when this many characters have come together: enough to sort into full batches by length."""

OnError = Callable[[ArticleError], None]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was built. `languages` counts passages; `skipped` are the articles left out, each with its reason.

    `embedding_seconds` is the part of `seconds` that was spent inside the embedding model. `unchanged` where nothing
    had changed and nothing was published: `snapshot` is then the one that was served before.
    """

    snapshot: str
    articles: int
    passages: int
    sentences: int
    languages: dict[str, int]
    skipped: tuple[ArticleError, ...]
    seconds: float
    embedding_seconds: float
    unchanged: bool = False


def build(
    paths: Sequence[Path],
    out: Path,
    embedder: Embedder,
    *,
    on_error: OnError,
    progress: Progress | None = None,
) -> BuildReport:
    """Index the articles in `paths` and publish them as a snapshot in `out`.

    Each article that can't be used is told to `on_error` and left out. Raises EmptyCollection where none could be used,
    another IndexingError where building or publishing fails; what `out` served before is served on then.
    """
    skipped: list[ArticleError] = []

    def skip(error: ArticleError) -> None:
        skipped.append(error)
        on_error(error)

    report = build_articles(read_collection(paths, skip), out, embedder, on_error=skip, progress=progress)
    return replace(report, skipped=tuple(skipped))


def build_articles(
    articles: Iterable[Article],
    out: Path,
    embedder: Embedder,
    *,
    on_error: OnError,
    progress: Progress | None = None,
) -> BuildReport:
    """Like `build`, for whoever has the articles already. They are taken one at a time, once."""
    started = time.perf_counter()
    skipped: list[ArticleError] = []

    def skip(error: ArticleError) -> None:
        skipped.append(error)
        on_error(error)

    with staging(out) as draft:
        with DraftWriter(draft, embedder.dim, tokens=isinstance(embedder, TokenEmbedder)) as writer:
            builder = _Builder(writer, embedder, progress or Silence())
            builder.add_all(articles, skip)
            languages = writer.store.passages_by_language()
            manifest = writer.finish(embedder.identity(), SPLITTING)
        publish(out, draft, manifest)
    counts = manifest.counts
    seconds = time.perf_counter() - started
    return BuildReport(
        manifest.id,
        counts.articles,
        counts.passages,
        counts.sentences,
        languages,
        tuple(skipped),
        seconds,
        builder.embedding_seconds,
    )


@dataclass(slots=True)
class _Pending:
    """Texts that wait for being embedded. `contexts` are those of `sentences`, `pieces` those of `passages`."""

    passages: list[str] = field(default_factory=list)
    pieces: list[list[str]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)
    characters: int = 0

    def add(self, article: Article, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> None:
        self.passages.extend(passages_alone(article, passages))
        self.pieces.extend(passages_in_pieces(article, passages, sentences))
        self.sentences.extend(sentences_alone(article, sentences))
        self.contexts.extend(sentences_in_context(article, sentences))
        self.characters += 4 * len(article.text)


class _Builder:
    """Splits articles, embeds their texts and hands all of it to the writer."""

    def __init__(self, writer: DraftWriter, embedder: Embedder, progress: Progress) -> None:
        self._writer = writer
        self._embedder = embedder
        self._progress = progress
        self.embedding_seconds = 0.0

    def add_all(self, articles: Iterable[Article], skip: OnError) -> None:
        """Split, store and embed every article. Raises EmptyCollection where none has anything to index."""
        pending = _Pending()
        with (
            self._progress.step("Reading", "article") as reading,
            self._progress.step("Embedding", "text") as embedding,
        ):
            for article in articles:
                try:
                    self._add(article, pending)
                except ArticleError as error:
                    skip(error)
                reading.advance()
                if pending.characters >= CHARACTERS_AT_ONCE:
                    self._embed(pending, embedding)
                    pending = _Pending()
            self._embed(pending, embedding)
        if not self._writer.store.articles:
            raise EmptyCollection("none of the articles holds a sentence to index; nothing was published")

    def _add(self, article: Article, pending: _Pending) -> None:
        passages, sentences = split(article, self._embedder.count_tokens)
        if not sentences:
            raise ArticleError(article.id, "no sentence worth indexing was found in it")
        self._writer.add(article, passages, sentences)
        pending.add(article, passages, sentences)

    def _embed(self, pending: _Pending, step: Step) -> None:
        """Embed sentences and contexts in one go, so that they fill each other's batches."""
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
        counts = iter(self._embedder.count_vectors([piece for pieces in pending.pieces for piece in pieces]))
        self._writer.add_tokens(tokens, [list(islice(counts, len(pieces))) for pieces in pending.pieces])
        return vectors
