"""Answers that were given, for as long as something can be said of them, and what was said: one SQLite file.

Any number of threads and processes of one machine may use the file at once; over a network, SQLite's write-ahead log
does not work. Nothing is kept open between two calls, so that the file can be moved or deleted. It is readable for its
owner alone, and what is deleted is overwritten.

What is deleted and when is in one place, `FeedbackStore.prune`; docs/feedback.md says what is kept and why.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from index import durable
from index.errors import SnapshotError
from service.contracts.answers import Answer, AskRequest, Citation, Copy
from service.errors import AnswerNotFound, FeedbackUnavailable

FILE_NAME = "feedback.sqlite"
SCHEMA = 1
PATIENCE = 5.0
"""Seconds to wait for another thread or process that writes: on a busy disk that takes a while."""
ANSWERS = 50_000
"""Answers that are kept at most, about 3 kB each. The oldest go first of which nothing was said."""

_SCHEMA = """
CREATE TABLE answers (
    id TEXT PRIMARY KEY, given_at TEXT NOT NULL, rated INTEGER NOT NULL DEFAULT 0, content BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_by_age ON answers (rated, given_at);
CREATE TABLE feedback (
    answer_id TEXT NOT NULL REFERENCES answers (id) ON DELETE CASCADE, caller TEXT NOT NULL, said_at TEXT NOT NULL,
    helpful INTEGER NOT NULL, comment TEXT, PRIMARY KEY (answer_id, caller)
) STRICT, WITHOUT ROWID;
"""


_MISSING = """
SELECT 1 FROM answers LEFT JOIN feedback ON answer_id = id WHERE rated AND answer_id IS NULL
UNION SELECT 1 FROM feedback LEFT JOIN answers ON answer_id = id WHERE rated IS NOT 1
"""
"""Whether anything of the two tables lacks what belongs to it."""


class Place(Struct, frozen=True):
    """Where a quote stands: `article.text[start : start + len(quote)] == quote`."""

    article_id: str
    start: int
    quote: str


class Content(Struct, frozen=True):
    """What is kept of an answer. `citations` has a group for each citation: its place, and those of its copies."""

    request: AskRequest
    status: str
    reason: str | None
    answer: str
    language: str
    citations: tuple[tuple[Place, ...], ...]
    snapshot: str
    generator: str


class Said(Struct, frozen=True):
    """What one caller said of an answer."""

    helpful: bool
    comment: str | None
    said_at: datetime


class Remembered(Struct, frozen=True):
    """An answer that was given, and what was said of it."""

    id: str
    given_at: datetime
    content: Content
    said: tuple[Said, ...] = ()


def remembered(request: AskRequest, answer: Answer, given_at: datetime) -> Remembered:
    """What is to be kept of `answer`."""
    content = Content(
        request=request,
        status=answer.status,
        reason=answer.reason,
        answer=answer.answer,
        language=answer.language,
        citations=tuple((_place(cited), *map(_place, cited.also_at)) for cited in answer.citations),
        snapshot=answer.snapshot,
        generator=answer.models.generator,
    )
    return Remembered(answer.id, given_at, content)


def _place(cited: Citation | Copy) -> Place:
    return Place(cited.article_id, cited.start, cited.quote)


class FeedbackStore:
    """The file at `path`, which keeps answers for `days`. Every method raises `FeedbackUnavailable`."""

    def __init__(self, path: Path, days: int) -> None:
        """Nothing is written before something is kept."""
        self.path = path
        self._days = days

    def keep(self, answers: Sequence[Remembered]) -> None:
        """Keep `answers`; a crash of the machine may lose the last of them."""
        with self._writing(durably=False) as db:
            db.executemany(
                "INSERT OR IGNORE INTO answers (id, given_at, content) VALUES (?, ?, ?)",
                [(one.id, _text(one.given_at), msgspec.json.encode(one.content)) for one in answers],
            )

    def rate(self, answer_id: str, caller: str, said: Said) -> None:
        """Note what `caller` says of an answer, in place of what they said before; on disk when this returns.

        Raises `AnswerNotFound`.
        """
        if not self._has(answer_id):
            raise _unknown(answer_id)
        with self._writing(durably=True) as db:
            if not db.execute("UPDATE answers SET rated = 1 WHERE id = ?", (answer_id,)).rowcount:
                raise _unknown(answer_id)
            db.execute(
                "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?)",
                (answer_id, _pseudonym(answer_id, caller), _text(said.said_at), said.helpful, said.comment),
            )

    def prune(self, now: datetime) -> int:
        """Delete the answers that are older than the days allow or too many, with what was said; how many they were."""
        if not self.path.exists():
            return 0
        oldest = _text(now - timedelta(days=self._days))
        with self._writing(durably=False) as db:
            old = db.execute("DELETE FROM answers WHERE given_at < ?", (oldest,)).rowcount
            (count,) = db.execute("SELECT count(*) FROM answers").fetchone()
            surplus = "SELECT id FROM answers ORDER BY rated, given_at LIMIT ?"
            many = db.execute(f"DELETE FROM answers WHERE id IN ({surplus})", (max(0, count - ANSWERS),)).rowcount  # noqa: S608 - a constant
            return int(old + many)

    def delete(self, answer_ids: Sequence[str] = (), before: date | None = None) -> int:
        """Delete these answers, and those given before a day (UTC), with what was said of them; how many they were."""
        if not self.path.exists():
            return 0
        with self._writing(durably=True) as db:
            named = sum(db.execute("DELETE FROM answers WHERE id = ?", (one,)).rowcount for one in answer_ids)
            old = db.execute("DELETE FROM answers WHERE given_at < ?", (before.isoformat() if before else "",)).rowcount
            return int(named + old)

    def rated(self) -> list[Remembered]:
        """The answers of which something was said, the oldest first, each with all that was said."""
        if not self.path.exists():
            return []
        with _refusals(self.path), closing(_connect(self.path)) as db:
            _check(self.path, db)
            db.execute("BEGIN")
            _require_sound(self.path, db)
            answers = db.execute(
                "SELECT id, given_at, content FROM answers WHERE rated ORDER BY given_at, id"
            ).fetchall()
            return [_remembered(row, _said(db, str(row[0]))) for row in answers]

    def _has(self, answer_id: str) -> bool:
        """Whether the answer is kept: asked before writing, because nobody is to be locked out for an id made up."""
        if not self.path.exists():
            return False
        with _refusals(self.path), closing(_connect(self.path)) as db:
            _check(self.path, db)
            return db.execute("SELECT 1 FROM answers WHERE id = ?", (answer_id,)).fetchone() is not None

    @contextmanager
    def _writing(self, *, durably: bool) -> Iterator[sqlite3.Connection]:
        """A transaction that writes, taken back where anything is raised. On disk at its end where it is to be."""
        with _refusals(self.path):
            if not self.path.exists():
                durable.create(self.path, _fill, ".feedback-")
            with closing(_connect(self.path)) as db:
                _check(self.path, db)
                # With FULL, a commit waits for the disk, which has all that was committed before then, too.
                db.execute(f"PRAGMA synchronous = {'FULL' if durably else 'NORMAL'}")
                with durable.transaction(db):
                    yield db


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """What the disk and SQLite refuse as `FeedbackUnavailable`, of which a client is told nothing about the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise FeedbackUnavailable(f"{path}: {durable.sqlite_reason(path, error)}") from error
    except (OSError, SnapshotError, msgspec.MsgspecError, ValueError, TypeError) as error:
        raise FeedbackUnavailable(f"{path}: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None)
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA foreign_keys = ON")
    return db


def _fill(draft: Path) -> None:
    """Write an empty store, which others than the owner may not read."""
    os.close(os.open(draft, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(_connect(draft)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(_SCHEMA)
        db.execute(f"PRAGMA user_version = {SCHEMA}")


def _check(path: Path, db: sqlite3.Connection) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA:
        raise FeedbackUnavailable(f"{path}: has schema {version}, this program writes schema {SCHEMA}")


def _require_sound(path: Path, db: sqlite3.Connection) -> None:
    (verdict,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict == "ok" and db.execute(_MISSING).fetchone():
        verdict = "what was said of an answer is missing"
    if verdict != "ok":
        raise FeedbackUnavailable(f"{path}: is damaged: {verdict}")


def _said(db: sqlite3.Connection, answer_id: str) -> tuple[Said, ...]:
    query = "SELECT helpful, comment, said_at FROM feedback WHERE answer_id = ? ORDER BY said_at, caller"
    rows = db.execute(query, (answer_id,)).fetchall()
    return tuple(Said(bool(helpful), comment, datetime.fromisoformat(said_at)) for helpful, comment, said_at in rows)


def _remembered(row: tuple[str, str, bytes], said: tuple[Said, ...]) -> Remembered:
    answer_id, given_at, content = row
    return Remembered(answer_id, datetime.fromisoformat(given_at), msgspec.json.decode(content, type=Content), said)


def _text(moment: datetime) -> str:
    """In UTC, so that texts are in the order of time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _pseudonym(answer_id: str, caller: str) -> str:
    """Tells the callers of one answer apart without naming them."""
    return hashlib.sha256(f"{answer_id} {caller}".encode()).hexdigest()[:16]


def _unknown(answer_id: str) -> AnswerNotFound:
    return AnswerNotFound(f"There is no answer {answer_id!r} any more that something could be said of.")
