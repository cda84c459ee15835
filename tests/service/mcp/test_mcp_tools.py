"""What the tools take and what they say, without the protocol."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from service.contracts.answers import Conflict
from service.contracts.mcp import READ_CHARACTERS, AskResult, ReadRequest
from service.errors import InvalidBody
from service.mcp.tools import ASK, READ_ARTICLE, SEARCH, TOOLS
from tests.service.fakes import REFUSAL, FakePipeline

pytestmark = pytest.mark.anyio
LONG = "Wörter " * 5_000


async def read(**arguments: Any) -> tuple[str, dict[str, Any]]:
    given = READ_ARTICLE.checked({"id": "long.md", **arguments})
    return await READ_ARTICLE.call(FakePipeline({"long.md": LONG}), given, "")


async def test_a_long_article_is_given_by_portions_that_make_the_whole() -> None:
    start, portions = 0, []
    while start < len(LONG):
        text, values = await read(start=start)
        portions.append(values["text"])
        assert (values["start"], values["characters"]) == (start, 35_000)
        assert len(values["text"]) <= READ_CHARACTERS
        assert (f"read on with start={values['end']}." in text) == (values["end"] < 35_000)
        start = values["end"]
    assert "".join(portions) == LONG
    assert len(portions) == 2


async def test_a_part_of_an_article_ends_where_it_is_asked_to_or_with_the_article() -> None:
    assert (await read(start=7, end=13))[1]["text"] == "Wörter"
    assert (await read(start=34_993, end=99_999))[1]["text"] == "Wörter "
    assert (await read(start=5, end=5))[1]["text"] == ""
    with pytest.raises(InvalidBody, match=r"the part would be \[9:5\] of 35000"):
        await read(start=9, end=5)


async def test_the_one_who_calls_is_the_one_who_asks() -> None:
    pipeline = FakePipeline()
    text, values = await ASK.call(pipeline, ASK.checked({"question": "Wer?", "mode": "extract"}), "key-1")
    assert pipeline.clients == ["key-1"]
    assert pipeline.asked[0].mode == "extract"
    assert (values["status"], text) == ("refused", f"Not answered ({values['reason']}): {REFUSAL}")


def test_sources_that_disagree_are_told_with_their_values() -> None:
    conflict = Conflict(("nine", "ten"), ((1,), (2, 3)), ("current", "superseded"), (None, date(2025, 6, 3)))
    result = AskResult("a", "answered", None, "Nine.", "en", 0.5, (), (), (conflict,), (), "s")
    assert "Sources disagree: nine (current) [1] / ten (superseded) [2][3]." in ASK.text(result)


def test_numbers_and_dates_come_as_json_has_them() -> None:
    given = SEARCH.checked({"question": "Wer?", "top_k": 3.0, "filters": {"published_from": "2025-06-01"}})
    assert (given.top_k, given.filters.published_from) == (3, date(2025, 6, 1))


@pytest.mark.parametrize("name", TOOLS)
def test_schemas_are_objects_that_refer_to_nothing_outside(name: str) -> None:
    tool = TOOLS[name]
    for schema in (tool.input_schema(), tool.output_schema()):
        assert schema["type"] == "object"
        defined = set(schema.get("$defs", {}))
        written = msgspec.json.encode(schema).decode()
        assert {part.partition('"')[0] for part in written.split('"#/$defs/')[1:]} <= defined


def test_reading_takes_what_its_schema_says() -> None:
    assert READ_ARTICLE.checked({"id": "a"}) == ReadRequest("a", 0, None)
    with pytest.raises(InvalidBody, match=r"\$\.start"):
        READ_ARTICLE.checked({"id": "a", "start": -1})
