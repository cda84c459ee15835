"""Publishing in one step, and refusing on opening whatever is not what was published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import durable, manifest, snapshot
from index.errors import SnapshotCorrupt, SnapshotError, SnapshotMismatch, SnapshotMissing
from index.publish import KEPT, staging
from index.snapshot import Snapshot
from index.types import Article
from index.vectors import ROWS

Publish = Callable[[Path, Sequence[Article]], str]
FILES = (*snapshot.FILES, *(f"{name}/{ROWS}" for name in snapshot.VECTORS), "manifest.json")


@pytest.fixture
def published(tmp_path: Path, publish_articles: Publish, three_articles: list[Article]) -> Path:
    publish_articles(tmp_path, three_articles)
    return tmp_path


@pytest.fixture
def nothing_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(*_: object) -> None:
        raise AssertionError("parsed before it was verified")

    monkeypatch.setattr(snapshot, "Store", parse)
    monkeypatch.setattr(snapshot.VectorIndex, "open", parse)


def directory_of(index_dir: Path) -> Path:
    return index_dir / "snapshots" / (index_dir / "CURRENT").read_text().strip()


def flip(path: Path, position: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1 << bit
    path.write_bytes(content)


def rewrite(directory: Path, **changes: object) -> None:
    """A manifest with other content that is intact in itself: what an attacker would write, not what a disk does."""
    fields = json.loads((directory / "manifest.json").read_bytes()) | changes
    fields["id"] = manifest._id(fields)
    (directory / "manifest.json").write_bytes(manifest._canonical(fields))
    directory.rename(directory.with_name(fields["id"]))
    (directory.parent.parent / "CURRENT").write_text(f"{fields['id']}\n")


def test_the_manifest_says_what_was_published(published: Path) -> None:
    directory = directory_of(published)
    told = manifest.read(directory)
    assert told.id == directory.name
    assert told.id.startswith(told.created_at[:10].replace("-", "") + "T")
    assert told.embedding == {"model": "hash", "normalised": True}
    assert told.splitter == {"name": "lines"}
    assert (told.counts.articles, told.counts.passages, told.counts.sentences) == (3, 4, 7)
    assert {name: record.bytes for name, record in told.files.items()} == {
        name: (directory / name).stat().st_size for name in FILES if name != "manifest.json"
    }


@pytest.mark.parametrize("name", FILES)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_refused_by_name_before_anything_is_parsed(
    published: Path, nothing_is_parsed: None, name: str, place: float, bit: int
) -> None:
    path = directory_of(published) / name
    intact = path.read_bytes()
    flip(path, int(place * len(intact)), bit)
    try:
        with pytest.raises(SnapshotCorrupt, match=str(path)):
            Snapshot.open(published)
    finally:
        path.write_bytes(intact)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kept", [0, 1, -1])
def test_a_cut_file_is_refused_by_name(published: Path, nothing_is_parsed: None, name: str, kept: int) -> None:
    path = directory_of(published) / name
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(SnapshotCorrupt, match=str(path)):
        Snapshot.open(published)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_by_name(published: Path, nothing_is_parsed: None, name: str) -> None:
    path = directory_of(published) / name
    path.unlink()
    with pytest.raises(SnapshotCorrupt, match=f"{path}: the file is missing"):
        Snapshot.open(published)


def test_where_nothing_was_published_it_says_how_to_build(tmp_path: Path) -> None:
    with pytest.raises(SnapshotMissing, match=f"build_index.py ARTICLES --out {tmp_path}"):
        Snapshot.open(tmp_path)


def test_every_flipped_bit_of_current_is_refused_by_name(published: Path) -> None:
    path = published / "CURRENT"
    intact = path.read_bytes()
    for position in range(len(intact)):
        for bit in range(8):
            path.write_bytes(intact)
            flip(path, position, bit)
            with pytest.raises(SnapshotCorrupt, match=str(path)):
                Snapshot.open(published)


@pytest.mark.parametrize("content", [b"", b"../../etc\n", b"\xff\xfe\n", b"20250101T000000.000Z-0123456789ab"])
def test_a_current_that_names_no_snapshot_is_refused(published: Path, content: bytes) -> None:
    (published / "CURRENT").write_bytes(content)
    with pytest.raises(SnapshotCorrupt, match=r"CURRENT: .* is not the id of a snapshot"):
        Snapshot.open(published)


def test_a_current_that_names_a_missing_snapshot_is_refused(published: Path) -> None:
    directory = directory_of(published)
    shutil.rmtree(directory)
    with pytest.raises(SnapshotCorrupt, match=f"CURRENT: names the snapshot {directory.name}, which is not there"):
        Snapshot.open(published)


@pytest.mark.parametrize(
    "name", ["../../secret", "/etc/passwd", "vectors/../../x", ".", "", "a//b", "./a", "a\\..\\b", "a\0b"]
)
def test_a_manifest_that_leads_out_of_the_snapshot_is_refused(
    published: Path, nothing_is_parsed: None, name: str
) -> None:
    files = json.loads((directory_of(published) / "manifest.json").read_bytes())["files"]
    rewrite(directory_of(published), files=files | {name: {"sha256": "0" * 64, "bytes": 1}})
    with pytest.raises(SnapshotCorrupt, match="leads out of the snapshot"):
        Snapshot.open(published)


def test_a_manifest_without_a_file_that_will_be_read_is_refused(published: Path, nothing_is_parsed: None) -> None:
    files = json.loads((directory_of(published) / "manifest.json").read_bytes())["files"]
    del files["articles.sqlite"]
    rewrite(directory_of(published), files=files)
    with pytest.raises(SnapshotCorrupt, match=r"does not list articles\.sqlite"):
        Snapshot.open(published)


def test_another_schema_is_a_mismatch(published: Path, nothing_is_parsed: None) -> None:
    rewrite(directory_of(published), schema=manifest.SCHEMA + 1, vectors={"kind": "from the future"})
    with pytest.raises(SnapshotMismatch, match="has schema 4, this program reads schema 3: build the index again"):
        Snapshot.open(published)


@pytest.mark.parametrize("changes", [{"dim": "16"}, {"files": []}, {"surplus": 1}, {"created_at": 5}])
def test_a_manifest_of_other_types_is_corrupt(
    published: Path, nothing_is_parsed: None, changes: dict[str, object]
) -> None:
    directory = directory_of(published)
    if "created_at" in changes:
        fields = json.loads((directory / "manifest.json").read_bytes()) | changes
        (directory / "manifest.json").write_bytes(manifest._canonical(fields))
    else:
        rewrite(directory, **changes)
    with pytest.raises(SnapshotCorrupt, match=r"manifest\.json"):
        Snapshot.open(published)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_for_a_manifest_is_corrupt(published: Path, content: bytes) -> None:
    (directory_of(published) / "manifest.json").write_bytes(content)
    with pytest.raises(SnapshotCorrupt, match=r"manifest\.json"):
        Snapshot.open(published)


def test_brackets_without_end_are_corrupt(published: Path) -> None:
    (directory_of(published) / "manifest.json").write_bytes(b"[" * 1_000_000)
    with pytest.raises(SnapshotCorrupt, match=r"manifest\.json"):
        Snapshot.open(published)


def test_rows_that_differ_from_the_manifest_are_corrupt(published: Path) -> None:
    rewrite(directory_of(published), counts={"articles": 3, "passages": 4, "sentences": 8})
    with pytest.raises(SnapshotCorrupt, match=r"articles\.sqlite: has 7 rows, its manifest says 8"):
        Snapshot.open(published)


def test_the_last_published_is_served(
    published: Path, publish_articles: Publish, three_articles: list[Article]
) -> None:
    second = publish_articles(published, three_articles[:1])
    with Snapshot.open(published) as opened:
        assert (opened.id, opened.article_ids) == (second, ("bridge",))


def test_the_same_articles_give_the_same_files(published: Path, publish_articles: Publish, three_articles) -> None:
    first = directory_of(published)
    publish_articles(published, three_articles)
    second = directory_of(published)
    assert manifest.read(first).files == manifest.read(second).files
    assert first.name < second.name


def test_the_corpus_hash_depends_on_the_articles_and_not_on_their_order(
    tmp_path, publish_articles, three_articles
) -> None:
    def corpus(articles: list[Article]) -> str:
        publish_articles(tmp_path, articles)
        return manifest.read(directory_of(tmp_path)).corpus_sha256

    assert corpus(three_articles) == corpus(three_articles[::-1])
    assert corpus(three_articles) != corpus(three_articles[:2])


def test_old_snapshots_go_and_the_served_one_stays(tmp_path: Path, publish_articles, three_articles) -> None:
    ids = [publish_articles(tmp_path, three_articles) for _ in range(KEPT + 2)]
    assert sorted(path.name for path in (tmp_path / "snapshots").iterdir()) == ids[-KEPT:]


def test_a_clock_that_went_back_does_not_cost_the_served_one(tmp_path: Path, publish_articles, three_articles) -> None:
    future = [f"209{number}0101T000000.000Z-0123456789ab" for number in range(4)]
    for name in future:
        (tmp_path / "snapshots" / name).mkdir(parents=True)
    served = publish_articles(tmp_path, three_articles)
    assert sorted(path.name for path in (tmp_path / "snapshots").iterdir()) == sorted([served, *future[-2:]])
    assert Snapshot.open(tmp_path).id == served


def test_what_a_crash_left_behind_is_no_snapshot(published: Path, publish_articles, three_articles) -> None:
    stray = published / "snapshots" / ".building-abc"
    stray.mkdir()
    (stray / "articles.sqlite").write_bytes(b"half")
    served = publish_articles(published, three_articles[:2])
    assert Snapshot.open(published).id == served


OPERATIONS = ("write", "sync_tree", "rename", "replace")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_crash_before_publication_leaves_the_old_one_served(
    published: Path, publish_articles: Publish, three_articles: list[Article], monkeypatch, operation: str
) -> None:
    served = directory_of(published).name

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(durable, operation, crash)
        with pytest.raises(KeyboardInterrupt):
            publish_articles(published, three_articles[:1])
    with Snapshot.open(published) as opened:
        assert (opened.id, len(opened.article_ids)) == (served, 3)
    assert not list((published / "snapshots").glob(".building-*"))
    assert publish_articles(published, three_articles[:2]) == Snapshot.open(published).id


def test_a_full_disk_is_told_with_the_file(published: Path, publish_articles, three_articles, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SnapshotError, match=r"snapshots: No space left on device"):
        publish_articles(published, three_articles)


def test_an_index_that_cant_be_a_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SnapshotError, match=r"file: File exists"), staging(tmp_path / "file"):
        pass
