"""scripts/feedback.py: lists, exports and deletes what readers said, and says what went wrong."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from service.contracts.answers import AskRequest
from service.feedback.store import FeedbackStore, Said, remembered
from tests.service.fakes import refused

ROOT = Path(__file__).parents[2]
GIVEN = datetime(2025, 9, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("feedback_script", ROOT / "scripts" / "feedback.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeedbackStore:
    monkeypatch.setenv("FUNDSTELLE_FEEDBACK", str(tmp_path / "said.sqlite"))
    store = FeedbackStore(tmp_path / "said.sqlite", 30)
    answers = [msgspec.structs.replace(refused("Who?"), id=name) for name in ("one", "two")]
    store.keep([remembered(AskRequest(question="Who?"), answer, GIVEN) for answer in answers])
    store.rate("one", "key-1", Said(False, "A \x1b[31mred\nlie", GIVEN))
    return store


def test_what_was_said_is_listed(script: ModuleType, store: FeedbackStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["list"]) == 0
    assert capsys.readouterr().out == (
        "2025-09-30 12:00Z  one  refused  'Who?'\n    not helpful  'A \\x1b[31mred\\nlie'\n"
    )
    assert script.main(["list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["said"][0]["helpful"]) == ("one", False)


def test_candidates_are_written_to_a_new_file_and_over_none(
    script: ModuleType, store: FeedbackStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "candidates.jsonl"
    assert script.main(["export", "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith(f"1 candidates in {out}")
    (line,) = out.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["candidate"]["comments"] == ["A \x1b[31mred\nlie"]
    for wrong, why in ((out, "exists already"), (tmp_path / "candidates.json", "must end in .jsonl")):
        with pytest.raises(SystemExit) as left:
            script.main(["export", "--out", str(wrong)])
        assert left.value.code == 2
        assert why in capsys.readouterr().err


def test_answers_are_deleted_by_id_and_by_day(
    script: ModuleType, store: FeedbackStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main(["delete", "--before", "2025-09-30"]) == 0
    assert script.main(["delete", "one"]) == 0
    assert capsys.readouterr().out == "deleted 0 answers\ndeleted 1 answers\n"
    assert store.rated() == []
    assert script.main(["delete", "--before", "2025-10-01", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"deleted": 1}


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["delete", "nowhere"], 1, "has none of these answers"),
        (["delete"], 1, "name answers by their ids"),
        (["list", "--store", __file__], 1, "not a database"),
    ],
)
def test_what_can_not_be_done_is_one_line(
    script: ModuleType,
    store: FeedbackStore,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    said: str,
) -> None:
    assert script.main(arguments) == status
    out, error = capsys.readouterr()
    assert (out, error.count("\n"), error.startswith("error: ")) == ("", 1, True)
    assert said in error
