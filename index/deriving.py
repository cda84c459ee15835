"""What is derived from an article alone: its title and language, its passages and sentences, their terms and tokens.

All of it costs much more than reading the article, and depends on nothing but the article and known parameters. So it
is kept (`derived.py`), and made again only where either has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

from index.articles import described
from index.derived import DerivedCache
from index.derived_entries import FORMAT, ArticleTerms, Derived, decoded, encoded
from index.embedding import Embedder, TokenEmbedder
from index.errors import SnapshotError
from index.inputs import SPLITTING, passage_terms, passages_in_pieces, sentence_terms
from index.lexical import LEXICAL, RowAnalyser
from index.passages import split
from index.readers import Record
from index.types import Article, Passage, Sentence

LARGEST = 1 << 20
"""Characters of an article that is kept. What is derived from a longer one is too much to be held at once."""
PASSAGES_AT_ONCE = 64
"""Whose terms are found together."""


class Deriver:
    """Derives, or finds what was derived before from the same."""

    def __init__(self, embedder: Embedder, cache: DerivedCache) -> None:
        self._embedder = embedder
        self._cache = cache
        self._analyser = RowAnalyser()
        gives_tokens = isinstance(embedder, TokenEmbedder)
        self._parameters = _hash(FORMAT, SPLITTING, LEXICAL, dict(embedder.identity()), gives_tokens).hex()

    def describe(self, article_id: str, record: Record, sha256: str) -> tuple[str, str]:
        """As `articles.described`."""
        # the id becomes the title where there is nothing else
        known = [sha256, record.title, record.language, None if record.title else article_id]
        key = _hash("described", FORMAT, SPLITTING, known)
        kept = self._cache.get(key)
        if kept is not None:
            title, language = json.loads(kept)
            return title, language
        found = described(article_id, record, sha256)
        self._cache.put(key, json.dumps(found).encode())
        return found

    def derive(self, article: Article) -> Derived:
        """Raises SnapshotError where the text is not that of the article's sha256."""
        key = self._key(article)
        kept = self._cache.get(key)
        if kept is not None:
            return decoded(article.id, kept)
        if hashlib.sha256(article.text.encode()).hexdigest() != article.sha256:
            raise SnapshotError(f"{article.id}: its text does not have the article's sha256 {article.sha256}")
        passages, sentences = split(article, self._embedder.count_tokens)
        terms = terms_of(article, passages, sentences, self._analyser)
        tokens = _token_counts(article, passages, sentences, self._embedder)
        if len(article.text) > LARGEST:
            return Derived(passages, sentences, tokens, terms)
        derived = Derived(passages, sentences, tokens, list(terms))
        self._cache.put(key, encoded(derived))
        return derived

    def has_nothing(self, article: Article) -> bool:
        """Whether an article is known to hold no sentence to index."""
        kept = self._cache.get(self._key(article))
        return kept is not None and not decoded(article.id, kept).sentences

    def flush(self) -> None:
        """Keep what was derived until here, whatever happens to the process."""
        self._cache.flush()

    def _key(self, article: Article) -> bytes:
        return _hash(self._parameters, article.sha256, article.title, article.language)


def _hash(*parts: object) -> bytes:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()


def terms_of(
    article: Article, passages: Sequence[Passage], sentences: Sequence[Sentence], analyser: RowAnalyser
) -> Iterator[ArticleTerms]:
    """The terms of all passages and sentences, by and by; `Sentence.passage` is a position in `passages`."""
    begin = 0
    for first in range(0, len(passages), PASSAGES_AT_ONCE):
        some = passages[first : first + PASSAGES_AT_ONCE]
        end = begin
        while end < len(sentences) and sentences[end].passage < first + len(some):
            end += 1
        own = sentences[begin:end]
        texts = passage_terms(article, some), sentence_terms(article, passages, own)
        of_passages = [(text, row.language) for text, row in zip(texts[0], some, strict=True)]
        of_sentences = [(text, row.language) for text, row in zip(texts[1], own, strict=True)]
        yield ArticleTerms(analyser.analyse(of_passages), analyser.analyse(of_sentences))
        begin = end


def _token_counts(
    article: Article, passages: Sequence[Passage], sentences: Sequence[Sentence], embedder: Embedder
) -> list[int]:
    if not isinstance(embedder, TokenEmbedder):
        return []
    return embedder.count_vectors(
        [piece for pieces in passages_in_pieces(article, passages, sentences) for piece in pieces]
    )
