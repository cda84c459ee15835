from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.contracts.answers import Turn
from service.search.follow_up import standalone_query

FOUNDER = {
    "en": (Turn("user", "Who founded Scale AI?"), Turn("assistant", "Alexandr Wang founded it.")),
    "de": (Turn("user", "Wer hat Scale AI gegründet?"), Turn("assistant", "Alexandr Wang hat die Firma gegründet.")),
}
BRIDGE = {
    "en": (
        Turn("user", "Who designed the new harbour bridge in Porthaven?"),
        Turn("assistant", "The engineering office Brunvald designed it."),
    ),
    "de": (
        Turn("user", "Wer hat die neue Hafenbrücke in Porthaven entworfen?"),
        Turn("assistant", "Das Ingenieurbüro Brunvald hat sie entworfen."),
    ),
}
FERRY = {
    "en": (
        Turn("user", "How many cars does the new Castellmar ferry carry?"),
        Turn("assistant", "It carries up to 300 cars."),
    ),
    "de": (
        Turn("user", "Wie viele Autos fasst die neue Fähre der Reederei Castellmar?"),
        Turn("assistant", "Sie fasst bis zu 300 Autos."),
    ),
}

LEAN_ON_FOUNDER = {
    "en": [
        "And how many people did he take with him?",
        "Why did he leave?",
        "What did it cost?",
        "And in 2024?",
        "What about Google?",
        "Why?",
        "How much exactly?",
        "Who else?",
        "When was the deal announced?",
        "Did anyone object to that?",
        "And Google?",
        "Which of them was larger?",
        "How did Meta react to this?",
        "What happened next?",
        "In Germany?",
        "How much did Meta pay for the startup?",
    ],
    "de": [
        "Und wie viele Leute hat er mitgenommen?",
        "Warum hat er das getan?",
        "Wie viel hat das gekostet?",
        "Und 2024?",
        "Was ist mit Google?",
        "Seit wann?",
        "Wie hoch genau?",
        "Wer noch?",
        "Wann wurde der Deal bekannt?",
        "Was sagt Google dazu?",
        "Und in Deutschland?",
        "Was hält man im Konzern davon?",
        "Wo wurden sie gebaut?",
        "Welche anderen gibt es?",
        "Wie reagierte Meta darauf?",
    ],
}
LEAN_ON_BRIDGE = {
    "en": ["Is it still open?", "How long is the bridge?"],
    "de": ["Ist sie noch offen?", "Wie lang ist die Brücke?"],
}
LEAN_ON_FERRY = {
    "en": [
        "Who built it?",
        "And how much did they pay for the vessel?",
        "Since when has it been running?",
        "How does that compare with the Ostmar ferry?",
        "What was the reason for this?",
        "Did the mayor agree with her?",
        "And the tickets?",
        "Are dogs allowed on it?",
    ],
    "de": [
        "Und wer hat sie gebaut?",
        "Wie oft fährt die Fähre?",
        "Welche Folgen hat das für die Anwohner?",
        "Was sagte der Bürgermeister darüber?",
        "Und die Fahrkarten?",
        "Wem gehört sie?",
        "Was meinte Brunvald damit?",
        "Und warum nicht?",
    ],
}
ALONE_AFTER_FOUNDER = {
    "en": [
        "Who runs Labelbox?",
        "Is it true that Meta bought Scale AI?",
        "How many employees are there at Mercor?",
        "Why did Google end its contract with Scale AI?",
        "Did Alexandr Wang take his colleagues to Meta?",
        "And who runs Labelbox?",
        "Revenue of Scale AI in 2024?",
        "Founder of Mercor?",
        "Which company that labels data is the largest in Europe?",
        "How long does it take to train Llama 4?",
        "What did Meta announce this year?",
        "Does Google say that Gemini is better?",
        "Why is the CEO of Meta investing in data centres?",
        "Which one of the Llama 4 models is the largest?",
    ],
    "de": [
        "Wer leitet Labelbox?",
        "Stimmt es, dass Meta Scale AI gekauft hat?",
        "Gibt es bei Mercor Entlassungen?",
        "Warum hat Google seine Aufträge bei Scale AI beendet?",
        "Können Sie mir sagen, wer Labelbox leitet?",
        "Und wer leitet Labelbox?",
        "Umsatz von Scale AI 2024?",
        "Gründer von Mercor?",
        "Welche Firma, die Daten beschriftet, ist die größte in Europa?",
        "Was hat Meta dieses Jahr angekündigt?",
        "Worum geht es bei Behemoth?",
        "Was sagt Meta dazu, dass Google geht?",
        "Was macht das neue Labor von Meta?",
        "Warum investiert der Chef von Meta in Rechenzentren?",
    ],
}
ALONE_AFTER_BRIDGE = {
    "en": ["What does admission to the museum cost?", "Which languages do the children learn at school?"],
    "de": ["Was kostet der Eintritt ins Museum?", "Welche Sprachen lernen die Kinder in der Schule?"],
}
ALONE_AFTER_FERRY = {
    "en": [
        "When does the town library open on Sundays?",
        "Has Brunvald said whether it will bid for the Ostmar tunnel?",
        "Tell me which schools in Porthaven teach Latin.",
        "Are there any plans to close the Ostmar tunnel?",
        "Why is it that Ostmar has no tunnel?",
        "But who paid for the Ostmar tunnel?",
        "Opening hours of the Porthaven library?",
        "What happened to the workers that Brunvald dismissed in May?",
    ],
    "de": [
        "Wann öffnet die Stadtbücherei am Sonntag?",
        "Weshalb hat Brunvald ihren Sitz nach Ostmar verlegt?",
        "Nenne mir die Schulen in Porthaven, die Latein unterrichten.",
        "Wie viele Schulen gibt es in Porthaven?",
        "Öffnungszeiten der Bücherei in Porthaven?",
        "Aber wer hat den Tunnel in Ostmar bezahlt?",
        "Welche Gründe nannte Brunvald dafür, dass der Tunnel später öffnet?",
    ],
}


def cases(*groups: tuple[dict[str, tuple[Turn, ...]], dict[str, list[str]]]) -> list[tuple[str, str, tuple[Turn, ...]]]:
    """Question, its language and the conversation before it."""
    return [
        (question, language, before[language])
        for before, asked in groups
        for language, questions in asked.items()
        for question in questions
    ]


@pytest.mark.parametrize(
    ("question", "language", "history"),
    cases((FOUNDER, LEAN_ON_FOUNDER), (BRIDGE, LEAN_ON_BRIDGE), (FERRY, LEAN_ON_FERRY)),
)
def test_a_question_that_leans_on_what_was_said_is_searched_with_it(
    question: str, language: str, history: tuple[Turn, ...]
) -> None:
    said = " ".join(turn.content for turn in history)
    assert standalone_query(question, language, history) == f"{said} {question}"


@pytest.mark.parametrize(
    ("question", "language", "history"),
    cases((FOUNDER, ALONE_AFTER_FOUNDER), (BRIDGE, ALONE_AFTER_BRIDGE), (FERRY, ALONE_AFTER_FERRY)),
)
def test_a_question_that_stands_alone_is_searched_alone(
    question: str, language: str, history: tuple[Turn, ...]
) -> None:
    assert standalone_query(question, language, history) == question


def test_without_history_every_question_stands_alone() -> None:
    assert standalone_query("And then?", "en", ()) == "And then?"


def test_what_was_asked_last_by_itself_is_found_behind_questions_that_lean_on_it() -> None:
    talk = (
        Turn("user", "Who runs Labelbox?"),
        Turn("assistant", "Manu Sharma does."),
        *FOUNDER["en"],
        Turn("user", "When did he leave?"),
        Turn("assistant", "In June."),
    )
    asked = "And how many people went with him?"
    said = "Who founded Scale AI? Alexandr Wang founded it. When did he leave? In June."
    assert standalone_query(asked, "en", talk) == f"{said} {asked}"


def test_a_query_takes_no_more_along_than_it_must() -> None:
    talk = tuple(Turn("user", f"And {number}?") for number in range(9))
    assert standalone_query("And then?", "en", talk) == "And 3? And 4? And 5? And 6? And 7? And 8? And then?"
    long = (Turn("user", "Who founded Scale AI?"), Turn("assistant", "x" * 500))
    assert standalone_query("Why?", "en", long) == f"Who founded Scale AI? {'x' * 400} Why?"


def test_a_conversation_may_begin_with_the_assistant() -> None:
    assert standalone_query("Why?", "en", (Turn("assistant", "Scale AI was sold."),)) == "Scale AI was sold. Why?"


@pytest.mark.parametrize("question", ["", "?", "   ", "…", "und", "1", "它多少钱?", "x" * 2000, "that " * 400])
def test_odd_questions_are_searched_as_they_are_or_with_what_was_said(question: str) -> None:
    for language in ("de", "en", "zh", "und"):
        query = standalone_query(question, language, FOUNDER["en"])
        assert query in (question, f"Who founded Scale AI? Alexandr Wang founded it. {question}")


@given(st.text(max_size=80), st.sampled_from(["de", "en", "fr"]))
def test_the_question_always_ends_the_query(question: str, language: str) -> None:
    assert standalone_query(question, language, FERRY["en"]).endswith(question)
    assert standalone_query(question, language, ()) == question
