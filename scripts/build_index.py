#!/usr/bin/env python3
"""Build an index of articles and publish it.

Vectors are kept beside the snapshots (`INDEX/embeddings`), so that the next building embeds only what is new. They may
be deleted at any time.

Exit status: 0 if an index was published (articles that could not be used are named on standard error), 1 if not,
2 for a wrong command line or setting.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from index.build import BuildReport, build
from index.cores import available_cores
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.embedding_cache import EMBEDDINGS, CachedEmbedder
from index.errors import IndexingError
from index.models import resolve
from index.progress import Bars
from index.token_cache import cached
from service.errors import SettingsError
from service.settings import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    bars = Bars()
    try:
        chosen = _parser(load_settings()).parse_args(arguments)
        model = _load(resolve(chosen.embedding, chosen.models), bars)
        embedder = cached(model, chosen.out / EMBEDDINGS)
        report = build(
            chosen.articles,
            chosen.out,
            embedder,
            on_error=lambda error: bars.say(f"left out: {error}"),
            progress=bars,
        )
        embedder.retire()
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except IndexingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print(_summary(report, chosen.out, embedder))
    return 0


def _parser(settings: Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Build an index of articles and publish it.")
    parser.add_argument("articles", nargs="+", type=Path, metavar="ARTICLES", help="files and directories to read")
    parser.add_argument("--out", required=True, type=Path, metavar="INDEX", help="directory to publish the index in")
    parser.add_argument(
        "--models", type=Path, default=settings.models, metavar="DIR", help="where the models are (%(default)s)"
    )
    parser.add_argument(
        "--embedding",
        default=settings.embedding,
        metavar="NAME",
        help="embedding model: a name of the catalogue or a folder (%(default)s)",
    )
    return parser


def _load(model: Path, bars: Bars) -> Embedder:
    with bars.step(f"Loading {model.name}", "model") as step:
        step.expect(1)
        embedder = SentenceTransformerEmbedder(model, threads=available_cores())
        step.advance()
    return embedder


def _summary(report: BuildReport, out: Path, embedder: CachedEmbedder) -> str:
    languages = ", ".join(f"{name} {count}" for name, count in report.languages.items())
    share = report.embedding_seconds / report.seconds
    lines = [
        f"{report.articles} articles, {report.passages} passages ({languages}), {report.sentences} sentences",
        f"{len(report.skipped)} left out" if report.skipped else "none left out",
        f"{embedder.misses} texts embedded, {embedder.hits} known from earlier buildings",
        f"{report.seconds:.1f} s, {share:.0%} of it for vectors",
        f"published {report.snapshot} in {out}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
