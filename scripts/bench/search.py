#!/usr/bin/env python3
"""Time a whole search against what can't be saved of it: encoding the question and one exact search of the passages.

    python scripts/bench/search.py [--xquad DIR] [--articles PATH ...] [--passages N ...] [--keep DIR]

Both are timed in one run, question by question in turn, and compared as ratios. The model is the real one, on one
thread as in the service; the snapshot is written by the writers that building uses and opened as the service opens it.

Large collections are made up, since embedding 100,000 passages takes hours here (service/evaluation/recombined.py):

- texts are sentences of real articles, drawn at random within a language (seed 0) and joined to passages and articles.
  What is indexed of words is real. Words are more frequent than in a real collection of that size, so that queries
  read more postings.
- vectors are not those of the joined texts: a sentence's vector is that of the real sentence, embedded once, and a
  passage's is the mean of its sentences', each with a little noise, brought to unit length.

Timings hold, and what is found says nothing of quality. The sentences are those of `--articles`; with `--xquad`, those
of XQuAD's paragraphs as well (scripts/bench/retrieval.py says what DIR holds), and the questions are XQuAD's, not the
examples'. With `--keep`, vectors and snapshots stay in DIR for the next run. `--profile` also prints where the time of
the searches goes.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index.embedding import Embedder, SentenceTransformerEmbedder
from index.models import resolve
from index.retrieve import Retriever
from index.snapshot import Snapshot
from index.token_cache import cached
from service.evaluation import parallel
from service.evaluation.recombined import Recombined, opened
from service.settings import load_settings

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LANGUAGES = ("en", "de")
SIZES = (240, 10_000, 100_000)
K = 8
"""Passages that are asked for."""
WARMING = 20
"""Searches before the clock starts: the first ones read files and fill caches."""
MOST_SEARCH, MOST_TAIL = 1.15, 2.0
"""What is wanted: p50 of a search / p50 of the least, and p99 / p50 of a search."""

Milliseconds = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds of each question, float64 `(questions,)` each.

    Those of the processor tell what is computed, whatever else the machine does; both ways use one thread.
    """

    search: Milliseconds
    embedding: Milliseconds
    """The part of `search` that went into encoding the question."""
    least: Milliseconds
    encoding: Milliseconds
    """The part of `least` that went into encoding the question."""
    search_processor: Milliseconds
    least_processor: Milliseconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; its exit status."""
    chosen = _parser().parse_args(arguments)
    embedder = SentenceTransformerEmbedder(resolve(chosen.embedding, chosen.models))
    with _directory(chosen.keep) as directory:
        asked, articles = _xquad(chosen.xquad, directory) if chosen.xquad else (_examples(), [])
        questions = list(islice(cycle(asked), chosen.searches))
        print(f"{embedder.name}, {len(questions)} searches a size, times in ms")
        remembering = cached(embedder, directory / "embeddings")
        source = Recombined.read(
            [*chosen.articles, *articles], remembering, lambda error: print(error, file=sys.stderr)
        )
        print(f"{source.sentences} sentences of {len(source.languages)} languages to recombine")
        for line in HEAD:
            print(line)
        for size in chosen.passages:
            with opened(directory / f"passages-{size}", source, size) as snapshot:
                timings = measure(snapshot, embedder, questions)
                print(row(size, len(snapshot.sentences), timings), flush=True)
                if chosen.profile:
                    profile(snapshot, embedder, questions)
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    return 0


def measure(snapshot: Snapshot, embedder: Embedder, questions: Sequence[str]) -> Timings:
    """Ask every question both ways; which way comes first alternates."""
    retriever = Retriever(snapshot, embedder)
    exact = faiss.IndexFlatIP(embedder.dim)
    exact.add(np.ascontiguousarray(snapshot.passage_vectors.all()))
    found = np.zeros((len(questions), 6))
    for number, question in enumerate([*questions[:WARMING], *questions], -min(WARMING, len(questions))):
        ways = [lambda text: _search(retriever, text), lambda text: _least(exact, embedder, text)]
        first = number % 2
        taken = {way: _timed(ways[way], question) for way in (first, 1 - first)}
        if number >= 0:
            wall, encoding, processor = zip(taken[0], taken[1], strict=True)
            found[number] = 1e3 * np.array([wall[0], encoding[0], wall[1], encoding[1], *processor])
    return Timings(*found.T)


def _timed(way: Callable[[str], float], question: str) -> tuple[float, float, float]:
    """Seconds on the clock, those of them that went into encoding as `way` says, seconds of the processor."""
    started, working = time.perf_counter(), time.process_time()
    encoding = way(question)
    return time.perf_counter() - started, encoding, time.process_time() - working


def _search(retriever: Retriever, question: str) -> float:
    return retriever.search([question], K).embed_seconds


def _least(exact: faiss.IndexFlatIP, embedder: Embedder, question: str) -> float:
    started = time.perf_counter()
    vector = embedder.embed_queries([question])
    encoded = time.perf_counter()
    exact.search(vector, K)
    return encoded - started


HEAD = (
    "| passages | sentences | least p50 / p95 / p99 | search p50 / p95 / p99 | search without encoding p50 / p99 "
    "| p50 search / least | the same in processor time | p99 / p50 of search | p99 / p50 of least |",
    "|---|---|---|---|---|---|---|---|---|",
)


def row(passages: int, sentences: int, timings: Timings) -> str:
    """A line of the table. A ratio that is beyond what is wanted has an exclamation mark."""
    least, search = (np.percentile(times, [50, 95, 99]) for times in (timings.least, timings.search))
    rest = np.percentile(timings.search - timings.embedding, [50, 99])
    cells = [
        f"{passages:,}",
        f"{sentences:,}",
        " / ".join(f"{time:.1f}" for time in least),
        " / ".join(f"{time:.1f}" for time in search),
        " / ".join(f"{time:.1f}" for time in rest),
        _marked(search[0] / least[0], MOST_SEARCH),
        _marked(np.median(timings.search_processor) / np.median(timings.least_processor), MOST_SEARCH),
        _marked(search[2] / search[0], MOST_TAIL),
        f"{least[2] / least[0]:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def _marked(ratio: float, most: float) -> str:
    return f"{ratio:.2f}{' !' if ratio > most else ''}"


def profile(snapshot: Snapshot, embedder: Embedder, questions: Sequence[str]) -> None:
    """Print the functions that searches spend their time in."""
    retriever = Retriever(snapshot, embedder)
    running = cProfile.Profile()
    running.enable()
    for question in questions:
        retriever.search([question], K)
    running.disable()
    pstats.Stats(running).sort_stats("tottime").print_stats(30)


def _examples() -> list[str]:
    lines = (EXAMPLES / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def _xquad(xquad: Path, directory: Path) -> tuple[list[str], list[Path]]:
    """Questions in English and German in turn, and a file with all paragraphs, which is written into `directory`."""
    benchmark = parallel.read(xquad, LANGUAGES)
    pairs = zip(*(benchmark.questions[language] for language in LANGUAGES), strict=True)
    records = [
        {"id": parallel.article_id(language, name), "text": text}
        for language, texts in benchmark.texts.items()
        for name, text in texts.items()
    ]
    path = directory / "xquad.jsonl"
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return [question.text for pair in pairs for question in pair], [path]


@contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


def _parser() -> argparse.ArgumentParser:
    settings = load_settings()
    parser = argparse.ArgumentParser(description="Time a whole search against encoding and one exact search.")
    parser.add_argument("--articles", nargs="+", type=Path, default=[EXAMPLES / "articles"], metavar="PATH")
    parser.add_argument("--xquad", type=Path, metavar="DIR", help="one SQuAD-style file a language")
    parser.add_argument("--passages", nargs="+", type=int, default=SIZES, metavar="N", help="sizes of the collections")
    parser.add_argument("--searches", type=int, default=400, metavar="N", help="at each size (%(default)s)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep vectors and snapshots here between runs")
    parser.add_argument("--profile", action="store_true", help="also print where the time goes")
    parser.add_argument("--models", type=Path, default=settings.models, metavar="DIR")
    parser.add_argument("--embedding", default=settings.embedding, metavar="NAME")
    return parser


if __name__ == "__main__":
    sys.exit(main())
