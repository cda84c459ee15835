"""Sentences that hold but for something that they add: they are told without it, and only then."""

from __future__ import annotations

import numpy as np
import pytest

from service.contracts.answers import AskRequest
from service.search.evidence import Evidence
from service.search.finding import understood
from service.verification.shortening import check_or_shorten, shortened
from tests.service.sources import source


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("question", "sentence", "language", "less"),
    [
        (
            "Was ist Lumora?",
            "Lumora ist eine neue Brille, die von Nordholz gebaut wird.",
            "de",
            "Lumora ist eine neue Brille.",
        ),
        (
            "Where is the yard?",
            "The yard is in Porthaven, which lies near Orlebach.",
            "en",
            "The yard is in Porthaven.",
        ),
        (
            "When did it close?",
            "The yard closed on 4 May 2017.",
            "en",
            "The yard closed on 4 May.",
        ),
        (
            "Wann schloss sie?",
            "Die Werft schloss am 4. Mai 2017 ihre Tore.",
            "de",
            "Die Werft schloss am 4. Mai ihre Tore.",
        ),
        (
            "Which opera did Vaillard sing last?",
            "The last one was Brunvald (1979).",
            "en",
            "The last one was Brunvald.",
        ),
        (
            "What did the yard build?",
            "The yard built two ferries in all, and it kept a third one.",
            "en",
            "The yard built two ferries in all.",
        ),
    ],
)
def test_an_addition_may_be_left_out(question: str, sentence: str, language: str, less: str) -> None:
    assert list(shortened(sentence, question, language)) == [less]


@pytest.mark.parametrize(
    ("question", "sentence", "language"),
    [
        ("Which firm bought the yard?", "The firm is called Quillon, which bought the yard.", "en"),
        ("Wer bekam Geld?", "Alle Arbeiter, die Boote bauten, bekamen Geld.", "de"),
        ("Wer bekam Geld?", "Geld bekam jeder Arbeiter, der Boote baute.", "de"),
        ("Wer baut sie?", "Nordholz, die sie seit Jahren baut.", "de"),
        ("What did it buy?", "It bought a ferry, a pier, and the yard.", "en"),
        ("When will it sail?", "It sails if the yard agrees, and it pays the crew.", "en"),
        ("What happened on 4 May 2017?", "The yard closed on 4 May 2017.", "en"),
        ("Où ?", "Le chantier est ici, qui est fermé (1979).", "fr"),
    ],
    ids=[
        "what was asked for",
        "in the middle",
        "narrows down",
        "no statement left",
        "a list",
        "a condition for both",
        "the year that was asked about",
        "another language",
    ],
)
def test_what_is_more_than_an_addition_stays(question: str, sentence: str, language: str) -> None:
    assert list(shortened(sentence, question, language)) == []


async def told(question: str, sentence: str, *evidence: Evidence) -> str:
    """What is released of `sentence`; empty where nothing is."""

    async def compare(_: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        return np.full(len(evidence), 0.5, dtype=np.float32)

    checked = await check_or_shorten(sentence, understood(AskRequest(question)), evidence, compare, is_first=True)
    return checked.text if checked.cited else ""


@pytest.mark.anyio
async def test_only_what_no_source_bears_out_is_left_out() -> None:
    closed = source("The Castellmar yard was closed on 4 May.")
    asked = "When was the Castellmar yard closed?"
    assert await told(asked, "The Castellmar yard was closed on 4 May 2017.", closed) == (
        "The Castellmar yard was closed on 4 May."
    )
    dated = source("The Castellmar yard was closed on 4 May 2017.")
    whole = "The Castellmar yard was closed on 4 May 2017."
    assert await told(asked, whole, dated) == whole
    assert await told(asked, "The Castellmar yard was closed on 9 May 2017.", closed) == ""
