from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from service.quoting.spans import LONG, carrying
from service.texts.clauses import clauses, quotations
from tests.service.sources import source

LONG_SENTENCE = (
    "The city of Porthaven, which had waited for it for more than thirty years and twice changed its mind, "
    "paid 14.3 million euros for the new bridge over the harbour, while the office of Brunvald was still drawing "
    "the two piers of the second one."
)
GERMAN = (
    "Die Werft Castellmar streicht auf ihrem Gelände im Norden bis zum Herbst 200 Stellen, während der neue Chef "
    "Hallstrom noch mit dem Betriebsrat über die Zukunft der beiden Docks und den Verkauf der alten Halle spricht."
)


def near(texts: Sequence[str]) -> NDArray[np.float32]:
    """All parts mean the claim as well as the whole does."""
    return np.ones(len(texts), dtype=np.float32)


def less_near(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.array([1.0, *(0.9 for _ in texts[1:])], dtype=np.float32)


def test_a_long_sentence_is_cut_to_the_clause_with_the_values_and_names_of_the_claim() -> None:
    whole = source(LONG_SENTENCE)
    part = carrying("The bridge cost 14.3 million euros.", "en", whole, near)
    assert part.text == "paid 14.3 million euros for the new bridge over the harbour"
    assert (part.start, part.end) == (LONG_SENTENCE.index("paid"), LONG_SENTENCE.index(", while"))


def test_clauses_stay_together_where_only_all_of_them_have_what_is_claimed() -> None:
    part = carrying("Porthaven paid €14.3m for the bridge.", "en", source(LONG_SENTENCE), near)
    assert part.text.startswith("The city of Porthaven") and part.text.endswith("over the harbour")


def test_no_word_of_the_claim_is_cut_off() -> None:
    part = carrying("After thirty years it cost 14.3 million euros.", "en", source(LONG_SENTENCE), near)
    assert part.text.startswith("which had waited") and part.text.endswith("over the harbour")


def test_a_claim_in_another_language_is_found_by_its_value() -> None:
    part = carrying("Castellmar cuts 200 jobs.", "en", source(GERMAN, "de"), near)
    assert part.text == "Die Werft Castellmar streicht auf ihrem Gelände im Norden bis zum Herbst 200 Stellen"


@pytest.mark.parametrize(
    ("why", "text", "claim"),
    [
        ("short", "Porthaven, which waited for years, paid 14.3 million euros.", "It cost 14.3 million euros."),
        ("a quote", LONG_SENTENCE, LONG_SENTENCE),
    ],
)
def test_what_is_short_or_quoted_as_it_stands_stays_whole(why: str, text: str, claim: str) -> None:
    whole = source(text)
    assert carrying(claim, "en", whole, near) is whole


@pytest.mark.parametrize("turn", ["did not draw", "was reportedly drawing", "draws, if ever anyone pays for them,"])
def test_no_denial_doubt_or_condition_is_cut_off(turn: str) -> None:
    part = carrying("It cost 14.3 million euros.", "en", source(LONG_SENTENCE.replace("was still drawing", turn)), near)
    assert "paid 14.3 million euros" in part.text and turn.rstrip(",") in part.text


def test_a_part_that_means_less_than_the_whole_is_not_quoted() -> None:
    whole = source(LONG_SENTENCE)
    assert carrying("The bridge cost 14.3 million euros.", "en", whole, less_near) is whole


WORDS = st.sampled_from(
    [
        "Porthaven",
        "paid",
        "14.3 million euros",
        "„still, the best“",
        "(again)",
        "which",
        "while",
        "200",
        "1,500",
        "ships",
    ]
)
SENTENCES = st.lists(st.tuples(WORDS, st.sampled_from([" ", ", ", "; ", " – ", "\n", ": "])), min_size=1, max_size=60)


@given(SENTENCES, st.sampled_from(["Porthaven paid.", "It cost 14.3 million euros.", "1,500 ships.", "Ships."]))
def test_a_part_lies_at_its_true_place_and_cuts_no_word_number_or_quotation(
    pieces: list[tuple[str, str]], claim: str
) -> None:
    text = "".join(word + joint for word, joint in pieces).strip() + "."
    whole = source(text)
    part = carrying(claim, "en", whole, near)
    assert text[part.start : part.end] == part.text
    assert part is whole or len(text) >= LONG
    for edge in (part.start, part.end):
        assert edge in (0, len(text)) or not (text[edge - 1].isalnum() and text[edge].isalnum())
        assert not any(quoted.start < edge < quoted.end for quoted in quotations(text))
        assert text[max(0, edge - 2) : edge + 2] not in ("4.3 ", "1,50")


@given(SENTENCES)
def test_clauses_cover_all_words_in_order(pieces: list[tuple[str, str]]) -> None:
    text = "".join(word + joint for word, joint in pieces)
    found = clauses(text)
    covered = "".join(text[clause.start : clause.end] for clause in found)
    assert "".join(covered.split()) == "".join(text.split())
