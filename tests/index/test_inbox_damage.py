"""Whatever byte of an inbox is damaged, all that was acknowledged is there, or its file is refused by name."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest

from index import inbox_file
from index.errors import SnapshotError
from index.inbox import FILE_NAME, Change, Inbox, overlay
from tests.index.conftest import article_of

A_MINUTE = 60.0
"""In which whatever hangs has failed."""
ROOT = Path(__file__).parents[2]
SMALLEST_REGION = 160
"""Of a file, in bytes."""

KILLED = """
import os, signal, sys
from pathlib import Path
from index.inbox import Change, Inbox
from tests.index.conftest import article_of

inbox = Inbox(Path(sys.argv[1]))
for number in range(12):
    inbox.take([Change(f"a{number % 9}", article_of(f"a{number % 9}", f"Text {number}. " * 60))], ())
inbox.take([Change("a3", None), Change("b", None)], {"b"})
"""
AT_ONCE = KILLED + "os.kill(os.getpid(), signal.SIGKILL)"
WITHIN_THE_NEXT = (
    KILLED
    + """
class Many(list):
    def __iter__(self):
        if self.looked_through:
            for name in map("c{}".format, range(400)):
                yield Change(name, article_of(name, f"Text of {name}. " * 600))
            os.kill(os.getpid(), signal.SIGKILL)
        self.looked_through = True

many = Many()
many.looked_through = False
inbox.take(many, ())
"""
)
KEPT = {f"a{number % 9}": f"Text {number}. " * 60 for number in range(12) if number % 9 != 3}
ACKNOWLEDGED = {**KEPT, "file": "File."}

WITH_LOG = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1] + "/inbox.sqlite", isolation_level=None)
db.execute("ATTACH ? AS later", (sys.argv[2] + "/inbox.sqlite",))
for (text,) in db.execute("SELECT sql FROM later.sqlite_schema WHERE name IN ('changes', 'snapshots')").fetchall():
    db.execute(text)
db.execute("PRAGMA main.user_version = 1")
db.execute("PRAGMA main.journal_mode = WAL")
db.execute("INSERT INTO changes SELECT * FROM later.changes")
os.kill(os.getpid(), signal.SIGKILL)
"""
"""What a program left that was killed, of those that had a write-ahead log."""


def left_by(code: str, *directories: Path) -> Path:
    """The directory, the first one, in which a process worked until it was killed."""
    command = [sys.executable, "-c", code, *map(str, directories)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    return directories[0]


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def laid_over(index: Path) -> dict[str, str]:
    """What the inbox makes of two files."""
    with overlay(index) as changes:
        files = [article_of("b", "Gone."), article_of("file", "File.")]
        return {article.id: article.text for article in changes.over(files)}


def damages(path: Path, chance: random.Random) -> list[bytes]:
    """The file with a bit flipped in each of its regions, and cut in a third of them."""
    content, found = path.read_bytes(), []
    region = max(SMALLEST_REGION, len(content) // 60)
    for start in range(0, len(content), region):
        place = chance.randrange(start, min(start + region, len(content)))
        found.append(content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :])
        if chance.random() < 1 / 3:
            found.append(content[:place])
    return [*found, b""]


@pytest.mark.parametrize(
    ("code", "files"),
    [(AT_ONCE, [FILE_NAME]), (WITHIN_THE_NEXT, [FILE_NAME, f"{FILE_NAME}-journal"])],
    ids=["killed at once", "killed within the next"],
)
def test_no_damage_loses_anything_acknowledged_without_a_word(code: str, files: list[str], tmp_path: Path) -> None:
    left = left_by(code, tmp_path / "left")
    assert names_in(left) == files
    chance, refused = random.Random(7), 0
    for path in sorted(left.iterdir()):
        for content in damages(path, chance):
            index = shutil.copytree(left, tmp_path / "index")
            (index / path.name).write_bytes(content)
            try:
                assert laid_over(index) == ACKNOWLEDGED
            except SnapshotError as error:
                assert str(index / FILE_NAME) in str(error)
                refused += 1
            shutil.rmtree(index)
    assert refused
    assert laid_over(left) == ACKNOWLEDGED
    assert names_in(left) == [FILE_NAME]


@pytest.mark.parametrize("statement", ["DELETE FROM changes WHERE id = 'a5'", "UPDATE seal SET changes = changes + 1"])
def test_a_change_that_is_missing_is_noticed_in_a_file_that_is_sound(statement: str, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.take([Change(f"a{number}", article_of(f"a{number}", "Text.")) for number in range(9)], ())
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db, db:
        db.execute(statement)
    for _ in range(2):
        with pytest.raises(SnapshotError, match=f"{FILE_NAME}: is damaged: what was acknowledged is not what it holds"):
            laid_over(tmp_path)
        inbox.take([Change("a5", article_of("a5", "Written again does not bring back what else may be missing."))], ())


@pytest.mark.parametrize("first", ["read", "written"])
def test_what_an_inbox_with_a_log_had_acknowledged_is_kept(first: str, tmp_path: Path) -> None:
    later = left_by(AT_ONCE, tmp_path / "later")
    (tmp_path / "left").mkdir()
    left = left_by(WITH_LOG, tmp_path / "left", later)
    assert f"{FILE_NAME}-wal" in names_in(left)
    assert Inbox(left).sequence() == 14
    if first == "written":
        assert Inbox(left).take([Change("c", article_of("c", "C."))], ()) == [15]
    assert laid_over(left) == {**ACKNOWLEDGED, **({"c": "C."} if first == "written" else {})}
    assert names_in(left) == [FILE_NAME]


def test_two_that_find_an_inbox_with_a_log_at_once_both_write_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = left_by(AT_ONCE, tmp_path / "later")
    (tmp_path / "left").mkdir()
    left = left_by(WITH_LOG, tmp_path / "left", later)
    both, found, version = Barrier(2), count(), inbox_file._version

    def found_by_both(db: sqlite3.Connection) -> int:
        """Whoever looks first has it open until the other one has, too."""
        number = version(db)
        if next(found) < 2:
            both.wait(A_MINUTE)
        return number

    monkeypatch.setattr(inbox_file, "_version", found_by_both)
    monkeypatch.setattr(inbox_file, "PATIENCE", A_MINUTE)

    def take(name: str) -> list[int]:
        return Inbox(left).take([Change(name, article_of(name, f"{name}."))], ())

    with ThreadPoolExecutor(2) as threads:
        numbers = sorted(number for taken in threads.map(take, "cd") for number in taken)
    assert numbers == [15, 16]
    assert laid_over(left) == {**ACKNOWLEDGED, "c": "c.", "d": "d."}


def test_writing_goes_on_while_a_building_reads_and_is_there_before_it_ends(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.take([Change("a", article_of("a", "A."))], ())
    with overlay(tmp_path) as changes:
        inbox.take([Change("b", article_of("b", "B."))], ())
        assert names_in(tmp_path) == [FILE_NAME]
        assert [article.id for article in changes.over([])] == ["a"]
        assert (inbox.sequence(), list(laid_over(tmp_path))) == (2, ["b", "file", "a"])
