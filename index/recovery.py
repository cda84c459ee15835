"""What can still be served where the published snapshot can't be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from index.errors import IndexingError, SnapshotError, SnapshotMismatch, SnapshotMissing
from index.manifest import Value
from index.publish import CURRENT, SNAPSHOTS, published, withdrawn
from index.snapshot import Snapshot


def open_newest_sound(
    index_dir: Path, *, expect: Mapping[str, Value] | None = None
) -> tuple[Snapshot, list[IndexingError]]:
    """The published snapshot; where a file of it is damaged, the newest before it of which every byte is right.

    With it, why each one that comes first was passed over: nothing where the published one is sound. One without
    articles is never taken in place of another. `expect` is as in `Snapshot.open`. Nothing on disk is changed. Raises
    SnapshotMissing where none was published, SnapshotMismatch where the published one was made by another embedder or
    program, and what is wrong with the published one where no other can be had.
    """
    try:
        return Snapshot.open(index_dir, expect=expect), []
    except (SnapshotMissing, SnapshotMismatch):
        raise
    except SnapshotError as error:
        passed_over: list[IndexingError] = [error]
    for directory in _others(index_dir):
        try:
            opened = Snapshot.open_directory(directory, expect=expect)
        except SnapshotError as error:
            passed_over.append(error)
            continue
        if opened.article_ids:
            return opened, passed_over
        opened.close()
        # in its place, refusing every question would look like an answer
        passed_over.append(SnapshotError(f"{directory}: has no articles"))
    raise passed_over[0]


def _others(index_dir: Path) -> Iterator[Path]:
    """The snapshots that were published before the served one, the newest first; all, where CURRENT names none.

    A later one is never among them: its publication was not finished. Nor is one that was gone back from.
    """
    served, bad = _served(index_dir), withdrawn(index_dir)
    ids = [name for name in published(index_dir) if name == served or name not in bad]
    for name in reversed(ids[: ids.index(served)] if served in ids else ids):
        yield index_dir / SNAPSHOTS / name


def _served(index_dir: Path) -> str | None:
    """What CURRENT names; None where it can't be read."""
    try:
        return (index_dir / CURRENT).read_text(encoding="ascii").removesuffix("\n")
    except (OSError, ValueError):
        return None
