"""What an answer says, by hand-computed cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.evaluation.metrics import answers


def test_nugget_recall_is_the_share_of_groups_of_which_one_alternative_is_said() -> None:
    nuggets = [["14.3", "14,3"], ["49 per cent"], ["June", "Juni"]]

    assert answers.nugget_recall("Im JUNI zahlte die Firma 14,3 Milliarden.", nuggets) == pytest.approx(2 / 3)


def test_nuggets_are_compared_case_folded() -> None:
    assert answers.holds("Die STRASSE ist zu.", ["straße"])
    assert not answers.holds("Die Straßen sind zu.", ["straße ist"])


@pytest.mark.parametrize(
    ("text", "language", "normalised"),
    [
        ("The Quick, brown fox's  den.", "en", "quick brown foxs den"),
        ("Die Brücke, „eine“ der ältesten!", "de", "brücke ältesten"),
        ("An einem Tag", "en", "einem tag"),
        ("Le chat – la nuit", "fr", "le chat la nuit"),
        ("thesis and anthem", "en", "thesis and anthem"),
        ("$14.3 billion", "en", "143 billion"),
    ],
)
def test_normalisation_is_squads(text: str, language: str, normalised: str) -> None:
    assert answers.normalise(text, language) == normalised


def test_exact_match_forgives_case_articles_and_punctuation_only() -> None:
    assert answers.exact_match("Der Mai.", ["im Mai", "mai"], "de") == 1.0
    assert answers.exact_match("Im Mai 2024", ["im Mai", "mai"], "de") == 0.0


def test_token_f1_counts_words_as_a_bag_and_takes_the_nearest_reference() -> None:
    # "cat cat dog" and "cat dog dog bird" share one cat and one dog: 2 * 2 / (3 + 4).
    assert answers.token_f1("cat cat dog", ["cat dog dog bird"], "en") == pytest.approx(4 / 7)
    assert answers.token_f1("the red cat", ["green", "a red dog"], "en") == pytest.approx(2 * 1 / (2 + 2))
    assert answers.token_f1("red", ["blue"], "en") == 0.0


def test_texts_without_words_agree_with_each_other_only() -> None:
    assert answers.token_f1("the", ["a"], "en") == 1.0
    assert answers.token_f1("the", ["cat"], "en") == 0.0


@given(st.text(max_size=40))
def test_a_text_matches_itself(text: str) -> None:
    assert answers.exact_match(text, [text], "de") == 1.0
    assert answers.token_f1(text, [text], "de") == 1.0


def test_the_language_is_told_where_the_text_is_long_enough() -> None:
    assert answers.in_language("The bridge was closed because of the rust.", "en") == 1.0
    assert answers.in_language("Die Brücke wurde wegen der Roststellen gesperrt.", "en") == 0.0
    assert answers.in_language("Menlo Park.", "en") is None


def test_conflicting_values_are_looked_for_one_by_one() -> None:
    assert answers.share_named("Between 13.8 and 18 billion.", ["13.8", "14 b", "18"]) == pytest.approx(2 / 3)
