from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.contracts.answers import Usage
from service.generators import Delta
from service.language_model.sentence_stream import sentences

pytestmark = pytest.mark.anyio

Finish = Literal["stop", "length"]


async def streamed(text: str, finish: Finish, piece: int = 5) -> AsyncGenerator[Delta, None]:
    for start in range(0, len(text), piece):
        yield Delta(text[start : start + piece])
    yield Delta("", Usage(finish_reason=finish))


async def read(
    text: str, finish: Finish = "length", language: str = "en", piece: int = 5
) -> tuple[list[str], list[str]]:
    """The sentences, and what was cut off."""
    cut_off: list[str] = []
    deltas = streamed(text, finish, piece)
    whole = [one async for one in sentences(deltas, language, on_delta=lambda _: None, on_cut_off=cut_off.append)]
    return [one.strip() for one in whole], [one.strip() for one in cut_off]


@pytest.mark.parametrize(
    ("language", "text", "unfinished"),
    [
        ("en", "It opened in May [1]. The city paid 14", "The city paid 14"),
        ("en", "It opened in May [1]. The city paid 14.", "The city paid 14."),
        ("en", "It was built by Acme Inc.", "It was built by Acme Inc."),
        ("en", "It opened in May [1", "It opened in May [1"),
        ("de", "Sie öffnete im Mai. Die Stadt zahlte 14 bzw.", "Die Stadt zahlte 14 bzw."),
        ("de", "Die Kosten, z. B.", "Die Kosten, z. B."),
    ],
)
async def test_a_sentence_that_the_limit_cut_off_is_kept_apart(language: str, text: str, unfinished: str) -> None:
    whole, cut_off = await read(text, language=language)
    assert cut_off == [unfinished]
    assert whole == [text.removesuffix(unfinished).strip()] * (text != unfinished)


@pytest.mark.parametrize(
    "text",
    [
        "It opened in May.",
        "It opened in May [1]. ",
        "Did it open?",
        "They said: “It is open.”",
    ],
)
async def test_a_sentence_that_was_written_to_its_end_is_given_even_at_the_limit(text: str) -> None:
    assert await read(text) == ([text.strip()], [])


async def test_what_ended_of_itself_is_given_whatever_it_ends_with() -> None:
    assert await read("It opened in May. The city paid 14", "stop") == (["It opened in May.", "The city paid 14"], [])


@given(text=st.text("ab A.[1] \n", max_size=60), piece=st.integers(1, 20))
def test_no_character_is_lost_or_told_twice(text: str, piece: int) -> None:
    async def run() -> tuple[list[str], list[str]]:
        return await read(text, piece=piece)

    whole, cut_off = asyncio.run(run())
    assert "".join("".join([*whole, *cut_off]).split()) == "".join(text.split())


async def test_a_text_that_goes_round_in_circles_ends_there() -> None:
    seen: list[Delta] = []
    said = "It cost a lot. " + "It was the wind of the harbour and " * 20
    deltas = streamed(said, "length")
    whole = [one async for one in sentences(deltas, "en", on_delta=seen.append, on_cut_off=lambda _: None)]
    assert whole[0].strip() == "It cost a lot."
    assert said.startswith("".join(whole))
    assert 3 <= whole[1].count("of the harbour") <= 4
    assert len(seen) < 30
