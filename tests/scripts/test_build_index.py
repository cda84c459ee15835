"""The command that builds an index: what it prints and how it ends."""

from __future__ import annotations

import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from index.embedding import SentenceTransformerEmbedder
from index.lock import writer_lock
from index.snapshot import Snapshot

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "build_index.py"

FERRY = """The ferry to Holm

The ferry to Holm was sold in March. Its crew learned of it from the newspaper.
"""
FÄHRE = """Die Fähre nach Holm

Im März wurde die Fähre nach Holm verkauft. Die Besatzung erfuhr es aus der Zeitung.
"""

Run = Callable[..., int]


@pytest.fixture
def run(e5_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the script from another directory; its exit status."""

    def call(*arguments: str | Path) -> int:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(SCRIPT), run_name="__main__")
        return int(ended.value.code or 0)

    monkeypatch.setenv("FUNDSTELLE_EMBEDDING", str(e5_folder))
    return call


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    directory = tmp_path / "articles"
    directory.mkdir()
    (directory / "ferry.txt").write_text(FERRY)
    (directory / "fähre.txt").write_text(FÄHRE)
    return directory


def test_it_publishes_an_index_that_answers_across_languages(
    run: Run, articles: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], embedder: SentenceTransformerEmbedder
) -> None:
    assert run(articles, "--out", "index") == 0
    out, err = capfd.readouterr()
    assert "2 articles, 2 passages (de 1, en 1), 4 sentences\nnone left out\n" in out
    assert err == ""
    assert "6 texts embedded, 0 known from earlier buildings\n" in out
    with Snapshot.open(tmp_path / "index", expect=embedder.identity()) as snapshot:
        assert f"published {snapshot.id} in index" in out
        question = embedder.embed_queries(["Wer hat aus der Zeitung vom Verkauf erfahren?"])
        rows = snapshot.sentence_vectors.search(question, 2)[1][0]
        assert {snapshot.sentence_text(row) for row in rows} == {
            "Its crew learned of it from the newspaper.",
            "Die Besatzung erfuhr es aus der Zeitung.",
        }


def test_building_again_publishes_nothing_and_the_same_where_it_is_forced(
    run: Run,
    articles: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    embedder,
) -> None:
    monkeypatch.setattr("index.embedding.SentenceTransformerEmbedder", lambda *_, **__: embedder)
    found = []
    for chosen, said in (
        ([], "6 texts embedded, 0 known"),
        ([], "nothing has changed"),
        (["--force"], "0 texts embedded, 6 known"),
    ):
        assert run(articles, "--out", "index", *chosen) == 0
        assert said in capfd.readouterr().out
        with Snapshot.open(tmp_path / "index") as snapshot:
            found.append((snapshot.id, snapshot.manifest.files))
    assert found[0] == found[1]
    assert found[2][0] != found[0][0]
    assert found[2][1] == found[0][1]


def test_a_bad_file_is_named_and_the_rest_is_indexed(
    run: Run, articles: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, embedder
) -> None:
    monkeypatch.setattr("index.embedding.SentenceTransformerEmbedder", lambda *_, **__: embedder)
    (articles / "bad.txt").write_bytes(b"\xff\xfe\xfa")
    assert run(articles, "--out", "index") == 0
    out, err = capfd.readouterr()
    assert "1 left out" in out
    assert err.startswith(f"left out: {articles / 'bad.txt'}: ")


def test_nothing_to_index_ends_with_1_and_publishes_nothing(
    run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, embedder
) -> None:
    monkeypatch.setattr("index.embedding.SentenceTransformerEmbedder", lambda *_, **__: embedder)
    (tmp_path / "none").mkdir()
    assert run("none", "--out", "index") == 1
    assert "error: no article found in none" in capfd.readouterr().err
    assert not (tmp_path / "index" / "CURRENT").exists()


def test_a_model_that_is_not_there_ends_with_1(run: Run, articles: Path, capfd) -> None:
    assert run(articles, "--out", "index", "--embedding", "no-such-model", "--models", "nowhere") == 1
    assert "error: no model 'no-such-model'" in capfd.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["articles"], ["--out", "index"], ["articles", "--out", "i", "--colour"]])
def test_a_wrong_command_line_ends_with_2(run: Run, arguments: list[str], capfd) -> None:
    assert run(*arguments) == 2
    assert "usage: " in capfd.readouterr().err


def test_a_wrong_setting_ends_with_2(run: Run, articles: Path, capfd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNDSTELLE_PORT", "eighty")
    assert run(articles, "--out", "index") == 2
    assert "error: " in capfd.readouterr().err


def test_a_place_that_cant_be_written_ends_with_1_and_its_name(
    run: Run, articles: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch, embedder
) -> None:
    monkeypatch.setattr("index.embedding.SentenceTransformerEmbedder", lambda *_, **__: embedder)
    (tmp_path / "taken").write_text("a file")
    assert run(articles, "--out", "taken") == 1
    assert "taken: File exists" in capfd.readouterr().err


CHILD = """
import runpy, sys
import index.embedding
from tests.index.conftest import TokenHashEmbedder
index.embedding.SentenceTransformerEmbedder = lambda *_, **__: TokenHashEmbedder()
import index.watching
index.watching.INTERVAL, index.watching.AFTER_FAILURE = 0.05, 0.2
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print("torch" in sys.modules, file=sys.stderr)
"""


@pytest.fixture
def made_up(tmp_path: Path) -> list[str]:
    """The command with an embedder without a model, in a process of its own."""
    (tmp_path / "model").mkdir()
    command = [sys.executable, "-c", CHILD, str(SCRIPT), str(tmp_path / "articles"), "--out", str(tmp_path / "index")]
    return [*command, "--embedding", str(tmp_path / "model")]


def test_nothing_heavy_is_loaded_where_nothing_has_changed(articles: Path, made_up: list[str]) -> None:
    run = partial(subprocess.run, made_up, cwd=SCRIPT.parents[1], capture_output=True, text=True, check=True)
    assert "2 new, 0 changed, 0 removed, 0 unchanged\n" in run().stdout
    again = run()
    assert "nothing has changed" in again.stdout
    assert again.stderr == "False\n"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_watched_directory_is_built_again_after_every_change(
    articles: Path, made_up: list[str], tmp_path: Path, stop: signal.Signals
) -> None:
    with subprocess.Popen(
        [*made_up, "--watch"], cwd=SCRIPT.parents[1], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None and child.stderr is not None

        def published() -> str:
            lines = iter(child.stdout.readline, "")  # type: ignore[union-attr]
            said = []
            for line in lines:
                said.append(line)
                if line.startswith(("published", "nothing")):
                    break
            return "".join(said)

        assert "2 new, 0 changed, 0 removed, 0 unchanged\n" in published()
        (articles / "third.txt").write_text("A third article came. It was short.")
        assert "1 new, 0 changed, 0 removed, 2 unchanged\n" in published()
        (articles / "ferry.txt").unlink()
        assert "0 new, 0 changed, 1 removed, 2 unchanged\n" in published()
        child.send_signal(stop)
        assert child.stderr.read().endswith("stopped watching\nFalse\n")
    assert child.returncode == 0
    with Snapshot.open(tmp_path / "index") as snapshot:
        assert set(snapshot.article_ids) == {"fähre.txt", "third.txt"}


def test_what_fails_while_watching_is_told_once_and_tried_again(
    articles: Path, made_up: list[str], tmp_path: Path
) -> None:
    (tmp_path / "index").write_text("in the way")
    with subprocess.Popen(
        [*made_up, "--watch"], cwd=SCRIPT.parents[1], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        assert "index: File exists" in child.stderr.readline()
        time.sleep(0.5)
        (tmp_path / "index").unlink()
        assert "2 articles" in child.stdout.readline()
        child.send_signal(signal.SIGTERM)
        assert child.stderr.read() == "stopped watching\nFalse\n"
    assert child.returncode == 0


def test_an_index_that_somebody_else_writes_to_ends_with_1(
    run: Run, articles: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch, embedder
) -> None:
    monkeypatch.setattr("index.embedding.SentenceTransformerEmbedder", lambda *_, **__: embedder)
    with writer_lock(tmp_path / "index", "testing"):
        assert run(articles, "--out", "index") == 1
    assert "testing" in capfd.readouterr().err


def test_articles_that_are_gone_empty_the_index_only_where_that_is_said(
    run: Run, articles: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (articles / "fähre.txt").unlink()
    assert run(articles, "--out", "index") == 0
    (articles / "ferry.txt").unlink()
    capfd.readouterr()
    assert run(articles, "--out", "index") == 1
    said = capfd.readouterr().err
    assert f"error: no article found in {articles}. If there are to be none any more, --allow-empty publishes" in said
    assert run(articles, "--out", "index", "--allow-empty") == 0
    said = capfd.readouterr().out
    assert "0 articles, 0 passages (none), 0 sentences" in said
    assert "0 new, 0 changed, 1 removed, 0 unchanged" in said
    with Snapshot.open(tmp_path / "index") as snapshot:
        assert snapshot.article_ids == ()
