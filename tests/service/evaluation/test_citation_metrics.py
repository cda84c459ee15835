"""Citations, by hand-computed cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.evaluation.metrics import citations
from service.evaluation.metrics.regions import Region

GROUPS = [[Region("a", 10, 20), Region("b", 0, 4)], [Region("c", 0, 10)]]


def test_a_citation_is_right_where_it_overlaps_a_place_of_any_group() -> None:
    cited = [Region("a", 0, 11), Region("a", 20, 30), Region("b", 3, 9), Region("d", 0, 9)]

    assert citations.precision(cited, GROUPS) == 0.5
    assert citations.precision([], GROUPS) is None
    assert citations.precision(cited, []) == 0.0


def test_recall_counts_groups_not_places() -> None:
    assert citations.recall([Region("a", 15, 16), Region("b", 0, 1)], GROUPS) == 0.5
    assert citations.recall([Region("b", 0, 1), Region("c", 9, 12)], GROUPS) == 1.0
    assert citations.recall([], GROUPS) == 0.0


def test_a_character_that_is_cited_twice_counts_once() -> None:
    # Cited are a[5:15] and a[12:18], together 13 characters, of which a[10:18] are gold.
    cited = [Region("a", 5, 15), Region("a", 12, 18)]

    assert citations.character_precision(cited, GROUPS) == pytest.approx(8 / 13)
    # Of the first group 8 of the 10 characters of its better place, of the second none.
    assert citations.character_recall(cited, GROUPS) == pytest.approx((0.8 + 0) / 2)


def test_within_a_group_the_best_place_counts() -> None:
    assert citations.character_recall([Region("b", 0, 4)], GROUPS[:1]) == 1.0


@pytest.mark.parametrize(
    ("precision", "recall", "expected"), [(0.5, 1.0, 2 / 3), (None, 1.0, 0.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)]
)
def test_f1_is_the_harmonic_mean(precision: float | None, recall: float, expected: float) -> None:
    assert citations.f1(precision, recall) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "start", "end", "quote", "exact"),
    [
        ("Ein 𝄞 Zeichen", 4, 5, "𝄞", True),
        ("Ein 𝄞 Zeichen", 4, 6, "𝄞", False),
        ("Ein Zeichen", 0, 3, "ein", False),
        ("Ein Zeichen", -7, 20, "Zeichen", False),
        ("Ein Zeichen", 4, 99, "Zeichen", False),
        ("Ein Zeichen", 3, 3, "", False),
        (None, 0, 3, "Ein", False),
    ],
)
def test_a_quote_is_exact_where_it_is_the_very_characters(
    text: str | None, start: int, end: int, quote: str, exact: bool
) -> None:
    assert citations.is_exact(text, start, end, quote) is exact


def test_a_label_that_stands_for_nothing_is_no_citation() -> None:
    assert citations.uncited_share([[1], [2, 9], [9], []], {1, 2}) == 0.5
    assert citations.uncited_share([], {1}) is None


regions = st.builds(
    lambda article, start, length: Region(article, start, start + length),
    st.sampled_from("ab"),
    st.integers(0, 20),
    st.integers(1, 10),
)


@given(st.lists(regions, min_size=1, max_size=5))
def test_citing_the_evidence_itself_is_perfect(places: list[Region]) -> None:
    groups = [[place] for place in places]

    assert citations.precision(places, groups) == 1.0
    assert citations.recall(places, groups) == 1.0
    assert citations.character_precision(places, groups) == 1.0
    assert citations.character_recall(places, groups) == 1.0
