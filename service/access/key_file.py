"""The file that holds the keys, which several processes and hosts share.

It is replaced as a whole, by one writer at a time, and read again when it changes: a key works, and a revoked one stops
working, within `FRESH_SECONDS` in every process. A file that can't be read lets nobody in.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from index import durable
from index.errors import SnapshotError
from service.access.keys import Key, Keys
from service.errors import KeysUnavailable, SettingsError
from service.logs import LOGGER

FRESH_SECONDS = 0.5
"""For so long, the file is not looked at again."""
LOCK_SECONDS = 10.0
"""How long to wait for another program that changes the file."""
POLL_SECONDS = 0.05
_MOST_BYTES = 16 * 1024 * 1024

logger = logging.getLogger(LOGGER)


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["fundstelle-keys-1"]
    keys: tuple[Key, ...]


class KeyFile:
    """The keys in `path`, none while there is no such file."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._looked_at = -FRESH_SECONDS
        self._version: tuple[int, ...] = ()
        self._keys = Keys()
        self._problem = ""

    def current(self) -> Keys:
        """The keys as they were at most `FRESH_SECONDS` ago. Raises `KeysUnavailable`, and the log says why."""
        if self.problem():
            raise KeysUnavailable("The keys can't be read, so nobody is let in; the log of the service says why.")
        return self._keys

    def problem(self) -> str:
        """Why the keys can't be read, in words for whoever runs the service; empty where they can be."""
        now = self._clock()
        if now - self._looked_at >= FRESH_SECONDS:
            self._look()
            self._looked_at = now
        return self._problem

    def _look(self) -> None:
        before = self._problem
        try:
            # Opening, rather than asking for its times, is what has a network file system look for a newer one.
            with _opened(self._path) as descriptor:
                self._read_if_new(descriptor)
            self._problem = ""
        except SettingsError as error:
            self._version = ()
            self._problem = str(error)
        if self._problem not in ("", before):
            logger.error("keys can't be read", extra={"fields": {"reason": self._problem}})

    def _read_if_new(self, descriptor: int | None) -> None:
        if descriptor is None:
            self._version, self._keys = (), Keys()
            return
        status = os.fstat(descriptor)
        version = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode)
        if version != self._version:
            self._keys = _read(descriptor)
            self._version = version
            if advice := exposure(self._path, status):
                logger.warning("others may read the keys", extra={"fields": {"advice": advice}})


def stored(path: Path) -> Keys:
    """The keys in `path`, none where there is no such file. Raises `SettingsError`."""
    with _opened(path) as descriptor:
        return Keys() if descriptor is None else _read(descriptor)


def exposure(path: Path, status: os.stat_result | None = None) -> str:
    """What to do about a file that others than its owner may read or write; empty where they may not."""
    found = status or path.stat()
    return f"chmod 600 {path}" if found.st_mode & (stat.S_IROTH | stat.S_IWGRP) else ""


def add(path: Path, key: Key) -> None:
    """Store a key. Raises `SettingsError` where the file holds something else or can't be written."""
    with _rewriting(path) as keys:
        keys.append(key)


def revoke(path: Path, key_id: str, now: datetime) -> Key:
    """Have the key work no longer, and return it. Raises as `add` does, also where there is no such key."""
    with _rewriting(path) as keys:
        place = next((place for place, key in enumerate(keys) if key.id == key_id), None)
        if place is None:
            raise SettingsError(f"{path}: there is no key {key_id}")
        if keys[place].revoked_at is None:
            keys[place] = msgspec.structs.replace(keys[place], revoked_at=now)
        return keys[place]


@contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    """A descriptor of `path`, None where there is no such file. What goes wrong is a `SettingsError`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    try:
        yield descriptor
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from error
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> Keys:
    """The keys in an open file. Raises OSError, ValueError."""
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        raise ValueError("is not a file")
    if mode & stat.S_IWOTH:
        raise ValueError("anybody on this machine may write it and so make keys; chmod 600 it, after a look at it")
    with open(descriptor, "rb", closefd=False) as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"has more than {_MOST_BYTES} bytes")
    return Keys(msgspec.json.decode(content, type=_Content).keys)


@contextmanager
def _rewriting(path: Path) -> Iterator[list[Key]]:
    """The keys to change; stored, in one step, when the block ends without an error."""
    path = path.resolve()
    try:
        durable.make_directory(path.parent)
        with _locked(path.with_name(f"{path.name}.lock")):
            keys = list(stored(path).all)
            yield keys
            content = {"format": "fundstelle-keys-1", "keys": [msgspec.to_builtins(key) for key in keys]}
            _replace(path, json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")
    except SnapshotError as error:
        raise SettingsError(str(error)) from error


def _replace(path: Path, content: bytes) -> None:
    """Like `durable.replace`; from its first byte on, the file is its owner's alone, or as the one before was."""
    new = path.with_name(f"{path.name}.new")
    owner, group, mode = _owner_and_mode(path)
    with durable.storage_errors(new):
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        new.chmod(mode)
        _give(new, owner, group)
    durable.write(new, content)
    durable.rename(new, path)


def _owner_and_mode(path: Path) -> tuple[int, int, int]:
    """Those of the file before, or of its directory: the service must be able to read what root has written."""
    with durable.storage_errors(path):
        if path.exists():
            status = path.stat()
            return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)
        status = path.parent.stat()
        return status.st_uid, status.st_gid, 0o600


def _give(path: Path, owner: int, group: int) -> None:
    if os.geteuid() == 0:
        os.chown(path, owner, group)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other writers away, on this and other hosts. The kernel gives the lock back however its holder ends."""
    with durable.storage_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        directory = path.parent.stat()
        _give(path, directory.st_uid, directory.st_gid)
    try:
        deadline = time.monotonic() + LOCK_SECONDS
        while not _is_locked(descriptor):
            if time.monotonic() >= deadline:
                raise SettingsError(f"{path}: another program has been changing the keys for {LOCK_SECONDS:g} seconds")
            time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int) -> bool:
    """Whether the lock could be had."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
