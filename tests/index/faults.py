"""Disks that fail, and disks that tell what a power cut would leave."""

from __future__ import annotations

import os
import random
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import pytest

from index import durable
from index.durable import Disk
from index.errors import SnapshotError

Left = dict[PurePosixPath, bytes | None]
"""What is below a directory: the content of each file, None for a directory."""
Share = Callable[[], float]
"""How much got to the disk of the next thing that was not forced there: 0..1."""


class CountingDisk(Disk):
    """Tells `step` of each operation before it happens. Does not wait for the real disk: no test cuts its power."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, operation: str, path: Path) -> None:
        self.steps.append(f"{operation} {path.name}")

    def open(self, path: Path, mode: str) -> BinaryIO:
        self.step("open", path)
        return super().open(path, mode)

    def lend(self, path: Path) -> None:
        self.step("lend", path)

    def write(self, file: BinaryIO, content: bytes) -> None:
        self.step("write", Path(file.name))
        super().write(file, content)

    def sync(self, path: Path, descriptor: int) -> None:
        self.step("sync", path)

    def rename(self, old: Path, new: Path) -> None:
        self.step("rename", new)
        super().rename(old, new)

    def mkdir(self, path: Path) -> None:
        self.step("mkdir", path)
        super().mkdir(path)

    def unlink(self, path: Path) -> None:
        self.step("unlink", path)
        super().unlink(path)

    def rmdir(self, path: Path) -> None:
        self.step("rmdir", path)
        super().rmdir(path)


class FailingDisk(CountingDisk):
    """Refuses the `number`th operation, and with `lasting` every one from then on. A refused write is half done."""

    def __init__(self, number: int, error: int, *, lasting: bool = False) -> None:
        super().__init__()
        self._number = number
        self._error = error
        self._lasting = lasting

    def step(self, operation: str, path: Path) -> None:
        super().step(operation, path)
        if self._refuses():
            raise OSError(self._error, os.strerror(self._error))

    def write(self, file: BinaryIO, content: bytes) -> None:
        try:
            super().write(file, content)
        except OSError:
            file.write(content[: len(content) // 2])
            file.flush()
            raise

    def _refuses(self) -> bool:
        number = len(self.steps) - 1
        return number == self._number or (self._lasting and number > self._number)


class InterruptedDisk(CountingDisk):
    """Ctrl-C comes while the `number`th operation that takes time is waited for: it is done, and does not return."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._left = number

    def mkdir(self, path: Path) -> None:
        super().mkdir(path)
        self._wait()

    def write(self, file: BinaryIO, content: bytes) -> None:
        super().write(file, content)
        self._wait()

    def sync(self, path: Path, descriptor: int) -> None:
        super().sync(path, descriptor)
        self._wait()

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        self._wait()

    def _wait(self) -> None:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1


class WatchedDisk(CountingDisk):
    """Knows what is safe on the disk below `root`: each file as it was last synced, each directory likewise.

    Before each operation, `left` gets what a power cut at that moment leaves, in several variants: of what was not
    synced, everything, nothing, the names without the contents, or some of it by chance.
    """

    def __init__(self, root: Path, matters_not: Callable[[PurePosixPath], bool]) -> None:
        """Of a path that `matters_not`, `left` tells the name alone; what is done to it is no moment to look at."""
        super().__init__()
        self._root = root
        self._matters_not = matters_not
        # By inode. They stay open, so that no other file gets the number of one that was deleted.
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, dict[str, int]] = {}
        self._open: list[int] = []
        for path in [root, *root.rglob("*")]:
            self._settle(path)
        self.left: list[tuple[str, Left]] = []

    def step(self, operation: str, path: Path) -> None:
        number = len(self.steps)
        super().step(operation, path)
        if not self._matters_not(PurePosixPath(path.relative_to(self._root))):
            self.left += [(f"{number}: {operation} {path.name}, {how}", left) for how, left in self._variants(number)]

    def sync(self, path: Path, descriptor: int) -> None:
        super().sync(path, descriptor)
        self._settle(path)

    def close(self) -> None:
        for descriptor in self._open:
            os.close(descriptor)

    def _variants(self, seed: int) -> Iterator[tuple[str, Left]]:
        chance = random.Random(seed)
        yield "everything written", self._remains(lambda: 1, lambda: 1)
        yield "nothing written", self._remains(lambda: 0, lambda: 0)
        yield "names written", self._remains(lambda: 1, lambda: 0)
        yield "names and halves written", self._remains(lambda: 1, lambda: 0.5)
        yield "some written", self._remains(chance.random, chance.random)

    def _settle(self, path: Path) -> None:
        descriptor = self._held(os.open(path, os.O_RDONLY))
        number = os.fstat(descriptor).st_ino
        if path.is_dir():
            self._names[number] = {name: self._held(file) for name, file in _entries(descriptor).items()}
        else:
            self._contents[number] = path.read_bytes()

    def _held(self, descriptor: int) -> int:
        self._open.append(descriptor)
        return descriptor

    def _remains(self, names: Share, contents: Share) -> Left:
        left: Left = {}
        descriptor = os.open(self._root, os.O_RDONLY)
        self._collect(descriptor, PurePosixPath(), names, contents, left)
        os.close(descriptor)
        del left[PurePosixPath()]
        return left

    def _collect(self, descriptor: int, place: PurePosixPath, names: Share, contents: Share, left: Left) -> None:
        status = os.fstat(descriptor)
        if not stat.S_ISDIR(status.st_mode):
            safe = self._contents.get(status.st_ino, b"")
            live = b"" if self._matters_not(place) else os.pread(descriptor, status.st_size, 0)
            left[place] = _partly(safe, live, contents()) if live else b""
            return
        left[place] = None
        live_names = _entries(descriptor)
        entries = live_names if names() >= 0.5 else self._names.get(status.st_ino, {})
        for name, entry in entries.items():
            self._collect(entry, place / name, names, contents, left)
        for entry in live_names.values():
            os.close(entry)


def _partly(safe: bytes, live: bytes, share: float) -> bytes:
    """What is on disk of a file that held `safe` at its last sync and was changed to `live`."""
    if share == 1:
        return live
    if not live.startswith(safe):
        return safe
    return live[: len(safe) + int(share * (len(live) - len(safe)))]


def _entries(descriptor: int) -> dict[str, int]:
    """A descriptor of each entry of a directory, by name."""
    return {name: os.open(name, os.O_RDONLY, dir_fd=descriptor) for name in sorted(os.listdir(descriptor))}


@contextmanager
def put_in(disk: Disk) -> Iterator[None]:
    """Let everything that is written go to `disk`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable, "disk", disk)
        yield


def lay_out(left: Left, directory: Path) -> None:
    """Make `directory` with what was left."""
    directory.mkdir()
    for place, content in left.items():
        if content is None:
            (directory / place).mkdir()
        else:
            (directory / place).write_bytes(content)


def what_is_at(directory: Path) -> Left:
    """What is below `directory` now."""
    return {
        PurePosixPath(path.relative_to(directory)): None if path.is_dir() else path.read_bytes()
        for path in directory.rglob("*")
    }


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def refused(run: Callable[[Path], None], index_dir: Path) -> str:
    """What `run` was refused with; nothing where it says that all is done."""
    try:
        run(index_dir)
    except SnapshotError as error:
        return str(error)
    return ""
