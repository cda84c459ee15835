"""Writes the files of a snapshot, article by article: what buildings of real and of made-up collections share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Self

from index import manifest as manifests
from index.derived_entries import Derived
from index.embedding import Vectors
from index.lexical import LEXICAL, LexicalWriter
from index.manifest import Counts, Manifest, Value
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
from index.types import Article
from index.vector_kinds import VectorOptions
from index.vectors import VectorWriter


class DraftWriter:
    """Writes one snapshot into a directory of `staging`. Rows are in the order in which they are added.

    Use it with `with`, which closes the files also where writing has failed; `finish` completes them.
    """

    def __init__(
        self,
        draft: Path,
        dim: int,
        *,
        tokens: bool,
        vectors: VectorOptions | None = None,
    ) -> None:
        """`tokens`: whether passages come with the vectors of their tokens. Too many are left out, none has no files.

        `vectors`: how they are to be searched, and up to how many passages tokens are kept.
        """
        self._draft = draft
        self._dim = dim
        self._with_tokens, self._tokens_up_to = tokens, (vectors or VectorOptions()).tokens_up_to
        with ExitStack() as stack:
            self.store = stack.enter_context(closing(StoreWriter(draft / ARTICLES)))
            self._passage_words = stack.enter_context(closing(LexicalWriter(draft / PASSAGE_WORDS)))
            self._sentence_words = stack.enter_context(closing(LexicalWriter(draft / SENTENCE_WORDS)))
            self._passage_vectors = stack.enter_context(closing(VectorWriter(draft / PASSAGE_VECTORS, dim, vectors)))
            self._sentence_vectors = stack.enter_context(closing(VectorWriter(draft / SENTENCE_VECTORS, dim, vectors)))
            of_tokens = stack.enter_context(closing(TokenWriter(draft / PASSAGE_TOKENS))) if tokens else None
            self._passage_tokens = of_tokens
            self._closing = stack.pop_all()

    def add(self, article: Article, derived: Derived) -> None:
        """Append an article, its rows and their words.

        Raises ArticleError where an article of this id is there already, SnapshotError where an offset is wrong.
        """
        self.store.add(article, derived.passages, derived.sentences)
        for terms in derived.terms:
            self._passage_words.extend(terms.passages)
            self._sentence_words.extend(terms.sentences)

    def add_vectors(self, passages: Vectors, sentences: Vectors) -> None:
        """Append the vectors of the next rows, float32 `(n, dim)` of unit length each. Raises ModelError for others."""
        self._passage_vectors.add(passages)
        self._sentence_vectors.add(sentences)

    def add_tokens(self, passages: Sequence[Vectors], sentences: Sequence[Sequence[int]]) -> None:
        """Append the tokens of the next passages, as `TokenWriter.add` takes them.

        From where there are more passages than tokens are kept of, none has any.
        """
        if self._passage_tokens is None:
            if not self._with_tokens:
                raise ValueError("this snapshot was begun without tokens")
        elif len(self._passage_tokens) + len(passages) > self._tokens_up_to:
            self._passage_tokens.discard()
            self._passage_tokens = None
        else:
            self._passage_tokens.add(passages, sentences)

    def finish(self, embedding: Mapping[str, Value], splitter: Mapping[str, Any]) -> Manifest:
        """Write everything to disk; the manifest of what was written.

        `embedding` is the embedder's identity, `splitter` the parameters of splitting. Raises SnapshotError, also where
        a text is not what its article's sha256 tells of.
        """
        store = self.store
        store.check_texts()
        corpus_sha256 = store.corpus_sha256()
        store.commit()
        vectors = {PASSAGE_VECTORS: self._passage_vectors.write(), SENTENCE_VECTORS: self._sentence_vectors.write()}
        self._passage_words.write()
        self._sentence_words.write()
        self._finish_tokens()
        return manifests.new(
            self._draft,
            corpus_sha256=corpus_sha256,
            embedding=embedding,
            dim=self._dim,
            splitter=splitter,
            lexical=LEXICAL,
            vectors=vectors,
            counts=Counts(store.articles, store.passages, store.sentences),
        )

    def _finish_tokens(self) -> None:
        if self._passage_tokens is None:
            return
        if len(self._passage_tokens):
            self._passage_tokens.write()
        else:
            self._passage_tokens.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.close()
