"""Answers whose values and names the sources have, told of another thing or person than was asked about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from service.contracts.answers import AskRequest, Turn
from service.search.evidence import Evidence
from service.search.finding import understood
from service.verification.checking import check
from tests.service.sources import source


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def dropped(question: str, sentence: str, *evidence: Evidence, history: Sequence[Turn] = ()) -> str:
    """Why `sentence` is no answer; empty where it is one."""

    async def compare(_: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        return np.full(len(evidence), 0.5, dtype=np.float32)

    asked = understood(AskRequest(question, tuple(history)))
    return (await check(sentence, asked, evidence, compare, is_first=True)).reason


SPENT = source("Castellmar spent 39 million euros on ferries in 2024.")
WORK = source("About 300 people work for Castellmar.")
STUDIED = source("Vaillard studied at the university of Porthaven.")
LED = source("Brunvald led Castellmar in 2015.")
TOLD_OF_BRUNVALD = (Turn("user", "Who runs Castellmar?"), Turn("assistant", "Ada Brunvald runs it."))


@pytest.mark.anyio
async def test_a_profit_is_not_told_by_a_source_that_speaks_of_none() -> None:
    asked = "What amount was the profit of Castellmar in 2024?"
    assert (await dropped(asked, "Castellmar made 39 million euros in 2024.", SPENT)).startswith("comparison")
    made = source("Castellmar made a profit of 39 million euros in 2024.")
    assert await dropped(asked, "Castellmar made 39 million euros in 2024.", made) == ""


@pytest.mark.anyio
async def test_a_count_or_a_bare_value_is_not_told_by_a_source_without_a_word_of_what_is_asked() -> None:
    paint = "How many people paint ships for Castellmar worldwide?"
    assert (await dropped(paint, "About 300 people work for Castellmar.", WORK)).startswith("type: no source")
    painters = source("About 300 people paint the ships of Castellmar.")
    assert await dropped(paint, "About 300 people paint ships for Castellmar.", painters) == ""
    year = "In which year was Castellmar founded?"
    assert (await dropped(year, "2024.", SPENT)).startswith("type: no source")
    assert await dropped(year, "2024.", source("Castellmar was founded in 2024.")) == ""


@pytest.mark.anyio
async def test_a_short_sentence_about_the_subject_is_no_bare_value() -> None:
    band = source("Vaillard and Brunvald are a folk band from Porthaven.")
    assert await dropped("To which kind of music does Vaillard belong?", "Vaillard is folk.", band) == ""


@pytest.mark.anyio
async def test_the_first_and_the_last_of_a_kind_have_to_be_told_as_such() -> None:
    later = source("Castellmar chose Brunvald as its chairman in 2015.")
    first = source("The first chairman of Castellmar was Vaillard.")
    asked = "Who was the first chairman of Castellmar?"
    assert (await dropped(asked, "Brunvald.", later)).startswith("type: the first or last")
    assert await dropped(asked, "Vaillard.", first) == ""
    last = "Wer war der letzte Vorsitzende von Castellmar?"
    german = source("Castellmar wählte Brunvald 2015 zum Vorsitzenden.", "de")
    assert (await dropped(last, "Brunvald.", german)).startswith("type: the first or last")
    ranged = source("The ships of Castellmar were named after towns, from Vaillard in 1990 to Brunvald in 2015.")
    assert await dropped("What was the first ship of Castellmar?", "Vaillard.", ranged) == ""
    assert await dropped("Who led Castellmar in the first year?", "Brunvald led Castellmar.", LED) == ""


@pytest.mark.anyio
async def test_where_he_or_she_was_asked_about_nothing_is_told_of_somebody_else() -> None:
    question = "At which university did she study?"
    said = "Vaillard studied at the university of Porthaven."
    assert (await dropped(question, said, STUDIED, history=TOLD_OF_BRUNVALD)).startswith("premise")
    brunvald = source("Brunvald studied at the university of Porthaven.")
    said = "Brunvald studied at the university of Porthaven."
    assert await dropped(question, said, brunvald, history=TOLD_OF_BRUNVALD) == ""


@pytest.mark.anyio
async def test_a_refusal_has_to_be_told_by_a_source() -> None:
    led = source("Ada Brunvald, die zuvor die Werft leitete, führt Castellmar.", "de")
    said = "Ada Brunvald hat es abgelehnt, Castellmar zu führen, weil sie die Werft leitete."
    question = "Warum hat Ada Brunvald es abgelehnt, Castellmar zu führen?"
    assert (await dropped(question, said, led)).startswith("happening")
