#!/usr/bin/env python3
"""Build, open and search the vectors of large collections, beside raw FAISS on the same vectors.

    python scripts/bench/scale.py [--passages N ...] [--sentences N] [--kind KIND] [--keep DIR]

Vectors are made up, since embedding a million passages takes weeks here: service/evaluation/synthetic.py draws them as
real ones of XQuAD lie, which docs/scale.md compares. Everything else is what building and serving use: vectors are
written by `VectorWriter`, described and verified by the manifest, opened and searched by `VectorIndex`. With
`--sentences`, each passage has so many vectors of sentences in a second table, as snapshots have.

Every stage runs in a process of its own, which tells what memory it took. Searches are on one thread, as in the
service. Recall is that of the ten nearest passages of questions the build never saw, against exact search in single
precision. `flat` is faiss.IndexFlatIP over all vectors, in memory, timed question by question in turn; above
`--flat-up-to` passages it holds so many, and its time is multiplied accordingly, since it is proportional.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index import manifest as manifests
from index.embedding import Vectors
from index.manifest import Counts
from index.vector_kinds import VectorOptions
from index.vectors import VectorIndex, VectorWriter
from service.evaluation.synthetic import DIM, Synthetic

PASSAGES, SENTENCES = "vectors/passages", "vectors/sentences"
K, CANDIDATES = 10, 256
"""Rows that recall counts, and rows that a search of the service asks for."""
QUESTIONS = 400
WARMING, COLD, BESIDE = 100, 100, 40
"""Questions before the clock starts, those asked of an index that no cache holds, those that flat search is asked."""

Figures = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; its exit status."""
    chosen = _parser().parse_args(arguments)
    place: AbstractContextManager[str] = (
        tempfile.TemporaryDirectory() if chosen.keep is None else nullcontext(str(chosen.keep))
    )
    with place as directory:
        for passages in chosen.passages:
            home = Path(directory) / f"{passages}-{chosen.sentences}-{chosen.kind}"
            home.mkdir(parents=True, exist_ok=True)
            for stage in (building, opening, searching, beside_flat):
                found = _apart(stage, home, passages, chosen)
                print(json.dumps({"stage": stage.__name__, "passages": passages, **found}), flush=True)
    return 0


def building(home: Path, passages: int, chosen: argparse.Namespace) -> Figures:
    """Write the vectors and the manifest, and exact answers beside them; what was chosen, seconds of it, memory."""
    if any(home.glob("*/manifest.json")):
        return {"already": "built"}
    before = _memory()
    draft, options = home / "draft", VectorOptions(chosen.kind)
    seconds, records, exact = 0.0, {}, Exact(Synthetic(passages).questions(QUESTIONS)[0])
    tables = {PASSAGES: passages, SENTENCES: passages * chosen.sentences}
    for name, count in tables.items():
        writer = VectorWriter(draft / name, DIM, options)
        for vectors in Synthetic(count).portions() if count else ():
            seconds += _seconds(writer.add, vectors)
            if name == PASSAGES:
                exact.add(vectors)
        started = time.perf_counter()
        records[name] = writer.write()
        seconds += time.perf_counter() - started
    started = time.perf_counter()
    np.save(home / "truth.npy", exact.rows)
    counts = Counts(passages, passages, tables[SENTENCES])
    about: dict[str, Any] = {"corpus_sha256": "", "embedding": {}, "splitter": {}, "lexical": {}}
    manifest = manifests.new(draft, dim=DIM, vectors=records, counts=counts, **about)
    manifests.write(manifest, draft)
    draft.rename(home / manifest.id)
    hashing = time.perf_counter() - started
    record = records[PASSAGES]
    return {
        "kind": record.kind,
        "parameters": record.parameters,
        "recall at building": record.recall_at_10,
        "seconds": round(seconds, 1),
        "hashing s": round(hashing, 1),
        "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before["resident"]),
        "disk MB": round(sum(file.bytes for file in manifest.files.values()) / 1e6),
    }


def opening(home: Path, passages: int, chosen: argparse.Namespace) -> Figures:
    """Seconds until everything is verified and open, with nothing in the system's cache and again; memory."""
    _forget(home)
    before = _memory()
    cold = _seconds(_opened, home)
    started = time.perf_counter()
    tables = _opened(home)
    warm = time.perf_counter() - started
    after = _memory()
    questions, _ = Synthetic(passages).questions(QUESTIONS)
    for question in questions[:WARMING]:
        for table in tables:
            table.search(question[None], CANDIDATES)
    used = _memory()
    return {
        "cold s": round(cold, 2),
        "warm s": round(warm, 2),
        "open MB": _difference(before, after),
        "searched MB": _difference(before, used),
    }


def searching(home: Path, passages: int, chosen: argparse.Namespace) -> Figures:
    """Milliseconds and recall of searches of the passages, the first ones with vectors in no cache."""
    index = _opened(home)[0]
    questions, _ = Synthetic(passages).questions(QUESTIONS)
    _forget(home)
    cold = [_seconds(index.search, q[None], K) for q in questions[:COLD]]
    for question in questions[:WARMING]:
        index.search(question[None], CANDIDATES)
    found = np.concatenate([index.search(question[None], K)[1] for question in questions])
    right = np.load(home / "truth.npy")
    started = time.process_time()
    times = [_seconds(index.search, q[None], K) for q in questions]
    processor = (time.process_time() - started) / len(questions)
    wide = [_seconds(index.search, q[None], CANDIDATES) for q in questions[:200]]
    recall = np.array([np.isin(one, rows).mean() for one, rows in zip(right, found, strict=True)])
    return {
        "recall@10": round(float(recall.mean()), 4),
        "ms of 10": _percentiles(times),
        "processor ms of 10": round(1e3 * processor, 2),
        "ms of 256": _percentiles(wide),
        "ms of 10, cold": _percentiles(cold),
    }


def beside_flat(home: Path, passages: int, chosen: argparse.Namespace) -> Figures:
    """The median of searches beside that of flat search, in turn, and the ratio."""
    index = _opened(home)[0]
    held = min(passages, chosen.flat_up_to)
    flat = faiss.IndexFlatIP(DIM)
    for vectors in Synthetic(passages).portions():
        flat.add(vectors[: held - flat.ntotal])
        if flat.ntotal == held:
            break
    questions, _ = Synthetic(passages).questions(QUESTIONS)
    ours, theirs = [], []
    for question in questions[:WARMING]:
        index.search(question[None], K)
    for question in questions[:BESIDE]:
        ours.append(_seconds(index.search, question[None], K))
        theirs.append(_seconds(flat.search, question[None], K) * passages / held)
    ratio = float(np.median(ours) / np.median(theirs))
    return {"ms": _percentiles(ours), "flat ms": _percentiles(theirs), "flat held": held, "ratio": round(ratio, 4)}


class Exact:
    """The nearest rows of each question, in single precision, of vectors that come portion by portion."""

    def __init__(self, questions: Vectors) -> None:
        self._questions, self._seen = questions, 0
        self._scores = np.empty((len(questions), 0), dtype=np.float32)
        self.rows: NDArray[np.int64] = np.empty((len(questions), 0), dtype=np.int64)

    def add(self, vectors: Vectors) -> None:
        """Compare the next rows."""
        scores, rows = faiss.knn(self._questions, vectors, min(K, len(vectors)), metric=faiss.METRIC_INNER_PRODUCT)
        scores = np.concatenate([self._scores, scores], axis=1)
        rows = np.concatenate([self.rows, rows + self._seen], axis=1)
        kept = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        self._scores, self.rows = np.take_along_axis(scores, kept, axis=1), np.take_along_axis(rows, kept, axis=1)
        self._seen += len(vectors)


def _opened(home: Path) -> list[VectorIndex]:
    """The tables of the index in `home`, verified as a snapshot is."""
    directory = next(home.glob("*/manifest.json")).parent
    manifest = manifests.read(directory)
    manifests.verify(manifest, directory)
    return [VectorIndex.open(directory / name, DIM, record) for name, record in manifest.vectors.items()]


def _forget(home: Path) -> None:
    """Take the files of `home` out of the system's cache."""
    for path in home.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _memory() -> dict[str, float]:
    """MB that this process holds: its own, and files that it has mapped; `resident` is both."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kilobytes = {
        key: float(rest.split()[0]) for key, _, rest in (line.partition(":") for line in lines) if "kB" in rest
    }
    return {name: kilobytes[key] / 1024 for name, key in (("resident", "VmRSS"), ("own", "RssAnon"))}


def _difference(before: dict[str, float], after: dict[str, float]) -> dict[str, int]:
    return {name: round(after[name] - before[name]) for name in before}


def _seconds(run: Callable[..., object], *values: object) -> float:
    started = time.perf_counter()
    run(*values)
    return time.perf_counter() - started


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    p50, p99 = 1e3 * np.percentile(seconds, [50, 99])
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2)}


def _apart(stage: Callable[[Path, int, argparse.Namespace], Figures], *values: Any) -> Figures:
    """What `stage` finds, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(stage, values)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Build, open and search the vectors of large collections.")
    parser.add_argument("--passages", nargs="+", type=int, default=[1_000_000], metavar="N")
    parser.add_argument("--sentences", type=int, default=0, metavar="N", help="for each passage (%(default)s)")
    parser.add_argument("--kind", default="auto", choices=["auto", "exact", "codes", "inverted"])
    parser.add_argument("--flat-up-to", type=int, default=2_000_000, metavar="N", help="(%(default)s)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the index here and use it again")
    return parser


if __name__ == "__main__":
    sys.exit(main())
