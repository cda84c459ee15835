import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.boilerplate import RULES
from index.clean import pieces
from tests.index.conftest import content_spans

FACT = "Der Rat von Aldermoor beschloss am Montag den Bau einer Brücke für 4,2 Millionen Euro."
NEXT = "The ferry carried 12,000 people in May, said the harbour master."


def kept(text: str) -> list[str]:
    return [text[span.start : span.end] for span in content_spans(text)]


def skipped(text: str) -> list[str]:
    return [text[piece.start : piece.end] for piece in pieces(text) if piece.skipped_by]


BOILERPLATE = [
    "[Click Here](#)",
    "![Brücke](/img/a.png)",
    "[Home](https://example.org/) | [Politik](https://example.org/p)",
    "https://example.org/a/b?c=1",
    "Anzeige",
    "- Advertisement -",
    "Story continues below advertisement",
    "Lesen Sie weiter nach der Anzeige",
    "Dieser Artikel enthält Affiliate-Links.",
    "Teile diesen Beitrag",
    "Artikel teilen",
    "Auf Facebook teilen",
    "Share this article on WhatsApp",
    "Facebook Twitter WhatsApp E-Mail",
    "Folgen Sie uns auf Instagram.",
    "Folge uns auf Social Media",
    "Follow us on Twitter for more.",
    "Keine News mehr verpassen!",
    "Newsletter",
    "Subscribe to our newsletter!",
    "Sign up for free updates and get the best stories.",
    "Get the morning briefing delivered to your inbox.",
    "Melden Sie sich jetzt für unseren Newsletter an.",
    "Melden Sie sich für unseren Newsletter an und lesen Sie jeden Morgen das Wichtigste!",
    "Folgen Sie uns: [Instagram](#) | [RSS](#)",
    "Jetzt kostenlos abonnieren",
    "Unterstützen Sie uns mit einer Spende!",
    "Vielen Dank für Ihre Unterstützung!",
    "Support our journalism",
    "Consider donating to keep this site free.",
    "Wir verwenden Cookies, um unsere Website zu verbessern.",
    "We use cookies to improve your experience.",
    "Alle akzeptieren",
    "Accept all cookies",
    "Sie haben ein PUR-Abo?",
    "Bitte deaktivieren Sie Ihren Adblocker.",
    "Please enable JavaScript to view this page.",
    "Empfohlener redaktioneller Inhalt",
    "Dieser Artikel ist nur für Abonnenten.",
    "Already a subscriber?",
    "To continue reading, log in.",
    "Lesen Sie auch: Die alte Brücke wird abgerissen",
    "Lesen Sie dazu auch: „Was wird aus der Fähre?“",
    "Mehr zum Thema: Hafen",
    "Read more: Why the harbour closed",
    "NOW PLAYING Why the Harbour Closed",
    "You may also like",
    "Das könnte Sie auch interessieren:",
    "Foto: Getty Images",
    "Photo by Vick Holm/Reuters",
    "© dpa",
    "(dpa)",
    "Hafenbild | example.de",
    "© 2025 Aldermoor Post",
    "Alle Rechte vorbehalten.",
    "Disclosure: The author holds shares of the harbour company.",
    "The author has no position in any of the stocks mentioned.",
    "12 Kommentare",
    "Leave a comment",
    "Lesezeit: 3 Minuten",
    "4 min read",
    "Startseite > Politik > Hafen",
    "***",
    "Skip to content",
    "Quellen:",
]


@pytest.mark.parametrize("line", BOILERPLATE)
def test_a_line_of_boilerplate_is_skipped_and_its_neighbours_are_kept(line: str) -> None:
    assert kept(f"{FACT}\n\n{line}\n\n{NEXT}") == [FACT, NEXT]


@pytest.mark.parametrize(
    "sentence",
    [
        "Folgen Sie uns auf Instagram.",
        "Subscribe to our newsletter!",
        "Wir verwenden Cookies, um unsere Website zu verbessern.",
        "Sie haben ein PUR-Abo?",
        "Lesen Sie auch: Die alte Brücke wird abgerissen.",
        "NOW PLAYING Why the Harbour Closed.",
        "[Click Here](#)",
        "AFP/VICK HOLM",
        "© Imago",
    ],
)
def test_boilerplate_inside_a_line_is_skipped_too(sentence: str) -> None:
    assert kept(f"{FACT} {sentence} {NEXT}") == [FACT, NEXT]


@pytest.mark.parametrize(
    "fact",
    [
        "Meta verwendet Cookies, um Nutzer wiederzuerkennen, und zahlt dafür 3 Millionen Euro Strafe.",
        "Browser makers want to ban cookies by 2027.",
        "The ad blocker was downloaded 3 million times.",
        "Der Newsletter des Hafens hat 4.000 Leser.",
        "The paper asked readers to subscribe to its newsletter and lost 300 of them.",
        "Jetzt will die Stadt ein Patent anmelden.",
        "Die Anzeige gegen den Hafenmeister wurde fallen gelassen.",
        "Sponsored research cost the harbour 2 million dollars.",
        "Facebook",
        "Folgen hatte der Beschluss keine.",
        "Follow-up studies showed that 3 of 4 ferries were late.",
        "Unterstützung kam von der Opposition, die 12 Stimmen hat.",
        "Share prices fell by 3 percent.",
        "Related companies lost 4 million.",
        "Bild: Der Hafenmeister tritt zurück, wie die Zeitung schreibt.",
        "Read the report, the mayor said, before you vote.",
        "Sources: two people familiar with the deal put its price at 4 million euros, which the city denies strictly.",
        "The agency dpa/AFP reported 3 deaths.",
        "Quellen im Rathaus sprechen von 4 Millionen Euro.",
        "Videos: 300 clips of the bridge were shared.",
        "We noticed that the ferry was late, the harbour master said.",
        "By using ferries you save an hour, the city says.",
        "Get in line: 300 people wait for the ferry.",
        "Watch out for ice on the river, the city warned.",
    ],
)
def test_facts_that_only_sound_like_boilerplate_are_kept(fact: str) -> None:
    assert skipped(f"{FACT}\n\n{fact}\n\n{NEXT}") == []
    assert skipped(f"{FACT} {fact} {NEXT}") == []


def test_a_list_below_a_label_is_skipped_up_to_the_next_text() -> None:
    text = (
        f"{FACT}\n\nQuellen:\n- Post: Rat stimmt für Brücke\n- https://example.org/a\n- Holm, V.: Brücken\n\n"
        f"Häufige Fragen\n{NEXT}\n\nMehr zum Thema\nDie alte Brücke\nDie neue Fähre\n\n{FACT}"
    )
    assert kept(text)[0] == FACT
    assert kept(text)[1].startswith("Häufige Fragen\n" + NEXT)
    assert "Holm, V.: Brücken" in skipped(text)
    assert "Die alte Brücke" in skipped(text)


def test_a_list_of_facts_below_a_label_is_kept() -> None:
    item = "Die Linke im Rat stimmte gegen den Bau, weil er 4,2 Millionen Euro kostet und die Fähre dann ausfällt."
    assert item in "\n".join(kept(f"{FACT}\n\nLinks\n\n- {item}\n- {item}\n\n{NEXT}"))


def test_the_rest_of_an_appeal_is_skipped_but_not_a_fact_beside_it() -> None:
    appeal = "Wir berichten jeden Tag über den Hafen. Unterstützen Sie uns mit einer Spende!"
    assert kept(f"{FACT}\n\n{appeal}\n\n{NEXT}") == [FACT, NEXT]
    beside = "Der Hafen bleibt geschlossen. Folgen Sie uns auf Instagram."
    assert kept(f"{FACT}\n\n{beside}") == [f"{FACT}\n\nDer Hafen bleibt geschlossen."]
    quoted = '"We need the bridge," she said. Follow us on Twitter!'
    assert kept(quoted) == ['"We need the bridge," she said.']


def test_headlines_after_a_teaser_are_skipped_and_prose_is_not() -> None:
    teaser = "YOU MAY ALSO LIKE: Ferries Run Late Again. Will Harbours Freeze This Winter? Buy Tickets Now And Save"
    assert kept(f"{NEXT} {teaser}. {NEXT}") == [NEXT, NEXT]


def test_a_headline_that_a_player_repeats_is_skipped_both_times() -> None:
    text = f"{NEXT} 1 X Why Are Ferries Late? NOW PLAYING Why Are Ferries Late? {NEXT}"
    assert kept(text) == [NEXT, NEXT]


def test_what_is_only_suspected_needs_company() -> None:
    assert kept(f"{FACT}\n\nKontakt\n\n{NEXT}") == [f"{FACT}\n\nKontakt\n\n{NEXT}"]
    assert kept(f"{FACT}\n\nKontakt\n\nImpressum\n\nSuche\n\n{NEXT}") == [FACT, NEXT]


def test_a_heading_over_nothing_but_boilerplate_is_skipped() -> None:
    text = f"{FACT}\n\nUNSER ZIEL\n\nUnterstützen Sie uns!\n\nDie Fähre\n\n{NEXT}"
    assert kept(text) == [FACT, f"Die Fähre\n\n{NEXT}"]


def test_a_text_of_boilerplate_has_no_content() -> None:
    assert content_spans("Anzeige\n\nFolgen Sie uns auf Instagram.\n\n***") == []
    assert content_spans("") == []


def test_every_pattern_compiles_alone_and_is_anchored_or_bounded() -> None:
    for rule in RULES:
        for pattern in (*rule.anywhere, *rule.line, *rule.opening, *rule.in_company, *rule.label):
            assert ".*" not in pattern, pattern
            assert ".+" not in pattern, pattern


@pytest.mark.parametrize(
    "unit", ["a", "a ", "(", "A.", "[a](", "[a]()", "[", "© ", "AFP/A ", "<a ", "Facebook ", "Hinweis auf "]
)
def test_a_million_characters_are_read_in_bounded_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    begin = time.process_time()
    content_spans(text)
    assert time.process_time() - begin < 10


MESSY = st.lists(
    st.sampled_from([*BOILERPLATE, FACT, NEXT, "\n", "\n\n", "\r\n", " ", "# ", "- ", "„", '"', "Die Fähre", "\u00a0"]),
    max_size=25,
).map("".join) | st.text(max_size=300)


@settings(deadline=None)
@given(MESSY)
def test_spans_and_pieces_are_ordered_disjoint_trimmed_and_inside_the_text(text: str) -> None:
    spans = content_spans(text)
    for found in (spans, pieces(text)):
        position = 0
        for span in found:
            assert position <= span.start < span.end <= len(text)
            part = text[span.start : span.end]
            assert part == part.strip()
            position = span.end
    for piece in pieces(text):
        inside = any(span.start <= piece.start and piece.end <= span.end for span in spans)
        assert inside is not bool(piece.skipped_by)
