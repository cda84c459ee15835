"""File operations whose effect survives a crash. Everything that is written into an index goes through here.

What they consist of is in `disk`, so that a test can fail, tear or cut off any single one.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from index.errors import SnapshotError


class Disk:
    """The steps that everything here is made of; each raises OSError."""

    def open(self, path: Path, mode: str) -> BinaryIO:
        """Open `path` for writing, in a binary mode."""
        return cast(BinaryIO, path.open(mode))

    def lend(self, path: Path) -> None:
        """Tell that a library is about to write `path` by itself."""

    def write(self, file: BinaryIO, content: bytes) -> None:
        """Append `content`; it may still be in memory when this returns."""
        file.write(content)

    def sync(self, path: Path, descriptor: int) -> None:
        """Force to disk what is open as `descriptor`, which is `path`."""
        os.fsync(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """Move `old` to `new`, over a file that is there."""
        old.replace(new)

    def mkdir(self, path: Path) -> None:
        """Make `path`, which may be there already."""
        path.mkdir(exist_ok=True)

    def unlink(self, path: Path) -> None:
        """Delete a file."""
        path.unlink()

    def rmdir(self, path: Path) -> None:
        """Delete an empty directory."""
        path.rmdir()


FULL = "database or disk is full"
"""As SQLite says it elsewhere."""

disk = Disk()
"""What is used. Tests put another one here."""


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Raise what the disk or SQLite refuses as SnapshotError, with the file that it is about."""
    try:
        yield
    except OSError as error:
        raise SnapshotError(f"{error.filename or path}: {error.strerror or error}") from error
    except sqlite3.Error as error:
        raise SnapshotError(f"{path}: {sqlite_reason(path, error)}") from error


def sqlite_reason(path: Path, error: sqlite3.Error) -> str:
    """What SQLite says of `path`; that the disk is full, too, where there is no room for the index of its log."""
    code = getattr(error, "sqlite_errorcode", 0)  # what the module raises by itself has none
    with suppress(OSError):
        if code & 0xFF == sqlite3.SQLITE_IOERR and not os.statvfs(path.parent).f_bavail:
            return FULL
    return str(error)


@contextmanager
def library_writes(path: Path) -> Iterator[None]:
    """Let a library write `path` by itself; it is on disk only after `sync` or `sync_tree`."""
    with storage_errors(path):
        disk.lend(path)
        yield


def make_directory(path: Path) -> None:
    """Make `path` and its parents; each new name is on disk when this returns."""
    with storage_errors(path):
        if path.is_dir():
            return
    make_directory(path.parent)
    with storage_errors(path):
        disk.mkdir(path)
    sync(path.parent)


def write(path: Path, content: bytes) -> None:
    """Write a new file; its content is on disk when this returns."""
    write_parts(path, [content])


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Write a new file of `parts`, one after the other; it is on disk when this returns."""
    with storage_errors(path), disk.open(path, "wb") as file:
        for part in parts:
            disk.write(file, part)
        file.flush()
        disk.sync(path, file.fileno())


def replace(path: Path, content: bytes) -> None:
    """Give `path` new content in one step: a reader sees the old or the new, also after a crash."""
    replace_parts(path, [content])


def replace_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Like `replace`, with content that is made on the way."""
    new = path.with_name(f"{path.name}.new")
    write_parts(new, parts)
    rename(new, path)


def replace_unsynced(path: Path, content: bytes) -> None:
    """Like `replace`, without waiting for the disk: a crash may leave anything. For what is checked when it is read."""
    new = path.with_name(f"{path.name}.new")
    with storage_errors(path):
        with disk.open(new, "wb") as file:
            disk.write(file, content)
        disk.rename(new, path)


def create(path: Path, fill: Callable[[Path], None], prefix: str) -> None:
    """Make a file, unless somebody else does meanwhile. Under its name there is never a part of one.

    `fill` writes it under the path that it gets, in a directory that none but the owner may read and whose name begins
    with `prefix`: a crash leaves that behind.
    """
    make_directory(path.parent)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=path.parent) as folder:
        draft = Path(folder) / path.name
        fill(draft)
        sync(draft)
        with storage_errors(path), suppress(FileExistsError):
            path.hardlink_to(draft)
    sync(path.parent)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that writes: committed at the end, taken back where anything is raised."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def rename(old: Path, new: Path) -> None:
    """Move `old` to `new` in the same directory; done on disk when this returns."""
    with storage_errors(new):
        disk.rename(old, new)
    sync(new.parent)


def sync(path: Path) -> None:
    """Force a file's content, or a directory's names, to disk."""
    with storage_errors(path):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            disk.sync(path, descriptor)
        finally:
            os.close(descriptor)


def sync_tree(directory: Path) -> None:
    """Force everything below `directory` to disk, then `directory` itself."""
    for path in sorted(directory.rglob("*"), reverse=True):
        sync(path)
    sync(directory)


def remove_tree(directory: Path) -> None:
    """Delete `directory` and what is in it. Where that is cut off, a part of it stays: see `discard`."""
    with storage_errors(directory):
        for path in sorted(directory.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                disk.rmdir(path)
            else:
                disk.unlink(path)
        disk.rmdir(directory)


def discard(directory: Path) -> None:
    """Delete `directory` so that what a crash may leave of it no longer has its name, but `.removing-<name>`."""
    gone = directory.with_name(f".removing-{directory.name}")
    rename(directory, gone)
    remove_tree(gone)
