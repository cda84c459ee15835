"""What processes that died have left goes with the next building, also where that publishes nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from index import publish
from index.build import BuildOptions, build, build_articles
from index.errors import ArticleError, NotPruned, SnapshotError
from index.inbox import STRAY_SECONDS, Change, Inbox, remove_strays
from index.publish import SNAPSHOTS, current_directory
from tests.index.conftest import HashEmbedder, article_of

FERRY = article_of("ferry", "The ferry to Holm was sold in March.")
CRANE = article_of("crane", "The crane is broken.")


def fail(error: ArticleError) -> None:
    raise error


def left(place: Path, seconds_ago: float = 0.0) -> Path:
    place.mkdir()
    (place / "half").write_bytes(b"x")
    os.utime(place, (time.time() - seconds_ago,) * 2)
    return place


def test_a_building_that_publishes_nothing_clears_away_too(tmp_path: Path) -> None:
    build_articles([FERRY], tmp_path, HashEmbedder(), on_error=fail)
    strays = [
        left(tmp_path / SNAPSHOTS / ".building-0a1b2c3d"),
        left(tmp_path / SNAPSHOTS / ".removing-20250911T000000.000Z-0a1b2c3d4e5f"),
        left(tmp_path / ".inbox-abcdefgh", 2 * STRAY_SECONDS),
    ]
    assert build_articles([FERRY], tmp_path, HashEmbedder(), on_error=fail).unchanged
    assert [path for path in strays if path.exists()] == []
    assert [path.name for path in (tmp_path / SNAPSHOTS).iterdir()] == [current_directory(tmp_path).name]


@pytest.mark.parametrize(("seconds_ago", "stays"), [(0, True), (2 * STRAY_SECONDS, False), (-2 * STRAY_SECONDS, False)])
def test_an_inbox_that_somebody_is_just_making_stays(tmp_path: Path, seconds_ago: float, stays: bool) -> None:
    stray = left(tmp_path / ".inbox-abcdefgh", seconds_ago)
    remove_strays(tmp_path)
    assert stray.exists() == stays


def test_an_inbox_is_made_beside_one_that_was_never_finished(tmp_path: Path) -> None:
    left(tmp_path / ".inbox-abcdefgh", 2 * STRAY_SECONDS)
    Inbox(tmp_path).take([Change("ferry", FERRY)], ())
    remove_strays(tmp_path)
    assert Inbox(tmp_path).pending(None).written == 1


def test_changes_count_as_published_also_where_an_older_snapshot_could_not_be_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, articles = tmp_path / "index", tmp_path / "ferry.txt"
    articles.write_text(FERRY.text)
    Inbox(index).take([Change("crane", CRANE)], ())

    def refuse(*_: object) -> None:
        raise SnapshotError("permission denied")

    monkeypatch.setattr(publish, "_prune", refuse)
    with pytest.raises(NotPruned) as raised:
        build([articles], index, HashEmbedder(), on_error=fail, options=BuildOptions(keep=1))
    assert raised.value.published == current_directory(index).name
    assert Inbox(index).pending(raised.value.published).since is None
