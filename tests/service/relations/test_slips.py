"""Slips of a small model's pen: names in one another's place, wrong prepositions, rates, orders of events."""

from __future__ import annotations

import pytest

from index.types import ArticleInfo
from service.relations import flaw, only_names_shared
from service.search.evidence import Evidence

Source = tuple[str, str]


def evidence(text: str, language: str, before: str = "", passage: str = "") -> Evidence:
    info = ArticleInfo("a.md", "Titel", None, None, language, "0" * 64)
    context = "\n".join(line for line in (before, text) if line)
    return Evidence(0, info, 0, len(text), text, language, context, passage or context, 0.5)


def rule(claim: str, language: str, text: str, written: str, before: str = "") -> str:
    return flaw(claim, language, "", [evidence(text, written, before)]).partition(":")[0]


STAKE: Source = ("Vexil closed the purchase and pays $14 million for 49 percent of the company.", "en")
UNAIDED: Source = ("Strenggenommen ist eine Privatschule eine nicht geförderte unabhängige Schule.", "de")
ROBOTS: Source = ("Die Bäcker von Kornhus arbeiten mit Robotern und der Verwaltung.", "de")
MUSIC: Source = ("Brunvald was the oldest contributor to Doctor Marlow.", "en")
CHIEF: Source = ("Jana Coyle, bisher Strategiechefin, übernimmt den CEO-Posten bei Quillon.", "de")
INVESTED: Source = ("Vexil has invested $13 million in Nordholz, while Quillon and Tessera are backing Brandal.", "en")
USES: Source = ("Trotz der Partnerschaft nutzt Vexil weiterhin Daten von Firmen wie Quillon und Tessera.", "de")
GIVEN: Source = (
    "Ines Hayes, who has long been there, was put in charge of the new Maps group, while Games went to Frenkel.",
    "en",
)
LANDS: Source = ("Die Kunden fürchten, dass vertrauliche Daten und Pläne über Nordholz bei einem Rivalen landen.", "de")
REPORT: Source = ("Im Ausschuss liegt ein Bericht über Nordholz.", "de")
STAFF: Source = ("Das Unternehmen beschäftigt in Wietzen hunderte Arbeiter, die Brot backen.", "de")
DOZEN: Source = ("Coyle takes fewer than a dozen of the roughly 1,500 employees along.", "en")
SHARED: Source = ("Kurz nach der Übernahme kündigten sowohl Quillon als auch Tessera den Vertrag mit Nordholz.", "de")
EXPECTS: Source = ("Tessera-CEO Ines Sharma erwartet mehr Kunden.", "de")
SON: Source = ("Coyle, Sohn schwedischer Physiker-Eltern, leitet das Museum.", "de")
MERGED: Source = (
    "Quillon, der größte Kunde von Nordholz, und Tessera ziehen sich zurück, weil sie Verluste fürchten.",
    "de",
)


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Quillon hat 14 Millionen Dollar für 49 Prozent bezahlt.", "de", STAKE),
        ("Jana Coyle takes over as CEO of Vexil.", "en", CHIEF),
        ("Nordholz has invested $13 million in Vexil.", "en", INVESTED),
        ("Quillon has invested $13 million in Nordholz.", "en", INVESTED),
        ("Vexil has invested $13 million in Brandal.", "en", INVESTED),
        ("Quillon and Tessera use data from Vexil.", "en", USES),
        ("Frenkel was put in charge of the new Maps group.", "en", GIVEN),
        ("Quillon and Tessera pull back because Vexil fears losses.", "en", MERGED),
        ("Coyle is a Swedish physicist.", "en", SON),
        ("Vexil CEO Ines Sharma expects more customers.", "en", EXPECTS),
        ("Coyle leitet Coyle.", "de", SON),
        ("Customers fear that confidential data and plans about Nordholz will end up with a rival.", "en", LANDS),
    ],
)
def test_what_is_said_of_one_name_is_not_said_of_another(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, *source) == "role"


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Vexil hat 14 Millionen Dollar für 49 Prozent bezahlt.", "de", STAKE),
        ("Jana Coyle takes over as CEO of Quillon.", "en", CHIEF),
        ("Tessera is backing Brandal.", "en", INVESTED),
        ("Vexil uses data from Tessera.", "en", USES),
        ("Ines Hayes was put in charge of the Maps group.", "en", GIVEN),
        ("Quillon and Tessera pull back because they fear losses.", "en", MERGED),
        ("Quillon zieht sich zurück, weil es Verluste fürchtet.", "de", MERGED),
        ("Coyle ist der Sohn schwedischer Physiker.", "de", SON),
        ("Tessera CEO Ines Sharma expects more customers.", "en", EXPECTS),
        ("Coyle zufolge ziehen sich Quillon und Tessera zurück.", "de", MERGED),
        ("Customers fear that confidential data and plans will reach a rival through Nordholz.", "en", LANDS),
        ("There is a report about Nordholz.", "en", REPORT),
        ("Quillon und Tessera kündigten den Vertrag mit Nordholz.", "de", SHARED),
        ("In Wietzen arbeiten hunderte Menschen für das Unternehmen.", "de", STAFF),
    ],
)
def test_what_is_said_of_the_same_name_in_other_words_is_right(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, *source) == ""


@pytest.mark.parametrize(
    ("claim", "text", "before", "expected"),
    [
        ("Quillon nimmt zwölf Leute mit.", "Er nimmt zwölf Leute mit.", "Coyle wechselt zu Vexil.", "role"),
        ("Coyle nimmt zwölf Leute mit.", "Er nimmt zwölf Leute mit.", "Coyle wechselt zu Vexil.", ""),
        ("Im Juli erhielt Vexil einen Auftrag.", "Im Juli erhielt die Firma einen Auftrag.", "Quillon wächst.", "role"),
        ("Im Juli erhielt Quillon einen Auftrag.", "Im Juli erhielt die Firma einen Auftrag.", "Quillon wächst.", ""),
    ],
)
def test_whom_a_pronoun_means_stands_before_it(claim: str, text: str, before: str, expected: str) -> None:
    assert rule(claim, "de", text, "de", before) == expected


@pytest.mark.parametrize(
    ("claim", "language", "text", "written", "expected"),
    [
        ("Vexil pays $14 million a year for 49 percent.", "en", *STAKE, "comparison"),
        ("Der Klub zahlt monatlich 300 Euro.", "de", "The club pays 300 euros per month.", "en", ""),
        ("Das Team wog die Tiere jeden Tag.", "de", "The team weighed the animals every week.", "en", "comparison"),
        ("Coyle takes 1,500 employees along.", "en", *DOZEN, "comparison"),
        ("Coyle takes along a dozen of the 1,500 employees.", "en", *DOZEN, ""),
        ("Kurz vor der Übernahme kündigten Quillon und Tessera den Vertrag.", "de", *SHARED, "direction"),
        ("They ended the contract after the takeover.", "en", *SHARED, ""),
        ("Der Verein hat seine Plätze verdreifacht.", "de", "The club doubled its seats.", "en", "direction"),
        ("Coyle ist zufrieden mit dem Ergebnis.", "de", "Coyle ist unzufrieden mit dem Ergebnis.", "de", "direction"),
        ("The shares are down 9 percent.", "en", "The shares are ahead 9 percent.", "en", "direction"),
        ("The opening was brought forward.", "en", "Die Eröffnung wurde verschoben.", "de", "direction"),
        ("Vertrauliche Daten sind bei einem Rivalen gelandet.", "de", *LANDS, "modality"),
        ("Quillon plans to pay 20 euros.", "en", "Quillon hatte geplant, 20 Euro zu zahlen.", "de", "modality"),
        ("Next year a new version appears.", "en", "Noch dieses Jahr erscheint eine neue Version.", "de", "modality"),
        ("Kornhus arbeitet in Wietzen hunderte Arbeiter.", "de", *STAFF, "form"),
    ],
)  # fmt: skip
def test_periods_parts_and_times_stay_as_they_are(
    claim: str, language: str, text: str, written: str, expected: str
) -> None:
    assert rule(claim, language, text, written) == expected


def test_a_sentence_that_shares_its_names_alone_is_not_borne_out() -> None:
    source = [evidence("Frenkel comes from Brandal, the sports arm of Vexil.", "en")]
    assert only_names_shared("Amir Frenkel has been with Vexil for many years.", "en", source)
    assert not only_names_shared("Amir Frenkel comes from Brandal.", "en", source)
    assert not only_names_shared("Amir Frenkel ist seit vielen Jahren bei Vexil.", "de", source)


def test_a_name_that_the_source_lacks_is_not_borne_out_by_another_one_across_languages() -> None:
    source = [evidence("Will die Forschung im Haus neu aufstellen: Amir Frenkel", "de")]

    assert only_names_shared("Karla Brandt was replaced by Amir Frenkel.", "en", source)
    assert not only_names_shared("Amir Frenkel wants to reorganise the research.", "en", source)


@pytest.mark.parametrize(
    ("claim", "language", "source"),
    [
        ("Eine Privatschule ist eine nicht geförderte unabhängige Schule.", "de", UNAIDED),
        ("Die Bäcker von Kornhus arbeiten mit Robotern und der Verwaltung.", "de", ROBOTS),
        ("Brunvald was the oldest contributor to Doctor Who.", "en", MUSIC),
    ],
    ids=["a negation within a noun phrase", "und joins what a preposition leads", "an office that something is for"],
)
def test_what_is_said_of_another_word_is_no_slip(claim: str, language: str, source: Source) -> None:
    assert rule(claim, language, *source) == ""


ARGUED: Source = ("They argue that the conditions for closing the yard were never met.", "en")
EARNED: Source = ("Knapp 29 Milliarden Dollar hat die Werft im zweiten Vierteljahr verdient.", "de")


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The court ruled that the conditions for closing the yard were never met.", ARGUED),
        ("The mayor confirmed that the conditions for closing the yard were met.", ("The mayor wants to meet.", "en")),
        ("Readers liked the smaller maps.", ("Vexil published two smaller maps for readers.", "en")),
    ],
)
def test_nobody_has_ruled_confirmed_or_liked_what_no_source_says_so_of(claim: str, source: Source) -> None:
    assert rule(claim, "en", *source) == "happening"


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The court ruled that the yard was closed unlawfully.", "The court found the yard's closing unlawful."),
        ("The mayor confirmed the closing.", "The closing was officially announced by the mayor."),
        ("The mayor warned of a closing.", "The mayor fears a closing."),
    ],
)
def test_the_force_of_what_was_said_may_be_told_in_other_words(claim: str, source: str) -> None:
    assert rule(claim, "en", source, "en") != "happening"


@pytest.mark.parametrize(
    ("claim", "source", "wrong"),
    [
        ("Quillon began in the summer of 2024.", ("Quillon began in May 2024.", "en"), True),
        ("Quillon began in the summer of 2024.", ("Quillon begann im Juli 2024.", "de"), False),
        ("Quillon began in fall 2024.", ("Quillon began in November 2024.", "en"), False),
    ],
)
def test_a_season_needs_a_month_of_it(claim: str, source: Source, wrong: bool) -> None:
    assert rule(claim, "en", *source) == ("quantity" if wrong else "")


def test_what_a_german_clause_ends_with_says_what_its_sum_is() -> None:
    assert rule("The yard was going to pay about 29 billion dollars.", "en", *EARNED) == "comparison"
    assert rule("The yard's profit was about 29 billion dollars.", "en", *EARNED) == ""


@pytest.mark.parametrize(
    ("claim", "language", "source", "wrong"),
    [
        ("The union got 555 euros more.", "en", "The union had originally asked for 555 euros more.", True),
        ("Quillon paid $1 billion for Tessera.", "en", "Quillon had offered $1 billion for Tessera.", True),
        ("Quillon hat 12 Millionen Euro gespart.", "de", "Quillon gab 12 Millionen Euro für den Hafen aus.", True),
        ("Tessera was bought for $14 billion.", "en", "Tessera was last valued at $14 billion.", True),
        ("The union got 555 euros more.", "en", "It had asked for 555 euros and got 420 euros.", True),
        ("The union got 420 euros more.", "en", "It had asked for 555 euros and got 420 euros.", False),
        ("Quillon paid $3 billion for Tessera.", "en", "Tessera agreed to Quillon's offer of $3 billion.", False),
        ("Quillon paid $3 billion for Tessera.", "en", "Quillon took over Tessera in a deal worth $3 billion.", False),
        ("Eine Karte kostet 300 Euro.", "de", "Quillon verlangt 300 Euro für eine Karte.", False),
    ],
)
def test_what_was_asked_offered_or_valued_was_not_paid(claim: str, language: str, source: str, wrong: bool) -> None:
    assert rule(claim, language, source, language) == ("comparison" if wrong else "")
