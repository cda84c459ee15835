"""How an index is on disk, for who administers it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from index.errors import SnapshotError, SnapshotMissing
from index.inbox import Inbox
from index.listing import Listed, listing
from index.manifest import Manifest
from index.publish import current_directory
from service.contracts.admin import IndexState, PendingChanges, SnapshotInfo


def index_state(index_dir: Path, inbox: Inbox) -> IndexState:
    """What is on disk; what is served and what is being published is left open.

    A snapshot whose manifest can't be read is a warning. Raises SnapshotError where the disk refuses.
    """
    listed = listing(index_dir)
    warnings = [row.problem for row in listed if row.problem]
    try:
        current: str | None = current_directory(index_dir).name
    except SnapshotError as error:
        current = None
        warnings.append(str(error))
    return IndexState(
        served=None,
        published=current,
        snapshots=tuple(_info(row.manifest, row) for row in listed if row.manifest),
        pending=_pending(inbox, current),
        sequence=inbox.sequence(),
        warnings=tuple(warnings),
    )


def pending_changes(index_dir: Path, inbox: Inbox) -> PendingChanges:
    """What waits to be published: everything where nothing is. Raises SnapshotError where the disk refuses."""
    try:
        current: str | None = current_directory(index_dir).name
    except SnapshotMissing:
        current = None
    return _pending(inbox, current)


def _pending(inbox: Inbox, current: str | None) -> PendingChanges:
    waiting = inbox.pending(current)
    return PendingChanges(waiting.written, waiting.deleted, waiting.since)


def _info(manifest: Manifest, row: Listed) -> SnapshotInfo:
    counts = manifest.counts
    created = datetime.fromisoformat(manifest.created_at)
    return SnapshotInfo(
        manifest.id, created, counts.articles, counts.passages, counts.sentences, row.bytes, row.withdrawn
    )
