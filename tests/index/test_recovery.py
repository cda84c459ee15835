"""What opens where the published snapshot is damaged: the one before it, and never one that was not published."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from index import snapshot
from index.errors import SnapshotCorrupt, SnapshotMismatch, SnapshotMissing
from index.publish import rollback
from index.recovery import open_newest_sound
from index.types import Article
from index.vectors import ROWS

VECTORS = Path(snapshot.PASSAGE_VECTORS, ROWS)

Publish = Callable[[Path, Sequence[Article]], str]


@pytest.fixture
def three_published(tmp_path: Path, publish_articles: Publish, three_articles: list[Article]) -> list[Path]:
    """The directories of three snapshots, the oldest first; each has one article more than the one before."""
    return [tmp_path / "snapshots" / publish_articles(tmp_path, three_articles[:count]) for count in (1, 2, 3)]


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_sound_snapshot_opens_without_a_complaint(tmp_path: Path, three_published: list[Path]) -> None:
    opened, passed_over = open_newest_sound(tmp_path)
    with opened:
        assert (opened.id, passed_over) == (three_published[-1].name, [])


@pytest.mark.parametrize("name", [*snapshot.FILES, "manifest.json"])
def test_behind_a_damaged_file_the_snapshot_before_opens_and_the_file_is_named(
    tmp_path: Path, three_published: list[Path], name: str
) -> None:
    damage(three_published[-1] / name)
    opened, passed_over = open_newest_sound(tmp_path)
    with opened:
        assert (opened.id, len(opened.article_ids)) == (three_published[1].name, 2)
    assert [type(error) for error in passed_over] == [SnapshotCorrupt]
    assert str(passed_over[0]).startswith(f"{three_published[-1] / name}: ")


def test_an_empty_snapshot_is_not_served_in_place_of_a_damaged_one(
    tmp_path: Path, publish_articles: Publish, three_articles: list[Article]
) -> None:
    first, empty, last = (
        tmp_path / "snapshots" / publish_articles(tmp_path, three_articles[:count]) for count in (1, 0, 2)
    )
    damage(last / VECTORS)
    opened, passed_over = open_newest_sound(tmp_path)
    with opened:
        assert opened.id == first.name
    assert str(passed_over[1]) == f"{empty}: has no articles"
    damage(first / VECTORS)
    with pytest.raises(SnapshotCorrupt, match=str(last / VECTORS)):
        open_newest_sound(tmp_path)


def test_behind_two_damaged_snapshots_the_third_opens(tmp_path: Path, three_published: list[Path]) -> None:
    damage(three_published[2] / snapshot.ARTICLES)
    damage(three_published[1] / VECTORS)
    opened, passed_over = open_newest_sound(tmp_path)
    with opened:
        assert opened.id == three_published[0].name
    assert [str(error).split(": ")[0] for error in passed_over] == [
        str(three_published[2] / snapshot.ARTICLES),
        str(three_published[1] / VECTORS),
    ]


@pytest.mark.parametrize("content", [b"", b"nonsense\n", b"\xff\n", b"20190101T000000.000Z-0123456789ab\n"])
def test_a_damaged_current_costs_nothing_but_a_complaint(
    tmp_path: Path, three_published: list[Path], content: bytes
) -> None:
    (tmp_path / "CURRENT").write_bytes(content)
    opened, passed_over = open_newest_sound(tmp_path)
    with opened:
        assert opened.id == three_published[-1].name
    assert [str(error).split(": ")[0] for error in passed_over] == [str(tmp_path / "CURRENT")]


def test_a_snapshot_that_was_gone_back_from_does_not_come_back_behind_a_later_one(
    tmp_path: Path, three_published: list[Path], publish_articles: Publish, three_articles: list[Article]
) -> None:
    rollback(tmp_path, three_published[0].name)
    later = publish_articles(tmp_path, three_articles)
    assert (tmp_path / "snapshots" / three_published[2].name).is_dir()
    damage(tmp_path / "snapshots" / later / snapshot.ARTICLES)
    opened, _ = open_newest_sound(tmp_path)
    with opened:
        assert opened.id == three_published[0].name


def test_a_snapshot_that_was_rolled_back_does_not_come_back(tmp_path: Path, three_published: list[Path]) -> None:
    (tmp_path / "CURRENT").write_text(f"{three_published[1].name}\n")
    damage(three_published[1] / snapshot.ARTICLES)
    opened, _ = open_newest_sound(tmp_path)
    with opened:
        assert opened.id == three_published[0].name


def test_where_none_is_sound_the_published_one_is_complained_about(tmp_path: Path, three_published: list[Path]) -> None:
    for directory in three_published:
        damage(directory / snapshot.ARTICLES)
    with pytest.raises(SnapshotCorrupt, match=str(three_published[-1] / snapshot.ARTICLES)):
        open_newest_sound(tmp_path)


def test_a_snapshot_that_is_gone_is_passed_over(tmp_path: Path, three_published: list[Path]) -> None:
    shutil.rmtree(three_published[-1])
    opened, passed_over = open_newest_sound(tmp_path)
    with opened:
        assert opened.id == three_published[1].name
    assert "is not there" in str(passed_over[0])


def test_another_embedder_is_no_damage(tmp_path: Path, three_published: list[Path]) -> None:
    with pytest.raises(SnapshotMismatch, match="another embedder"):
        open_newest_sound(tmp_path, expect={"model": "another"})


def test_where_nothing_was_published_nothing_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SnapshotMissing):
        open_newest_sound(tmp_path)
