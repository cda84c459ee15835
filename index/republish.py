"""Publishes what was written over HTTP: the articles of the served snapshot with the inbox laid over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from index import manifest as manifests
from index.build import DEFAULTS, BuildOptions, OnError, build_articles
from index.embedding import Embedder
from index.errors import NotPruned, SnapshotCorrupt, SnapshotMissing
from index.inbox import overlay
from index.lock import writer_lock
from index.progress import Progress
from index.publish import CURRENT, SNAPSHOTS, current_directory, published
from index.snapshot import ARTICLES
from index.store import Store
from index.types import Article
from index.vector_kinds import shortfalls

PATIENCE = 3.0
"""Seconds to wait for another writer."""


@dataclass(frozen=True, slots=True)
class Republished:
    """The snapshot that is published now, and the number of the last change in it.

    `unchanged` where it was published before, since nothing would have been another. `warning` says what did not go as
    it should although the snapshot is published, empty where nothing: an older one was left on disk, or too few of the
    nearest vectors are found.
    """

    snapshot: str
    sequence: int
    unchanged: bool = False
    warning: str = ""


def republish(
    index_dir: Path,
    embedder: Embedder,
    *,
    on_error: OnError,
    progress: Progress | None = None,
    options: BuildOptions = DEFAULTS,
) -> Republished:
    """Publish a snapshot of the served articles as the inbox has them now, unless they are the same.

    Another writer is waited for a few seconds, in which small things are done. Each article that can't be used is told
    to `on_error` and left out; where none is left, the snapshot has no articles. Raises IndexLocked, another
    IndexingError where building or publishing fails; what was served before is served on then, and the inbox still has
    everything.
    """
    options = replace(options, allow_empty=True)
    with (
        writer_lock(index_dir, "publishing what was written over HTTP", wait=PATIENCE) as held,
        overlay(index_dir) as changes,
    ):
        articles = changes.over(served_articles(index_dir))
        try:
            report = build_articles(
                articles, index_dir, embedder, on_error=on_error, progress=progress, options=options, held=held
            )
            done = Republished(report.snapshot, changes.sequence, report.unchanged)
        except NotPruned as error:
            done = Republished(error.published, changes.sequence, warning=str(error))
        changes.settle(done.snapshot)
        too_few = shortfalls(manifests.read(index_dir / SNAPSHOTS / done.snapshot).vectors)
    return replace(done, warning="; ".join(filter(None, [done.warning, *too_few])))


def served_articles(index_dir: Path) -> Iterator[Article]:
    """Every article of the served snapshot, one at a time; none where nothing was published.

    Raises SnapshotCorrupt where the file of its articles is not what was published, or where there are snapshots but
    nothing that says which one is served; SnapshotMismatch where it was written in another schema.
    """
    try:
        directory = current_directory(index_dir)
    except SnapshotMissing as error:
        if published(index_dir):
            missing = f"{index_dir / CURRENT}: is missing"
            raise SnapshotCorrupt(f"{missing}; serve a snapshot by `scripts/index.py rollback ID`") from error
        return
    manifest = manifests.read(directory)
    manifests.verify(msgspec.structs.replace(manifest, files={ARTICLES: manifest.files[ARTICLES]}), directory)
    with closing(Store(directory / ARTICLES)) as store:
        for article_id in store.article_ids():
            article = store.article(article_id)
            if article is not None:
                yield article
