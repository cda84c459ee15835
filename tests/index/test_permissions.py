"""What is said where the system forbids reading or writing, and that nothing is lost by it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from index import durable
from index.errors import SnapshotError
from index.listing import listing
from index.lock import FILE_NAME
from index.publish import previous, prune, published, rollback, staging
from index.snapshot import Snapshot
from index.types import Article

Publish = Callable[[Path, Sequence[Article]], str]
NOBODY = 65_534


@pytest.fixture
def place(
    tmp_path: Path, publish_articles: Publish, three_articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A directory of a user who may not do everything, which this process is as long as the test lasts."""
    monkeypatch.setattr(durable.disk, "sync", lambda *_: None)  # nobody cuts the power
    for _ in range(2):  # imports what is imported late, from where the user may not read
        publish_articles(tmp_path / "warm", three_articles)
    prune(tmp_path / "warm")
    rollback(tmp_path / "warm", published(tmp_path / "warm")[0])
    Snapshot.open(tmp_path / "warm").close()
    directory = Path(tempfile.mkdtemp())
    user = os.geteuid()
    if user == 0:
        os.chown(directory, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield directory
    finally:
        os.seteuid(user)
        for path in [directory, *directory.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(directory)


@pytest.fixture
def ids(place: Path, publish_articles: Publish, three_articles: list[Article]) -> list[str]:
    """Two snapshots in `place / "index"`, of one and of three articles."""
    return [publish_articles(place / "index", three_articles[:count]) for count in (1, 3)]


def opened(index: Path) -> str:
    with Snapshot.open(index) as snapshot:
        return snapshot.id


def write(index: Path, ids: list[str]) -> None:
    with staging(index):
        pass


WRITING: dict[str, Callable[[Path, list[str]], object]] = {
    "building": write,
    "going back": lambda index, ids: rollback(index, ids[0]),
    "removing": lambda index, ids: prune(index, 1),
}
READING: dict[str, Callable[[Path, list[str]], object]] = {
    "opening": lambda index, ids: opened(index),
    "telling which was before": lambda index, ids: previous(index),
    "listing": lambda index, ids: [found.problem for found in listing(index, verify=True)],
}


def test_a_directory_that_may_only_be_read_is_served_and_not_written(place: Path, ids: list[str]) -> None:
    index = place / "index"
    (index / FILE_NAME).unlink()
    (index / "snapshots").chmod(0o555)
    index.chmod(0o555)
    for act in WRITING.values():
        with pytest.raises(SnapshotError, match=rf"^{index / FILE_NAME}: Permission denied$"):
            act(index, ids)
    assert opened(index) == ids[1]
    assert [found.verified for found in listing(index, verify=True)] == [True, True]


def test_snapshots_that_may_only_be_read_are_named(place: Path, ids: list[str]) -> None:
    snapshots = place / "index" / "snapshots"
    snapshots.chmod(0o555)
    for act in WRITING.values():
        with pytest.raises(SnapshotError, match=rf"^{snapshots}/\S+: Permission denied$"):
            act(place / "index", ids)
    assert (opened(place / "index"), published(place / "index")) == (ids[1], ids)


def test_a_lock_of_another_user_is_named(place: Path, ids: list[str]) -> None:
    (place / "index" / FILE_NAME).chmod(0o444)
    with pytest.raises(SnapshotError, match=rf"^{place}/index/\.lock: Permission denied$"):
        write(place / "index", ids)


def test_a_place_where_no_index_can_be_made_is_named(place: Path) -> None:
    place.chmod(0o555)
    with pytest.raises(SnapshotError, match=rf"^{place / 'new'}: Permission denied$"):
        write(place / "new" / "index", [])


def test_missing_parents_are_made(place: Path) -> None:
    with staging(place / "a" / "b" / "index") as draft:
        assert draft.parent == place / "a" / "b" / "index" / "snapshots"


@pytest.mark.parametrize(
    ("closed", "named"),
    [
        ("CURRENT", "CURRENT"),
        ("", "CURRENT"),
        ("snapshots", "snapshots/{id}"),
        ("snapshots/{id}", "snapshots/{id}/manifest.json"),
        ("snapshots/{id}/manifest.json", "snapshots/{id}/manifest.json"),
        ("snapshots/{id}/articles.sqlite", "snapshots/{id}/articles.sqlite"),
    ],
)
def test_what_may_not_be_read_is_named(place: Path, ids: list[str], closed: str, named: str) -> None:
    index = place / "index"
    (index / closed.format(id=ids[1])).chmod(0)
    with pytest.raises(SnapshotError, match=rf"^{index / named.format(id=ids[1])}: Permission denied$"):
        opened(index)


@pytest.mark.parametrize(
    ("closed", "works"),
    [("", set()), ("snapshots", set()), ("snapshots/{id}", {"telling which was before", "building", "going back"})],
)
def test_no_other_error_comes_out(place: Path, ids: list[str], closed: str, works: set[str]) -> None:
    index = place / "index"
    (index / closed.format(id=ids[1])).chmod(0)
    for name, act in (READING | WRITING).items():
        try:
            told = str(act(index, ids))
        except SnapshotError as error:
            told = str(error)
        if name in works:
            assert "denied" not in told
        elif name != "removing" or not works:
            assert f"{index}" in told and "Permission denied" in told
