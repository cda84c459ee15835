from __future__ import annotations

import asyncio
import json
import time
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.edge.body import BODY_BYTES, BODY_DEPTH, check_headers, decode_body, read_body
from service.edge.stopping import Stopping
from service.errors import BodyTimeout, BodyTooLarge, InvalidBody, ShuttingDown

VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"]))


def messages(*chunks: bytes, end: bool = True) -> Any:
    """A `receive` that gives these chunks, then the end of the body or of the connection; counts its calls."""
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    waiting.append({"type": "http.request", "body": b"", "more_body": False} if end else {"type": "http.disconnect"})

    async def receive() -> Any:
        receive.calls += 1  # type: ignore[attr-defined]
        return waiting.pop(0)

    receive.calls = 0  # type: ignore[attr-defined]
    return receive


def test_chunks_are_put_together() -> None:
    assert asyncio.run(read_body(messages(b"ab", b"", b"c"), Stopping(), 1)) == b"abc"


def test_reading_stops_at_the_first_byte_too_many() -> None:
    receive = messages(*[b" " * (BODY_BYTES // 2)] * 10)
    with pytest.raises(BodyTooLarge):
        asyncio.run(read_body(receive, Stopping(), 1))
    assert receive.calls == 3


def test_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    assert len(asyncio.run(read_body(messages(b" " * BODY_BYTES), Stopping(), 1))) == BODY_BYTES
    with pytest.raises(BodyTooLarge):
        asyncio.run(read_body(messages(b" " * BODY_BYTES, b" "), Stopping(), 1))


def test_a_body_that_breaks_off_is_said() -> None:
    with pytest.raises(InvalidBody, match="closed before the body was complete"):
        asyncio.run(read_body(messages(b"{", end=False), Stopping(), 1))


def test_a_body_that_does_not_come_is_given_up() -> None:
    async def never() -> Any:
        await asyncio.sleep(3600)

    with pytest.raises(BodyTimeout, match=r"within 0\.05 seconds"):
        asyncio.run(read_body(never, Stopping(), 0.05))


def test_a_body_that_does_not_come_holds_up_no_end() -> None:
    async def run() -> None:
        stopping, began = Stopping(), asyncio.Event()

        async def never() -> Any:
            began.set()
            await asyncio.sleep(3600)

        reading = asyncio.create_task(read_body(never, stopping, 60))
        await began.wait()
        stopping.begin()
        assert await stopping.idle(0.0)
        assert not reading.done()
        stopping.cut()
        for late in (reading, read_body(never, stopping, 60)):
            with pytest.raises(ShuttingDown):
                await late
        assert await read_body(messages(b"whole"), stopping, 3600) == b"whole"

    asyncio.run(run())


@pytest.mark.parametrize("length", ["262145", "9" * 400])
def test_an_announced_length_is_believed_where_it_is_too_large(length: str) -> None:
    with pytest.raises(BodyTooLarge):
        check_headers({"content-type": "application/json", "content-length": length})


@given(value=st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10))
def test_json_is_decoded_as_the_standard_library_does(value: Any) -> None:
    body = json.dumps(value).encode()
    assert decode_body(body, object) == json.loads(body)


@given(text=st.text("[]{}\\\"'a", max_size=200))
def test_what_stands_in_a_string_is_no_nesting(text: str) -> None:
    body = json.dumps({"a": text, "b": [text * 5]}).encode()
    assert decode_body(body, object) == {"a": text, "b": [text * 5]}


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"\\"]":', "}]")])
def test_nesting_is_allowed_up_to_the_limit_and_not_beyond(opening: str, closing: str) -> None:
    levels = BODY_DEPTH // (2 if opening.startswith("[{") else 1)
    assert decode_body((opening * levels + "1" + closing * levels).encode(), object) is not None
    with pytest.raises(InvalidBody, match="deeper than 64"):
        decode_body((opening * (levels + 1) + "1" + closing * (levels + 1)).encode(), object)


@pytest.mark.alone
@pytest.mark.parametrize(
    "body",
    [b'"' + b'\\"' * (BODY_BYTES // 2), b'"\\' * (BODY_BYTES // 2), b"[]" * (BODY_BYTES // 2), b"[" * BODY_BYTES,
     b"[" * 65 + b'"' * BODY_BYTES, b"[" * 65 + b'"' + b"\\" * BODY_BYTES, b"[" * 65 + b'"' + b'\\"' * BODY_BYTES,
     b"[" * 65 + b'"\\"' * (BODY_BYTES // 3)],
)  # fmt: skip
def test_no_body_takes_long_to_refuse(body: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(InvalidBody):
        decode_body(body[:BODY_BYTES], dict[str, str])
    assert time.perf_counter() - started < 0.5


@given(body=st.binary(max_size=200))
def test_any_bytes_decode_or_are_an_invalid_body(body: bytes) -> None:
    try:
        decoded = decode_body(body, msgspec.Raw)
    except InvalidBody as error:
        assert str(error).endswith((".", "object."))
    else:
        json.loads(bytes(decoded))


class Counted(msgspec.Struct):
    number: int
    share: float = 0.0
    day: date | None = None


def test_a_number_without_a_fraction_is_an_integer_however_it_is_written() -> None:
    body = b'{"number": 6.0, "share": 2.0, "day": "2025-06-03"}'
    assert decode_body(body, Counted) == Counted(6, 2.0, date(2025, 6, 3))
    assert decode_body(b'{"number": 1e3}', Counted) == Counted(1000)


@pytest.mark.parametrize("number", [b"6.5", b'"6"', b"true", b"1e999", b"null", b"1e400"])
def test_what_is_no_integer_is_not_taken_for_one(number: bytes) -> None:
    with pytest.raises(InvalidBody):
        decode_body(b'{"number": ' + number + b"}", Counted)
