#!/usr/bin/env python3
"""Build an index of articles and publish it; with --watch, again whenever an article changes.

What was embedded and derived is kept beside the snapshots (`INDEX/embeddings`, `INDEX/derived.sqlite`), so that the
next building does only what is new, and none at all where nothing has changed. Both may be deleted at any time.

Exit status: 0 if an index was published or nothing had changed (articles that could not be used are named on standard
error), 1 if not, 2 for a wrong command line or setting, 130 if it was interrupted. With --watch, 0 once it is stopped.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from index.build import BuildOptions, BuildReport, build
from index.cores import available_cores
from index.embedding import SentenceTransformerEmbedder
from index.embedding_cache import EMBEDDINGS, CachedEmbedder
from index.errors import EmptyCollection, IndexingError, IndexLocked
from index.lazy_embedding import LazyEmbedder
from index.models import resolve
from index.progress import Bars
from index.token_cache import cached
from index.vector_kinds import shortfalls
from index.watching import AFTER_FAILURE, INTERVAL, Watch
from service.errors import SettingsError
from service.settings import Settings, load_settings, vector_options

MODEL = "model.json"
"""In the cache directory of an index: what the embedding model was when it was last loaded."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    bars = Bars()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        settings = load_settings()
        chosen = _parser(settings).parse_args(arguments)
        options = BuildOptions(settings.snapshots_kept, vector_options(settings), chosen.force, chosen.allow_empty)
        embedder = _embedder(resolve(chosen.embedding, chosen.models), chosen.out, bars)
        if chosen.watch:
            return _follow(chosen.articles, chosen.out, embedder, options, bars)
        _build(chosen.articles, chosen.out, embedder, options, bars)
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except IndexingError as error:
        print(f"error: {_explained(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


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
    parser.add_argument("--force", action="store_true", help="publish a snapshot although nothing has changed")
    parser.add_argument(
        "--allow-empty", action="store_true", help="directories of ARTICLES may be empty: publish what there is"
    )
    parser.add_argument("--watch", action="store_true", help="go on building whenever an article changes, until Ctrl-C")
    return parser


def _embedder(model: Path, out: Path, bars: Bars) -> LazyEmbedder:
    def load() -> SentenceTransformerEmbedder:
        with bars.step(f"Loading {model.name}", "model") as step:
            step.expect(1)
            embedder = SentenceTransformerEmbedder(model, threads=available_cores())
            step.advance()
        return embedder

    return LazyEmbedder(model, load, out / EMBEDDINGS / MODEL)


def _build(articles: Sequence[Path], out: Path, embedder: LazyEmbedder, options: BuildOptions, bars: Bars) -> None:
    remembering = cached(embedder, out / EMBEDDINGS)
    report = build(
        articles,
        out,
        remembering,
        on_error=lambda error: bars.say(f"left out: {error}"),
        progress=bars,
        options=options,
    )
    if not report.unchanged:
        remembering.retire()
    for warning in shortfalls(report.vectors):
        bars.say(f"warning: {warning}")
    print(_summary(report, out, remembering), flush=True)


def _follow(articles: Sequence[Path], out: Path, embedder: LazyEmbedder, options: BuildOptions, bars: Bars) -> int:
    """Build, and again after every change, until the process is told to stop. What has failed is tried again."""
    watch = Watch(articles, without=out)
    told = ""
    try:
        while True:
            failure, patience = "", math.inf
            try:
                _build(articles, out, embedder, options, bars)
            except IndexLocked as error:
                failure, patience = f"waiting: {error}", INTERVAL
            except IndexingError as error:
                failure, patience = f"error: {_explained(error)}", AFTER_FAILURE
            if failure and failure != told:
                bars.say(failure)
            told = failure
            watch.wait(INTERVAL, at_most=patience)
    except KeyboardInterrupt:
        print("stopped watching", file=sys.stderr)
        return 0


def _explained(error: IndexingError) -> str:
    hint = ". If there are to be none any more, --allow-empty publishes an index without them"
    return f"{error}{hint if isinstance(error, EmptyCollection) else ''}"


def _summary(report: BuildReport, out: Path, embedder: CachedEmbedder) -> str:
    languages = ", ".join(f"{name} {count}" for name, count in report.languages.items()) or "none"
    lines = [
        f"{report.articles} articles, {report.passages} passages ({languages}), {report.sentences} sentences",
        f"{len(report.skipped)} left out" if report.skipped else "none left out",
    ]
    if report.unchanged:
        return "\n".join([*lines, f"nothing has changed in {report.seconds:.1f} s, {report.snapshot} stays in {out}"])
    changes = report.changes
    lines += [
        f"{changes.new} new, {changes.changed} changed, {changes.removed} removed, {changes.unchanged} unchanged",
        f"{embedder.misses} texts embedded, {embedder.hits} known from earlier buildings",
        f"{report.seconds:.1f} s, {report.embedding_seconds / report.seconds:.0%} of it for vectors",
        f"published {report.snapshot} in {out}" + (f", since {report.why}" if report.why else ""),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
