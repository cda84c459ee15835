"""Bytes kept on disk by the hash of what they were derived from, in one SQLite file.

An entry carries its own checksum; one that is damaged is not used. A file that SQLite can't read is thrown away.
Nothing depends on it: what is not there is derived again.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from index.durable import library_writes, make_directory
from index.errors import SnapshotError

FILE_NAME = "derived.sqlite"
"""In the directory of an index."""
KEPT = 3
"""Buildings that an entry stays for after the last one that used it."""
USES_AT_ONCE = 1_000
"""Entries whose use is written down together."""

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    key BLOB PRIMARY KEY, used INTEGER NOT NULL, crc INTEGER NOT NULL, value BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entries_by_use ON entries (used);
"""
_REFUSED = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
"""What says nothing against the file: a new one would fare no better."""
_COMPLAINTS = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises: its message about a damaged schema quotes it, which may be no UTF-8."""


class DerivedCache:
    """Entries by key. For one thread of one building at a time; what was put is kept by `flush`, also over a kill."""

    def __init__(self, path: Path) -> None:
        """Open or make `path`. Raises SnapshotError where the disk refuses."""
        self._path = path
        make_directory(path.parent)
        self._db = self._opened()
        self._uses: list[bytes] = []
        self._building = 1 + self._run(
            lambda: self._db.execute("SELECT ifnull(max(used), 0) FROM entries").fetchone()[0]
        )

    def get(self, key: bytes) -> bytes | None:
        """What was put under `key`; None where there is none, or a damaged one."""
        query = "SELECT used, crc, value FROM entries WHERE key = ?"
        found = self._run(lambda: self._db.execute(query, (key,)).fetchone())
        if found is None or not isinstance(found[2], bytes) or found[1] != _checksum(key, found[2]):
            return None
        if found[0] != self._building:
            self._uses.append(key)
            if len(self._uses) >= USES_AT_ONCE:
                self._note_uses()
        return bytes(found[2])

    def put(self, key: bytes, value: bytes) -> None:
        """Keep `value` under `key`, in place of what is there."""
        row = (key, self._building, _checksum(key, value), value)
        self._run(lambda: self._db.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", row))

    def flush(self) -> None:
        """Keep what was put until here, whatever happens to the process."""
        self._note_uses()
        self._run(lambda: self._db.commit())

    def retire(self) -> None:
        """Delete what was not used since the `KEPT`th building before this one."""
        self._note_uses()
        self._run(lambda: self._db.execute("DELETE FROM entries WHERE used < ?", (self._building - KEPT,)))
        self.flush()

    def close(self) -> None:
        """Close the file; what was put since the last `flush` is lost. May be called twice."""
        self._db.close()

    def _note_uses(self) -> None:
        rows = [(self._building, key) for key in self._uses]
        self._uses.clear()
        self._run(lambda: self._db.executemany("UPDATE entries SET used = ? WHERE key = ?", rows))

    def _opened(self) -> sqlite3.Connection:
        with library_writes(self._path):
            db = sqlite3.connect(self._path)
        try:
            _prepare(db)
        except _COMPLAINTS as error:
            db.close()
            self._discard(error)
            with library_writes(self._path):
                db = sqlite3.connect(self._path)
                _prepare(db)
        return db

    def _run(self, work: Callable[[], T]) -> T:
        """What `work` gives. Once more with an empty file where this one turns out to be damaged."""
        try:
            return work()
        except _COMPLAINTS as error:
            self._db.close()
            self._discard(error)
        self._db = self._opened()
        with library_writes(self._path):
            return work()

    def _discard(self, error: sqlite3.Error | UnicodeDecodeError) -> None:
        """Delete the file. Raises SnapshotError where it is not the file's fault."""
        if not self._is_damage(error):
            raise SnapshotError(f"{self._path}: {error}") from error
        with library_writes(self._path):
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def _is_damage(self, error: sqlite3.Error | UnicodeDecodeError) -> bool:
        if isinstance(error, UnicodeDecodeError):
            return True
        code = getattr(error, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_READONLY:  # a flipped bit makes a file call itself so
            return os.access(self._path, os.W_OK)
        return code is not None and code & 0xFF not in _REFUSED


def _prepare(db: sqlite3.Connection) -> None:
    # One building at a time has the file. So it needs no memory that it shares with others, which network file systems
    # don't have, and for which a full disk gives no error that anybody understands.
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    # a log of its own, so that a killed process leaves the file as it was at the last commit
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.executescript(_SCHEMA)


def _checksum(key: bytes, value: bytes) -> int:
    return zlib.crc32(value, zlib.crc32(key))
