from __future__ import annotations

import pytest

from service.contracts.answers import AskRequest
from service.quoting.looked_up import looked_up
from service.search.evidence import Evidence
from service.search.finding import understood
from tests.service.sources import source

IS_ONE = source("Ada Brunvald is the founder of Castellmar.")
APPOSED = source("Castellmar was sold by Ada Brunvald, the founder of the line, in May.")
TITLED = source("The yard was opened by founder Ada Brunvald.")


def told(question: str, *candidates: Evidence) -> str:
    """What a reader is told, empty where nothing is found."""
    found = looked_up(understood(AskRequest(question)), candidates)
    return found.text if found else ""


def test_who_somebody_is_is_told_by_the_sentence_that_says_it_most_plainly() -> None:
    question = "Who is Ada Brunvald?"
    assert told(question, TITLED, APPOSED, IS_ONE) == IS_ONE.text
    assert told(question, TITLED, APPOSED) == APPOSED.text
    assert told(question, TITLED) == TITLED.text
    german = source("Ada Brunvald, Gründerin von Castellmar, tritt ab.", "de")
    assert told("Wer ist Ada Brunvald?", IS_ONE, german) == f"In einem englischen Artikel steht: „{IS_ONE.text}“"


@pytest.mark.parametrize(
    "sentence",
    [
        "Ada Brunvald left Castellmar in May.",
        "Ada Brunvald is not the founder of Castellmar.",
        "Jonas Brunvald is the founder of Castellmar.",
        "The founder Jonas Hallstrom praised Ada Brunvald.",
    ],
)
def test_what_gives_a_person_no_office_does_not_say_who_it_is(sentence: str) -> None:
    assert told("Who is Ada Brunvald?", source(sentence)) == ""


def test_more_than_who_a_person_is_is_not_answered_by_that() -> None:
    assert told("Who is Ada Brunvald married to?", IS_ONE) == ""


def test_who_leads_something_now_is_its_chief() -> None:
    chief = "Jonas Hallstrom, bisher Finanzchef, übernimmt den Posten als Chef von Castellmar."
    assert told("Wer leitet Castellmar jetzt?", source(chief, "de")) == chief
    assert told("Wer leitete Castellmar?", source(chief, "de")) == ""


def test_of_several_who_are_said_to_lead_it_the_one_who_came_into_office_is_told() -> None:
    before = source("Castellmar chief executive Ada Brunvald opened the yard.")
    new = "Jonas Hallstrom takes over as chief executive of Castellmar."
    assert told("Who leads Castellmar?", before, source(new)) == new
    other = source("Castellmar chief executive Kersten Vaillard smiled.")
    assert told("Who leads Castellmar?", before, other) == ""


def test_people_laid_off_and_jobs_cut_are_one_measure() -> None:
    cut = "Castellmar AG baute im Juli rund 200 Stellen ab."
    assert told("Wie viele Mitarbeiter hat die Castellmar AG entlassen?", source(cut, "de")) == cut
    others = "Nach dem Ausstieg bei Castellmar baute Petrelline 200 Stellen ab."
    assert told("Wie viele Mitarbeiter hat Castellmar entlassen?", source(others, "de")) == ""
