"""Which snapshots stay, what may be served again, and what dead writers leave."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import durable, manifest
from index.build import BuildOptions, build_articles
from index.errors import IndexLocked, NotPruned, SnapshotCorrupt, SnapshotError, SnapshotMismatch, SnapshotMissing
from index.lock import writer_lock
from index.publish import current_directory, previous, prune, published, rollback, staging, verified, withdrawn
from index.snapshot import Snapshot
from index.types import Article
from index.vector_rows import DiskRows, RowWriter

Publish = Callable[[Path, Sequence[Article]], str]


@pytest.fixture(autouse=True)
def nothing_waits_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here cuts the power."""
    monkeypatch.setattr(durable.disk, "sync", lambda *_: None)


@pytest.fixture
def three_published(tmp_path: Path, publish_articles: Publish, three_articles: list[Article]) -> list[str]:
    """The ids of three snapshots in tmp_path, of one, two and three articles."""
    return [publish_articles(tmp_path, three_articles[:count]) for count in (1, 2, 3)]


def damage(index_dir: Path, snapshot: str) -> Path:
    path = index_dir / "snapshots" / snapshot / "articles.sqlite"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return path


def served(index_dir: Path) -> tuple[str, int]:
    with Snapshot.open(index_dir) as opened:
        return opened.id, len(opened.article_ids)


# --- ids


def test_what_was_published_is_listed_by_age(tmp_path: Path, three_published: list[str]) -> None:
    assert published(tmp_path) == three_published == sorted(three_published)
    assert published(tmp_path / "nowhere") == []


def test_only_directories_that_have_an_id_are_snapshots(tmp_path: Path, three_published: list[str]) -> None:
    (tmp_path / "snapshots" / ".building-abc").mkdir()
    (tmp_path / "snapshots" / "notes").mkdir()
    (tmp_path / "snapshots" / "20250101T000000.000Z-0123456789ab").write_text("a file")
    assert published(tmp_path) == three_published


@pytest.mark.parametrize("newest", ["20980301T120000.999Z-ffffffffffff", "20981231T235959.999Z-ffffffffffff"])
def test_a_clock_that_went_back_gives_ids_behind_the_newest(
    tmp_path: Path, publish_articles: Publish, three_articles: list[Article], newest: str
) -> None:
    (tmp_path / "snapshots" / newest).mkdir(parents=True)
    ids = [publish_articles(tmp_path, three_articles) for _ in range(2)]
    assert [newest, *ids] == sorted([newest, *ids])
    assert ids[0][:13] in ("20980301T1200", "20990101T0000")
    assert served(tmp_path)[0] == ids[1]


def test_two_buildings_in_one_millisecond_are_told_apart_and_ordered(
    tmp_path: Path, publish_articles: Publish, three_articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2025, 9, 18, 8, 15, 2, 371_900, UTC)

    monkeypatch.setattr(manifest, "datetime", Stopped)
    ids = [publish_articles(tmp_path, three_articles) for _ in range(3)]
    assert [name[:20] for name in ids] == [f"20250918T081502.{after}Z" for after in (371, 372, 373)]
    assert manifest.read(tmp_path / "snapshots" / ids[1]).created_at == "2025-09-18T08:15:02.372+00:00"


@given(st.lists(st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31)), max_size=4))
@settings(deadline=None)
def test_a_new_id_sorts_after_all_that_are_there(older: list[datetime]) -> None:
    ids = [f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03}Z-ffffffffffff" for at in older]
    new = manifest._now_after(ids)
    stamp = f"{new:%Y%m%dT%H%M%S}.{new.microsecond // 1000:03}Z-000000000000"
    assert all(name < stamp for name in ids)


@pytest.mark.parametrize("name", ["20250231T000000.000Z-ffffffffffff", "99991231T235959.999Z-ffffffffffff"])
def test_a_name_that_no_clock_gave_says_nothing_of_age(name: str) -> None:
    assert abs(manifest._now_after([name]) - datetime.now(UTC)) < timedelta(minutes=1)


# --- rollback


def test_the_one_before_is_served_again(tmp_path: Path, three_published: list[str]) -> None:
    assert previous(tmp_path) == three_published[1]
    assert rollback(tmp_path, three_published[1]).counts.articles == 2
    assert served(tmp_path) == (three_published[1], 2)
    assert published(tmp_path) == three_published


def test_going_back_step_by_step_ends_at_the_oldest(tmp_path: Path, three_published: list[str]) -> None:
    rollback(tmp_path, previous(tmp_path))
    rollback(tmp_path, previous(tmp_path))
    assert served(tmp_path) == (three_published[0], 1)
    with pytest.raises(SnapshotMissing, match=f"there is no snapshot before {three_published[0]}, which is served, to"):
        previous(tmp_path)
    rollback(tmp_path, three_published[2])
    assert served(tmp_path) == (three_published[2], 3)


def test_after_a_rollback_the_next_one_is_the_newest_and_served(
    tmp_path: Path, three_published: list[str], publish_articles: Publish, three_articles: list[Article]
) -> None:
    rollback(tmp_path, three_published[1])
    new = publish_articles(tmp_path, three_articles[:2])
    assert new > three_published[2]
    assert served(tmp_path) == (new, 2)


def test_what_was_gone_back_from_is_not_gone_back_to_unless_asked_for(
    tmp_path: Path, three_published: list[str], publish_articles: Publish, three_articles: list[Article]
) -> None:
    prune(tmp_path, 2)
    rollback(tmp_path, three_published[1])
    assert withdrawn(tmp_path) == {three_published[2]}
    new = publish_articles(tmp_path, three_articles[:2])
    assert previous(tmp_path) == three_published[1]
    rollback(tmp_path, three_published[2])
    assert withdrawn(tmp_path) == {new}
    assert previous(tmp_path) == three_published[1]


def test_bad_snapshots_do_not_push_out_the_good_one(
    tmp_path: Path, three_published: list[str], publish_articles: Publish, three_articles: list[Article]
) -> None:
    good = three_published[2]
    for _ in range(4):
        bad = publish_articles(tmp_path, three_articles[:1])
        assert served(tmp_path) == (bad, 1)
        assert rollback(tmp_path, previous(tmp_path)).id == good
    assert published(tmp_path) == [three_published[1], good, bad]
    assert withdrawn(tmp_path) == {bad}
    prune(tmp_path, 1)
    assert published(tmp_path) == [good]
    assert withdrawn(tmp_path) == set()


def test_after_a_rollback_the_served_one_is_never_too_old_to_stay(tmp_path: Path, three_published: list[str]) -> None:
    rollback(tmp_path, three_published[0])
    assert prune(tmp_path, 1) == three_published[1:]
    assert served(tmp_path) == (three_published[0], 1)


def test_a_damaged_snapshot_is_not_gone_back_to(tmp_path: Path, three_published: list[str]) -> None:
    path = damage(tmp_path, three_published[1])
    with pytest.raises(SnapshotCorrupt, match=str(path)):
        rollback(tmp_path, three_published[1])
    assert served(tmp_path) == (three_published[2], 3)


def test_a_snapshot_of_another_schema_is_not_gone_back_to(
    tmp_path: Path, three_published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "SCHEMA", manifest.SCHEMA + 1)
    with pytest.raises(SnapshotMismatch, match="build the index again"):
        rollback(tmp_path, three_published[1])
    assert current_directory(tmp_path).name == three_published[2]


@pytest.mark.parametrize("content", [None, b"", b"garbage\n"])
def test_a_lost_current_can_be_set_again(tmp_path: Path, three_published: list[str], content: bytes | None) -> None:
    (tmp_path / "CURRENT").unlink()
    if content is not None:
        (tmp_path / "CURRENT").write_bytes(content)
    rollback(tmp_path, three_published[1])
    assert served(tmp_path) == (three_published[1], 2)


@pytest.mark.parametrize("name", ["20250101T000000.000Z-0123456789ab", "../../elsewhere", ".building-abc", ""])
def test_what_was_never_published_is_not_gone_back_to(tmp_path: Path, three_published: list[str], name: str) -> None:
    with pytest.raises(SnapshotMissing, match=f"has no snapshot {name}; there are {three_published[0]}, "):
        rollback(tmp_path, name)
    assert served(tmp_path) == (three_published[2], 3)


def test_where_there_is_no_index_none_is_made(tmp_path: Path) -> None:
    for act in (lambda path: rollback(path, "20250101T000000.000Z-0123456789ab"), prune, previous):
        with pytest.raises(SnapshotMissing):
            act(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_crash_while_going_back_leaves_one_of_the_two_served(
    tmp_path: Path, three_published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(durable, "rename", crash)
        rollback(tmp_path, three_published[0])
    assert served(tmp_path) == (three_published[2], 3)
    assert verified(tmp_path, three_published[0]).counts.articles == 1


# --- pruning


def test_pruning_keeps_the_newest(tmp_path: Path, three_published: list[str]) -> None:
    assert prune(tmp_path, 2) == three_published[:1]
    assert published(tmp_path) == three_published[1:]
    assert prune(tmp_path, 2) == []
    assert prune(tmp_path, 1) == three_published[1:2]
    assert served(tmp_path) == (three_published[2], 3)


@pytest.mark.parametrize("keep", [0, -1])
def test_at_least_one_is_kept(tmp_path: Path, three_published: list[str], keep: int) -> None:
    with pytest.raises(ValueError, match="at least one snapshot has to be kept"):
        prune(tmp_path, keep)
    assert published(tmp_path) == three_published


def test_nothing_is_removed_while_it_is_unknown_what_is_served(tmp_path: Path, three_published: list[str]) -> None:
    (tmp_path / "CURRENT").write_bytes(b"garbage\n")
    with pytest.raises(SnapshotCorrupt, match="CURRENT"):
        prune(tmp_path, 1)
    assert published(tmp_path) == three_published


def test_a_removal_that_is_cut_off_leaves_no_half_snapshot(
    tmp_path: Path, three_published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(durable.disk, "unlink", refused)
        with pytest.raises(SnapshotError, match=rf"\.removing-{three_published[0]}/.*: Permission denied"):
            prune(tmp_path, 2)
    assert published(tmp_path) == three_published[1:]
    assert (tmp_path / "snapshots" / f".removing-{three_published[0]}").is_dir()
    prune(tmp_path, 2)
    assert sorted(path.name for path in (tmp_path / "snapshots").iterdir()) == three_published[1:]


def test_a_snapshot_that_was_published_is_served_although_no_old_one_could_be_removed(
    tmp_path: Path,
    three_published: list[str],
    publish_articles: Publish,
    three_articles: list[Article],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(path: Path) -> None:
        raise SnapshotError(f"{path}: Permission denied")

    monkeypatch.setattr(durable, "discard", refused)
    with pytest.raises(NotPruned, match=f"is published, .*/{three_published[0]}: Permission denied") as raised:
        publish_articles(tmp_path, three_articles[1:])
    assert served(tmp_path) == (raised.value.published, 2)


def test_who_reads_a_removed_snapshot_goes_on_reading(
    tmp_path: Path, publish_articles: Publish, three_articles: list[Article], hash_embedder
) -> None:
    publish_articles(tmp_path, three_articles)
    with Snapshot.open(tmp_path) as opened:
        publish_articles(tmp_path, three_articles[:1])
        prune(tmp_path, 1)
        assert not (tmp_path / "snapshots" / opened.id).exists()
        assert [opened.article(article.id) for article in three_articles] == three_articles
        assert opened.passage_text(1) == "Trams cross it."
        assert [info.id for info in opened.article_infos()] == ["bridge", "brücke", "emoji"]
        question = hash_embedder.embed_queries(["Trams cross it."])
        assert opened.passage_vectors.search(question, 1)[1].tolist() == [[1]]
        assert opened.sentence_vectors.search(question, 1)[1].tolist() == [[2]]
        assert opened.sentence_words.match_grams("trams", "en").scores.argmax() == 2


def test_vectors_that_are_read_from_disk_outlive_their_file(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(50, 16)).astype(np.float16).astype(np.float32)
    with closing(RowWriter(tmp_path / "rows.bin", 16, "float16")) as writer:
        writer.add(rows)
    opened = DiskRows(tmp_path / "rows.bin", 16, "float16")
    (tmp_path / "rows.bin").unlink()
    assert np.array_equal(opened.take(np.array([7, 49])), rows[[7, 49]])


# --- writers


def test_while_one_writes_no_other_does(tmp_path: Path, three_published: list[str]) -> None:
    with staging(tmp_path) as draft:
        for act in (
            lambda: staging(tmp_path).__enter__(),
            lambda: prune(tmp_path),
            lambda: rollback(tmp_path, three_published[0]),
        ):
            with pytest.raises(IndexLocked, match=r"is being written by process \d+ .* \(building\)"):
                act()
        assert draft.is_dir()
    assert served(tmp_path) == (three_published[2], 3)


def test_under_a_lock_that_is_held_already_everything_may_be_done(tmp_path: Path, three_published: list[str]) -> None:
    with writer_lock(tmp_path, "publishing") as lock:
        with staging(tmp_path, held=lock) as draft:
            assert draft.parent == tmp_path / "snapshots"
        rollback(tmp_path, three_published[1], held=lock)
        assert prune(tmp_path, 2, held=lock) == three_published[2:]


def test_what_dead_writers_left_is_removed_before_the_next_writes(tmp_path: Path, three_published: list[str]) -> None:
    for name in (".building-abc", f".removing-{three_published[0]}"):
        (tmp_path / "snapshots" / name / "vectors").mkdir(parents=True)
        (tmp_path / "snapshots" / name / "vectors" / "half").write_bytes(b"half")
    (tmp_path / "CURRENT.new").write_bytes(b"2025")
    with staging(tmp_path) as draft:
        assert sorted(path.name for path in (tmp_path / "snapshots").iterdir()) == [draft.name, *three_published]
        assert not (tmp_path / "CURRENT.new").exists()
    assert sorted(path.name for path in (tmp_path / "snapshots").iterdir()) == three_published


def test_what_a_writer_left_just_before_it_was_served_is_not_gone_back_to(
    tmp_path: Path,
    three_published: list[str],
    publish_articles: Publish,
    three_articles: list[Article],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    prune(tmp_path, 1)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(durable, "replace", crash)
        publish_articles(tmp_path, three_articles[:1])
    never = published(tmp_path)[-1]
    assert served(tmp_path) == (three_published[2], 3)
    new = publish_articles(tmp_path, three_articles[:2])
    assert new > never > three_published[2]
    assert withdrawn(tmp_path) == {never}
    assert previous(tmp_path) == three_published[2]


def test_a_draft_that_was_not_published_goes(tmp_path: Path) -> None:
    with staging(tmp_path) as draft:
        (draft / "file").write_bytes(b"content")
    assert not draft.exists()
    with pytest.raises(ZeroDivisionError), staging(tmp_path) as draft:
        raise ZeroDivisionError
    assert not draft.exists()


def test_why_writing_failed_is_told_although_the_draft_cant_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> None:
        raise SnapshotError(f"{path}: Read-only file system")

    with pytest.raises(SnapshotError, match="No space left on device"), staging(tmp_path):
        monkeypatch.setattr(durable, "remove_tree", refused)
        raise SnapshotError("vectors: No space left on device")


def test_a_writer_that_was_killed_is_cleaned_up_after(
    tmp_path: Path, three_published: list[str], publish_articles: Publish, three_articles: list[Article]
) -> None:
    code = (
        "import sys, time; from pathlib import Path; from index.publish import staging\n"
        "with staging(Path(sys.argv[1])) as draft:\n"
        "    (draft / 'half').write_bytes(b'half'); print(draft.name, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        left = tmp_path / "snapshots" / writer.stdout.readline().strip()
        with pytest.raises(IndexLocked, match=f"process {writer.pid} "):
            publish_articles(tmp_path, three_articles)
        os.kill(writer.pid, signal.SIGKILL)
    assert left.is_dir()
    assert served(tmp_path) == (three_published[2], 3)
    new = publish_articles(tmp_path, three_articles[:2])
    assert not left.exists()
    assert served(tmp_path) == (new, 2)


def test_a_removed_current_directory_is_not_served(tmp_path: Path, three_published: list[str]) -> None:
    shutil.rmtree(tmp_path / "snapshots" / three_published[2])
    with pytest.raises(SnapshotCorrupt, match="which is not there"):
        previous(tmp_path)
    rollback(tmp_path, three_published[1])
    assert served(tmp_path) == (three_published[1], 2)


def test_a_building_keeps_as_many_snapshots_as_it_is_told(
    tmp_path: Path, three_published: list[str], three_articles: list[Article], hash_embedder
) -> None:
    report = build_articles(
        three_articles[:1], tmp_path, hash_embedder, on_error=print, options=BuildOptions(keep=2, force=True)
    )
    assert published(tmp_path) == [three_published[2], report.snapshot]
