"""Publishing what was written over HTTP, whatever the disk does meanwhile."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from index import deriving, durable
from index.build import build, build_articles
from index.errors import ArticleError, IndexingError, IndexLocked, SnapshotCorrupt, SnapshotError
from index.inbox import Change, Inbox, overlay
from index.lock import writer_lock
from index.publish import CURRENT, SNAPSHOTS, current_directory, published, rollback
from index.republish import republish, served_articles
from index.snapshot import ARTICLES, Snapshot
from index.types import Article
from tests.index.conftest import HashEmbedder, article_of
from tests.index.faults import CountingDisk, FailingDisk

FILES = (article_of("a", "The bridge is long."), article_of("b", "The tower is tall."))
BEFORE = {"a": "The bridge is long.", "b": "The tower is tall."}
AFTER = {"a": "The bridge is wide.", "c": "The pier is new."}
CHANGES = (
    Change("a", article_of("a", AFTER["a"])),
    Change("b", None),
    Change("c", article_of("c", AFTER["c"])),
)


def fail(error: ArticleError) -> None:
    raise error


def first(index: Path, articles: Iterable[Article] = FILES) -> Path:
    build_articles(articles, index, HashEmbedder(), on_error=fail)
    return index


def texts(index: Path) -> dict[str, str]:
    """What the served snapshot has, read as the service reads it."""
    snapshot = Snapshot.open(index, expect=HashEmbedder().identity())
    try:
        articles = [snapshot.article(article_id) for article_id in snapshot.article_ids]
        assert {snapshot.article_ids[row] for row in snapshot.passage_article} == set(snapshot.article_ids)
        return {article.id: article.text for article in articles if article}
    finally:
        snapshot.close()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return first(tmp_path / "index")


def test_the_served_articles_get_what_was_said_of_them(index: Path) -> None:
    Inbox(index).take(CHANGES, {"b"})
    done = republish(index, HashEmbedder(), on_error=fail)
    assert texts(index) == AFTER
    assert (done.snapshot, done.sequence, done.unchanged) == (current_directory(index).name, 3, False)
    again = republish(index, HashEmbedder(), on_error=fail)
    assert (again.snapshot, again.sequence, again.unchanged) == (done.snapshot, 3, True)


def test_an_inbox_is_published_where_there_was_no_snapshot(tmp_path: Path) -> None:
    Inbox(tmp_path).take([Change("c", article_of("c", "The pier is new."))], ())
    republish(tmp_path, HashEmbedder(), on_error=fail)
    assert texts(tmp_path) == {"c": "The pier is new."}


def test_the_last_article_can_be_deleted_and_another_be_the_first(index: Path) -> None:
    Inbox(index).take([Change("a", None), Change("b", None)], {"a", "b"})
    done = republish(index, HashEmbedder(), on_error=fail)
    assert (texts(index), done.unchanged) == ({}, False)
    assert republish(index, HashEmbedder(), on_error=fail).unchanged
    Inbox(index).take([Change("c", article_of("c", AFTER["c"]))], ())
    republish(index, HashEmbedder(), on_error=fail)
    assert texts(index) == {"c": AFTER["c"]}


def test_where_only_articles_without_a_sentence_are_left_they_are_left_out(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deriving, "split", lambda *_: ([], []))
    Inbox(index).take([Change("a", None), Change("b", None), Change("c", article_of("c", "- - -"))], {"a", "b"})
    told: list[ArticleError] = []
    republish(index, HashEmbedder(), on_error=told.append)
    assert ([error.source for error in told], texts(index)) == (["c"], {})


def test_a_damaged_snapshot_is_not_taken_for_an_empty_one(index: Path) -> None:
    Inbox(index).take(CHANGES, {"b"})
    store = current_directory(index) / ARTICLES
    store.write_bytes(store.read_bytes()[:-1])
    before = published(index)
    with pytest.raises(SnapshotCorrupt, match=ARTICLES):
        republish(index, HashEmbedder(), on_error=fail)
    assert published(index) == before


def test_an_index_that_lost_its_pointer_is_not_taken_for_an_empty_one(index: Path) -> None:
    Inbox(index).take(CHANGES, {"b"})
    (served,) = published(index)
    (index / CURRENT).unlink()
    with pytest.raises(SnapshotCorrupt, match="CURRENT: is missing; serve a snapshot by"):
        republish(index, HashEmbedder(), on_error=fail)
    assert published(index) == [served]
    rollback(index, served)
    republish(index, HashEmbedder(), on_error=fail)
    assert texts(index) == AFTER


def test_a_damaged_inbox_is_not_taken_for_an_empty_one(index: Path, tmp_path: Path) -> None:
    inbox = index / "inbox.sqlite"
    inbox.write_bytes(b"SQLite format 3\0" + bytes(84))
    (tmp_path / "a.txt").write_text("The bridge is long.")
    with pytest.raises(SnapshotError, match=r"inbox\.sqlite"):
        republish(index, HashEmbedder(), on_error=fail)
    with pytest.raises(SnapshotError, match=r"inbox\.sqlite"):
        build([tmp_path / "a.txt"], index, HashEmbedder(), on_error=fail)
    assert texts(index) == BEFORE


def test_another_writer_is_said(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.republish.PATIENCE", 0.0)
    with writer_lock(index, "testing"), pytest.raises(IndexLocked, match="testing"):
        republish(index, HashEmbedder(), on_error=fail)


def test_a_building_from_files_reads_the_inbox_only_once_it_may_write(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would take back what another one published while it waited for the lock."""
    held: list[bool] = []

    def looked(index_dir: Path) -> object:
        try:
            with writer_lock(index_dir, "looking"):
                held.append(False)
        except IndexLocked:
            held.append(True)
        return overlay(index_dir)

    monkeypatch.setattr("index.build.overlay", looked)
    (tmp_path / "a.txt").write_text("The bridge is long.")
    build([tmp_path / "a.txt"], index, HashEmbedder(), on_error=fail)
    assert held == [True]


def test_any_operation_may_fail_and_nothing_that_was_accepted_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = first(tmp_path / "ready")
    Inbox(ready).take(CHANGES, {"b"})
    counting = CountingDisk()
    monkeypatch.setattr(durable, "disk", counting)
    republish(shutil.copytree(ready, tmp_path / "counted"), HashEmbedder(), on_error=fail)
    outcomes = set()
    steps = len(counting.steps)
    # test_faults.py has every operation of a building; here it is the end, where the inbox comes in
    for number in sorted({*range(0, steps, 9), *range(steps - 12, steps)}):
        index = shutil.copytree(ready, tmp_path / "index")
        monkeypatch.setattr(durable, "disk", FailingDisk(number, errno.EIO))
        try:
            republish(index, HashEmbedder(), on_error=fail)
            failed = False
        except IndexingError:
            failed = True
        monkeypatch.setattr(durable, "disk", CountingDisk())
        found = texts(index)
        assert found == AFTER or (failed and found == BEFORE), counting.steps[number]
        outcomes.add((failed, found == AFTER))
        done = republish(index, HashEmbedder(), on_error=fail)
        assert (texts(index), done.sequence) == (AFTER, 3), counting.steps[number]
        assert Inbox(index).pending(done.snapshot).since is None
        shutil.rmtree(index)
    assert outcomes >= {(True, False), (True, True)}


def test_a_change_is_accepted_only_where_the_disk_took_it(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = CountingDisk()
    monkeypatch.setattr(durable, "disk", counting)
    Inbox(shutil.copytree(index, index.with_name("counted"))).take(CHANGES, {"b"})
    for number in range(len(counting.steps)):
        copy = shutil.copytree(index, index.with_name("copy"))
        monkeypatch.setattr(durable, "disk", FailingDisk(number, errno.ENOSPC))
        with pytest.raises(SnapshotError):
            Inbox(copy).take(CHANGES, {"b"})
        monkeypatch.setattr(durable, "disk", CountingDisk())
        with overlay(copy) as changes:
            found = {article.id: article.text for article in changes.over(FILES)}
        assert found in (BEFORE, AFTER), counting.steps[number]
        assert Inbox(copy).take(CHANGES[:1], ())
        shutil.rmtree(copy)


def test_articles_are_read_only_from_what_was_published(index: Path) -> None:
    assert {article.id: article.text for article in served_articles(index)} == BEFORE
    shutil.rmtree(index / SNAPSHOTS)
    with pytest.raises(SnapshotCorrupt):
        list(served_articles(index))
