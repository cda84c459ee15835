"""The command that evaluates: what it writes, what it says and how it ends. Without a language model."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from index.build import build
from index.embedding import SentenceTransformerEmbedder
from service.evaluation.compare import load

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "evaluate.py"

FERRY = """The ferry to Holm

The ferry to Holm was sold in March. Its crew learned of it from the newspaper.
"""
BRIDGE = """Die Brücke nach Sund

Die Brücke nach Sund wurde im Mai gesperrt. Der Grund war Rost an den Trägern der Brücke.
"""
GOLD = [
    {
        "id": "q1",
        "lang": "en",
        "kind": "fact",
        "question": "When was the ferry to Holm sold?",
        "answerable": True,
        "nuggets": [["March"]],
        "evidence": [[{"article": "ferry.md", "quote": "The ferry to Holm was sold in March."}]],
    },
    {
        "id": "q2",
        "lang": "de",
        "kind": "fact",
        "question": "Wann wurde die Brücke nach Sund gesperrt?",
        "answerable": True,
        "nuggets": [["Mai"]],
        "evidence": [[{"article": "bridge.md", "quote": "Die Brücke nach Sund wurde im Mai gesperrt."}]],
    },
]

Run = Callable[..., int]


@pytest.fixture(scope="module")
def index(embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collection")
    (folder / "ferry.md").write_text(FERRY, encoding="utf-8")
    (folder / "bridge.md").write_text(BRIDGE, encoding="utf-8")
    out = tmp_path_factory.mktemp("index")
    build([folder], out, embedder, on_error=pytest.fail)
    return out


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in GOLD))
    return path


@pytest.fixture
def run(index: Path, e5_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("FUNDSTELLE_INDEX", str(index))
    monkeypatch.setenv("FUNDSTELLE_EMBEDDING", str(e5_folder))
    monkeypatch.setenv("FUNDSTELLE_GENERATOR", "extractive")
    monkeypatch.chdir(tmp_path)
    main: Callable[[list[str]], int] = runpy.run_path(str(SCRIPT))["main"]
    return lambda *arguments: main([str(argument) for argument in arguments])


def test_a_run_writes_its_report_and_a_second_one_compares(
    run: Run, gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--gold", gold, "--out", tmp_path / "one") == 0
    report = load(tmp_path / "one" / "report.json")
    assert report.figures["citations.exact"].mean == 1.0
    assert report.figures["answers.right"].n == 2
    assert report.meta.models["generator"] == {"backend": "extractive"}
    assert report.meta.settings["generator"] == "extractive"
    assert set(report.articles) == {"ferry.md", "bridge.md"}
    assert GOLD[0]["question"] in (tmp_path / "one" / "report.html").read_text(encoding="utf-8")
    assert "answers.right" in (tmp_path / "one" / "report.md").read_text(encoding="utf-8")
    capsys.readouterr()

    again = run(
        "--gold", gold, "--out", tmp_path / "two", "--compare", tmp_path / "one" / "report.json",
        "--fail-on", "citations.exact<1,answers.right-0",
    )  # fmt: skip

    assert again == 0
    shown = capsys.readouterr().out
    assert "no figure has changed" in shown
    assert "passed  answers.right-0: " in shown
    one, two = report, load(tmp_path / "two" / "report.json")
    assert (one.figures, one.parity, one.curves) == (two.figures, two.parity, two.curves)


def test_a_failed_condition_ends_in_3_after_the_report_was_written(
    run: Run, gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--gold", gold, "--out", tmp_path / "out", "--fail-on", "requests.failed<0.5") == 3

    assert "FAILED  requests.failed<0.5: requests.failed is 0" in capsys.readouterr().out
    assert load(tmp_path / "out" / "report.json").verdicts[0].failed


def test_retrieval_alone_needs_no_language_model(
    run: Run, gold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNDSTELLE_GENERATOR", "llama_cpp")
    monkeypatch.setenv("FUNDSTELLE_LLM", "there-is-no-such-model")

    assert run("--gold", gold, "--retrieval-only") == 0

    report = load(tmp_path / "reports" / "gold" / "report.json")
    assert report.meta.mode == "retrieval"
    assert report.figures["retrieval.passages.recall@1"].mean == 1.0
    assert report.figures["retrieval.sentences.recall@10"].mean == 1.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fail-on", "answers.right=1"], "can't read the condition"),
        (["--only", "q9"], "there is no question q9"),
    ],
)
def test_a_wrong_command_line_ends_in_2_before_anything_is_asked(
    run: Run, gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run("--gold", gold, "--out", tmp_path / "out", *arguments) == 2

    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_broken_gold_ends_in_2_with_every_broken_line(
    run: Run, gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold.write_text("{}\n\nnothing\n", encoding="utf-8")

    assert run("--gold", gold, "--out", tmp_path / "out") == 2
    assert re.findall(r"gold\.jsonl:(\d+): ", capsys.readouterr().err) == ["1", "3"]


def test_a_service_that_is_not_there_ends_in_1(
    run: Run, gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--gold", gold, "--out", tmp_path / "out", "--url", "http://127.0.0.1:9") == 1
    assert "no Fundstelle service answers at http://127.0.0.1:9" in capsys.readouterr().err


def test_an_index_that_is_not_there_ends_in_1(
    run: Run, gold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNDSTELLE_INDEX", str(tmp_path / "nothing"))

    assert run("--gold", gold, "--out", tmp_path / "out") == 1


def test_paragraphs_of_squad_become_a_collection(run: Run, tmp_path: Path) -> None:
    paragraph = {"context": "Forty cars.", "qas": []}
    gold = tmp_path / "squad.json"
    gold.write_bytes(msgspec.json.encode({"data": [{"title": "Holm", "paragraphs": [paragraph, paragraph]}]}))

    assert run("--gold", gold, "--write-articles", tmp_path / "articles.jsonl") == 0

    lines = (tmp_path / "articles.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line) for line in lines] == [
        {"id": "Holm#1", "title": "Holm", "text": "Forty cars."},
        {"id": "Holm#2", "title": "Holm", "text": "Forty cars."},
    ]
