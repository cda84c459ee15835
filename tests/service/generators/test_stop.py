"""A stop string ends the text wherever the pieces of the stream happen to be cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.generators.stop import StopFilter

TEXT = st.text("ab\n", max_size=12)


def expected(text: str, stop: list[str]) -> str:
    ends = [text.find(mark) for mark in stop if mark and mark in text]
    return text[: min(ends, default=len(text))]


@given(st.lists(TEXT, max_size=6), st.lists(TEXT, max_size=3))
def test_what_passes_is_what_comes_before_the_first_stop(pieces: list[str], stop: list[str]) -> None:
    # In pieces, a stop string that ends first wins over one that begins first.
    filter_ = StopFilter(stop)
    passed = "".join(filter_.feed(piece) for piece in pieces) + filter_.flush()
    whole = "".join(pieces)
    first = expected(whole, stop)
    assert whole.startswith(passed)
    assert passed.startswith(first)
    assert not any(mark in passed for mark in stop if mark)
    assert filter_.stopped == (first != whole)


def test_nothing_is_held_back_that_can_not_become_a_stop() -> None:
    filter_ = StopFilter(["\n\n"])
    assert filter_.feed("one") == "one"
    assert filter_.feed(" two\n") == " two"
    assert filter_.feed("three") == "\nthree"


def test_nothing_passes_after_the_stop() -> None:
    filter_ = StopFilter(["END"])
    assert filter_.feed("a E") == "a "
    assert filter_.feed("ND b") == ""
    assert filter_.stopped
    assert filter_.feed("c") == ""
    assert filter_.flush() == ""
