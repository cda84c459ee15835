"""Server-sent events are the same however the network cuts their bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from service.generators.sse import events

LINE = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=8).map(str.encode)


def read(pieces: list[bytes]) -> list[bytes]:
    async def chunks() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def collect() -> list[bytes]:
        return [data async for data in events(chunks())]

    return asyncio.run(collect())


@given(
    st.data(), st.lists(st.lists(LINE, min_size=1, max_size=3), max_size=4), st.sampled_from([b"\n", b"\r\n", b"\r"])
)
def test_events_survive_any_cut(data: st.DataObject, wanted: list[list[bytes]], end: bytes) -> None:
    stream = b"".join(b"".join(b"data: " + line + end for line in lines) + end for lines in wanted) + b": bye\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(pieces) == [b"\n".join(lines) for lines in wanted]


def test_comments_names_and_ids_are_not_data() -> None:
    assert read([b": ping\n\nevent: x\nid: 3\ndata:a\n\ndata: b\n\n"]) == [b"a", b"b"]


def test_an_unfinished_event_is_left_out() -> None:
    assert read([b"data: a\n\ndata: b\n"]) == [b"a"]
    assert read([b"data: a\n\ndata: b"]) == [b"a"]


def test_line_separators_of_unicode_do_not_end_a_line() -> None:
    text = "data: a\u2028b\u0085c\n\n".encode()
    assert read([text]) == ["a\u2028b\u0085c".encode()]
