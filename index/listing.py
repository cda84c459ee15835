"""Which snapshots an index has, for people who look after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from index import durable
from index import manifest as manifests
from index.errors import SnapshotError
from index.manifest import Manifest
from index.publish import SNAPSHOTS, current_directory, published, verified


@dataclass(frozen=True, slots=True)
class Listed:
    """A snapshot on disk. `manifest` is None where it can't be read, `bytes` what all its files take.

    `verified` is whether every byte is what was published, None where that was not looked at; `problem` says what is
    wrong, None where nothing is known to be.
    """

    id: str
    served: bool
    bytes: int
    manifest: Manifest | None
    verified: bool | None
    problem: str | None


def listing(index_dir: Path, *, verify: bool = False) -> list[Listed]:
    """Every snapshot of `index_dir`, the newest last; with `verify`, each one is read as a whole.

    Damage to a snapshot, or to the note of which one is served, is told and not raised. Raises SnapshotError where the
    disk refuses.
    """
    served = _served(index_dir)
    return [_listed(index_dir, snapshot, snapshot == served, verify) for snapshot in published(index_dir)]


def _served(index_dir: Path) -> str | None:
    try:
        return current_directory(index_dir).name
    except SnapshotError:
        return None


def _listed(index_dir: Path, snapshot: str, served: bool, verify: bool) -> Listed:
    directory = index_dir / SNAPSHOTS / snapshot
    manifest, problem = None, None
    try:
        manifest = manifests.read(directory)
        if verify:
            verified(index_dir, snapshot)
    except SnapshotError as error:
        problem = str(error)
    sound = None if problem is None and not verify else problem is None
    return Listed(snapshot, served, _bytes(directory), manifest, sound, problem)


def _bytes(directory: Path) -> int:
    with durable.storage_errors(directory):
        return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
