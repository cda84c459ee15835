from __future__ import annotations

import math
from pathlib import Path

import pytest

from index.errors import ModelError
from service.generators import Token
from service.language_model.prompt import PROMPT_VERSION
from service.language_model.second_check import AskingTheModel, Entailment, SecondCheck
from tests.index.tiny_cross_encoder import tiny_cross_encoder
from tests.service.collection import ScriptedGenerator
from tests.service.sources import source

pytestmark = pytest.mark.anyio

COST = source("The bridge cost 14 million euros.", title="New bridge")
SENTENCE = "The bridge cost 14 million euros."


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_cross_encoder(tmp_path_factory.mktemp("nli"), labels=["contradiction", "neutral", "entailment"])


@pytest.mark.parametrize(
    ("candidates", "agreement"),
    [
        ((("Yes", 0.6), ("No", 0.2), ("Maybe", 0.2)), 0.75),
        ((("Yes", 0.3), (" yes", 0.3), ("No", 0.4)), 0.6),
        ((("Maybe", 0.9),), 0.0),
        ((), 0.0),
    ],
)
async def test_the_language_model_agrees_by_the_chance_of_its_first_word(
    candidates: tuple[tuple[str, float], ...], agreement: float
) -> None:
    first = Token("No", math.log(0.5), tuple((text, math.log(chance)) for text, chance in candidates))
    check = AskingTheModel(ScriptedGenerator("No", first=first))
    assert await check.agreement(SENTENCE, [COST]) == pytest.approx(agreement)


@pytest.mark.parametrize(("said", "agreement"), [("Yes.", 1.0), ("no", 0.0), ("Perhaps", 0.0), ("", 0.0)])
async def test_a_backend_that_tells_no_chances_is_taken_at_its_word(said: str, agreement: float) -> None:
    assert await AskingTheModel(ScriptedGenerator(said)).agreement(SENTENCE, [COST]) == agreement


async def test_the_model_is_shown_the_sources_and_the_sentence_and_asked_for_one_word() -> None:
    generator = ScriptedGenerator("Yes")
    await AskingTheModel(generator).agreement(SENTENCE, [COST])
    (asked,) = generator.prompts
    assert (asked.max_tokens, asked.evidence) == (1, (COST.shown(),))
    assert f"[1] {COST.shown()}" in asked.messages[-1].content
    assert f"Statement: {SENTENCE}" in asked.messages[-1].content
    assert PROMPT_VERSION == "5"


async def test_a_model_of_inference_agrees_by_its_probability_of_entailment(tiny: Path) -> None:
    from sentence_transformers import CrossEncoder
    from torch.nn import Softmax

    check = Entailment(tiny)
    model = CrossEncoder(str(tiny))
    expected = model.predict([(COST.context, SENTENCE)], activation_fn=Softmax(dim=-1), show_progress_bar=False)[0]
    assert check.name == "tiny"
    assert await check.agreement(SENTENCE, [COST]) == pytest.approx(float(expected[2]), abs=1e-5)


async def test_what_is_cited_twice_is_read_once(tiny: Path) -> None:
    check = Entailment(tiny)
    assert await check.agreement(SENTENCE, [COST, COST]) == await check.agreement(SENTENCE, [COST])


def test_a_model_that_judges_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"tells bad, good apart, not entailment"):
        Entailment(tiny_cross_encoder(tmp_path, labels=["good", "bad"]))


def test_each_judge_keeps_the_protocol(tiny: Path) -> None:
    judges: list[SecondCheck] = [AskingTheModel(ScriptedGenerator("Yes")), Entailment(tiny)]
    assert [judge.name for judge in judges] == ["scripted", "tiny"]
