#!/usr/bin/env python3
"""Time the lexical index on a collection made by recombining the sentences of the examples.

    python scripts/bench/lexical.py [--passages N] [--articles DIR]

Each passage is `SENTENCES` sentences of one language, drawn at random (seed 0); the questions are those of the gold
set. Recombining makes words more frequent than a real collection of that size has them: queries read more postings.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from index.articles import read_collection
from index.errors import ArticleError
from index.lexical import FIELDS, LexicalIndex, LexicalWriter
from index.passages import split
from index.scales import scale

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SENTENCES = 7
CANDIDATES = 256
REPEATS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; its exit status."""
    parser = argparse.ArgumentParser(description="Time the lexical index.")
    parser.add_argument("--passages", type=int, default=100_000, metavar="N")
    parser.add_argument("--articles", type=Path, default=EXAMPLES / "articles", metavar="DIR")
    chosen = parser.parse_args(arguments)
    sentences = _sentences(chosen.articles)
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        languages = _build(Path(directory), sentences, chosen.passages)
        building = time.perf_counter() - started
        sizes = {field: sum(file.stat().st_size for file in (Path(directory) / field).iterdir()) for field in FIELDS}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        started = time.perf_counter()
        index = LexicalIndex.open(Path(directory))
        opening = time.perf_counter() - started
        print(
            f"{len(index):,} passages, built in {building:.1f} s, peak {peak:.0f} MB, opened in {1e3 * opening:.1f} ms"
        )
        print("on disk: " + ", ".join(f"{field} {size / 1e6:.0f} MB" for field, size in sizes.items()))
        _search(index, np.array(languages, dtype=np.int32))
    return 0


def _sentences(articles: Path) -> dict[str, list[str]]:
    """The sentences of all articles, by language."""
    found: dict[str, list[str]] = {}
    for article in read_collection([articles], _complain):
        _, sentences = split(article, lambda texts: [len(text) // 4 for text in texts])
        for sentence in sentences:
            found.setdefault(sentence.language, []).append(article.text[sentence.start : sentence.end])
    return found


def _complain(error: ArticleError) -> None:
    print(error, file=sys.stderr)


def _build(directory: Path, sentences: dict[str, list[str]], passages: int) -> list[int]:
    """Write the index; the language code of each row."""
    chance = random.Random(0)  # noqa: S311 - no secret
    names = sorted(language for language, texts in sentences.items() if len(texts) >= SENTENCES)
    codes = []
    with closing(LexicalWriter(directory)) as writer:
        for _ in range(passages):
            codes.append(chance.randrange(len(names)))
            language = names[codes[-1]]
            writer.add([" ".join(chance.sample(sentences[language], SENTENCES))], language)
        writer.write()
    return codes


def _search(index: LexicalIndex, languages: np.ndarray[tuple[int], np.dtype[np.int32]]) -> None:
    questions = [json.loads(line) for line in (EXAMPLES / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = np.arange(len(index))
    timings: dict[str, list[float]] = {"match": [], "top": [], "scale": []}
    for question in questions * REPEATS:
        begun = time.perf_counter()
        match = index.match(question["question"], question["lang"])
        matched = time.perf_counter()
        match.grams.top(CANDIDATES)
        match.stems.top(CANDIDATES)
        topped = time.perf_counter()
        scale(match.grams.covered(rows), languages, 0.01)
        ended = time.perf_counter()
        for name, seconds in zip(timings, (matched - begun, topped - matched, ended - topped), strict=True):
            timings[name].append(1e3 * seconds)
    for name, values in timings.items():
        cuts = statistics.quantiles(values, n=100)
        print(f"{name}: p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms")


if __name__ == "__main__":
    raise SystemExit(main())
