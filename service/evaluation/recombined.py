"""Large collections made by recombining the sentences of small ones: texts and words are real, vectors nearly.

`scripts/bench/search.py` says what that is good for.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from index.articles import read_collection
from index.build import OnError
from index.derived_entries import Derived
from index.deriving import terms_of
from index.draft import DraftWriter
from index.embedding import Embedder, TokenEmbedder, Vectors
from index.errors import SnapshotError
from index.inputs import sentence_vectors
from index.lexical import RowAnalyser
from index.manifest import Value
from index.passages import split
from index.publish import publish, staging
from index.snapshot import Snapshot
from index.types import Article, Passage, Sentence

SENTENCES_A_PASSAGE = (5, 9)
"""At least and at the most; about 200 tokens, as the splitter makes them."""
PASSAGES_AN_ARTICLE = 8
NOISE = 0.1
"""Length of the noise that is added to a vector of length 1, so that no two rows are the same."""
TEXTS_REMEMBERED = 1 << 14
"""Sentences come again and again here: each is analysed once."""


@dataclass(frozen=True, slots=True)
class Recombined:
    """What collections are made of: by language, sentences with their vectors, float32 `(sentences, dim)` each."""

    languages: dict[str, tuple[tuple[str, ...], Vectors]]
    tokens: dict[str, list[Vectors]] | None
    """By language, the tokens of each sentence, float32 `(tokens, dim)`; None where the model gives none."""
    identity: dict[str, Value]
    dim: int

    @classmethod
    def read(cls, paths: Sequence[Path], embedder: Embedder, on_error: OnError) -> Recombined:
        """The sentences of all articles in `paths`; languages with too few for a passage are left out."""
        found: dict[str, dict[str, None]] = {}
        for article in read_collection(paths, on_error):
            for sentence in split(article, embedder.count_tokens)[1]:
                found.setdefault(sentence.language, {})[article.text[sentence.start : sentence.end]] = None
        enough = {name: tuple(texts) for name, texts in found.items() if len(texts) >= SENTENCES_A_PASSAGE[1]}
        identity: dict[str, Value] = dict(embedder.identity())
        if not isinstance(embedder, TokenEmbedder):
            vectors = {name: (texts, embedder.embed_documents(texts)) for name, texts in enough.items()}
            return cls(vectors, None, identity, embedder.dim)
        embedded = {name: embedder.embed_document_tokens(texts) for name, texts in enough.items()}
        languages = {name: (enough[name], vectors) for name, (vectors, _) in embedded.items()}
        return cls(languages, {name: tokens for name, (_, tokens) in embedded.items()}, identity, embedder.dim)

    @property
    def sentences(self) -> int:
        """How many different ones there are."""
        return sum(len(texts) for texts, _ in self.languages.values())

    def parameters(self, passages: int) -> dict[str, int | float | str]:
        """What a collection of `passages` passages depends on, for its manifest."""
        texts = "\n".join(text for name in sorted(self.languages) for text in self.languages[name][0])
        source = hashlib.sha256(texts.encode()).hexdigest()
        return {"name": "recombined", "version": 2, "passages": passages, "noise": NOISE, "source": source}


@contextmanager
def opened(index_dir: Path, source: Recombined, passages: int) -> Iterator[Snapshot]:
    """The snapshot of a collection of `passages` passages in `index_dir`; made where another or none is there.

    One that is there is taken although texts might be analysed otherwise today: timings hardly depend on that.
    """
    try:
        snapshot = Snapshot.open(index_dir, expect=source.identity)
        fresh = snapshot.manifest.splitter == source.parameters(passages)
    except SnapshotError:
        fresh = False
    if not fresh:
        _make(index_dir, source, passages)
        snapshot = Snapshot.open(index_dir, expect=source.identity)
    with snapshot:
        yield snapshot


def _make(index_dir: Path, source: Recombined, passages: int) -> None:
    with staging(index_dir) as draft:
        tokens = source.tokens is not None
        with DraftWriter(draft, source.dim, tokens=tokens) as writer:
            made = _Maker(source, writer)
            while writer.store.passages < passages:
                made.add_article(min(PASSAGES_AN_ARTICLE, passages - writer.store.passages))
            manifest = writer.finish(source.identity, source.parameters(passages))
        publish(index_dir, draft, manifest)


class _Maker:
    """Draws articles and hands them to the writer; only their vectors are in memory."""

    def __init__(self, source: Recombined, writer: DraftWriter) -> None:
        self._source = source
        self._writer = writer
        self._chance = random.Random(0)  # noqa: S311 - no secret
        self._analyser = RowAnalyser(TEXTS_REMEMBERED)
        self._noise = np.random.default_rng(0)

    def add_article(self, passages: int) -> None:
        """Draw an article of `passages` passages, all in one language."""
        language = self._chance.choice(sorted(self._source.languages))
        texts, vectors = self._source.languages[language]
        drawn = [
            self._chance.sample(range(len(texts)), self._chance.randint(*SENTENCES_A_PASSAGE)) for _ in range(passages)
        ]
        number = self._writer.store.articles
        article, parts, sentences = _joined(number, [[texts[n] for n in some] for some in drawn], language)
        terms = terms_of(article, parts, sentences, self._analyser)
        self._writer.add(article, Derived(parts, sentences, [], terms))
        self._writer.add_vectors(
            self._noisy(np.array([vectors[some].mean(axis=0) for some in drawn])),
            self._noisy(np.concatenate([_in_context(vectors[some]) for some in drawn])),
        )
        if self._source.tokens is not None:
            tokens = self._source.tokens[language]
            self._writer.add_tokens(
                [np.concatenate([tokens[n] for n in some]) for some in drawn],
                [[len(tokens[n]) for n in some] for some in drawn],
            )

    def _noisy(self, vectors: Vectors) -> Vectors:
        noise = self._noise.standard_normal(vectors.shape, dtype=np.float32)
        return _unit(_unit(vectors) + np.float32(NOISE) * _unit(noise))


def _in_context(vectors: Vectors) -> Vectors:
    """The vectors of a passage's sentences, halfway to what stands for each with its predecessor."""
    before = np.concatenate([vectors[:1], vectors[:-1]])
    return sentence_vectors(vectors, _unit(vectors + before))


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _joined(
    number: int, drawn: Sequence[Sequence[str]], language: str
) -> tuple[Article, list[Passage], list[Sentence]]:
    """An article of passages of sentences, joined by empty lines and spaces."""
    name, text = f"article-{number}", "\n\n".join(" ".join(some) for some in drawn)
    passages, sentences, start = [], [], 0
    for position, some in enumerate(drawn):
        first = start
        for sentence in some:
            sentences.append(Sentence(name, start, start + len(sentence), position, language))
            start += len(sentence) + 1
        passages.append(Passage(name, first, start - 1, "", language))
        start += 1
    published = date.fromordinal(date(2020, 1, 1).toordinal() + number % 2000)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Article(name, drawn[0][0][:60], text, None, published, language, sha256), passages, sentences
