#!/usr/bin/env python3
"""Time re-indexing: everything, 1 % of the articles changed, nothing changed; and the memory that building takes.

    python scripts/bench/index.py [--articles N] [--words N]
    python scripts/bench/index.py --memory N [--words N]

The first runs scripts/build_index.py on generated articles with the real embedding model, each time as a process of its
own: what is timed is the whole command. The second builds N articles with an embedder that makes up vectors, and tells
the most memory that the process had at any time.

Articles are words of German and English, drawn as often as they are used (wordfreq), with titles, numbers, sentences of
8 to 22 words and paragraphs of 3 to 6 sentences; half of them in each language, the same ones every time.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from wordfreq import top_n_list, word_frequency

from index.build import build_articles
from index.embedding import Vectors
from index.types import Article
from service.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
VOCABULARY = 8_000
CHANGED = 0.01
DIM = 384


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; its exit status."""
    settings = load_settings()
    parser = argparse.ArgumentParser(description="Time re-indexing, or measure the memory that building takes.")
    parser.add_argument("--articles", type=int, default=1_000, metavar="N")
    parser.add_argument("--words", type=int, default=400, metavar="N", help="of each article (%(default)s)")
    parser.add_argument("--memory", type=int, metavar="N", help="measure memory over so many articles instead")
    parser.add_argument("--models", type=Path, default=settings.models, metavar="DIR")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        if chosen.memory:
            _measure_memory(Path(directory), chosen.memory, chosen.words)
        else:
            _time(Path(directory), chosen.articles, chosen.words, chosen.models.absolute())
    return 0


def _time(directory: Path, count: int, words: int, models: Path) -> None:
    articles = directory / "articles"
    articles.mkdir()
    writer = Writer(words)
    for number in range(count):
        (articles / f"{number:06}.txt").write_text(writer.article(number), encoding="utf-8")
    command = [sys.executable, str(ROOT / "scripts" / "build_index.py"), str(articles)]
    command += ["--out", str(directory / "index"), "--models", str(models)]
    whole = _seconds(command, "everything is new")
    nothing = min(_seconds(command, "nothing has changed") for _ in range(3))
    changed = max(1, round(CHANGED * count))
    for number in random.Random(1).sample(range(count), changed):  # noqa: S311 - no secret
        path = articles / f"{number:06}.txt"
        path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{writer.paragraph(count + number)}\n", encoding="utf-8")
    some = _seconds(command, f"{changed} articles have got another paragraph")
    print(f"{changed} of {count} changed: {some / whole:.2%} of the time of the full building ({some:.2f} s)")
    print(f"nothing changed: {nothing:.2f} s")


def _seconds(command: Sequence[str], what: str) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    print(f"{what}: {seconds:.2f} s; " + "; ".join(done.stdout.splitlines()), flush=True)
    return seconds


def _measure_memory(directory: Path, count: int, words: int) -> None:
    writer = Writer(words)
    before = _peak()
    started = time.perf_counter()

    def articles() -> Iterator[Article]:
        for number in range(count):
            text = writer.article(number)
            known = f"{number:08}", text.split("\n", 1)[0], text, None, None, writer.language(number)
            yield Article(*known, hashlib.sha256(text.encode()).hexdigest())
            if number % (count // 10 or 1) == 0:
                print(f"{number:,} articles, {_peak():.0f} MB, {time.perf_counter() - started:.0f} s", flush=True)

    report = build_articles(articles(), directory / "index", MadeUpVectors(), on_error=_complain)
    print(f"{report.articles:,} articles, {report.passages:,} passages, {report.sentences:,} sentences")
    print(f"{report.seconds:.0f} s; peak {_peak():.0f} MB, {before:.0f} MB of it before the first article")


def _complain(error: Exception) -> None:
    print(error, file=sys.stderr)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class MadeUpVectors:
    """An embedder without a model: each text has a unit vector that depends on its hash."""

    dim = DIM
    name = "made-up"

    def identity(self) -> Mapping[str, str | int | bool]:
        """Nothing else gives these vectors."""
        return {"model": self.name, "dim": DIM}

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """About as many as a model counts."""
        return [len(text) // 4 for text in texts]

    def embed_documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """float32 `(len(texts), DIM)`."""
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) for text in texts]
        rows = np.array([np.random.default_rng(seed).standard_normal(DIM, dtype=np.float32) for seed in seeds])
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As documents."""
        return self.embed_documents(texts)


class Writer:
    """Writes articles, the same one for the same number."""

    def __init__(self, words: int) -> None:
        self._words = words
        self._vocabulary = {language: _vocabulary(language) for language in ("de", "en")}

    def language(self, number: int) -> str:
        """Of an article."""
        return ("de", "en")[number % 2]

    def article(self, number: int) -> str:
        """A title and paragraphs, of about as many words as were asked for."""
        chance = random.Random(number)  # noqa: S311 - no secret
        paragraphs: list[str] = []
        while sum(map(len, map(str.split, paragraphs))) < self._words:
            paragraphs.append(self._paragraph(chance, self.language(number)))
        return "\n\n".join([self._sentence(chance, self.language(number), 6).rstrip("."), *paragraphs]) + "\n"

    def paragraph(self, number: int) -> str:
        """Another paragraph for an article."""
        return self._paragraph(random.Random(-number), self.language(number))  # noqa: S311 - no secret

    def _paragraph(self, chance: random.Random, language: str) -> str:
        return " ".join(self._sentence(chance, language, chance.randint(8, 22)) for _ in range(chance.randint(3, 6)))

    def _sentence(self, chance: random.Random, language: str, words: int) -> str:
        names, weights = self._vocabulary[language]
        drawn = chance.choices(names, cum_weights=weights, k=words)
        if chance.random() < 0.2:
            drawn.insert(chance.randrange(1, len(drawn)), str(chance.randrange(2, 5_000)))
        return " ".join(drawn).capitalize() + "."


def _vocabulary(language: str) -> tuple[list[str], list[float]]:
    """Words, and the sum of the frequencies up to each."""
    names = [name for name in top_n_list(language, VOCABULARY) if re.fullmatch(r"[^\W\d_]+", name)]
    return names, np.cumsum([word_frequency(name, language) for name in names]).tolist()


if __name__ == "__main__":
    sys.exit(main())
