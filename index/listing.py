"""Which snapshots an index has, for people who look after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from index import durable
from index import manifest as manifests
from index.errors import SnapshotError
from index.manifest import Manifest
from index.publish import SNAPSHOTS, current_directory, published, verified, withdrawn


@dataclass(frozen=True, slots=True)
class Listed:
    """A snapshot on disk. `manifest` is None where it can't be read, `bytes` what all its files take.

    `withdrawn` is whether it was gone back from and not served since. `verified` is whether every byte is what was
    published, None where that was not looked at; `problem` says what is wrong, None where nothing is known to be.
    """

    id: str
    served: bool
    withdrawn: bool
    bytes: int
    manifest: Manifest | None
    verified: bool | None
    problem: str | None


def listing(index_dir: Path, *, verify: bool = False) -> list[Listed]:
    """Every snapshot of `index_dir`, the newest last; with `verify`, each one is read as a whole.

    Damage to a snapshot, or to the note of which one is served, is told and not raised. Raises SnapshotError where the
    disk refuses.
    """
    current, bad = served(index_dir), withdrawn(index_dir)
    return [
        _listed(index_dir, snapshot, snapshot == current, snapshot in bad, verify) for snapshot in published(index_dir)
    ]


def served(index_dir: Path) -> str | None:
    """The id of the served snapshot; None where there is none, or where it can't be told which one it is."""
    try:
        return current_directory(index_dir).name
    except SnapshotError:
        return None


def _listed(index_dir: Path, snapshot: str, is_served: bool, is_withdrawn: bool, verify: bool) -> Listed:
    directory = index_dir / SNAPSHOTS / snapshot
    manifest, problem = None, None
    try:
        manifest = manifests.read(directory)
        if verify:
            verified(index_dir, snapshot)
    except SnapshotError as error:
        problem = str(error)
    sound = None if problem is None and not verify else problem is None
    return Listed(snapshot, is_served, is_withdrawn, _bytes(directory), manifest, sound, problem)


def _bytes(directory: Path) -> int:
    with durable.storage_errors(directory):
        return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
