"""Claims whose words are all in the source and whose relations are not, beside claims that say the same rightly."""

from __future__ import annotations

import numpy as np
import pytest

from index.types import ArticleInfo
from service.relations import Similar, flaw, shared_words
from service.search.evidence import Evidence


def evidence(text: str, language: str, passage: str = "") -> Evidence:
    article = ArticleInfo("a.md", "Titel", None, None, language, "0" * 64)
    return Evidence(0, article, 0, len(text), text, language, text, passage or text, 0.5)


def rule(
    claim: str, language: str, *sources: tuple[str, str], question: str = "", similar: Similar | None = None
) -> str:
    """The rule that `claim` breaks, empty where it breaks none."""
    found = flaw(claim, language, question, [evidence(*source) for source in sources], similar)
    return found.partition(":")[0]


BOUGHT_DE = ("Nordholz hat die Werft Tessera im Mai für 40 Millionen Euro von Quillon gekauft.", "de")
PAID_EN = ("Mercoria, based in Kiel, paid Vantor 12 million euros after a dispute.", "en")
BEAT_EN = ("Brandal beat Osterholt 3-1 in the final.", "en")
PASSIVE_DE = ("Osterholt wurde im Finale von Brandal geschlagen.", "de")
MOVED_DE = ("Torwart Lindqvist ist vom Verein Brandal zu Osterholt gewechselt.", "de")
LEFT_EN = ("Engineer Marlow left Quillon for Tessera in June.", "en")


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Quillon hat die Werft Tessera von Nordholz gekauft.", "de", BOUGHT_DE),
        ("Quillon bought Tessera from Nordholz for 40 million euros.", "en", BOUGHT_DE),
        ("Nordholz sold the yard to Quillon.", "en", BOUGHT_DE),
        ("Vantor paid Mercoria 12 million euros.", "en", PAID_EN),
        ("Mercoria erhielt zwölf Millionen Euro von Vantor.", "de", PAID_EN),
        ("Osterholt schlug Brandal im Finale.", "de", BEAT_EN),
        ("Brandal lost the final to Osterholt.", "en", BEAT_EN),
        ("Osterholt beat Brandal in the final.", "en", PASSIVE_DE),
        ("Lindqvist moved from Osterholt to Brandal.", "en", MOVED_DE),
        ("Marlow left Tessera for Quillon in June.", "en", LEFT_EN),
    ],
)
def test_who_did_it_to_whom_must_not_be_exchanged(claim: str, language: str, source: tuple[str, str]) -> None:
    assert rule(claim, language, source) == "direction"


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Nordholz bought Tessera from Quillon for 40 million euros.", "en", BOUGHT_DE),
        ("Tessera wurde von Nordholz gekauft.", "de", BOUGHT_DE),
        ("Quillon sold the yard to Nordholz.", "en", BOUGHT_DE),
        ("Vantor bekam zwölf Millionen Euro von Mercoria.", "de", PAID_EN),
        ("Osterholt lost the final to Brandal.", "en", BEAT_EN),
        ("Osterholt wurde im Finale von Brandal besiegt.", "de", BEAT_EN),
        ("Brandal beat Osterholt in the final.", "en", PASSIVE_DE),
        ("Lindqvist moved from Brandal to Osterholt.", "en", MOVED_DE),
        ("Die Ingenieurin Marlow hat Quillon im Juni verlassen.", "de", LEFT_EN),
    ],
)
def test_active_passive_and_converse_verbs_say_the_same(claim: str, language: str, source: tuple[str, str]) -> None:
    assert rule(claim, language, source) == ""


NOT_PAID = ("The builder has not received its final payment.", "en")
NO_CUTS = ("Kürzungen soll es in dem Werk nicht geben.", "de")


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("The builder has received its final payment.", "en", NOT_PAID),
        ("Die Werft hat die letzte Zahlung erhalten.", "de", NOT_PAID),
        ("There are to be cuts at the plant.", "en", NO_CUTS),
        ("Nordholz verkauft die Werft nicht.", "de", ("Nordholz verkauft die Werft.", "de")),
        ("Vantor bought the brand.", "en", ("Vantor denied buying the brand.", "en")),
    ],
)
def test_a_negation_must_be_kept(claim: str, language: str, source: tuple[str, str]) -> None:
    assert rule(claim, language, source) == "negation"


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Die Werft hat die letzte Zahlung noch nicht bekommen.", "de", NOT_PAID),
        ("The builder has yet to receive its final payment.", "en", NOT_PAID),
        ("Nordholz baut Schiffe.", "de", ("Nordholz baut nicht nur Schiffe, sondern auch Motoren.", "de")),
        ("The bridge is open.", "en", ("Die Brücke ist nicht gesperrt.", "de")),
        ("Vantor bought the brand.", "en", ("Vantor bought the brand but did not keep its name.", "en")),
    ],
)
def test_negation_is_judged_by_the_word_that_is_denied(claim: str, language: str, source: tuple[str, str]) -> None:
    assert rule(claim, language, source) == ""


PLAN_DE = ("Nordholz will die Brücke im April prüfen.", "de")
DUE_EN = ("Two ferries are to enter service in October.", "en")


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Nordholz checked the bridge in April.", "en", PLAN_DE),
        ("Nordholz hat die Brücke im April geprüft.", "de", PLAN_DE),
        ("Two ferries entered service in October.", "en", DUE_EN),
        ("Vantor has bought the brand.", "en", ("Vantor verhandelt darüber, die Marke zu kaufen.", "de")),
        ("Vantor paid $14 million.", "en", ("Vantor is finalizing a deal to invest $14 million.", "en")),
        ("Die Redaktion zog im Sommer um.", "de", ("Die Redaktion könnte im Sommer umziehen.", "de")),
        ("Das Gericht hat vergangene Woche geurteilt.", "de", ("The court will rule next week.", "en")),
    ],
)
def test_a_plan_must_not_be_told_as_done(claim: str, language: str, source: tuple[str, str]) -> None:
    assert rule(claim, language, source) == "modality"


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Nordholz plans to check the bridge in April.", "en", PLAN_DE),
        ("Zwei Fähren sollen im Oktober den Betrieb aufnehmen.", "de", DUE_EN),
        ("Vantor bought the brand.", "en", ("Vantor, which bought the brand, will close two shops.", "en")),
        ("Nordholz will replace the furnaces.", "en", ("Nordholz hat die Hochöfen ersetzt.", "de")),
    ],
)
def test_a_hedge_that_is_kept_is_no_flaw(claim: str, language: str, source: tuple[str, str]) -> None:
    assert rule(claim, language, source) == ""


OFFICES = ("Museumsdirektorin Hallbeck lobte Stadträtin Ostrowe.", "de")
DEPUTY = (
    ("Institutsleiter Karlsen sprach am Montag.", "de"),
    ("Seine Stellvertreterin Odalys leitet die Zählung.", "de"),
)


@pytest.mark.parametrize(
    ("claim", "language", "sources"),
    [
        ("Museum director Ostrowe was pleased.", "en", (OFFICES,)),
        ("The geologist Hallbeck praised the plan.", "en", (OFFICES,)),
        ("Odalys heads the institute.", "en", DEPUTY),
        ("Mbolo, the founder of Quillon, resigned.", "en", (("Personnel chief Mbolo resigned from Quillon.", "en"),)),
    ],
)
def test_an_office_must_not_change_hands(claim: str, language: str, sources: tuple[tuple[str, str], ...]) -> None:
    assert rule(claim, language, *sources) == "role"


@pytest.mark.parametrize(
    ("claim", "language", "sources"),
    [
        ("Hallbeck, director of the museum, praised Ostrowe.", "en", (OFFICES,)),
        ("Karlsen, head of the institute, spoke on Monday.", "en", DEPUTY),
        (
            "Mbolo, der Personalchef von Quillon, tritt zurück.",
            "de",
            (("Personnel chief Mbolo resigned from Quillon.", "en"),),
        ),
    ],
)
def test_an_office_in_other_words_is_the_same(claim: str, language: str, sources: tuple[tuple[str, str], ...]) -> None:
    assert rule(claim, language, *sources) == ""


@pytest.mark.parametrize(
    ("question", "language", "claim", "broken"),
    [
        ("Wie heißt der Finanzchef von Quillon?", "de", "Der Finanzchef heißt Drovik.", "role"),
        ("Who is the CFO of Quillon?", "en", "Drovik.", "role"),
        ("Who is the chief executive of Quillon?", "en", "Drovik takes over as chief executive.", ""),
    ],
)
def test_an_office_that_no_source_mentions_has_no_holder(question: str, language: str, claim: str, broken: str) -> None:
    source = ("Drovik, bisher Strategiechef, übernimmt die CEO-Position bei Quillon.", "de")
    assert rule(claim, language, source, question=question) == broken


PLANTS = ("Nordholz runs 19 plants, Vantor 44.", "en")
RATE = ("Die Kasse senkt den Beitrag von 1,9 auf 1,6 Prozent.", "de")


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Nordholz betreibt 44 Werke.", "de", PLANTS),
        ("The contribution is 1.9 percent.", "en", RATE),
        ("Die Fahrt dauert 55 Stunden.", "de", ("The crossing takes 55 minutes.", "en")),
        ("A dose costs more than four dollars.", "en", ("Eine Dosis kostet weniger als vier Dollar.", "de")),
        ("Selma ist sechs Jahre alt.", "de", ("Arvo and Selma are aged 6 and 11.", "en")),
        ("The bridge opens a month later.", "en", ("Die Brücke wird ein Jahr später geöffnet.", "de")),
        ("Revenue rose by 54 million euros.", "en", ("Der Umsatz stieg um acht Prozent auf 54 Millionen Euro.", "de")),
        ("Die Marke kostet 41 Euro je Liter.", "de", ("Vantor pays 41 cents a litre.", "en")),
        ("Vantor verlangt zwölf Millionen Euro.", "de", ("Vantor is asking for 12 million Swiss francs.", "en")),
    ],
)
def test_a_figure_belongs_to_its_thing_unit_and_bound(claim: str, language: str, source: tuple[str, str]) -> None:
    assert rule(claim, language, source) == "comparison"


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Vantor betreibt 44 Werke.", "de", PLANTS),
        ("The contribution falls to 1.6 percent.", "en", RATE),
        ("The contribution was 1.9 percent before.", "en", RATE),
        ("Die Überfahrt dauert rund 55 Minuten.", "de", ("The crossing takes 55 minutes.", "en")),
        ("Selma ist elf Jahre alt.", "de", ("Arvo and Selma are aged 6 and 11.", "en")),
        ("The pipe is 12 km long.", "en", ("Die Leitung ist zwölf Kilometer lang.", "de")),
    ],
)
def test_a_figure_of_the_same_thing_in_another_spelling_is_right(
    claim: str, language: str, source: tuple[str, str]
) -> None:
    assert rule(claim, language, source) == ""


def test_a_german_noun_behind_an_office_is_a_name() -> None:
    sources = [("Baudezernentin Fuchsberger kündigte Wohnungen an.", "de"), ("Vereinschef Grabow lobte das.", "de")]
    assert rule("Vereinschefin Fuchsberger kündigte Wohnungen an.", "de", *sources) == "role"


def test_a_name_mentioned_aside_is_not_spoken_of() -> None:
    source = ("Nordholz nutzt Daten von Surgo, was intern für Ärger sorgt.", "de")
    assert rule("Die Daten von Surgo nutzt Nordholz neben Vantor.", "de", source) == ""


def test_a_name_must_not_take_the_place_of_another() -> None:
    sources = [("Haldor führt in der Gesamtwertung vor Pellin.", "de"), ("Thorwin gewann die Etappe.", "de")]
    assert rule("Thorwin leads overall.", "en", *sources) == "role"
    assert rule("Haldor leads overall.", "en", *sources) == ""


CUTS_EN = ("Quillon is cutting 240 jobs.", "en")


def test_a_reason_that_no_source_gives_is_a_flaw() -> None:
    assert rule("Quillon is cutting 240 jobs because customers moved abroad.", "en", CUTS_EN) == "reason"
    assert rule("Quillon streicht 240 Stellen, weil Kunden zur Konkurrenz gewechselt sind.", "de", CUTS_EN) == "reason"


def test_a_reason_that_a_source_gives_is_none() -> None:
    because = ("The reason is that customers have moved to rivals.", "en")
    assert (
        rule("Quillon streicht 240 Stellen, weil Kunden zur Konkurrenz gewechselt sind.", "de", CUTS_EN, because) == ""
    )


def test_what_no_source_gives_as_a_reason_is_no_reason() -> None:
    beside = ("Customers have moved to rivals.", "en")
    assert rule("Quillon is cutting 240 jobs because customers have moved.", "en", CUTS_EN, beside) == "reason"


def test_a_reason_near_in_meaning_is_none() -> None:
    def near(part: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.array([0.9 if "abroad" in part else 0.0], dtype=np.float32)

    assert rule("Quillon is cutting 240 jobs because customers moved abroad.", "en", CUTS_EN, similar=near) == ""


def test_other_languages_are_not_judged() -> None:
    assert rule("Vantor a payé Mercoria.", "fr", PAID_EN) == ""
    assert rule("Vantor paid Mercoria.", "en", ("Mercoria a payé Vantor.", "fr")) == ""


@pytest.mark.parametrize("source", [BOUGHT_DE, PAID_EN, BEAT_EN, PASSIVE_DE, NOT_PAID, NO_CUTS, PLAN_DE, OFFICES, RATE])
def test_a_sentence_bears_itself_out(source: tuple[str, str]) -> None:
    assert rule(*source, source) == ""


def test_shared_words_count_words_names_and_figures_in_either_language() -> None:
    assert shared_words("Nordholz betreibt 44 Werke.", "de", [evidence(*PLANTS)]) == 4
    assert shared_words("Es regnet.", "de", [evidence(*PLANTS)]) == 0


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Drovik ist der Finanzchef von Quillon.", ("Drovik remains a director of Quillon.", "en")),
        ("Drovik is the finance chief of Quillon.", ("Drovik bleibt Direktor bei Quillon.", "de")),
        ("Drovik ist der Finanzchef von Quillon.", ("Drovik hat Quillon 2016 gegründet.", "de")),
        ("Drovik is the founder of Quillon.", ("Drovik joined Quillon in 2016.", "en")),
    ],
)
def test_an_office_that_leaves_no_doubt_has_to_be_in_the_sources(claim: str, source: tuple[str, str]) -> None:
    language = "de" if "ist der" in claim else "en"

    assert rule(claim, language, source) == "role"


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Drovik ist der Finanzchef von Quillon.", ("Drovik is the chief financial officer of Quillon.", "en")),
        ("Drovik is the founder of Quillon.", ("Drovik hat Quillon 2016 gegründet.", "de")),
        ("Drovik ist Direktor bei Quillon.", ("Drovik remains a director of Quillon.", "en")),
        ("Drovik bleibt Chef von Quillon.", ("Drovik heads Quillon.", "en")),
    ],
)
def test_an_office_that_leaves_no_doubt_may_be_in_the_other_language(claim: str, source: tuple[str, str]) -> None:
    language = "en" if " is the " in claim else "de"

    assert rule(claim, language, source) == ""


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Quillon hat 1.500 Stellen gestrichen.", "de", ("About 1,500 people work for Quillon.", "en")),
        ("Quillon laid off 1,500 employees.", "en", ("Rund 1.500 Menschen arbeiten für Quillon.", "de")),
        ("Quillon wurde 2024 gegründet.", "de", ("In 2024, Quillon had revenue of 870 million dollars.", "en")),
        ("Quillon was founded in 2024.", "en", ("2024 machte Quillon 870 Millionen Dollar Umsatz.", "de")),
        ("Yes, Drovik took over Quillon.", "en", ("Tessera und Drovik ziehen sich von Quillon zurück.", "de")),
        ("Ja, Drovik hat Quillon gekauft.", "de", ("Tessera and Drovik no longer work with Quillon.", "en")),
    ],
)
def test_what_happened_has_to_be_told(claim: str, language: str, source: tuple[str, str]) -> None:
    assert rule(claim, language, source) == "happening"


CUTS = ("Im Juli baute Quillon rund 200 Stellen ab.", "de")
STAFF = ("Drovik leitet die rund 1.500 Mitarbeiter von Quillon.", "de")
FOUNDED = ("Quillon was founded in Oslo.", "en")
REVENUE = ("In 2024, Quillon had revenue of 870 million dollars.", "en")


@pytest.mark.parametrize(
    ("claim", "language", "sources", "holds"),
    [
        ("Quillon hat im Juli rund 1.500 Mitarbeiter entlassen.", "de", [CUTS, STAFF], False),
        ("Quillon hat im Juli rund 200 Mitarbeiter entlassen.", "de", [CUTS, STAFF], True),
        ("Quillon hat 2024 rund 200 Stellen gestrichen.", "de", [CUTS, REVENUE], True),
        ("Quillon was founded in 2024.", "en", [FOUNDED, REVENUE], False),
    ],
)
def test_how_many_lost_their_jobs_is_told_by_a_sentence_that_tells_of_it(
    claim: str, language: str, sources: list[tuple[str, str]], holds: bool
) -> None:
    assert (rule(claim, language, *sources) != "happening") is holds


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Quillon hat 200 Stellen gestrichen.", "de", ("Quillon laid off about 200 people.", "en")),
        ("Quillon hat 200 Stellen gestrichen.", "de", ("Bei Quillon fielen etwa 200 Arbeitsplätze weg.", "de")),
        ("Quillon cut 200 jobs.", "en", ("200 Beschäftigte von Quillon verloren ihre Arbeit.", "de")),
        ("Quillon was founded in 2016.", "en", ("Das 2016 gegründete Unternehmen Quillon wächst.", "de")),
        ("Quillon wurde 2016 gegründet.", "de", ("Drovik started Quillon in 2016.", "en")),
        ("Quillon kündigte einen Umsatz von 2 Millionen an.", "de", ("Quillon announced 2 million in revenue.", "en")),
        ("Quillon cut its prices.", "en", ("Quillon lowered prices.", "en")),
        ("Drovik took over Quillon.", "en", ("Quillon gehört seit 2016 zu Drovik.", "de")),
        ("Drovik übernahm die Leitung von Quillon.", "de", ("Drovik now heads Quillon.", "en")),
        ("Drovik hat die Kosten übernommen.", "de", ("Drovik pays the costs.", "en")),
    ],
)
def test_what_happened_may_be_told_in_other_words(claim: str, language: str, source: tuple[str, str]) -> None:
    assert rule(claim, language, source) != "happening"
