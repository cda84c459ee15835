from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from index.types import ArticleInfo
from service.search.evidence import Evidence
from service.verification import verify as verification
from service.verification.verify import verify


def evidence(
    text: str, language: str = "de", *, context: str = "", passage: str = "", published: date | None = None
) -> Evidence:
    article = ArticleInfo("a.md", "Titel", None, published, language, "0" * 64)
    around = f"{context}\n{text}"
    return Evidence(0, article, 0, len(text), text, language, around, passage or around, 0.5)


REVENUE = evidence("Nordholz erzielte 2024 einen Umsatz von 870 Millionen Dollar.")
PLAN = evidence("Für 2025 plant Nordholz zwei Milliarden Dollar.")
CUSTOMERS = evidence("Zu den Kunden zählen Tessera und Quillon.")


def cited(sentence: str, *sources: Evidence, names: tuple[str, ...] = (), language: str = "en") -> tuple[int, ...]:
    alike = np.full(len(sources), 0.5, dtype=np.float32)
    return verify(sentence, language, names, sources, alike, least_similarity=0.1).cited


def test_the_source_that_states_the_value_is_cited_and_no_other() -> None:
    assert cited("Nordholz had sales of $870 million in 2024.", PLAN, CUSTOMERS, REVENUE) == (2,)


def test_a_fragment_cites_the_source_that_has_its_words_and_not_the_one_nearest_to_its_question() -> None:
    nearest = evidence("The Ullsund ferry is the oldest in the country.", "en")
    source = evidence("Twice a week the Ullsund ferry carries gravel.", "en")
    alike = np.array([0.6, 0.4], dtype=np.float32)
    found = verify(
        "Gravel.", "en", (), [nearest, source], alike, least_similarity=0.1, question="What does the ferry carry?"
    )
    assert found.cited == (1,)


def test_two_facts_from_two_sources_need_both() -> None:
    found = cited(
        "Nordholz made 870 million dollars in 2024 and expects two billion in 2025.", REVENUE, CUSTOMERS, PLAN
    )
    assert found == (0, 2)


def test_a_source_that_only_outweighs_an_objection_is_not_cited(monkeypatch: pytest.MonkeyPatch) -> None:
    order, talks, supplier = (
        evidence("Nordholz erhielt von der Marine einen Auftrag über 99 Millionen Dollar."),
        evidence("Nordholz verhandelte im März mit der Marine."),
        evidence("Nordholz liefert an die Marine."),
    )
    shared = {frozenset([order]): 3, frozenset([order, talks]): 5, frozenset([order, supplier]): 4}
    monkeypatch.setattr(
        verification, "shared_words", lambda claim, language, sources: shared.get(frozenset(sources), 4)
    )
    monkeypatch.setattr(
        verification, "flaw", lambda claim, language, question, sources, similar: "direction" * (supplier in sources)
    )
    sentence = "Nordholz erhielt von der Marine einen Auftrag über 99 Millionen Dollar."
    assert cited(sentence, order, talks, supplier, language="de") == (0,)


@pytest.mark.parametrize(("together", "found"), [(4, (0,)), (5, ())])
def test_a_source_that_contradicts_beside_one_that_bears_out_counts_by_what_it_adds(
    monkeypatch: pytest.MonkeyPatch, together: int, found: tuple[int, ...]
) -> None:
    order, supplier = evidence("Nordholz erhielt einen Auftrag."), evidence("Nordholz liefert an die Marine.")
    shared = {frozenset([order]): 3, frozenset([supplier]): 2, frozenset([order, supplier]): together}
    monkeypatch.setattr(verification, "shared_words", lambda claim, language, sources: shared[frozenset(sources)])
    monkeypatch.setattr(
        verification, "flaw", lambda claim, language, question, sources, similar: "direction" * (supplier in sources)
    )
    assert cited("Nordholz erhielt jetzt einen neuen Auftrag.", order, supplier, language="de") == found


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Nordholz had sales of $880 million in 2024.", "quantity"),
        ("Nordholz had sales of 870 million euros in 2024.", "quantity"),
        ("Nordholz had sales of $870 billion in 2024.", "quantity"),
        ("Nordholz had sales of $870 million in July 2024.", "quantity"),
        ("Under Kersten Vaillard, Nordholz had sales of $870 million.", "name"),
    ],
)
def test_a_value_or_name_that_no_source_has_fails(sentence: str, reason: str) -> None:
    verdict = verify(
        sentence, "en", (), (REVENUE, PLAN, CUSTOMERS), np.full(3, 0.5, dtype=np.float32), least_similarity=0.1
    )
    assert verdict.cited == ()
    assert verdict.reason.startswith(reason)


def test_a_value_of_one_firm_is_no_answer_about_another() -> None:
    sources = (REVENUE, CUSTOMERS)
    alike = np.full(2, 0.5, dtype=np.float32)
    verdict = verify("The sales were 870 million dollars.", "en", ("mercoria",), sources, alike, least_similarity=0.1)
    assert verdict.reason.startswith("premise")


def test_a_value_and_a_name_from_two_sentences_make_no_statement() -> None:
    sources = (REVENUE, evidence("Tessera wächst schneller als Nordholz."))
    assert cited("Tessera made $870 million in 2024.", *sources, names=("tessera",)) == ()


def test_one_firms_chief_and_another_firms_name_make_no_statement() -> None:
    sources = (evidence("Neuer Chef von Nordholz ist Kersten Vaillard."), evidence("Tessera liefert Daten."))
    assert cited("Kersten Vaillard is the chief of Tessera.", *sources, names=("tessera",)) == ()
    assert cited("Kersten Vaillard is the chief of Nordholz.", *sources, names=("nordholz",)) == (0,)


def test_a_name_just_before_the_citation_counts() -> None:
    pronoun = evidence("Das Unternehmen beschäftigt 300 Menschen.", context="Nordholz sitzt in Kiel.")
    assert cited("Nordholz employs 300 people.", pronoun, names=("nordholz",)) == (0,)


def test_a_sentence_without_names_speaks_of_what_its_passage_is_about() -> None:
    nameless = evidence("Bis zu 50 Fachleute werden gesucht.", passage="Nordholz baut ein Labor auf.")
    assert cited("Nordholz wants up to 50 experts.", nameless, names=("nordholz",)) == (0,)


def test_a_sentence_about_another_name_does_not_speak_of_the_passage() -> None:
    other = evidence("Tessera sucht bis zu 50 Fachleute.", passage="Nordholz baut ein Labor auf.")
    assert cited("Nordholz wants up to 50 experts.", other, names=("nordholz",)) == ()


def test_the_year_of_publication_is_known() -> None:
    report = evidence("Im Juli baute Nordholz 200 Stellen ab.", published=date(2025, 8, 1))
    assert cited("Nordholz cut 200 jobs in July 2025.", report) == (0,)
    assert cited("Nordholz cut 200 jobs in July 2024.", report) == ()


def test_what_is_far_in_meaning_is_not_borne_out() -> None:
    verdict = verify("It rains.", "en", (), (REVENUE,), np.array([0.05], dtype=np.float32), least_similarity=0.1)
    assert verdict.cited == ()
    assert verdict.reason == "meaning: nearest evidence at 0.05, at least 0.10 is needed"


def test_the_nearest_of_several_sources_is_cited() -> None:
    alike = np.array([0.2, 0.6, 0.4], dtype=np.float32)
    same = (REVENUE, evidence(REVENUE.text), REVENUE)
    assert verify("Sales were $870 million.", "en", (), same, alike, least_similarity=0.1).cited == (1,)


def test_without_evidence_nothing_holds() -> None:
    assert verify("Anything.", "en", (), (), np.empty(0, dtype=np.float32), least_similarity=0.1).cited == ()


def test_what_a_source_contradicts_fails_though_others_contradict_nothing() -> None:
    sources = (CUSTOMERS, evidence("Nordholz hat die Zahlung nicht erhalten."), evidence("Nordholz wächst."))
    alike = np.array([0.5, 0.6, 0.5], dtype=np.float32)
    verdict = verify("Nordholz has received the payment.", "en", ("nordholz",), sources, alike, least_similarity=0.1)
    assert verdict.cited == ()
    assert verdict.reason == "negation: the source denies 'erhalten'"


def test_a_source_that_says_more_outweighs_one_that_contradicts() -> None:
    sources = (
        evidence("Nordholz hatte die Zahlung nicht erhalten."),
        evidence("Nordholz hat die letzte Zahlung von 40 Millionen Euro erhalten."),
    )
    claim = "Nordholz has received the last payment of 40 million euros."
    assert cited(claim, *sources, names=("nordholz",)) == (1,)


def test_the_office_that_the_question_asks_for_must_be_in_the_sources() -> None:
    source = evidence("Kersten Vaillard ist Strategiechef von Nordholz.")
    question = "Wie heißt der Finanzchef von Nordholz?"
    alike = np.array([0.5], dtype=np.float32)
    verdict = verify(
        "Kersten Vaillard.", "de", ("nordholz",), (source,), alike, least_similarity=0.1, question=question
    )
    assert verdict.reason == "role: no source mentions a finance chief"


def test_a_sentence_of_which_hardly_a_word_is_in_a_source_is_not_borne_out_by_its_figure() -> None:
    source = evidence("The shop on the bridge has 8 rooms.", "en")
    alike = np.full(1, 0.5, dtype=np.float32)
    verdict = verify("Ferries sink 8 times every winter somewhere.", "en", (), [source], alike, least_similarity=0.1)
    assert (verdict.cited, verdict.reason) == ((), "meaning: hardly a word of it stands in what would bear it out")
    assert cited("There are 8 rooms in the shop.", source) == (0,)
