"""When the service refuses before a language model is asked."""

from __future__ import annotations

import math

import pytest
from collection import WordEmbedder, opened, published
from msgspec.structs import replace

from service.contracts.answers import AskRequest, FilterRequest, Turn
from service.generators import Token
from service.language_model.sureness import Sureness
from service.search.calibration import Calibration, OperatingPoint, Weight
from service.search.finding import LEAST_PASSAGES, Finder
from service.settings import Risk
from service.verification.abstain import FALSE_REFUSALS, Abstention
from service.verification.confidence import Signals

BY_WORDS = Calibration(
    schema=1,
    intercept=0.0,
    weights={"spelled": Weight(mean=0.0, scale=1.0, coefficient=1.0)},
    points=(
        OperatingPoint(false_refusals=0.01, threshold=0.5),
        OperatingPoint(false_refusals=0.02, threshold=0.55),
        OperatingPoint(false_refusals=0.1, threshold=0.75),
    ),
)
"""The probability is .5 where no word is shared, and at most .73."""


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Finder:
    return Finder(opened(published(tmp_path_factory.mktemp("index"))), WordEmbedder(), evidence_tokens=200)


@pytest.mark.parametrize(("risk", "reason"), [("low", "no_relevant_source"), ("medium", None), ("high", None)])
def test_the_less_risk_is_taken_the_sooner_a_question_is_refused(finder: Finder, risk: Risk, reason: str) -> None:
    finding = finder.find(AskRequest(question="What did the bridge cost?", language="en"))

    assert Abstention(BY_WORDS, risk).before_generation(finding) == reason


@pytest.mark.parametrize(("risk", "reason"), [("medium", "no_relevant_source"), ("high", None)])
def test_a_question_that_shares_nothing_is_refused_unless_the_risk_is_high(
    finder: Finder, risk: Risk, reason: str
) -> None:
    finding = finder.find(AskRequest(question="Who won yesterday?", language="en"))

    assert Abstention(BY_WORDS, risk).before_generation(finding) == reason


def test_a_name_that_no_evidence_mentions_is_not_in_the_sources(finder: Finder) -> None:
    finding = finder.find(AskRequest(question="How much did the bridge of Samsung cost?", language="en"))

    assert finding.asked.names == ("samsung",)
    assert Abstention(BY_WORDS, "high").before_generation(finding) == "not_in_sources"


def test_quoting_without_a_model_takes_the_least_risk(finder: Finder) -> None:
    finding = finder.find(AskRequest(question="What did the bridge cost?", language="en", mode="extract"))

    assert Abstention(BY_WORDS, "high").before_generation(finding) == "no_relevant_source"


def test_filters_that_admit_nothing_leave_no_relevant_source(finder: Finder) -> None:
    nowhere = FilterRequest(article_ids=("nowhere",))
    finding = finder.find(AskRequest(question="What did the bridge cost?", filters=nowhere))

    assert finding.evidence == ()
    assert Abstention(BY_WORDS, "high").before_generation(finding) == "no_relevant_source"


def test_the_estimate_does_not_depend_on_how_many_passages_are_to_be_shown(finder: Finder) -> None:
    one = finder.find(AskRequest(question="What did the bridge cost?", top_k=1))
    many = finder.find(AskRequest(question="What did the bridge cost?", top_k=LEAST_PASSAGES))

    assert one.known == many.known
    assert [hit.row for hit in one.hits] == [many.hits[0].row]


def test_a_higher_risk_never_refuses_more_answerable_questions() -> None:
    assert FALSE_REFUSALS["low"] > FALSE_REFUSALS["medium"] > FALSE_REFUSALS["high"]


@pytest.mark.parametrize(
    ("question", "ambiguous"),
    [
        ("How many people did he take with him?", True),
        ("Warum hat er die Brücke verlassen?", True),
        ("Wie viele Menschen hat er mitgenommen?", True),
        ("What did the mayor say when he opened it?", False),
        ("What did the bridge cost and is it 420 metres long?", False),
        ("Why did Brunvald say that they left?", False),
    ],
)
def test_a_question_about_somebody_whom_nothing_names_is_ambiguous(
    finder: Finder, question: str, ambiguous: bool
) -> None:
    alone = Abstention(BY_WORDS, "high").before_generation(finder.find(AskRequest(question=question)))
    history = (Turn("user", "Who designed the bridge?"), Turn("assistant", "Brunvald."))
    led_up_to = Abstention(BY_WORDS, "high").before_generation(
        finder.find(AskRequest(question=question, history=history))
    )

    assert (alone == "ambiguous") is ambiguous
    assert led_up_to != "ambiguous"


@pytest.mark.parametrize(
    ("not_stated", "likely", "reason"),
    [
        (0.21, 0.5, None),
        (0.23, 0.5, "not_in_sources"),
        (0.05, 0.2, None),
        (0.1, 0.2, "not_in_sources"),
        (0.0, 0.01, None),
        (0.21, 0.9, None),
        (0.23, 0.9, "not_in_sources"),
    ],
)
def test_an_answer_that_the_model_nearly_did_not_give_is_a_guess_the_sooner_the_less_likely_the_search_found_one(
    finder: Finder, not_stated: float, likely: float, reason: str | None
) -> None:
    sureness = Sureness()
    sureness.hear([Token("Six", -0.1, ((" NOT", math.log(not_stated)),) if not_stated else ())])
    calibrated = replace(BY_WORDS, intercept=math.log(likely / (1 - likely)), weights={})
    finding = finder.find(AskRequest(question="What did the bridge cost?", language="en"))

    assert Abstention(calibrated).while_generating(sureness, finding) == reason


@pytest.mark.parametrize(("risk", "sure"), [("low", False), ("medium", True), ("high", True)])
def test_the_less_risk_is_taken_the_surer_an_answer_has_to_be(risk: Risk, sure: bool) -> None:
    signals = Signals(evidence=1.0, stated=1.0, likelihood=1.0, support=0.08, about=1.0)

    assert Abstention(BY_WORDS, risk).is_sure_enough(signals) is sure
    assert not Abstention(BY_WORDS, risk).is_sure_enough(replace(signals, support=0.0))
