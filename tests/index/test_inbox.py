"""What was written or deleted over HTTP is kept from the moment it is acknowledged, and is part of every building."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from index.errors import SnapshotCorrupt, SnapshotError, SnapshotMismatch, UnknownArticles
from index.inbox import FILE_NAME, Change, Inbox, Pending, overlay
from index.types import Article
from tests.index.conftest import article_of

ROOT = Path(__file__).parents[2]


def put(name: str, text: str) -> Change:
    return Change(name, article_of(name, text))


def delete(name: str) -> Change:
    return Change(name, None)


def laid_over(index: Path, *articles: Article) -> dict[str, str]:
    with overlay(index) as changes:
        return {article.id: article.text for article in changes.over(articles)}


def test_an_index_without_an_inbox_is_as_its_files_are(tmp_path: Path) -> None:
    assert laid_over(tmp_path, article_of("a", "A.")) == {"a": "A."}
    assert (Inbox(tmp_path).sequence(), Inbox(tmp_path).pending("s")) == (0, Pending(0, 0, None))
    with overlay(tmp_path) as changes:
        changes.settle("s")
    assert not list(tmp_path.iterdir())


def test_what_was_said_last_of_an_article_goes_before_its_file(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    numbers = inbox.take([put("a", "First."), put("new", "New."), put("a", "Second."), delete("b")], {"b"})
    assert numbers == [1, 2, 3, 4]
    files = (article_of("a", "File."), article_of("b", "Gone."), article_of("c", "C."))
    assert list(laid_over(tmp_path, *files).items()) == [("a", "Second."), ("c", "C."), ("new", "New.")]


def test_an_article_comes_back_exactly_as_it_was_written(tmp_path: Path) -> None:
    written = article_of("ä/1\u2028", "Nul\0, 🌉\r\né", url="https://a.example", published_at=date(2025, 2, 28))
    plain = replace(written, id="plain", url=None, published_at=None, language="und")
    Inbox(tmp_path).take([Change(written.id, written), Change(plain.id, plain)], ())
    with overlay(tmp_path) as changes:
        assert list(changes.over(())) == [written, plain]


def test_files_that_give_way_are_told(tmp_path: Path) -> None:
    Inbox(tmp_path).take([put("a", "New."), put("same", "Same."), delete("b")], {"b"})
    hidden: list[str] = []
    files = [article_of("a", "Old."), article_of("b", "B."), article_of("c", "C."), article_of("same", "Same.")]
    with overlay(tmp_path) as changes:
        list(changes.over(files, lambda article: hidden.append(article.id)))
    assert hidden == ["a", "b"]


def test_all_changes_are_taken_or_none(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.take([put("kept", "Kept.")], ())
    with pytest.raises(UnknownArticles, match="no article 'nowhere', 'kept'") as raised:
        inbox.take([put("a", "A."), delete("nowhere"), delete("kept"), delete("kept")], ())
    assert raised.value.places == ((1, "nowhere"), (3, "kept"))
    assert (inbox.sequence(), laid_over(tmp_path)) == (1, {"kept": "Kept."})


def test_what_can_be_deleted_is_what_the_next_snapshot_would_have(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.take([put("a", "A."), delete("a"), put("a", "Again.")], ())
    inbox.take([delete("a")], {"a"})
    with pytest.raises(UnknownArticles):
        inbox.take([delete("a")], {"a"})
    assert laid_over(tmp_path, article_of("a", "File.")) == {}


def test_numbers_only_rise_also_when_what_they_counted_is_replaced(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    assert [inbox.take([put("a", text)], ())[0] for text in ("1.", "2.", "3.")] == [1, 2, 3]
    assert Inbox(tmp_path).take([delete("a")], ()) == [4]


def test_what_a_snapshot_lacks_is_counted_from_what_it_was_built_with(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.take([put("a", "A."), put("b", "B.")], ())
    with overlay(tmp_path) as changes:
        inbox.take([delete("a")], ())
        changes.settle("built")
    assert (inbox.pending("built").written, inbox.pending("built").deleted) == (0, 1)
    assert (inbox.pending("unknown").written, inbox.pending("unknown").deleted) == (1, 1)
    since = inbox.pending("built").since
    assert since is not None and since.tzinfo is not None
    with overlay(tmp_path) as changes:
        changes.settle("built")
    assert inbox.pending("built") == Pending(0, 0, None)


def test_a_building_sees_one_state_whatever_is_written_meanwhile(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.take([delete("a"), put("b", "B.")], {"a"})
    with overlay(tmp_path) as changes:
        reading = changes.over([article_of("a", "File."), article_of("c", "C.")])
        assert next(reading).id == "c"
        inbox.take([put("a", "Back."), delete("b"), put("d", "D.")], ())
        assert [article.text for article in reading] == ["B."]
        assert changes.sequence == 2
    assert laid_over(tmp_path, article_of("a", "File.")) == {"a": "Back.", "d": "D."}


def test_nothing_but_one_file_stays_behind(tmp_path: Path) -> None:
    Inbox(tmp_path / "index").take([put("a", "A.")], ())
    assert [path.name for path in (tmp_path / "index").iterdir()] == [FILE_NAME]


KILLED = """
import sys
from pathlib import Path
from index.inbox import Change, Inbox
from tests.index.conftest import article_of
inbox = Inbox(Path(sys.argv[1]))
for number in range(10_000):
    taken = inbox.take([Change(f"a{number}", article_of(f"a{number}", f"Text {number}. " * 400))], ())
    print(taken[0], flush=True)
"""


@pytest.mark.parametrize("after", [1, 2, 7])
def test_what_is_acknowledged_survives_a_process_that_is_killed_at_once(tmp_path: Path, after: int) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        acknowledged = [int(child.stdout.readline()) for _ in range(after)]
        os.kill(child.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in child.stdout if line.endswith("\n")]
    kept = laid_over(tmp_path)
    assert acknowledged == list(range(1, len(acknowledged) + 1))
    assert len(kept) in (len(acknowledged), len(acknowledged) + 1)
    assert all(kept[f"a{number}"] == f"Text {number}. " * 400 for number in range(len(acknowledged)))
    assert Inbox(tmp_path).take([put("next", "Next.")], ()) == [len(kept) + 1]


def test_a_damaged_article_can_be_written_again(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.take([put("a", "A text."), put("b", "B.")], ())
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db, db:
        db.execute("UPDATE changes SET text = 'A tent.' WHERE id = 'a'")
    with pytest.raises(
        SnapshotCorrupt, match=r"inbox.sqlite: what it holds of 'a'.*write or delete that article again"
    ):
        laid_over(tmp_path)
    inbox.take([put("a", "A text.")], ())
    assert laid_over(tmp_path) == {"a": "A text.", "b": "B."}


def test_an_inbox_of_a_later_program_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        db.execute("PRAGMA user_version = 3")
    for use in (lambda: Inbox(tmp_path).take([put("a", "A.")], ()), lambda: laid_over(tmp_path)):
        with pytest.raises(SnapshotMismatch, match="has schema 3, this program reads schema 2"):
            use()


def test_a_directory_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(SnapshotError, match=FILE_NAME):
        Inbox(tmp_path).take([put("a", "A.")], ())


def test_an_emptied_inbox_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()
    for use in (lambda: Inbox(tmp_path).take([put("a", "A.")], ()), lambda: laid_over(tmp_path)):
        with pytest.raises(SnapshotCorrupt, match="is no inbox; restore it"):
            use()
