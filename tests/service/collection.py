"""A small collection with an embedder that counts words, and a generator that says what it is told: quick and exact."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import numpy as np

from index.build import build
from index.embedding import Vectors
from index.publish import current_directory
from index.recovery import open_newest_sound
from index.rerank import Scores
from index.retrieve import Retriever
from index.snapshot import Snapshot
from service.answering.answer import AnswerPipeline
from service.answering.leases import Opened
from service.answering.writing import Limits
from service.contracts.answers import Usage
from service.errors import GeneratorUnavailable
from service.generators import Delta, Health, Prompt, Token
from service.language_model.second_check import SecondCheck
from service.search.calibration import Calibration, OperatingPoint
from service.search.finding import Finder
from service.settings import Quoting
from service.verification.abstain import Abstention
from service.verification.confidence import DEFAULTS as CONFIDENCE
from service.verification.confidence import Confidence

ARTICLES = {
    "harbour.md": (
        "---\ntitle: New harbour bridge\nurl: https://example.org/bridge\npublished_at: 2025-06-03\nlanguage: en\n---\n"
        "The city of Porthaven opened its new harbour bridge on Tuesday. "
        "The bridge cost 14.3 million euros and is 420 metres long. "
        "It was designed by the engineering office Brunvald. "
        "Ferries stopped running because the bridge replaces them."
    ),
    "museum.md": (
        "---\ntitle: Museum eröffnet\npublished_at: 2025-07-10\nlanguage: de\n---\n"
        "Das Museum in Porthaven zeigt seit Juli alte Schiffe. "
        "Der Eintritt kostet neun Euro. "
        "Die Sammlung stammt von der Reederei Castellmar."
    ),
}


NEVER = Calibration(schema=1, intercept=0.0, weights={}, points=(OperatingPoint(false_refusals=0.0, threshold=0.0),))
"""Refuses no question for want of likeness: what `WordEmbedder` finds alike says nothing."""


class WordEmbedder:
    """Texts are near where they share words."""

    dim = 4096
    name = "words"

    def identity(self) -> Mapping[str, str | int | bool]:
        return {"model": self.name}

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        return self.embed_queries(texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        rows = np.full((len(texts), self.dim), 1e-6, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.casefold()):
                row[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % self.dim] += 1.0
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


class ScriptedGenerator:
    """Says `text` in pieces of a few characters; with `fails` it dies half way.

    `again` is what it says when it is asked once more, `first` what it tells of its first token; with `cut_off` it
    says that it reached the limit of tokens.
    """

    name = "scripted"

    def __init__(
        self, text: str = "", *, fails: bool = False, again: str = "", first: Token | None = None, cut_off: bool = False
    ) -> None:
        self.texts = [text, again or text]
        self.first = first
        self.fails = fails
        self.finish: Literal["stop", "length"] = "length" if cut_off else "stop"
        self.prompts: list[Prompt] = []
        self.read_before: list[Prompt] = []

    async def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    def ready(self) -> bool:
        return True

    def health(self) -> Health:
        return Health()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        (self.prompts if prompt.evidence else self.read_before).append(prompt)
        text = self.texts[min(len(self.prompts), len(self.texts)) - 1]
        if self.first:
            yield Delta("", tokens=(self.first,))
        end = len(text) // 2 if self.fails else len(text)
        for start in range(0, end, 7):
            yield Delta(text[start : min(start + 7, end)])
        if self.fails:
            raise GeneratorUnavailable("the scripted model died")
        yield Delta("", Usage(prompt_tokens=100, completion_tokens=10, cached_tokens=40, finish_reason=self.finish))


def write_articles(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def published(folder: Path) -> Path:
    """A published index of the collection inside `folder`."""

    def refuse(error: Exception) -> None:
        raise error

    build([write_articles(folder / "articles")], folder / "index", WordEmbedder(), on_error=refuse)
    return folder / "index"


def opened(index: Path) -> Retriever:
    return in_words(Snapshot.open(index))


def in_words(snapshot: Snapshot) -> Retriever:
    return Retriever(snapshot, WordEmbedder())


class WordIndex:
    """The `Source` of an index that was built with `WordEmbedder`."""

    def __init__(self, index: Path, abstention: Abstention, search: Callable[[Snapshot], Retriever] = in_words) -> None:
        self.index = index
        self.abstention = abstention
        self.search = search

    def named(self) -> str:
        return current_directory(self.index).name

    def open(self) -> Opened:
        return self.searched(Snapshot.open(self.index, expect=WordEmbedder().identity()))

    def recover(self) -> Opened:
        return self.searched(open_newest_sound(self.index, expect=WordEmbedder().identity())[0])

    def searched(self, snapshot: Snapshot) -> Opened:
        return Opened(Finder(self.search(snapshot), WordEmbedder(), evidence_tokens=200), self.abstention)


def pipeline_over(
    index: Path,
    generator: ScriptedGenerator,
    seconds: float = 60.0,
    calibrated: Calibration = NEVER,
    cached: int = 8,
    quoting: Quoting = "unsure",
    confidence: Confidence = CONFIDENCE,
    reload_seconds: float = 0.0,
    second: SecondCheck | None = None,
) -> AnswerPipeline:
    source = WordIndex(index, Abstention(calibrated, confidence=confidence, second=second))
    return AnswerPipeline(source, generator, Limits(100, seconds, cached, quoting), reload_seconds)


@asynccontextmanager
async def running(pipeline: AnswerPipeline) -> AsyncIterator[AnswerPipeline]:
    """`pipeline`, started, and closed afterwards."""
    await pipeline.start()
    try:
        yield pipeline
    finally:
        await pipeline.close()


class Patient:
    """A reranker that judges by length as soon as it is allowed to; `begun` tells that it was asked."""

    name = "patient"

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.allowed = threading.Event()

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        self.begun.set()
        assert self.allowed.wait(60)
        return np.array([float(len(text)) for text in texts], dtype=np.float32)
