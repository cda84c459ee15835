"""Excerpts with marked places: nothing is lost, moved or marked that should not be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.evaluation.report_html.highlight import Excerpt, Place, excerpts

texts = st.text(alphabet="ab \nß„😀", min_size=1, max_size=80)
places = st.lists(
    st.builds(Place, st.integers(-5, 90), st.integers(-5, 90), st.sampled_from([None, 1, 2, 3])), max_size=6
)


def marked(excerpt: Excerpt) -> list[tuple[str, tuple[int, ...], bool]]:
    return [(piece.text, piece.labels, piece.gold) for piece in excerpt.pieces]


@given(texts, places, st.integers(0, 20))
def test_pieces_are_the_text_of_the_excerpt(text: str, found: list[Place], context: int) -> None:
    for excerpt in excerpts(text, found, context):
        assert "".join(piece.text for piece in excerpt.pieces) == text[excerpt.start : excerpt.end]


@given(texts, places, st.integers(0, 20))
def test_each_character_has_the_marks_of_the_places_it_lies_in(text: str, found: list[Place], context: int) -> None:
    shown: dict[int, tuple[tuple[int, ...], bool]] = {}
    for excerpt in excerpts(text, found, context):
        at = excerpt.start
        for piece in excerpt.pieces:
            for _ in piece.text:
                assert at not in shown
                shown[at] = (piece.labels, piece.gold)
                at += 1

    for at in range(len(text)):
        over = [place for place in found if place.start <= at < place.end]
        labels = tuple(sorted({place.label for place in over if place.label is not None}))
        gold = any(place.label is None for place in over)
        assert shown.get(at, ((), False)) == (labels, gold)


@given(texts, places)
def test_a_citation_begins_once(text: str, found: list[Place]) -> None:
    distinct = [Place(place.start, place.end, number) for number, place in enumerate(found)]
    begun = [label for excerpt in excerpts(text, distinct) for piece in excerpt.pieces for label in piece.begins]

    inside = [place.label for place in distinct if max(place.start, 0) < min(place.end, len(text))]
    assert sorted(begun) == inside


def test_context_ends_between_words() -> None:
    text = "One two three four five six seven."

    [excerpt] = excerpts(text, [Place(14, 18, 1)], context=7)

    assert marked(excerpt) == [("three ", (), False), ("four", (1,), False), (" five", (), False)]
    assert (excerpt.first, excerpt.last) == (False, False)


def test_neighbours_share_an_excerpt_and_distant_places_do_not() -> None:
    text = "alpha beta gamma " + "x " * 50 + "omega"

    near, far = excerpts(text, [Place(0, 5, 1), Place(11, 16), Place(len(text) - 5, len(text))], context=8)

    assert marked(near)[:3] == [("alpha", (1,), False), (" beta ", (), False), ("gamma", (), True)]
    assert marked(far)[-1] == ("omega", (), True)
    assert (near.first, near.last, far.first, far.last) == (True, False, False, True)


def test_a_citation_inside_gold_evidence_cuts_it_in_three() -> None:
    [excerpt] = excerpts("abcdef", [Place(0, 6), Place(2, 4, 7)], context=0)

    assert marked(excerpt) == [("ab", (), True), ("cd", (7,), True), ("ef", (), True)]
    assert [piece.begins for piece in excerpt.pieces] == [(), (7,), ()]


def test_places_beyond_the_text_are_shown_as_far_as_it_goes() -> None:
    [excerpt] = excerpts("abc", [Place(-4, 1, 1), Place(2, 99), Place(50, 60), Place(2, 1)], context=0)[:1]

    assert marked(excerpt) == [("a", (1,), False)]
