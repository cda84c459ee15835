"""The first snapshot of an index that is to be filled over HTTP: without articles, so that there is one to serve."""

from __future__ import annotations

from pathlib import Path

from index.build import DEFAULTS, BuildOptions, build_articles
from index.embedding import Embedder
from index.errors import ArticleError
from index.lock import writer_lock
from index.publish import published

PATIENCE = 3.0
"""Seconds to wait for another writer, which may be beginning the same index."""


def begin(index_dir: Path, embedder: Embedder, options: BuildOptions = DEFAULTS) -> bool:
    """Publish a snapshot without articles in `index_dir`, unless any snapshot is on disk; whether that was done.

    `embedder` embeds nothing, it only says what the index is for. What an inbox holds stays pending. Raises
    IndexLocked where somebody else is writing there, SnapshotError where the disk refuses.
    """
    if published(index_dir):
        return False
    with writer_lock(index_dir, "beginning an index", wait=PATIENCE) as held:
        if published(index_dir):
            return False
        build_articles((), index_dir, embedder, on_error=_none, options=options, held=held)
    return True


def _none(error: ArticleError) -> None:
    raise AssertionError("an index without articles has none to leave out") from error
