"""A building costs what has changed, gives what a fresh one would give, and what was removed is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import changes as changes_module
from index import deriving
from index.build import BuildOptions, BuildReport, build, build_articles
from index.changes import Changes
from index.embedding_cache import CachedEmbedder
from index.errors import ArticleError, IndexLocked
from index.lock import writer_lock
from index.publish import CURRENT, SNAPSHOTS
from index.snapshot import Snapshot
from index.types import Article
from index.vector_kinds import VectorOptions
from tests.index.conftest import HashEmbedder, article_of

ROOT = Path(__file__).resolve().parents[2]
FERRY = article_of("ferry", "The ferry to Holm was sold in March. Its crew learned of it from the newspaper.")
CRANE = article_of(
    "crane", "A crane fell into the basin in June. Divers cut it into pieces within three days.", title="Basin"
)
BRÜCKE = article_of("brücke", "Die Brücke ist seit Mai gesperrt. Der Umbau kostet 14 Mio. Euro.", language="de")
ALL = [FERRY, CRANE, BRÜCKE]


class Asked(HashEmbedder):
    """Notes which texts it is asked to embed, and how often to count tokens."""

    def __init__(self, revision: str = "1") -> None:
        self.revision = revision
        self.texts: list[str] = []
        self.counted = 0

    def identity(self) -> dict[str, str | int | bool]:
        return {**super().identity(), "revision": self.revision}

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self.counted += 1
        return super().count_tokens(texts)

    def embed_documents(self, texts, progress=None):
        self.texts += texts
        return super().embed_documents(texts, progress)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "index"


def published(
    articles: Sequence[Article], out: Path, embedder: HashEmbedder | None = None, **options: object
) -> BuildReport:
    cached = CachedEmbedder(embedder or Asked(), out / "embeddings")
    chosen = BuildOptions(**options)  # type: ignore[arg-type]
    report = build_articles(iter(articles), out, cached, on_error=lambda _: None, options=chosen)
    cached.retire()
    return report


def test_nothing_is_published_or_asked_where_nothing_has_changed(out: Path) -> None:
    first = published(ALL, out)
    served = (out / CURRENT).stat()
    asked = Asked()
    again = published(ALL, out, asked)

    assert again.unchanged
    assert not first.unchanged
    assert replace(again, seconds=0.0) == replace(
        first, seconds=0.0, embedding_seconds=0.0, unchanged=True, changes=Changes(unchanged=3)
    )
    assert (asked.texts, asked.counted) == ([], 0)
    assert [path.name for path in (out / SNAPSHOTS).iterdir()] == [first.snapshot]
    assert (out / CURRENT).stat().st_mtime_ns == served.st_mtime_ns


def test_the_order_of_the_articles_is_no_change(out: Path) -> None:
    published(ALL, out)
    assert published(ALL[::-1], out).unchanged


def test_what_became_of_the_articles_is_counted(out: Path) -> None:
    assert published([FERRY, CRANE], out).changes == Changes(new=2)
    longer = article_of("ferry", f"{FERRY.text} Nobody had asked them.")
    asked = Asked()
    report = published([longer, BRÜCKE], out, asked)

    assert report.changes == Changes(new=1, changed=1, removed=1)
    assert published([longer, BRÜCKE, CRANE], out).changes == Changes(new=1, unchanged=2)
    assert not any("crane" in text.lower() for text in asked.texts)


@pytest.mark.parametrize(
    "known",
    [{"title": "Sold"}, {"url": "https://a.example/"}, {"published_at": date(2025, 3, 1)}, {"language": "da"}],
)
def test_what_is_known_of_an_article_is_part_of_it(out: Path, known: dict[str, str]) -> None:
    published(ALL, out)
    asked = Asked()
    report = published([replace(FERRY, **known), CRANE, BRÜCKE], out, asked)

    assert report.changes == Changes(changed=1, unchanged=2)
    assert asked.texts == []
    with Snapshot.open(out) as snapshot:
        assert snapshot.article("ferry") == replace(FERRY, **known)


def everywhere(out: Path, words: str, language: str) -> list[str]:
    """The texts of all rows that any part of the served snapshot has for `words`."""
    with Snapshot.open(out) as snapshot:
        found = []
        for index, text in (
            (snapshot.passage_words, snapshot.passage_text),
            (snapshot.sentence_words, snapshot.sentence_text),
        ):
            match = index.match(words, language)
            rows = {*match.stems.top(100)[0].tolist(), *match.grams.top(100)[0].tolist()}
            found += [text(row) for row in sorted(rows)]
        question = HashEmbedder().embed_queries([words])
        rows = snapshot.sentence_vectors.search(question, 100)[1][0]
        found += [snapshot.sentence_text(row) for row in rows if words in snapshot.sentence_text(row)]
        texts = [snapshot.article(name) for name in snapshot.article_ids]
        return found + [one.text for one in texts if one is not None and words in one.text]


def test_a_removed_article_is_gone_from_words_vectors_and_texts(out: Path) -> None:
    published(ALL, out)
    assert len(everywhere(out, "crane", "en")) >= 4
    published([FERRY, BRÜCKE], out)

    assert everywhere(out, "crane", "en") == []
    with Snapshot.open(out) as snapshot:
        assert snapshot.article("crane") is None
        gone = HashEmbedder().embed_documents([CRANE.text])[0]
        assert float((snapshot.passage_vectors.all() @ gone).max()) < 0.999
    for path in (out / SNAPSHOTS / (out / CURRENT).read_text().strip()).rglob("*"):
        assert not path.is_file() or b"crane" not in path.read_bytes().lower()


def test_what_an_article_said_before_it_was_changed_is_gone(out: Path) -> None:
    published(ALL, out)
    published([article_of("crane", "A lorry fell into the basin in June.", title="Basin"), FERRY, BRÜCKE], out)

    assert everywhere(out, "crane", "en") == []
    assert everywhere(out, "lorry", "en") != []


@pytest.mark.parametrize(
    ("name", "why"),
    [("SPLITTING", "the splitting is another one"), ("LEXICAL", "the analysis of words is another one")],
)
def test_other_parameters_build_everything_again(
    out: Path, name: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(ALL, out)
    for module in (deriving, changes_module):
        monkeypatch.setattr(module, name, {**getattr(module, name), "version": 99})
    asked = Asked()
    report = published(ALL, out, asked)

    assert (report.unchanged, report.why) == (False, why)
    assert report.changes == Changes(unchanged=3)
    assert asked.counted == 3
    assert asked.texts == []


def test_another_model_embeds_everything_again(out: Path) -> None:
    first, second = Asked("1"), Asked("2")
    published(ALL, out, first)
    report = published(ALL, out, second)

    assert (report.unchanged, report.why) == (False, "the embedding model is another one")
    assert sorted(second.texts) == sorted(first.texts)
    with Snapshot.open(out, expect=second.identity()):
        pass


def test_another_way_to_search_vectors_builds_again(out: Path) -> None:
    published(ALL, out)
    report = published(ALL, out, vectors=VectorOptions(recall=0.99))
    assert (report.unchanged, report.why) == (False, "the search of vectors is another one")
    assert published(ALL, out, vectors=VectorOptions(recall=0.99)).unchanged


def test_a_snapshot_is_published_anyway_where_that_is_asked_for(out: Path) -> None:
    first = published(ALL, out)
    second = published(ALL, out, force=True)

    assert second.snapshot > first.snapshot
    assert (second.unchanged, second.why) == (False, "asked for")
    with Snapshot.open(out) as snapshot:
        assert snapshot.id == second.snapshot


@pytest.mark.parametrize("kind", ["articles.sqlite", "grams", "vectors", "manifest.json"])
def test_a_damaged_snapshot_is_built_again_although_nothing_has_changed(out: Path, kind: str) -> None:
    first = published(ALL, out)
    path = next(path for path in sorted((out / SNAPSHOTS).rglob("*")) if path.is_file() and kind in str(path))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    asked = Asked()
    report = published(ALL, out, asked)

    assert not report.unchanged
    assert path.name in report.why
    assert asked.texts == []
    with Snapshot.open(out) as snapshot:
        assert snapshot.id == report.snapshot > first.snapshot


def test_an_article_without_a_sentence_is_told_each_time_and_is_no_change(out: Path) -> None:
    empty = article_of("empty", "![](#)")
    told: list[str] = []
    for unchanged in (False, True):
        report = build_articles([FERRY, empty], out, HashEmbedder(), on_error=lambda error: told.append(error.source))
        assert report.unchanged == unchanged
        assert [error.source for error in report.skipped] == ["empty"]
    assert told == ["empty", "empty"]


def test_of_two_articles_with_one_id_the_first_stays_and_the_second_is_told_each_time(out: Path) -> None:
    for unchanged in (False, True):
        told: list[ArticleError] = []
        report = build_articles([FERRY, FERRY], out, HashEmbedder(), on_error=told.append)
        assert (report.unchanged, report.articles) == (unchanged, 1)
        assert [str(error) for error in told] == ["ferry: another article has this id"]


def test_two_buildings_do_not_work_on_one_index(out: Path) -> None:
    published(ALL, out)
    with writer_lock(out, "testing"), pytest.raises(IndexLocked, match="testing"):
        published(ALL, out)


def test_files_are_compared_as_articles_are(tmp_path: Path, out: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text(FERRY.text)
    (folder / "b.md").write_text(f"---\nurl: https://b.example/\n---\n{CRANE.text}")
    asked = Asked()

    def built() -> BuildReport:
        return build([folder], out, asked, on_error=lambda error: pytest.fail(str(error)))

    built()
    before = len(asked.texts), asked.counted
    os.utime(folder / "a.txt")
    assert built().unchanged
    assert (len(asked.texts), asked.counted) == before
    (folder / "b.md").write_text(f"---\nurl: https://c.example/\n---\n{CRANE.text}")
    assert built().changes == Changes(changed=1, unchanged=1)
    (folder / "a.txt").rename(folder / "c.txt")
    assert built().changes == Changes(new=1, removed=1, unchanged=1)
    (folder / "c.txt").unlink()
    assert built().changes == Changes(removed=1, unchanged=1)


TEXTS = [
    "The harbour was closed in June. A crane had fallen into it.",
    "Der Hafen war im Juni gesperrt. Ein Kran war hineingestürzt.",
    "The price rose to 14 million euros. Nobody had expected that. The mayor said so on Monday.",
    "A crane had fallen into it.",
]


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.sampled_from(TEXTS), min_size=1), min_size=2, max_size=4))
def test_an_index_built_step_by_step_is_that_of_a_fresh_building(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, str]]
) -> None:
    out, fresh = tmp_path_factory.mktemp("steps"), tmp_path_factory.mktemp("fresh")
    for step in steps:
        articles = [article_of(name, text) for name, text in sorted(step.items())]
        published(articles, out)
    published(articles, fresh)

    with Snapshot.open(out) as one, Snapshot.open(fresh) as other:
        assert one.manifest.corpus_sha256 == other.manifest.corpus_sha256
        assert one.manifest.files == other.manifest.files


CHILD = """
    import sys, time
    from pathlib import Path
    from index.build import build_articles
    from index.embedding_cache import CachedEmbedder
    from tests.index.test_incremental import Asked, many

    class Slow(Asked):
        def embed_documents(self, texts, progress=None):
            time.sleep(0.02)
            print(len(texts), flush=True)
            return super().embed_documents(texts, progress)

    out = Path(sys.argv[1])
    build_articles(many(), out, CachedEmbedder(Slow(), out / "embeddings"), on_error=print)
"""
SENTENCES = 20


def many() -> list[Article]:
    return [
        article_of(f"ship-{n}", " ".join(f"Ship {n} left berth {m} before noon." for m in range(SENTENCES)))
        for n in range(60)
    ]


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_a_building_that_was_ended_goes_on_where_it_was(
    out: Path, stop: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = textwrap.dedent(CHILD).replace(
        "from index.build",
        "from index import build, embedding_cache\n"
        "build.CHARACTERS_AT_ONCE = 20_000\nembedding_cache.TEXTS_AT_ONCE = 32\nfrom index.build",
        1,
    )
    command = [sys.executable, "-c", program, str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        asked_for = [int(child.stdout.readline()) for _ in range(12)]
        child.send_signal(stop)
        asked_for += [int(line) for line in child.stdout.read().split()]
    assert child.returncode != 0

    everything, rest = Asked(), Asked()
    published(many(), out.with_name("fresh"), everything)
    report = published(many(), out, rest)

    assert report.articles == 60
    portion = 32
    assert len(everything.texts) - sum(asked_for) <= len(rest.texts) <= len(everything.texts) - sum(asked_for) + portion
    assert rest.counted < 60
    assert [path.name for path in (out / SNAPSHOTS).iterdir()] == [report.snapshot]
    with Snapshot.open(out) as snapshot, Snapshot.open(out.with_name("fresh")) as fresh:
        assert snapshot.manifest.files == fresh.manifest.files
