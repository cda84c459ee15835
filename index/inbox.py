"""Articles that were written or deleted over HTTP: durable as soon as they are taken, and part of every building after.

`INDEX/inbox.sqlite` holds, for each id, the last thing that was said of it: its article, or that it is deleted. That is
a source of its own beside the files, and what it says of an id goes before what the files say. So nothing has to be
taken out of it when a snapshot is published, and a building that is repeated after a crash comes to the same result.

Each change has a number, higher than all before it. The table `snapshots` tells up to which number a snapshot has the
changes; one that it doesn't know is taken to have none, which costs a building and loses nothing.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from index import durable
from index.errors import SnapshotCorrupt, UnknownArticles
from index.inbox_file import DRAFT, FILE_NAME, copied, last_sequence, reading, refusals, reseal, writing
from index.types import Article

STRAY_SECONDS = 3_600.0
"""After which an inbox that is still being made is what a process left that died: making one takes a moment."""
SNAPSHOTS_KNOWN = 1_000
"""More than anybody keeps on disk."""

_ALL = "SELECT id, digest, deleted, title, url, published_at, language, sha256, text FROM changes ORDER BY sequence"
_ONE = "SELECT id, digest, deleted, title, url, published_at, language, sha256, text FROM changes WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Change:
    """What was said of an article: what it is now, or (None) that it is deleted."""

    id: str
    article: Article | None


@dataclass(frozen=True, slots=True)
class Pending:
    """How many changes a snapshot lacks, and since when the oldest of them waits."""

    written: int
    deleted: int
    since: datetime | None


class Inbox:
    """The inbox of an index, to write to. Any number of threads and processes may use one at once.

    Nothing is kept open between two calls, so that SQLite leaves a single file behind.
    Raises SnapshotError where the file can't be read or written, SnapshotMismatch where a later program wrote it.
    """

    def __init__(self, index_dir: Path) -> None:
        """Nothing is written before something is taken."""
        self._path = index_dir / FILE_NAME

    def take(self, changes: Sequence[Change], published: Collection[str]) -> list[int]:
        """Keep `changes`, all of them or none; the number of each. They survive a crash once this returns.

        `published` are those of the ids that the served snapshot has. Raises UnknownArticles where an article is to be
        deleted that neither it nor the inbox has.
        """
        with writing(self._path) as db:
            unknown = [
                (place, change.id)
                for place, change in enumerate(changes)
                if change.article is None and not _is_known(db, change.id, changes[:place], published)
            ]
            if unknown:
                raise UnknownArticles(unknown)
            return [_keep(db, change) for change in changes]

    def sequence(self) -> int:
        """The number of the last change, 0 where there was none."""
        if not self._path.exists():
            return 0
        with reading(self._path) as db:
            return last_sequence(db)

    def pending(self, snapshot: str | None) -> Pending:
        """What was said since the snapshot of this id was built; everything where it was built without the inbox."""
        if not self._path.exists():
            return Pending(0, 0, None)
        query = (
            "SELECT count(*) - total(deleted), total(deleted), min(taken_at) FROM changes "
            "WHERE sequence > coalesce((SELECT sequence FROM snapshots WHERE id = ?), 0)"
        )
        with reading(self._path) as db:
            written, deleted, since = db.execute(query, (snapshot,)).fetchone()
        try:
            return Pending(int(written), int(deleted), datetime.fromisoformat(since) if since else None)
        except ValueError as error:
            raise SnapshotCorrupt(f"{self._path}: is damaged: {error}") from error


class Overlay:
    """What the inbox says at one moment, laid over the articles of another source."""

    def __init__(self, path: Path, db: sqlite3.Connection | None, sequence: int) -> None:
        """Use `overlay`."""
        self._path = path
        self._db = db
        self.sequence = sequence
        """The number of the last change in it."""

    def over(
        self, articles: Iterable[Article], on_hidden: Callable[[Article], None] | None = None
    ) -> Iterator[Article]:
        """`articles`, each as the inbox has it where it has anything of its id, then those that only the inbox has.

        `on_hidden` is told of each of `articles` that gave way. Raises SnapshotCorrupt where a change is not what was
        taken.
        """
        met: set[str] = set()
        for article in articles:
            change = self._change(article.id)
            if change is None:
                yield article
                continue
            met.add(article.id)
            if on_hidden is not None and change.article != article:
                on_hidden(article)
            if change.article is not None:
                yield change.article
        for change in self._read(_ALL):
            if change.article is not None and change.id not in met:
                yield change.article

    def settle(self, snapshot: str) -> None:
        """Note that the published snapshot of this id was built with this overlay. Raises SnapshotError."""
        if self._db is None:
            return
        with writing(self._path) as db:
            db.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?)", (snapshot, self.sequence))
            db.execute(
                "DELETE FROM snapshots WHERE id NOT IN (SELECT id FROM snapshots ORDER BY id DESC LIMIT ?)",
                (SNAPSHOTS_KNOWN,),
            )

    def _change(self, article_id: str) -> Change | None:
        return next(self._read(_ONE, article_id), None)

    def _read(self, query: str, *values: str) -> Iterator[Change]:
        if self._db is None:
            return
        with refusals(self._path):
            for row in self._db.execute(query, values):
                yield self._checked(row)

    def _checked(self, row: tuple[object, ...]) -> Change:
        article_id, digest, deleted, *known = row
        if digest != _digest(str(article_id), tuple(known)) or bool(deleted) != (known[-1] is None):
            raise SnapshotCorrupt(
                f"{self._path}: what it holds of {article_id!r} is not what was written; write or delete that article "
                "again"
            )
        return Change(str(article_id), None if deleted else _article(str(article_id), known))


@contextmanager
def overlay(index_dir: Path) -> Iterator[Overlay]:
    """What the inbox of `index_dir` says now, whatever is written meanwhile; nothing where there is no inbox.

    Raises SnapshotCorrupt where its file is damaged.
    """
    path = index_dir / FILE_NAME
    if not path.exists():
        yield Overlay(path, None, 0)
        return
    with copied(path) as db:
        yield Overlay(path, db, last_sequence(db))


def remove_strays(index_dir: Path) -> None:
    """Delete what processes have left that died while they made an inbox. Raises SnapshotError."""
    with durable.storage_errors(index_dir):
        found = [path for path in index_dir.iterdir() if path.name.startswith(DRAFT)]
        strays = [path for path in found if _is_old(path)]
    for path in strays:
        durable.remove_tree(path)


def _is_old(draft: Path) -> bool:
    try:
        return abs(time.time() - draft.stat().st_mtime) > STRAY_SECONDS
    except FileNotFoundError:
        return False


def _is_known(db: sqlite3.Connection, article_id: str, before: Sequence[Change], published: Collection[str]) -> bool:
    for change in reversed(before):
        if change.id == article_id:
            return change.article is not None
    row = db.execute("SELECT deleted FROM changes WHERE id = ?", (article_id,)).fetchone()
    return article_id in published if row is None else not row[0]


def _keep(db: sqlite3.Connection, change: Change) -> int:
    article = change.article
    known = _fields(article) if article else (None,) * 6
    for (replaced,) in db.execute("DELETE FROM changes WHERE id = ? RETURNING sequence", (change.id,)).fetchall():
        reseal(db, replaced, change.id, -1)
    cursor = db.execute(
        "INSERT INTO changes (id, taken_at, digest, deleted, title, url, published_at, language, sha256, text) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (change.id, datetime.now(UTC).isoformat(), _digest(change.id, known), article is None, *known),
    )
    sequence = int(cursor.lastrowid or 0)
    reseal(db, sequence, change.id, 1)
    return sequence


def _fields(article: Article) -> tuple[str | None, ...]:
    published = article.published_at.isoformat() if article.published_at else None
    return article.title, article.url, published, article.language, article.sha256, article.text


def _article(article_id: str, fields: Sequence[object]) -> Article:
    title, url, published, language, sha256, text = (None if field is None else str(field) for field in fields)
    day = date.fromisoformat(published) if published else None
    return Article(article_id, str(title), str(text), url, day, str(language), str(sha256))


def _digest(article_id: str, fields: Sequence[object]) -> bytes:
    """SHA-256 of what a change says, with which damage to its row shows."""
    return hashlib.sha256(json.dumps([article_id, *fields], ensure_ascii=False).encode()).digest()
