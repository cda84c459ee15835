"""How an index is on disk, for who administers it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from index import manifest as manifests
from index.errors import SnapshotError
from index.inbox import Inbox
from index.publish import SNAPSHOTS, current_directory, published
from service.admin_contract import IndexState, PendingChanges, SnapshotInfo


def index_state(index_dir: Path, inbox: Inbox) -> IndexState:
    """What is on disk; what is served and what is being published is left open.

    A snapshot whose manifest can't be read is a warning. Raises SnapshotError where the disk refuses.
    """
    snapshots, warnings = _snapshots(index_dir)
    try:
        current: str | None = current_directory(index_dir).name
    except SnapshotError as error:
        current = None
        warnings.append(str(error))
    waiting = inbox.pending(current)
    return IndexState(
        served=None,
        published=current,
        snapshots=tuple(snapshots),
        pending=PendingChanges(waiting.written, waiting.deleted, waiting.since),
        sequence=inbox.sequence(),
        warnings=tuple(warnings),
    )


def _snapshots(index_dir: Path) -> tuple[list[SnapshotInfo], list[str]]:
    found, warnings = [], []
    for name in published(index_dir):
        try:
            found.append(_snapshot(index_dir / SNAPSHOTS / name))
        except SnapshotError as error:
            warnings.append(str(error))
    return found, warnings


def _snapshot(directory: Path) -> SnapshotInfo:
    manifest = manifests.read(directory)
    counts = manifest.counts
    return SnapshotInfo(
        manifest.id,
        datetime.fromisoformat(manifest.created_at),
        counts.articles,
        counts.passages,
        counts.sentences,
        sum(record.bytes for record in manifest.files.values()),
    )
