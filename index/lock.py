"""One writer at a time: the lock on a directory of an index.

    INDEX/.lock    held by a writer as an advisory lock (flock); says which process that is, for the others to read

The kernel gives the lock back when its holder ends, however it ends, so no lock is ever left behind. What the file says
is told to people and decides nothing. The file itself stays: whoever deletes it lets two writers in.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from index import durable
from index.errors import IndexLocked

FILE_NAME = ".lock"
POLL_SECONDS = 0.05
"""How often a waiting writer tries again."""
_LONGEST = 4_096
"""Bytes of the file that are read: what a writer says takes a few hundred."""


class WriterLock:
    """Proof that this process may write to `index_dir`, until the block of the `writer_lock` that gave it ends."""

    def __init__(self, index_dir: Path) -> None:
        self.index_dir = index_dir
        self._ended = False

    def require(self, index_dir: Path) -> None:
        """Raise ValueError where this is the lock of another directory, or has been given back."""
        if self._ended:
            raise ValueError(f"the lock on {self.index_dir} has been given back")
        if self.index_dir.resolve() != index_dir.resolve():
            raise ValueError(f"{index_dir} can't be written under the lock on {self.index_dir}")

    def end(self) -> None:
        """The lock is about to be given back."""
        self._ended = True


@contextmanager
def writer_lock(index_dir: Path, what: str, *, wait: float = 0.0) -> Iterator[WriterLock]:
    """Keep every other writer away from `index_dir`, which is made where it is missing.

    `what` this one is doing is told to the others, as in "building". Another holder is waited for `wait` seconds at the
    most. Raises IndexLocked naming it after that, SnapshotError where the disk refuses. Within one process, too, a
    second call is refused: hand on the `WriterLock` instead.
    """
    durable.make_directory(index_dir)
    path = index_dir / FILE_NAME
    lock = WriterLock(index_dir)
    descriptor = _acquired(path, time.monotonic() + wait)
    try:
        _tell(descriptor, what)
        yield lock
    finally:
        lock.end()
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
        os.close(descriptor)


@contextmanager
def held_or_taken(index_dir: Path, what: str, held: WriterLock | None) -> Iterator[WriterLock]:
    """`held` where the caller has the lock already, else a lock for this block; raises as `writer_lock` does."""
    if held is None:
        with writer_lock(index_dir, what) as lock:
            yield lock
    else:
        held.require(index_dir)
        yield held


def _acquired(path: Path, deadline: float) -> int:
    """A descriptor of `path` that has its lock."""
    while True:
        with ExitStack() as stack, durable.storage_errors(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            stack.callback(os.close, descriptor)
            locked = _is_locked(descriptor)
            if locked and _is_still(path, descriptor):
                stack.pop_all()
                return descriptor
            holder = _holder(descriptor)
        if locked:
            continue  # somebody has deleted the file: nobody else would look at this lock
        if time.monotonic() >= deadline:
            raise IndexLocked(path.parent, holder)
        time.sleep(POLL_SECONDS)


def _is_locked(descriptor: int) -> bool:
    """Whether the lock could be had."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether `path` is the file that is open."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    return False


def _tell(descriptor: int, what: str) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    told = {"pid": os.getpid(), "host": socket.gethostname(), "since": since, "what": what}
    # The lock holds whatever the file says. On a full disk it says nothing, and old snapshots can still be removed.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{json.dumps(told)}\n".encode(), 0)


def _holder(descriptor: int) -> str:
    """The writer that holds the lock, in words."""
    try:
        told = json.loads(os.pread(descriptor, _LONGEST, 0))
        return f"process {told['pid']} on {told['host']}, since {told['since']} ({told['what']})"
    except (ValueError, KeyError, TypeError):
        return "another process"
