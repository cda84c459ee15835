"""The file that keeps answers and what is said of them: what is there, for how long, and what if it can't be."""

from __future__ import annotations

import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from service.contracts.answers import AskRequest, Copy
from service.errors import AnswerNotFound, FeedbackUnavailable
from service.feedback import store as feedback_store
from service.feedback.store import FeedbackStore, Place, Remembered, Said, remembered
from tests.service.fakes import refused
from tests.service.told import TWO, citation

ROOT = Path(__file__).parents[3]
NOW = datetime(2025, 9, 30, 12, tzinfo=UTC)
DAYS = 30


def kept(answer_id: str, age: float = 0.0, question: str = "Who?") -> Remembered:
    answer = msgspec.structs.replace(refused(question), id=answer_id)
    return remembered(AskRequest(question=question), answer, NOW - timedelta(days=age))


def said(helpful: bool = True, comment: str | None = None) -> Said:
    return Said(helpful, comment, NOW)


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "new folder" / "feedback.sqlite", DAYS)


def ids(store: FeedbackStore) -> list[str]:
    """Of all answers that are kept, whether or not something was said of them."""
    with closing(sqlite3.connect(store.path)) as db:
        return [row[0] for row in db.execute("SELECT id FROM answers ORDER BY id")]


def test_what_is_said_of_an_answer_comes_with_all_that_was_kept_of_it(store: FeedbackStore) -> None:
    copy = Copy("b.md", "B", None, None, 7, 12, "Copy.", "0" * 64)
    cited = (msgspec.structs.replace(citation(1), also_at=(copy,)), citation(2, "c.md"))
    request = AskRequest(question="Wie viel?", language="de", as_of=date(2025, 9, 1))
    one = remembered(request, msgspec.structs.replace(TWO, id="one", citations=cited), NOW)
    store.keep([one, kept("two")])
    store.rate("one", "key-1", said(False, "Zwetschge\n\"'"))
    (found,) = store.rated()
    assert found == msgspec.structs.replace(one, said=(said(False, "Zwetschge\n\"'"),))
    assert found.content.citations == (
        (Place("a/ü.md", 0, "Quote"), Place("b.md", 7, "Copy.")),
        (Place("c.md", 0, "Quote"),),
    )


def test_a_caller_replaces_what_they_said_and_nobody_elses(store: FeedbackStore) -> None:
    store.keep([kept("one")])
    store.rate("one", "key-1", said(True, "Good."))
    store.rate("one", "203.0.113.7", said(True))
    store.rate("one", "key-1", said(False))
    (found,) = store.rated()
    assert sorted((one.helpful, one.comment) for one in found.said) == [(False, None), (True, None)]


def test_nothing_can_be_said_of_an_answer_that_is_not_kept(store: FeedbackStore) -> None:
    with pytest.raises(AnswerNotFound):
        store.rate("one", "key-1", said())
    assert not store.path.parent.exists(), "asking for what is not there writes nothing"
    store.keep([kept("two")])
    with pytest.raises(AnswerNotFound, match="'one'"):
        store.rate("one", "key-1", said())
    assert store.rated() == []


def test_answers_are_deleted_by_age_with_what_was_said(store: FeedbackStore) -> None:
    store.keep([kept("old", 30.1), kept("unrated", 31), kept("young", 29.9)])
    for answer in ("old", "young"):
        store.rate(answer, "key-1", said())
    assert store.prune(NOW) == 2
    assert [one.id for one in store.rated()] == ["young"]
    with closing(sqlite3.connect(store.path)) as db:
        assert db.execute("SELECT answer_id FROM feedback").fetchall() == [("young",)]
    assert store.prune(NOW) == 0


def test_of_too_many_answers_the_oldest_go_of_which_nothing_was_said(
    store: FeedbackStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback_store, "ANSWERS", 3)
    store.keep([kept(f"{age}", age) for age in range(6)])
    store.rate("5", "key-1", said())
    assert store.prune(NOW) == 3
    assert ids(store) == ["0", "1", "5"]


def test_answers_are_deleted_by_id_and_by_day(store: FeedbackStore) -> None:
    store.keep([kept("a"), kept("b", 0.6), kept("c", 0.4), kept("d", 10)])
    assert store.delete(["a", "nowhere"]) == 1
    assert store.delete(before=NOW.date()) == 2
    assert ids(store) == ["c"]


def test_nothing_is_there_to_list_or_delete_before_anything_was_kept(store: FeedbackStore) -> None:
    assert (store.rated(), store.delete(["a"]), store.prune(NOW)) == ([], 0, 0)
    assert not store.path.parent.exists()


def test_the_file_is_for_its_owner_alone_and_single(store: FeedbackStore) -> None:
    store.keep([kept("one")])
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert [path.name for path in store.path.parent.iterdir()] == ["feedback.sqlite"]


def test_what_is_deleted_is_overwritten(store: FeedbackStore) -> None:
    store.keep([kept("one", question="Zwetschgendatschi?"), kept("two")])
    store.rate("one", "203.0.113.7", said(False, "Marillenknödel"))
    content = store.path.read_bytes()
    assert b"Zwetschgendatschi" in content
    assert "Marillenknödel".encode() in content
    assert b"203.0.113.7" not in content
    store.delete(["one"])
    left = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert b"Zwetschgendatschi" not in left
    assert "Marillenknödel".encode() not in left


WRITER = """
import sys
from pathlib import Path
from tests.service.feedback.test_feedback_store import *
store = FeedbackStore(Path(sys.argv[1]), DAYS)
for number in range(25):
    name = f"{sys.argv[2]}-{number}"
    store.keep([kept(name)])
    store.rate(name, "key-1", said())
print("done", flush=True)
sys.stdin.read()
"""


def writer(path: Path, name: str, **limits: int) -> subprocess.Popen[str]:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        if limits:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limits["bytes"], limits["bytes"]))

    return subprocess.Popen(
        [sys.executable, "-c", WRITER, path, name],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limit,
    )


def test_several_processes_write_at_once_and_nothing_is_lost_when_they_are_killed(store: FeedbackStore) -> None:
    writers = [writer(store.path, name) for name in "abc"]
    for process in writers:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        process.kill()
        process.communicate()
    assert [one.id for one in store.rated()] == sorted(f"{name}-{number}" for name in "abc" for number in range(25))


def test_a_full_disk_is_said_and_harms_nothing(store: FeedbackStore) -> None:
    store.keep([kept("before")])
    process = writer(store.path, "a", bytes=store.path.stat().st_size)
    _, errors = process.communicate()
    assert (process.returncode, "FeedbackUnavailable" in errors) == (1, True)
    store.rate("before", "key-1", said())
    rated = [one.id for one in store.rated()]
    assert "before" in rated
    assert len(set(ids(store)) - set(rated)) <= 1, "what was kept could be rated, but for the last"


def test_a_file_that_another_program_keeps_locked_is_unavailable_and_not_waited_for_long(
    store: FeedbackStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.keep([kept("one")])
    with closing(sqlite3.connect(store.path, isolation_level=None)) as db, monkeypatch.context() as impatient:
        impatient.setattr(feedback_store, "PATIENCE", 0.05)
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(FeedbackUnavailable) as caught:
            store.rate("one", "key-1", said())
    assert "locked" in caught.value.reason
    assert str(store.path) not in str(caught.value)
    store.rate("one", "key-1", said())


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"no database at all, but long enough to be one" * 9, "not a database"), (b"", "has schema 0")],
)
def test_a_file_that_is_something_else_is_not_touched(store: FeedbackStore, content: bytes, reason: str) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(content)
    for work in (lambda: store.keep([kept("one")]), store.rated, lambda: store.prune(NOW)):
        with pytest.raises(FeedbackUnavailable) as caught:
            work()
        assert reason in caught.value.reason
    assert store.path.read_bytes() == content


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("DELETE FROM feedback WHERE caller IN (SELECT caller FROM feedback LIMIT 1)", "is missing"),
        ("DELETE FROM answers WHERE id = 'two'", "is missing"),
        ("UPDATE answers SET rated = 0 WHERE id = 'one'", "is missing"),
        ("UPDATE feedback SET said_at = '2025'", "Invalid isoformat string"),
        ("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'answers_by_age'", "is never used"),
    ],
)
def test_what_is_missing_of_what_was_said_is_told_and_not_passed_over(
    store: FeedbackStore, damage: str, reason: str
) -> None:
    store.keep([kept("one"), kept("two"), kept("three")])
    store.rate("one", "key", said())
    store.rate("two", "key", said())
    with closing(sqlite3.connect(store.path)) as db:
        db.executescript(damage)
    with pytest.raises(FeedbackUnavailable) as raised:
        store.rated()
    assert raised.value.reason.startswith(f"{store.path}: ")
    assert reason in raised.value.reason


def test_acknowledged_feedback_has_reached_the_disk(store: FeedbackStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own promise for a commit with `synchronous = FULL`, so that is what is looked at."""
    modes: list[int] = []

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
            if sql == "COMMIT":
                modes.append(super().execute("PRAGMA synchronous").fetchone()[0])
            return super().execute(sql, *values)  # type: ignore[arg-type]

    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **b: real(*a, **b, factory=Watched))
    store.keep([kept("one")])
    store.rate("one", "key-1", said())
    assert modes == [1, 2], "1 is NORMAL, 2 is FULL"
