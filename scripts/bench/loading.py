#!/usr/bin/env python3
"""Start the service over an index and measure what it does beside searching and writing, one JSON object a line.

    python scripts/bench/http.py [PART ...]

    overhead   what a request costs that is no model's work, at 50 requests a second
    sources    from a request to its `sources` event, while the language model is idle and while it is busy
    burst      ten times as many questions as can be answered
    mixed      questions, searches, clients that leave, wrong requests and other snapshots, for minutes
    leaving    how soon the language model is free of a client that leaves

Without parts, all of them in turn. Each has a service of its own, `python -m service` with the embedding model of the
settings, over the articles of the examples or a copy of `--index`. A server that quotes the first source, as fast as is
wanted, stands for the language model, unless `--llm` names one. Times are wall clock, so run it on a quiet machine;
`load` is the machine's over the last minute. Exit status: 1 where something is not as was wanted.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.load import burst, collection, leaving, mixed, overhead, sources
from scripts.bench.load.figures import Figure
from scripts.bench.load.stand import Ground, Stand, stand

ROOT = Path(__file__).resolve().parents[2]

Measure = Callable[[Stand, argparse.Namespace], Coroutine[Any, Any, list[Figure]]]


@dataclass(frozen=True, slots=True)
class Part:
    """The settings of its service, and what measures it."""

    settings: Mapping[str, str]
    measure: Measure


PARTS: Mapping[str, Part] = {
    "overhead": Part(overhead.SETTINGS, lambda at, chosen: overhead.measure(at, chosen.overhead_seconds, chosen.seed)),
    "sources": Part(sources.SETTINGS, lambda at, chosen: sources.measure(at, chosen.times)),
    "burst": Part(burst.SETTINGS, lambda at, chosen: burst.measure(at, chosen.seconds, chosen.seed)),
    "mixed": Part(mixed.SETTINGS, lambda at, chosen: mixed.measure(at, chosen.minutes * 60, chosen.seed)),
    "leaving": Part(leaving.SETTINGS, lambda at, chosen: leaving.measure(at, chosen.times)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = collection.copied(chosen.index, folder) if chosen.index else collection.built(chosen.articles, folder)
        questions = collection.questions_of(chosen.questions)
        ground = Ground(index, questions, collection.articles_of(index), llm=chosen.llm)
        return 0 if measured(ground, folder, chosen.parts or list(PARTS), chosen) else 1


def measured(ground: Ground, folder: Path, parts: Sequence[str], chosen: argparse.Namespace) -> bool:
    """Measure each part with a service of its own and print its figures; whether all are as was wanted."""
    met = True
    for name in parts:
        with stand(ground, folder / name, PARTS[name].settings) as at:
            at.choose()
            for figure in asyncio.run(PARTS[name].measure(at, chosen)):
                print(figure.line(), flush=True)
                met = met and figure.met
    return met


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--index", type=Path, help="an index to copy and measure over, instead of the articles")
    parser.add_argument("--articles", type=Path, default=ROOT / "examples" / "articles", help="files to build one of")
    parser.add_argument("--questions", type=Path, default=ROOT / "examples" / "gold.jsonl", help="a gold file")
    parser.add_argument("--llm", help="a language model for llama.cpp, as FUNDSTELLE_LLM names it; not for `burst`")
    parser.add_argument("--overhead-seconds", type=float, default=20.0, help="of each kind of request (%(default)s)")
    parser.add_argument("--times", type=int, default=20, help="questions of sources, clients that leave (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the burst (%(default)s)")
    parser.add_argument("--minutes", type=float, default=10.0, help="of mixed load (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is random (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
