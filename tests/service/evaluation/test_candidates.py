"""Answers that readers judged become candidates for a gold set, and gold once a person has completed them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.contracts.answers import Answer, AskRequest, Copy, FilterRequest, Turn
from service.evaluation import gold_file
from service.evaluation.candidates import lines
from service.evaluation.errors import GoldError
from service.feedback.store import Remembered, Said, remembered
from tests.service.fakes import refused
from tests.service.told import TWO, citation

NOW = datetime(2025, 9, 30, 12, tzinfo=UTC)
REQUEST = AskRequest(
    question="And what did it cost?",
    history=(Turn("user", "Which bridge?"), Turn("assistant", "The harbour bridge.")),
    filters=FilterRequest(languages=("de",)),
    as_of=date(2025, 9, 1),
    top_k=3,
)
COPY = Copy("b.md", "B", None, None, 7, 12, "Copy.", "0" * 64)
ANSWERED = msgspec.structs.replace(TWO, id="one", citations=(msgspec.structs.replace(citation(1), also_at=(COPY,)),))


def judged(answer: Answer, *said: bool, comment: str | None = None, request: AskRequest = REQUEST) -> Remembered:
    kept = remembered(request, answer, NOW)
    return msgspec.structs.replace(kept, said=tuple(Said(helpful, comment, NOW) for helpful in said))


def exported(*kept: Remembered) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(kept)]


def read(tmp_path: Path, *candidates: dict[str, Any]) -> gold_file.GoldFile:
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in candidates), encoding="utf-8")
    return gold_file.read(path)


def completed(candidate: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {name: value for name, value in {**candidate, **fields}.items() if name != "candidate"}


def test_a_helpful_answer_brings_its_evidence() -> None:
    (found,) = exported(judged(ANSWERED, True, True))
    assert (found["id"], found["lang"], found["kind"], found["answerable"]) == ("feedback-one", "en", "feedback", True)
    assert (found["question"], found["as_of"]) == ("And what did it cost?", "2025-09-01")
    assert found["evidence"] == [
        [{"article": "a/ü.md", "quote": "Quote", "start": 0}, {"article": "b.md", "quote": "Copy.", "start": 7}]
    ]
    origin = found["candidate"]
    assert (origin["helpful"], origin["not_helpful"], origin["answer"]) == (2, 0, TWO.answer)
    assert origin["asked_with"] == {
        "top_k": 3,
        "filters": {"article_ids": [], "languages": ["de"], "published_from": None, "published_to": None},
    }


def test_an_answer_that_somebody_found_unhelpful_leaves_the_judgement_to_a_person() -> None:
    (found,) = exported(judged(ANSWERED, True, False, comment="Wrong bridge."))
    assert (found["answerable"], found["nuggets"], found["evidence"]) == (None, [], [])
    origin = found["candidate"]
    assert (origin["helpful"], origin["not_helpful"]) == (1, 1)
    assert origin["comments"] == ["Wrong bridge."] * 2
    assert origin["cited"][0][0]["quote"] == "Quote"


def test_a_helpful_refusal_is_a_question_without_an_answer(tmp_path: Path) -> None:
    (found,) = exported(judged(msgspec.structs.replace(refused("Who?"), citations=(citation(1),)), True))
    assert (found["answerable"], found["evidence"]) == (False, [])
    (gold,) = read(tmp_path, completed(found)).questions
    assert not gold.answerable


def test_a_candidate_is_no_gold_until_it_is_completed(tmp_path: Path) -> None:
    helpful, unhelpful = exported(
        judged(ANSWERED, True), judged(msgspec.structs.replace(ANSWERED, id="two"), False, comment="No.")
    )
    with pytest.raises(GoldError) as caught:
        read(tmp_path, {**helpful, "nuggets": [["14.3"]]}, unhelpful)
    first, second = caught.value.problems
    assert first.startswith("gold.jsonl:1: is a candidate: complete it, then take the field `candidate` out")
    assert second == "gold.jsonl:2: Expected `bool`, got `null` - at `$.answerable`"
    with pytest.raises(GoldError, match="needs nuggets"):
        read(tmp_path, completed(helpful))
    evidence = [[{"article": "a/ü.md", "quote": "Quote"}]]
    gold = read(
        tmp_path,
        completed(helpful, nuggets=[["14.3", "14,3"]]),
        completed(unhelpful, answerable=True, nuggets=[["June"]], evidence=evidence),
    )
    assert [question.id for question in gold.questions] == ["feedback-one", "feedback-two"]
    asked = gold.questions[0].request()
    assert (asked.question, asked.history, asked.as_of) == (REQUEST.question, REQUEST.history, REQUEST.as_of)
    assert gold.questions[0].evidence[0][1].start == 7
