"""Articles -> a published snapshot: reading, splitting, storing and embedding, joined as a stream.

Of a whole collection, only the vectors are in memory at once; texts pass through in bounded portions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from index import durable
from index import manifest as manifests
from index.articles import read_collection
from index.embedding import Embedder, TokenEmbedder, Vectors
from index.errors import ArticleError, EmptyCollection
from index.inputs import (
    SPLITTING,
    passage_terms,
    passages_alone,
    passages_in_pieces,
    sentence_terms,
    sentence_vectors,
    sentences_alone,
    sentences_in_context,
)
from index.lexical import LEXICAL, LexicalWriter
from index.manifest import Counts, Manifest
from index.passages import split
from index.progress import Progress, Silence, Step
from index.publish import publish, staging
from index.snapshot import (
    ARTICLES,
    PASSAGE_TOKENS,
    PASSAGE_VECTORS,
    PASSAGE_WORDS,
    SENTENCE_VECTORS,
    SENTENCE_WORDS,
)
from index.store import StoreWriter
from index.tokens import TokenWriter
from index.types import Article, Passage, Sentence
from index.vectors import VectorWriter

CHARACTERS_AT_ONCE = 1_000_000
"""Texts are embedded when this many characters have come together: enough to sort into full batches by length."""

OnError = Callable[[ArticleError], None]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was built. `languages` counts passages; `skipped` are the articles left out, each with its reason.

    `embedding_seconds` is the part of `seconds` that was spent inside the embedding model.
    """

    snapshot: str
    articles: int
    passages: int
    sentences: int
    languages: dict[str, int]
    skipped: tuple[ArticleError, ...]
    seconds: float
    embedding_seconds: float


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
    started = time.perf_counter()
    skipped: list[ArticleError] = []

    def skip(error: ArticleError) -> None:
        skipped.append(error)
        on_error(error)

    with staging(out) as draft:
        writer = _Writer(draft, embedder, progress or Silence())
        with closing(writer):
            writer.add_all(read_collection(paths, skip), skip)
            languages = writer.store.passages_by_language()
            manifest = writer.finish()
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
        writer.embedding_seconds,
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


class _Writer:
    """Writes the files of one snapshot."""

    def __init__(self, draft: Path, embedder: Embedder, progress: Progress) -> None:
        self._draft = draft
        self._embedder = embedder
        self._progress = progress
        durable.make_directory((draft / PASSAGE_VECTORS).parent)
        self.store = StoreWriter(draft / ARTICLES)
        self._passage_words = LexicalWriter(draft / PASSAGE_WORDS)
        self._sentence_words = LexicalWriter(draft / SENTENCE_WORDS)
        self._passage_vectors = VectorWriter(embedder.dim)
        self._sentence_vectors = VectorWriter(embedder.dim)
        self._passage_tokens = TokenWriter(draft / PASSAGE_TOKENS) if isinstance(embedder, TokenEmbedder) else None
        self.embedding_seconds = 0.0

    def add_all(self, articles: Iterator[Article], skip: OnError) -> None:
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
        if not self.store.articles:
            raise EmptyCollection("none of the articles holds a sentence to index; nothing was published")

    def close(self) -> None:
        """Close the files, also where writing has failed."""
        self.store.close()
        self._passage_words.close()
        self._sentence_words.close()
        if self._passage_tokens is not None:
            self._passage_tokens.close()

    def finish(self) -> Manifest:
        """Write everything to disk; the manifest of what was written."""
        store = self.store
        store.check_texts()
        corpus_sha256 = store.corpus_sha256()
        store.commit()
        self._passage_vectors.write(self._draft / PASSAGE_VECTORS)
        self._sentence_vectors.write(self._draft / SENTENCE_VECTORS)
        self._passage_words.write()
        self._sentence_words.write()
        if self._passage_tokens is not None:
            self._passage_tokens.write()
        return manifests.new(
            self._draft,
            corpus_sha256=corpus_sha256,
            embedding=self._embedder.identity(),
            dim=self._embedder.dim,
            splitter=SPLITTING,
            lexical=LEXICAL,
            counts=Counts(store.articles, store.passages, store.sentences),
        )

    def _add(self, article: Article, pending: _Pending) -> None:
        passages, sentences = split(article, self._embedder.count_tokens)
        if not sentences:
            raise ArticleError(article.id, "no sentence worth indexing was found in it")
        self.store.add(article, passages, sentences)
        for passage, texts in zip(passages, passage_terms(article, passages), strict=True):
            self._passage_words.add(texts, passage.language)
        for sentence, terms in zip(sentences, sentence_terms(article, passages, sentences), strict=True):
            self._sentence_words.add(terms, sentence.language)
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
        self._passage_vectors.add(passages)
        self._sentence_vectors.add(sentence_vectors(alone, in_context))

    def _embed_passages(self, pending: _Pending, step: Step) -> Vectors:
        """The vectors of passages; those of their tokens, where the model gives any, are written on the way."""
        if self._passage_tokens is None or not isinstance(self._embedder, TokenEmbedder):
            return self._embedder.embed_documents(pending.passages, step.advance)
        vectors, tokens = self._embedder.embed_document_tokens(pending.passages, step.advance)
        counts = iter(self._embedder.count_vectors([piece for pieces in pending.pieces for piece in pieces]))
        self._passage_tokens.add(tokens, [list(islice(counts, len(pieces))) for pieces in pending.pieces])
        return vectors
