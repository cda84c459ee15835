"""File operations whose effect survives a crash. Everything that publishing does to the disk goes through here."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import SnapshotError


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Raise what the disk or SQLite refuses as SnapshotError, with the file that it is about."""
    try:
        yield
    except OSError as error:
        raise SnapshotError(f"{error.filename or path}: {error.strerror or error}") from error
    except sqlite3.Error as error:
        raise SnapshotError(f"{path}: {error}") from error


def make_directory(path: Path) -> None:
    """Make `path` and its parents; each new name is on disk when this returns."""
    if path.is_dir():
        return
    make_directory(path.parent)
    with storage_errors(path):
        path.mkdir(exist_ok=True)
    sync(path.parent)


def write(path: Path, content: bytes) -> None:
    """Write a new file; its content is on disk when this returns."""
    with storage_errors(path), path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, content: bytes) -> None:
    """Give `path` new content in one step: a reader sees the old or the new, also after a crash."""
    new = path.with_name(f"{path.name}.new")
    write(new, content)
    with storage_errors(path):
        new.replace(path)
    sync(path.parent)


def rename(old: Path, new: Path) -> None:
    """Move `old` to `new` in the same directory; done on disk when this returns."""
    with storage_errors(new):
        old.rename(new)
    sync(new.parent)


def sync(path: Path) -> None:
    """Force a file's content, or a directory's names, to disk."""
    with storage_errors(path):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_tree(directory: Path) -> None:
    """Force everything below `directory` to disk, then `directory` itself."""
    for path in sorted(directory.rglob("*"), reverse=True):
        sync(path)
    sync(directory)


def remove_tree(directory: Path) -> None:
    """Delete `directory` and what is in it."""
    with storage_errors(directory):
        shutil.rmtree(directory)
