"""The SQLite file of an inbox: made, opened, checked and copied.

It has no write-ahead log: SQLite takes the first damaged byte of one for its end, so that what was acknowledged would
be missing without a word. Here all of that is in the file itself as soon as it is committed. `seal` says how many
changes there are and has a hash of which ones, kept anew with each: neither a missing nor a spare one goes unnoticed.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index import durable
from index.errors import SnapshotCorrupt, SnapshotMismatch

FILE_NAME = "inbox.sqlite"
DRAFT = ".inbox-"
"""What the directory of an inbox that is being made, or of a copy, begins with."""
SCHEMA = 2
WITH_LOG = 1
"""The schema before: with a write-ahead log and without a seal."""
PATIENCE = 30.0
"""Seconds to wait for another process that writes, or that copies a large inbox."""
_SECONDS_BETWEEN = 0.05

_CHANGES = """
CREATE TABLE changes (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, taken_at TEXT NOT NULL, digest BLOB NOT NULL,
    deleted INTEGER NOT NULL, title TEXT, url TEXT, published_at TEXT, language TEXT, sha256 TEXT, text TEXT
) STRICT;
CREATE TABLE snapshots (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;
"""
_SEAL = "CREATE TABLE seal (changes INTEGER NOT NULL, mark INTEGER NOT NULL) STRICT"


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The inbox, to be read. Raises SnapshotError."""
    with refusals(path), closing(_connect(path)) as db:
        yield db


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """A transaction that writes: on disk at the end, taken back where anything is raised. Makes the file if need be."""
    if not path.exists():
        durable.create(path, _fill, DRAFT)
    with durable.library_writes(path), refusals(path):
        _require_present_schema(path)
        with closing(_connect(path)) as db, durable.transaction(db):
            yield db


@contextmanager
def copied(path: Path) -> Iterator[sqlite3.Connection]:
    """All that the inbox holds now, checked, whatever is written to it while this is read.

    Whoever writes waits while it is copied, and no longer. Raises SnapshotCorrupt.
    """
    with refusals(path):
        db = _copy(path)
    with closing(db):
        with refusals(path):
            _require_sound(path, db)
        yield db


def reseal(db: sqlite3.Connection, sequence: int, article_id: str, changes: int) -> None:
    """Note that a change was put in (`changes` is 1) or taken out (-1)."""
    mark = _mark(sequence, article_id)
    # SQLite has no exclusive or: this is one
    db.execute("UPDATE seal SET changes = changes + ?, mark = (mark | ?) - (mark & ?)", (changes, mark, mark))


def last_sequence(db: sqlite3.Connection) -> int:
    """The number of the last change, 0 where there was none."""
    (last,) = db.execute("SELECT coalesce(max(sequence), 0) FROM changes").fetchone()
    return int(last)


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """What SQLite refuses, and what it does not get out for damage, as SnapshotError."""
    with durable.storage_errors(path):
        try:
            yield
        except UnicodeDecodeError as error:  # the message about a damaged schema quotes it
            raise SnapshotCorrupt(f"{path}: is damaged: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    # A commit waits for the disk, also for the name of the journal to be gone, which would take the commit back.
    db.execute("PRAGMA synchronous = EXTRA")
    # What is deleted is to be gone: its bytes are overwritten, not only given back.
    db.execute("PRAGMA secure_delete = ON")
    return db


def _fill(draft: Path) -> None:
    """Write an empty inbox."""
    with durable.library_writes(draft), closing(_connect(draft)) as db:
        db.executescript(_CHANGES)
        _seal(db)
        db.execute(f"PRAGMA user_version = {SCHEMA}")


def _require_present_schema(path: Path) -> None:
    """Bring what an earlier program wrote to the present schema.

    Raises SnapshotMismatch where a later program wrote the file, SnapshotCorrupt where none did.
    """
    with closing(_connect(path)) as db:
        version = _version(db)
    if version == WITH_LOG:
        _end_log(path)
        with closing(_connect(path)) as db, durable.transaction(db):
            if _version(db) == WITH_LOG:
                _require_integrity(path, db)
                _seal(db)
                db.execute(f"PRAGMA user_version = {SCHEMA}")
    elif version == 0:
        raise SnapshotCorrupt(f"{path}: is no inbox; restore it, or delete it if nothing was ever written over HTTP")
    elif version != SCHEMA:
        raise SnapshotMismatch(f"{path}: has schema {version}, this program reads schema {SCHEMA}")


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version)


def _end_log(path: Path) -> None:
    """Move what is in the write-ahead log into the file, and have none any more. Nobody else may have it open then.

    So nothing stays open between two attempts, of which two processes may be making some.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with closing(_connect(path)) as db:
                db.execute("PRAGMA journal_mode = DELETE")
            return
        except sqlite3.OperationalError as error:
            # SQLite itself does not wait here
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(random.uniform(0, _SECONDS_BETWEEN))  # noqa: S311 - so that nobody is in step with another


def _copy(path: Path) -> sqlite3.Connection:
    _require_present_schema(path)
    with durable.library_writes(path), closing(_connect(path)) as db:
        # Held from here on, so that copying never waits for anybody: where it has to, it does so without an end.
        db.execute("BEGIN")
        last_sequence(db)
        # Its name goes at once. A directory that a network drive does not let go of is cleaned up by a later building.
        with tempfile.TemporaryDirectory(prefix=DRAFT, dir=path.parent, ignore_cleanup_errors=True) as folder:
            copy = _connect(Path(folder) / path.name)
            copy.execute("PRAGMA synchronous = OFF")
            db.backup(copy)
            copy.execute("BEGIN")
            last_sequence(copy)
    return copy


def _require_sound(path: Path, db: sqlite3.Connection) -> None:
    _require_integrity(path, db)
    sealed = db.execute("SELECT changes, mark FROM seal").fetchall()
    held = _held(db)
    if sealed != [held]:
        raise SnapshotCorrupt(
            f"{path}: is damaged: what was acknowledged is not what it holds, which is {held[0]} changes; restore it"
        )


def _require_integrity(path: Path, db: sqlite3.Connection) -> None:
    (verdict,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise SnapshotCorrupt(f"{path}: {verdict}")


def _seal(db: sqlite3.Connection) -> None:
    db.execute(_SEAL)
    db.execute("INSERT INTO seal VALUES (?, ?)", _held(db))


def _held(db: sqlite3.Connection) -> tuple[int, int]:
    """How many changes there are, and the mark of them all."""
    changes = mark = 0
    for sequence, article_id in db.execute("SELECT sequence, id FROM changes"):
        changes += 1
        mark ^= _mark(sequence, article_id)
    return changes, mark


def _mark(sequence: int, article_id: str) -> int:
    """56 bits, since SQLite's integers have 63."""
    return int.from_bytes(hashlib.sha256(f"{sequence} {article_id}".encode()).digest()[:7])
