"""A collection without articles: what is published of it, what a search finds in it, and when it is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.beginning import begin
from index.build import BuildOptions, BuildReport, build, build_articles
from index.errors import ArticleError, EmptyCollection, IndexLocked, SnapshotMissing
from index.inbox import Change, Inbox
from index.listing import listing
from index.lock import writer_lock
from index.manifest import Counts
from index.publish import CURRENT, SNAPSHOTS, current_directory, published
from index.retrieve import Retriever
from index.snapshot import TOKEN_FILES, Snapshot
from index.types import Filters
from tests.index.conftest import HashEmbedder, TokenHashEmbedder, article_of

FERRY = article_of("ferry", "The ferry to Holm was sold in March. Its crew learned of it from the newspaper.")
ALLOWED = BuildOptions(allow_empty=True)


def fail(error: ArticleError) -> None:
    raise error


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ferry.txt").write_text(FERRY.text)
    return folder


def built(folder: Path, out: Path, options: BuildOptions = ALLOWED) -> BuildReport:
    return build([folder], out, HashEmbedder(), on_error=lambda error: None, options=options)


def test_nothing_is_found_where_nothing_is(out: Path) -> None:
    embedder = TokenHashEmbedder()
    report = build_articles((), out, embedder, on_error=fail)
    assert (report.articles, report.passages, report.sentences, report.languages) == (0, 0, 0, {})
    with Snapshot.open(out, expect=embedder.identity()) as snapshot:
        assert (snapshot.manifest.counts, snapshot.article_ids) == (Counts(0, 0, 0), ())
        assert (snapshot.article("ferry"), snapshot.article_infos()) == (None, [])
        assert snapshot.manifest.files.keys().isdisjoint(TOKEN_FILES)
        retriever = Retriever(snapshot, embedder)
        for filters in (None, Filters(languages=("en",))):
            found = retriever.search(["What was sold?"], 8, filters)
            assert (found.hits, found.sentences) == ((), ())
        assert retriever.look("What was sold?") is None
        assert snapshot.passage_words.match_grams("ferry", "en").top(3)[0].tolist() == []
        assert snapshot.sentence_vectors.search(embedder.embed_queries(["ferry"]), 3)[1].shape == (1, 0)


@pytest.mark.parametrize("embedder", [HashEmbedder(), TokenHashEmbedder()], ids=["passages", "tokens"])
def test_the_last_article_goes_and_comes_again(out: Path, embedder: HashEmbedder) -> None:
    before = build_articles([FERRY], out, embedder, on_error=fail)
    gone = build_articles((), out, embedder, on_error=fail)
    assert (gone.unchanged, gone.changes.removed) == (False, 1)
    assert build_articles((), out, embedder, on_error=fail).unchanged
    assert b"ferry" not in b"".join(path.read_bytes() for path in current_directory(out).rglob("*") if path.is_file())
    again = build_articles([FERRY], out, embedder, on_error=fail)
    assert (again.changes.new, again.articles) == (1, 1)
    files = [Snapshot.open_directory(out / SNAPSHOTS / name).manifest.files for name in published(out)]
    assert (files[0], len(published(out))) == (files[2], 3)
    assert again.snapshot != before.snapshot


def test_a_listing_has_it(out: Path) -> None:
    build_articles((), out, HashEmbedder(), on_error=fail)
    (row,) = listing(out, verify=True)
    assert row.manifest is not None
    assert (row.manifest.counts, row.served, row.verified) == (Counts(0, 0, 0), True, True)


@pytest.mark.parametrize("left", ["an empty directory", "no directory"])
def test_an_emptied_directory_takes_nothing_away(folder: Path, out: Path, left: str) -> None:
    first = built(folder, out)
    (folder / "ferry.txt").unlink()
    if left == "no directory":
        folder.rmdir()
    with pytest.raises(EmptyCollection, match="no article found"):
        built(folder, out, BuildOptions(force=True))
    assert published(out) == [first.snapshot]


def test_an_emptied_directory_empties_the_index_where_that_is_allowed(folder: Path, out: Path) -> None:
    built(folder, out)
    (folder / "ferry.txt").unlink()
    report = built(folder, out)
    assert (report.articles, report.changes.removed, report.unchanged) == (0, 1, False)
    assert built(folder, out).unchanged


def test_a_directory_that_is_not_there_is_an_error_even_where_none_may_be_left(folder: Path, out: Path) -> None:
    first = built(folder, out)
    with pytest.raises(EmptyCollection):
        built(folder / "wrong", out)
    assert published(out) == [first.snapshot]


def test_files_whose_articles_were_all_deleted_over_http_are_no_error(folder: Path, out: Path) -> None:
    built(folder, out)
    Inbox(out).take([Change("ferry.txt", None)], {"ferry.txt"})
    report = built(folder, out, BuildOptions(force=True))
    assert (report.articles, [error.source for error in report.skipped]) == (0, ["ferry.txt"])


def test_an_index_is_begun_only_where_there_is_none(out: Path) -> None:
    assert begin(out, HashEmbedder())
    with Snapshot.open(out, expect=HashEmbedder().identity()) as snapshot:
        assert snapshot.article_ids == ()
    assert not begin(out, HashEmbedder())
    assert len(published(out)) == 1


def test_an_index_that_lost_its_pointer_is_not_begun_anew(out: Path) -> None:
    build_articles([FERRY], out, HashEmbedder(), on_error=fail)
    (out / CURRENT).unlink()
    assert not begin(out, HashEmbedder())
    with pytest.raises(SnapshotMissing):
        Snapshot.open(out)


def test_an_index_that_somebody_else_builds_is_not_begun(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.beginning.PATIENCE", 0.0)
    out.mkdir()
    with writer_lock(out, "testing"), pytest.raises(IndexLocked, match="testing"):
        begin(out, HashEmbedder())
    assert published(out) == []


def test_beginning_leaves_what_was_written_over_http_for_the_first_publishing(out: Path) -> None:
    Inbox(out).take([Change("ferry", FERRY)], ())
    begin(out, HashEmbedder())
    assert Inbox(out).pending(current_directory(out).name).written == 1
