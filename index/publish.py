"""How a snapshot comes into being, becomes the one that is served, and goes.

    INDEX/CURRENT                the id of the served snapshot
    INDEX/.lock                  held by who writes here (`lock.py`)
    INDEX/snapshots/<id>/        a published snapshot, never changed; ids sort by age
    INDEX/snapshots/.building-*  one that is being written, or what a crash left of it: nobody reads it
    INDEX/snapshots/.removing-*  one that is being deleted, or what a crash left of it
    INDEX/snapshots/.withdrawn-* an empty file: the snapshot of this id was gone back from, or never served

Only the replacement of CURRENT makes a difference to readers.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index import durable
from index import manifest as manifests
from index.errors import NotPruned, SnapshotCorrupt, SnapshotError, SnapshotMissing
from index.lock import WriterLock, held_or_taken
from index.manifest import Manifest

CURRENT = "CURRENT"
SNAPSHOTS = "snapshots"
KEPT = 3
"""How many snapshots stay on disk, the served one among them."""
_BUILDING, _REMOVING = ".building-", ".removing-"
_WITHDRAWN = ".withdrawn-"


@contextmanager
def staging(index_dir: Path, *, held: WriterLock | None = None) -> Iterator[Path]:
    """A new directory to write a snapshot into. It goes away with its content unless it was published.

    Keeps other writers away meanwhile; `held` is the lock of a caller that has it already. One at a time: what a writer
    that died has left is removed first. Raises IndexLocked, and SnapshotError where the disk refuses.
    """
    with held_or_taken(index_dir, "building", held):
        _make_room(index_dir)
        draft = index_dir / SNAPSHOTS / f"{_BUILDING}{secrets.token_hex(4)}"
        try:
            # Ctrl-C may come while the disk is waited for: the directory is there by then.
            durable.make_directory(draft)
            yield draft
        except BaseException:
            # What went wrong matters more than what it left: the next writer removes that.
            with suppress(SnapshotError):
                _remove(draft)
            raise
        _remove(draft)


def publish(index_dir: Path, draft: Path, manifest: Manifest, *, keep: int = KEPT) -> None:
    """Make the snapshot in `draft`, which is from `staging`, the one that is served; `keep` snapshots stay on disk.

    Raises SnapshotError where that fails: the one before is served then. Raises NotPruned where it is served but an
    older one could not be removed.
    """
    manifests.write(manifest, draft)
    durable.sync_tree(draft)
    durable.rename(draft, index_dir / SNAPSHOTS / manifest.id)
    _serve(index_dir, manifest.id)
    try:
        _prune(index_dir, keep)
    except SnapshotError as error:
        raise NotPruned(manifest.id, str(error)) from error


def remove_strays(index_dir: Path) -> None:
    """Delete what writers that died have left. Only for who has the lock: nobody else is writing any of it then.

    Raises SnapshotError where the disk refuses.
    """
    for path in _beginning(index_dir, _BUILDING, _REMOVING):
        durable.remove_tree(path)
    new = index_dir / f"{CURRENT}.new"
    with durable.storage_errors(new):
        if new.exists():
            durable.disk.unlink(new)


def published(index_dir: Path) -> list[str]:
    """The ids of all snapshots that are on disk, the newest last."""
    return manifests.ids(index_dir / SNAPSHOTS)


def current_directory(index_dir: Path) -> Path:
    """The directory of the served snapshot.

    Raises SnapshotMissing where none was published, SnapshotCorrupt where CURRENT names none that is there.
    """
    path = index_dir / CURRENT
    with durable.storage_errors(path):
        if not path.is_file():
            raise SnapshotMissing(
                f"{index_dir}: no snapshot was published here; build one with "
                f"`python scripts/build_index.py ARTICLES --out {index_dir}`"
            )
        content = path.read_bytes()
    name = content.decode("ascii", "replace").removesuffix("\n")
    if not manifests.ID.fullmatch(name) or content != f"{name}\n".encode():
        raise SnapshotCorrupt(f"{path}: {content[:80]!r} is not the id of a snapshot")
    directory = index_dir / SNAPSHOTS / name
    with durable.storage_errors(directory):
        if not directory.is_dir():
            raise SnapshotCorrupt(f"{path}: names the snapshot {name}, which is not there")
    return directory


def withdrawn(index_dir: Path) -> set[str]:
    """The ids of snapshots that were gone back from and not served again since, and of those that never were served."""
    return {path.name.removeprefix(_WITHDRAWN) for path in _beginning(index_dir, _WITHDRAWN)}


def previous(index_dir: Path) -> str:
    """The id of the newest snapshot that is older than the served one and was not withdrawn.

    Raises SnapshotMissing where there is none, SnapshotCorrupt where it can't be told which one is served.
    """
    served, bad = current_directory(index_dir).name, withdrawn(index_dir)
    older = [name for name in published(index_dir) if name < served and name not in bad]
    if not older:
        raise SnapshotMissing(f"{index_dir}: there is no snapshot before {served}, which is served, to go back to")
    return older[-1]


def verified(index_dir: Path, snapshot: str) -> Manifest:
    """The manifest of `snapshot`, after every byte of its files was compared with it.

    Raises SnapshotMissing where no snapshot has this id, SnapshotCorrupt naming a file that is not what was published,
    SnapshotMismatch where it was written in another schema.
    """
    _require(index_dir, snapshot)
    directory = index_dir / SNAPSHOTS / snapshot
    manifest = manifests.read(directory)
    manifests.verify(manifest, directory)
    return manifest


def rollback(index_dir: Path, snapshot: str, *, held: WriterLock | None = None) -> Manifest:
    """Serve `snapshot`, which was published before, after it was verified; its manifest.

    No snapshot is deleted. Those that are newer count as withdrawn until one of them is asked for in the same way.
    Raises what `verified` raises, and IndexLocked; what was served before is served on then.
    """
    _require(index_dir, snapshot)
    with held_or_taken(index_dir, f"going back to {snapshot}", held):
        manifest = verified(index_dir, snapshot)
        _forget(index_dir, [snapshot])
        _withdraw_after(index_dir, snapshot)
        _serve(index_dir, snapshot)
    return manifest


def prune(index_dir: Path, keep: int = KEPT, *, held: WriterLock | None = None) -> list[str]:
    """Delete all snapshots but the served one and the newest others, `keep` in all; the ids of those deleted.

    One that was withdrawn goes before any that was not, so that bad ones don't push out the last good one. Who reads a
    deleted one goes on reading: its files are open. Raises ValueError for a `keep` below 1, IndexLocked,
    SnapshotMissing or SnapshotCorrupt where it can't be told which one is served, SnapshotError where the disk refuses.
    """
    current_directory(index_dir)
    with held_or_taken(index_dir, "removing old snapshots", held):
        remove_strays(index_dir)
        return _prune(index_dir, keep)


def _make_room(index_dir: Path) -> None:
    remove_strays(index_dir)
    with suppress(SnapshotMissing, SnapshotCorrupt):
        # a newer one that is not served is what a writer left that died just before it was
        _withdraw_after(index_dir, current_directory(index_dir).name)


def _beginning(index_dir: Path, *prefixes: str) -> list[Path]:
    """What lies beside the snapshots under a name that begins with one of `prefixes`."""
    snapshots = index_dir / SNAPSHOTS
    with durable.storage_errors(snapshots):
        if not snapshots.is_dir():
            return []
        return sorted(path for path in snapshots.iterdir() if path.name.startswith(prefixes))


def _remove(draft: Path) -> None:
    if draft.exists():
        durable.remove_tree(draft)


def _require(index_dir: Path, snapshot: str) -> None:
    known = published(index_dir)
    if snapshot not in known:
        there = f"there are {', '.join(known)}" if known else "there is none at all"
        raise SnapshotMissing(f"{index_dir}: has no snapshot {snapshot}; {there}")


def _serve(index_dir: Path, snapshot: str) -> None:
    durable.replace(index_dir / CURRENT, f"{snapshot}\n".encode())


def _prune(index_dir: Path, keep: int) -> list[str]:
    if keep < 1:
        raise ValueError(f"at least one snapshot has to be kept, not {keep}")
    served, bad = current_directory(index_dir).name, withdrawn(index_dir)
    others = [name for name in published(index_dir) if name != served]
    others.sort(key=lambda name: (name not in bad, name))
    removed = others[: max(0, len(others) - keep + 1)]
    for name in removed:
        durable.discard(index_dir / SNAPSHOTS / name)
    _forget(index_dir, bad.difference(published(index_dir)))
    return sorted(removed)


def _mark(index_dir: Path, snapshot: str) -> Path:
    """The file that says that a snapshot was withdrawn. It is empty, so that nothing in it can be damaged."""
    return index_dir / SNAPSHOTS / f"{_WITHDRAWN}{snapshot}"


def _withdraw_after(index_dir: Path, snapshot: str) -> None:
    """Note that all snapshots that are newer than `snapshot` were withdrawn."""
    newer = [name for name in published(index_dir) if name > snapshot]
    unknown = sorted(set(newer) - withdrawn(index_dir))
    for name in unknown:
        durable.write(_mark(index_dir, name), b"")
    if unknown:
        durable.sync(index_dir / SNAPSHOTS)


def _forget(index_dir: Path, snapshots: Iterable[str]) -> None:
    """Take back that `snapshots` were withdrawn."""
    for mark in (_mark(index_dir, name) for name in snapshots):
        with durable.storage_errors(mark):
            if mark.exists():
                durable.disk.unlink(mark)
