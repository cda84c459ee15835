"""How a snapshot comes into being and becomes the one that is served.

    INDEX/CURRENT                the id of the published snapshot
    INDEX/snapshots/<id>/        a published snapshot, never changed
    INDEX/snapshots/.building-*  one that is being written, or what a crash left of it: nobody reads it

Only the last step, the replacement of CURRENT, makes a difference to readers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index import durable
from index import manifest as manifests
from index.errors import SnapshotCorrupt, SnapshotMissing
from index.manifest import Manifest

CURRENT = "CURRENT"
SNAPSHOTS = "snapshots"
KEPT = 3
"""How many snapshots stay on disk, the served one among them."""


@contextmanager
def staging(index_dir: Path) -> Iterator[Path]:
    """A new directory to write a snapshot into. It goes away with its content unless it was published."""
    snapshots = index_dir / SNAPSHOTS
    durable.make_directory(snapshots)
    with durable.storage_errors(snapshots):
        draft = Path(tempfile.mkdtemp(prefix=".building-", dir=snapshots))
        draft.chmod(0o755)
    try:
        yield draft
    finally:
        if draft.exists():
            durable.remove_tree(draft)


def publish(index_dir: Path, draft: Path, manifest: Manifest) -> None:
    """Make the snapshot in `draft` the one that is served.

    Whatever fails before the end leaves the one before it served. Raises SnapshotError.
    """
    manifests.write(manifest, draft)
    durable.sync_tree(draft)
    durable.rename(draft, index_dir / SNAPSHOTS / manifest.id)
    durable.replace(index_dir / CURRENT, f"{manifest.id}\n".encode())
    _prune(index_dir, manifest.id)


def current_directory(index_dir: Path) -> Path:
    """The directory of the published snapshot.

    Raises SnapshotMissing where none was published, SnapshotCorrupt where CURRENT names none that is there.
    """
    path = index_dir / CURRENT
    if not path.is_file():
        raise SnapshotMissing(
            f"{index_dir}: no snapshot was published here; build one with "
            f"`python scripts/build_index.py ARTICLES --out {index_dir}`"
        )
    with durable.storage_errors(path):
        content = path.read_bytes()
    name = content.decode("ascii", "replace").removesuffix("\n")
    if not manifests.ID.fullmatch(name) or content != f"{name}\n".encode():
        raise SnapshotCorrupt(f"{path}: {content[:80]!r} is not the id of a snapshot")
    if not (index_dir / SNAPSHOTS / name).is_dir():
        raise SnapshotCorrupt(f"{path}: names the snapshot {name}, which is not there")
    return index_dir / SNAPSHOTS / name


def _prune(index_dir: Path, current: str) -> None:
    ids = sorted(path.name for path in (index_dir / SNAPSHOTS).iterdir() if manifests.ID.fullmatch(path.name))
    older = [name for name in ids if name != current]
    for name in older[: max(0, len(older) - KEPT + 1)]:
        durable.remove_tree(index_dir / SNAPSHOTS / name)
