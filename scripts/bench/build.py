#!/usr/bin/env python3
"""Time the building of an index: seconds, the share inside the embedding model, and tokens a second.

The model is loaded before the clock starts; the index goes into a temporary directory and away again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from index.build import BuildReport, build
from index.cores import available_cores
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.models import resolve
from index.progress import Bars
from index.snapshot import Snapshot
from service.settings import load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; its exit status."""
    settings = load_settings()
    parser = argparse.ArgumentParser(description="Time the building of an index.")
    parser.add_argument("articles", nargs="+", type=Path, metavar="ARTICLES")
    parser.add_argument("--models", type=Path, default=settings.models, metavar="DIR")
    parser.add_argument("--embedding", default=settings.embedding, metavar="NAME")
    chosen = parser.parse_args(arguments)
    bars = Bars()
    started = time.perf_counter()
    embedder = SentenceTransformerEmbedder(resolve(chosen.embedding, chosen.models), threads=available_cores())
    loading = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory)
        working = time.process_time()
        report = build(chosen.articles, out, embedder, on_error=lambda error: bars.say(str(error)), progress=bars)
        working = time.process_time() - working
        started = time.perf_counter()
        with Snapshot.open(out, expect=embedder.identity()) as snapshot:
            opening = time.perf_counter() - started
            tokens = _tokens(snapshot, embedder)
    print(_figures(report, working, loading, opening, tokens))
    return 0


def _tokens(snapshot: Snapshot, embedder: Embedder) -> int:
    """Tokens of the texts that were embedded, each text once, prompts and special tokens not counted."""
    texts = {snapshot.passage_text(row) for row in range(len(snapshot.passages))}
    texts |= {snapshot.sentence_text(row) for row in range(len(snapshot.sentences))}
    return sum(embedder.count_tokens(list(texts)))


def _figures(report: BuildReport, working: float, loading: float, opening: float, tokens: int) -> str:
    share = report.embedding_seconds / report.seconds
    lines = [
        f"articles {report.articles}, passages {report.passages}, sentences {report.sentences}",
        f"building {report.seconds:.2f} s, inside the embedding model {report.embedding_seconds:.2f} s ({share:.1%})",
        f"tokens {tokens}, {tokens / report.embedding_seconds:.0f} a second inside the embedding model",
        f"loading the model {loading:.2f} s, opening and verifying the snapshot {opening * 1000:.1f} ms",
        f"{working:.2f} s of processor time, {available_cores()} cores",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
