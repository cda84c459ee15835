from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Span
from service.quoting.text_fragment import CONTEXT, END_WORDS, fragment_url, prefix_of, suffix_of
from service.texts.plain_text import plain

PAGE = "https://example.org/news?id=1&x=2"
TEXTS = st.text(st.sampled_from("aäb z,-&%#:~“”\n\t.€9'/"), min_size=1, max_size=400)


@st.composite
def places(draw: st.DrawFn) -> tuple[str, Span]:
    text = draw(TEXTS)
    start = draw(st.integers(0, len(text) - 1))
    return text, Span(start, draw(st.integers(start + 1, len(text))))


def parsed(url: str) -> tuple[str, str, str, str]:
    """Prefix, start, end and suffix of a text directive, as a browser reads them; empty where one isn't there."""
    directive = url.split("#", 1)[1].split(":~:text=", 1)[1]
    assert re.fullmatch(r"[^&#\s]+", directive)
    parts = directive.split(",")
    prefix = unquote(parts.pop(0)[:-1]) if parts[0].endswith("-") else ""
    suffix = unquote(parts.pop()[1:]) if parts[-1].startswith("-") else ""
    assert not any("-" in part for part in parts)
    start, *end = (unquote(part) for part in parts)
    return prefix, start, end[0] if end else "", suffix


@given(places())
def test_a_fragment_names_the_beginning_and_the_end_of_its_quote(given_place: tuple[str, Span]) -> None:
    text, place = given_place
    words = plain(text[place.start : place.end])
    url = fragment_url(PAGE, text, place)
    if not words:
        assert url is None
        return
    assert url is not None and url.startswith(PAGE + "#:~:text=")
    prefix, start, end, suffix = parsed(url)
    assert words.startswith(start)
    assert words.endswith(end) if end else start == words
    assert len(prefix.split()) <= END_WORDS and len(suffix.split()) <= END_WORDS


@given(places())
def test_prefix_and_suffix_are_the_characters_around_the_quote_in_whole_words(given_place: tuple[str, Span]) -> None:
    text, place = given_place
    prefix, suffix = prefix_of(text, place), suffix_of(text, place)
    assert text[: place.start].endswith(prefix) and text[place.end :].startswith(suffix)
    assert len(prefix) <= CONTEXT and len(suffix) <= CONTEXT
    begin, end = place.start - len(prefix), place.end + len(suffix)
    assert not prefix or begin == 0 or text[begin - 1].isspace() or text[begin].isspace()
    assert not suffix or end == len(text) or text[end - 1].isspace() or text[end].isspace()


def test_a_quote_that_stands_once_is_named_without_its_context() -> None:
    text = "The bridge cost 14.3 million euros, say the builders. It is long."
    quote = "The bridge cost 14.3 million euros"
    url = fragment_url(PAGE, text, Span(0, len(quote)))
    assert url == PAGE + "#:~:text=The%20bridge%20cost%2014.3%20million%20euros"


def test_what_has_a_meaning_in_the_syntax_is_encoded() -> None:
    text = "Up-to-date, R&D costs 100 %."
    url = fragment_url("https://example.org/a#top", text, Span(0, len(text)))
    assert url == "https://example.org/a#top:~:text=Up%2Dto%2Ddate%2C%20R%26D%20costs%20100%20%25."


def test_a_quote_that_stands_twice_is_named_with_what_is_around_it() -> None:
    text = "At first it is long. They agree.\nLater it is long, too."
    start = text.rindex("it is long")
    url = fragment_url(PAGE, text, Span(start, start + len("it is long")))
    assert url is not None
    assert parsed(url) == ("Later", "it is long", "", ", too.")


def test_a_long_quote_is_named_by_its_first_and_last_words() -> None:
    words = [f"word{n}" for n in range(80)]
    text = " ".join(words)
    url = fragment_url(PAGE, text, Span(0, len(text)))
    assert url is not None
    assert parsed(url) == ("", " ".join(words[:6]), " ".join(words[-6:]), "")


@pytest.mark.parametrize("url", [None, "file:///etc/passwd", "javascript:alert(1)", "notes/a.md"])
def test_without_a_web_address_there_is_no_link(url: str | None) -> None:
    assert fragment_url(url, "It is long.", Span(0, 5)) is None


def test_an_address_whose_host_is_malformed_is_linked_to_as_it_is() -> None:
    assert fragment_url("http://[1:2:3]/a", "It is.", Span(0, 6)) == "http://[1:2:3]/a#:~:text=It%20is."
