from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from index import manifest
from index.clean import pieces
from index.embedding import Vectors
from index.lexical import LexicalWriter
from index.manifest import Counts
from index.publish import publish, staging
from index.snapshot import ARTICLES, PASSAGE_VECTORS, PASSAGE_WORDS, SENTENCE_VECTORS, SENTENCE_WORDS
from index.store import StoreWriter
from index.types import Article, Passage, Sentence, Span
from index.vectors import VectorWriter


class HashEmbedder:
    """A model without a meaning: each text has one unit vector, and no two texts share theirs."""

    dim = 16
    name = "hash"

    def identity(self) -> Mapping[str, str | int | bool]:
        return {"model": self.name, "normalised": True}

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        if progress is not None:
            progress(len(texts))
        return self.embed_queries(texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) for text in texts]
        rows = np.array([np.random.default_rng(seed).normal(size=self.dim) for seed in seeds]).reshape(-1, self.dim)
        unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return unit


class TokenHashEmbedder(HashEmbedder):
    """Gives each word its vector, and counts the texts that it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def count_vectors(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_document_tokens(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        self.asked.extend(texts)
        return self.embed_queries(texts), [self.embed_queries(text.split()) for text in texts]

    def embed_query_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        return self.embed_document_tokens(texts)


def content_spans(text: str) -> list[Span]:
    """The spans of `text` that are content, in order, disjoint, without surrounding white space."""
    spans: list[Span] = []
    adjacent = False
    for piece in pieces(text):
        if piece.skipped_by:
            adjacent = False
            continue
        if adjacent:
            spans[-1] = Span(spans[-1].start, piece.end)
        else:
            spans.append(Span(piece.start, piece.end))
        adjacent = True
    return spans


@pytest.fixture
def hash_embedder() -> HashEmbedder:
    return HashEmbedder()


def article_of(name: str, text: str, **known: str | date | None) -> Article:
    fields = {"title": name.title(), "url": None, "published_at": None, "language": "en", **known}
    return Article(id=name, text=text, sha256=hashlib.sha256(text.encode()).hexdigest(), **fields)  # type: ignore[arg-type]


def split_lines(article: Article) -> tuple[list[Passage], list[Sentence]]:
    """A sentence a line, a passage two lines: a splitter whose result is seen at a glance."""
    spans, start = [], 0
    for line in article.text.splitlines(keepends=True):
        spans.append((start, start + len(line.rstrip("\n"))))
        start += len(line)
    passages, sentences = [], []
    for number in range(0, len(spans), 2):
        pair = spans[number : number + 2]
        sentences += [Sentence(article.id, *span, passage=len(passages), language=article.language) for span in pair]
        passages.append(Passage(article.id, pair[0][0], pair[-1][1], f"Part {number // 2 + 1}", article.language))
    return passages, sentences


@pytest.fixture
def three_articles() -> list[Article]:
    return [
        article_of(
            "bridge", "The bridge opened in May.\nIt is 240 metres long.\nTrams cross it.", url="https://a.example/1"
        ),
        article_of("brücke", "Die Brücke ist 240 Meter lang.\nSie trägt Straßenbahnen – täglich 400.", language="de"),
        article_of("emoji", "Nul\0 and 🌉 are characters, too.\nSo is é.", published_at=date(2025, 8, 3)),
    ]


Publish = Callable[[Path, Sequence[Article]], str]


@pytest.fixture
def publish_articles(hash_embedder: HashEmbedder) -> Publish:
    """Publishes articles, split by `split_lines`, without the rest of building; gives the snapshot's id back."""

    def run(index_dir: Path, articles: Sequence[Article]) -> str:
        with staging(index_dir) as draft:
            records = {}
            store = StoreWriter(draft / ARTICLES)
            texts: dict[str, list[str]] = {PASSAGE_VECTORS: [], SENTENCE_VECTORS: []}
            for article in articles:
                passages, sentences = split_lines(article)
                store.add(article, passages, sentences)
                texts[PASSAGE_VECTORS] += [article.text[p.start : p.end] for p in passages]
                texts[SENTENCE_VECTORS] += [article.text[s.start : s.end] for s in sentences]
            for name, words in ((PASSAGE_VECTORS, PASSAGE_WORDS), (SENTENCE_VECTORS, SENTENCE_WORDS)):
                lexical = LexicalWriter(draft / words)
                for text in texts[name]:
                    lexical.add([text], "en")
                lexical.write()
            for name, batch in texts.items():
                vectors = VectorWriter(draft / name, hash_embedder.dim)
                vectors.add(hash_embedder.embed_documents(batch))
                records[name] = vectors.write()
            corpus = store.corpus_sha256()
            store.commit()
            published = manifest.new(
                draft,
                corpus_sha256=corpus,
                embedding=hash_embedder.identity(),
                dim=hash_embedder.dim,
                splitter={"name": "lines"},
                lexical={},
                vectors=records,
                counts=Counts(store.articles, store.passages, store.sentences),
            )
            publish(index_dir, draft, published)
        return published.id

    return run
