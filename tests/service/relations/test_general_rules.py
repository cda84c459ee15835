"""Opposites, quantifiers, agents, measures and plans: what is wrong with a claim whose words are all known."""

from __future__ import annotations

import numpy as np
import pytest

from index.types import ArticleInfo
from service.relations import flaw
from service.search.evidence import Evidence
from service.verification.verify import verify

Source = tuple[str, str]


def evidence(text: str, language: str, article: str = "a.md") -> Evidence:
    info = ArticleInfo(article, "Titel", None, None, language, "0" * 64)
    return Evidence(0, info, 0, len(text), text, language, text, text, 0.5)


def rule(claim: str, language: str, *sources: Source) -> str:
    found = flaw(claim, language, "", [evidence(*source) for source in sources])
    return found.partition(":")[0]


LEVEL: Source = ("Der Pegel der Orle ist auf 58 Zentimeter gefallen, den niedrigsten Stand seit 2003.", "de")
REFUSED: Source = ("The harbour board rejected the plan for a second pier on Monday.", "en")
UNHARMED: Source = ("Die Proben blieben bei dem Unfall unversehrt.", "de")
DENIED: Source = ("The operator rejected claims that it had ignored warnings.", "en")
SMALLER: Source = ("Der Umsatz von Kornhus war etwas niedriger als der von Brotmeister.", "de")
BEATEN: Source = ("Brandal beat Osterholt 3-1 in the final.", "en")
HERDERS: Source = ("The herders built a fence around the well of the observatory.", "en")
UNION: Source = ("Die Stiftung hatte das Modell angeregt, der Landkreis prüft es nun.", "de")
SOME: Source = ("The specialists have restored 300 of 1,100 computers so far.", "en")
WORTH: Source = ("Der Deal bewertet Nordholz mit 29 Milliarden Dollar und verschafft Vexil einen Anteil daran.", "de")
FINED: Source = ("Vexil was fined 3 million euros.", "en")
PROFIT: Source = ("Vexil earned $31 million last year on revenue of $265 million.", "en")
SHARES: Source = ("Das Land gibt 46 Millionen Euro, weitere 18 Millionen steuert die Ferber-Stiftung bei.", "de")


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Die Orle ist auf 58 Zentimeter gestiegen.", "de", LEVEL),
        ("At 58 centimetres the Orle is at its highest level since 2003.", "en", LEVEL),
        ("Der Hafenrat stimmte dem Plan für einen zweiten Pier am Montag zu.", "de", REFUSED),
        ("The samples were damaged in the accident.", "en", UNHARMED),
        ("The operator admitted that it had ignored warnings.", "en", DENIED),
        ("Kornhus has a higher turnover than Brotmeister.", "en", SMALLER),
    ],
)
def test_the_opposite_of_what_the_source_says_is_wrong(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, source) == "direction"


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("At 58 centimetres the Orle has dropped to its lowest level since 2003.", "en", LEVEL),
        ("Der Hafenrat lehnte den Plan für einen zweiten Pier am Montag ab.", "de", REFUSED),
        ("The board did not approve the plan for a second pier.", "en", REFUSED),
        ("The samples were not damaged in the accident.", "en", UNHARMED),
        ("Brotmeister has a higher turnover than Kornhus.", "en", SMALLER),
        ("Osterholt lost the final to Brandal.", "en", BEATEN),
    ],
)
def test_the_opposite_seen_from_the_other_side_or_denied_is_right(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, source) == ""


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("The observatory built a fence around the well of the herders.", "en", HERDERS),
        ("Das Observatorium baute einen Zaun um den Brunnen.", "de", HERDERS),
        ("Der Landkreis hatte das Modell angeregt.", "de", UNION),
        ("The well's fence was built by the observatory.", "en", HERDERS),
    ],
)
def test_somebody_else_than_in_the_source_did_it(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, source) == "role"


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("The fence around the well was built by herders.", "en", HERDERS),
        ("Das Modell hatte die Stiftung angeregt.", "de", UNION),
        ("Vexil earned $31 million last year.", "en", PROFIT),
    ],
)
def test_whoever_did_it_in_the_source_did_it_in_other_words(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, source) == ""


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("All 1,100 computers have been restored.", "en", SOME),
        ("Die meisten der 1100 Computer sind wiederhergestellt.", "de", SOME),
        ("Vexil made a profit of $265 million last year.", "en", PROFIT),
        ("Vexil paid about 29 billion dollars.", "en", WORTH),
        ("Vexil zahlte 29 Milliarden Dollar.", "de", WORTH),
        ("Vexil erzielte im vergangenen Jahr einen Umsatz von 31 Millionen Dollar.", "de", PROFIT),
        ("Die Ferber-Stiftung steuert 46 Millionen Euro bei.", "de", SHARES),
    ],
)
def test_some_are_not_all_and_a_figure_keeps_its_measure_and_its_bearer(
    claim: str, language: str, source: Source
) -> None:
    assert rule(claim, language, source) == "comparison"


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Alle fünf Minuten fährt ein Bus.", "de", ("Ein Bus fährt einmal in fünf Minuten, an 20 von 30 Tagen.", "de")),
        ("Only 300 of the 1,100 computers have been restored.", "en", SOME),
        ("Vexil had revenue of $265 million.", "en", PROFIT),
        ("Nordholz is worth 29 billion dollars.", "en", WORTH),
        ("Vexil paid 3 million euros.", "en", FINED),
    ],
)
def test_every_five_minutes_is_not_all(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, source) == ""


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Norwind has taken over the route.", "en", ("Norwind is examining whether to take over the route.", "en")),
        ("Der erste Zug ist seit Mai im Einsatz.", "de", ("The first train is due to enter service in May.", "en")),
        ("Der Bau hat begonnen.", "de", ("Der Bau beginnt, sobald das Gutachten vorliegt.", "de")),
        ("Die Behörde hat der Übernahme zugestimmt.", "de", ("The agency still has to approve the takeover.", "en")),
    ],
)
def test_what_is_to_come_is_not_done(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, source) == "modality"


def test_a_present_with_a_superlative_is_no_past() -> None:
    source = ("Most of the proceeds will be spent on a second plant in Lodz.", "en")
    assert rule("Der größte Teil des Erlöses fließt in ein zweites Werk in Lodz.", "de", source) == ""


PLANNED = evidence(
    "Morvex soll 14,8 Milliarden Dollar zahlen, um 49 Prozent der Anteile von Skelo zu kaufen.", "de", "a"
)
DONE = evidence("Für 14,3 Milliarden Dollar erwirbt Morvex 49 Prozent an Skelo.", "de", "b")


def cited(claim: str, *sources: Evidence) -> tuple[int, ...]:
    near = np.linspace(0.2, 0.1, len(sources)).astype(np.float32)
    return verify(claim, "de", ["morvex"], sources, near, least_similarity=0.03).cited


def test_a_suit_by_one_against_another_is_not_turned_round() -> None:
    source: Source = ("Das Gericht prüfte eine Klage der Firma Quillon gegen Tessera.", "de")
    assert rule("Tessera verklagte Quillon.", "de", source) == "direction"
    assert rule("Quillon verklagte Tessera.", "de", source) == ""


def test_an_older_plan_in_another_article_does_not_stop_what_one_source_bears_out() -> None:
    assert cited("Morvex hat 49 Prozent an Skelo erworben.", PLANNED, DONE) == (1,)
    assert cited("Morvex zahlte 14,8 Milliarden Dollar für 49 Prozent an Skelo.", PLANNED, DONE) == ()


def test_a_figure_is_not_held_against_another_article() -> None:
    price = "Der Anteil an Skelo kostet Morvex 14,3 Milliarden Dollar."
    assert cited(price, DONE, PLANNED) == (0,)


def test_the_plan_of_another_clause_does_not_stop_a_stake() -> None:
    source = evidence("Morvex, das Skelo 49-prozentig erworben hat, will im Juli ein neues Labor gründen.", "de")
    assert cited("Morvex ist mit 49 Prozent an Skelo beteiligt.", source) == (0,)


def test_a_set_with_a_source_that_says_the_opposite_is_not_mended_by_one_more() -> None:
    opposed = evidence("Morvex wies den Vorwurf zurück, er habe Warnungen missachtet.", "de")
    more = evidence("Der Betreiber räumte ein, dass der Austausch Zeit braucht.", "de")
    assert cited("Morvex räumte den Vorwurf ein, er habe Warnungen missachtet.", opposed, more) == ()


def test_a_source_that_has_no_word_of_what_a_reason_is_given_for_but_names_bears_no_reason_out() -> None:
    valued: Source = ("Für Quillon AI, das im Mai mit 14 Millionen Euro bewertet wurde, ist das ein Sprung.", "de")
    ended: Source = ("Ostrava beendete die Arbeit mit Quillon AI, denn das wurde mit 14 Millionen Euro bewertet.", "de")
    claim = "Ostrava hat die Arbeit mit Quillon AI beendet, weil es mit 14 Millionen Euro bewertet wurde."
    assert rule(claim, "de", valued) == "reason"
    assert rule(claim, "de", ended) == ""


def test_a_reason_that_only_another_source_than_the_one_of_what_it_is_given_for_is_like_is_none() -> None:
    ended = evidence("Ostrava beendete am Montag die Arbeit mit Quillon AI.", "de")
    claim = "Ostrava hat die Arbeit mit Quillon AI beendet, weil ihm das Vertrauen abhanden kam."

    def like(near: float) -> str:
        return flaw(claim, "de", "", [ended], lambda text: np.array([near], np.float32)).partition(":")[0]

    assert (like(0.9), like(0.1)) == ("", "reason")
    plain = evidence("Quillon AI gilt als Liebling der Anleger.", "de", "b.md")
    assert flaw(claim, "de", "", [ended, plain], lambda text: np.array([0.1, 0.9], np.float32)).startswith("reason")


def test_a_reason_from_a_source_that_gives_none_for_anything_is_none() -> None:
    ended: Source = ("Kurz darauf kündigten Ostrava und Vexil die Arbeit mit Quillon.", "de")
    assert rule("Ostrava verlässt Quillon, weil es die Arbeit mit Quillon kündigt.", "de", ended) == "reason"
    assert rule("Ostrava left Quillon because it ended the work with Quillon.", "en", ended) == "reason"


def test_of_several_sources_one_that_has_only_names_of_it_gives_its_reason_for_something_else() -> None:
    asked: Source = ("Der Chef von Quillon war gefragt worden, ob er mehr in Ostrava steckt.", "de")
    other: Source = ("Ostrava hält das Angebot für zu tief, weil es die Belegschaft schädigt.", "de")
    traded: Source = ("Shares of Ostrava, which rose before the crisis, are due to be delisted.", "en")
    claim = "Quillon stayed away from Ostrava because it was holding a large part."
    assert rule(claim, "en", asked, other) == "reason"
    assert rule(claim, "en", asked, traded) == "reason"


def test_what_is_due_to_be_and_a_reason_of_the_question_need_no_word_for_a_reason_in_the_source() -> None:
    costs: Source = ("Quillon streicht nach dem Umbau der Werft 300 Stellen.", "de")
    assert rule("Quillon is due to be finished with 300 cuts.", "en", costs) != "reason"
    told, claim = (
        evidence("Der Umbau kostet bei Quillon 300 Stellen.", "de"),
        "300 Stellen fallen wegen des Umbaus weg.",
    )
    assert not flaw(claim, "de", "Wie viele Stellen fallen wegen des Umbaus weg?", [told])
    assert flaw(claim, "de", "Wie viele Stellen fallen weg?", [told]).startswith("reason")


def test_what_falls_away_is_what_was_cut_and_nobody_who_cuts() -> None:
    fell: Source = ("Etwa 200 Arbeitsplätze fallen im Juli bei Quillon weg.", "de")
    assert rule("Quillon cut about 200 jobs in July.", "en", fell) == ""


def test_a_sentence_of_a_source_word_for_word_is_never_wrong() -> None:
    text = "Statt enger Bindung arbeitet Quillon nun auch mit Rivalen – und bei Ostrava wächst der Druck von außen."
    assert rule(text, "de", (text, "de")) == ""


def test_a_list_of_who_acts_has_the_names_of_what_is_set_beside_its_first() -> None:
    both: Source = ("Quillon, der größte Kunde von Ostrava, und Vexil ziehen sich zurück, weil Pläne fehlen.", "de")
    assert rule("Quillon left Ostrava because plans are missing.", "en", both) == ""


def test_two_english_sentences_with_nothing_but_a_comma_between_them_are_none() -> None:
    losing: Source = ("Ostrava verliert seinen größten Kunden, weil Quillon zu Vexil zurückkehren will.", "de")
    assert rule("Quillon left because Ostrava is losing clients, Quillon will return to Vexil.", "en", losing) == "form"
    assert rule("Because Ostrava is losing clients, Quillon will return to Vexil.", "en", losing) != "form"
