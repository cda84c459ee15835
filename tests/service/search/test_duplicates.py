from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.search.duplicates import Statement, grouped, same_statement

COPIES = [
    ("en", "The port of Porthaven is closed.", "The port of Porthaven is closed."),
    ("en", "“The port is closed,” the mayor said.", '"The port is closed", the mayor said'),
    (
        "en",
        "The firm will cut 200 jobs in its yard at Porthaven.",
        "The company will cut 200 jobs at its yard in Porthaven.",
    ),
    ("en", "The bridge cost 14.3 million euros to build.", "The bridge cost €14.3m to build."),
    (
        "en",
        "The new ferry carries up to 300 cars across the bay every hour.",
        "The new electric ferry carries up to 300 cars across the bay every hour.",
    ),
    ("en", "Members can return any book within 30 days.", "Members can return any books within 30 days."),
    ("de", "Die Brücke kostete 14,3 Mio. Euro.", "Die Brücke kostete 14,3 Millionen Euro."),
    (
        "de",
        "Das Unternehmen streicht 200 Stellen auf der Werft in Porthaven.",
        "Der Konzern streicht 200 Stellen auf der Werft in Porthaven.",
    ),
    (
        "de",
        "Die neue Fähre bringt stündlich bis zu 300 Autos über die Bucht.",
        "Die neue elektrische Fähre bringt stündlich bis zu 300 Autos über die Bucht.",
    ),
    (
        "de",
        "Besucher zahlen für die Ausstellung rund neun Euro.",
        "Besucher zahlen für die Ausstellung etwa neun Euro.",
    ),
]
CONFLICTS = [
    ("en", "The bridge cost 14.3 million euros to build.", "The bridge cost 14.8 million euros to build."),
    ("en", "The bridge cost 14.3 million euros to build.", "The bridge cost 14.3 million dollars to build."),
    ("en", "The firm cut 200 of its 300 jobs.", "The firm cut 300 of its 200 jobs."),
    ("en", "The firm will cut jobs at the yard in the north.", "The firm will cut 200 jobs at the yard in the north."),
    ("en", "Brunvald designed the harbour bridge.", "Castellmar designed the harbour bridge."),
    ("en", "Brunvald sued Castellmar over the bridge.", "Castellmar sued Brunvald over the bridge."),
    (
        "en",
        "Brunvald was sued over the bridge in the north of the bay by Castellmar.",
        "Brunvald was sued over the bridge in the north of the bay.",
    ),
    ("en", "The dog bit the man at the gate.", "The man bit the dog at the gate."),
    ("en", "Sales of the yard rose by 3 percent this year.", "Sales of the yard fell by 3 percent this year."),
    (
        "en",
        "The council of the town did approve the plan for the bridge.",
        "The council of the town did not approve the plan for the bridge.",
    ),
    (
        "en",
        "The city says that it can pay for the whole bridge.",
        "The city says that it can't pay for the whole bridge.",
    ),
    (
        "en",
        "The city denied that the yard was sold to a foreign fund in spring.",
        "The city said that the yard was sold to a foreign fund in spring.",
    ),
    (
        "en",
        "The yard was allegedly sold to a foreign fund for its land.",
        "The yard was sold to a foreign fund for its land.",
    ),
    ("en", "The bridge was closed after the storm on Monday.", "The bridge was closed after the storm on Tuesday."),
    (
        "en",
        "The bridge over the river was closed to all cars.",
        "The bridge over the river was closed to all cars in May.",
    ),
    ("en", "The ferry runs from Porthaven to Ostmar.", "The ferry runs to Porthaven from Ostmar."),
    ("en", "She led the office that designed the bridge.", "He led the office that designed the bridge."),
    ("en", "She is the head of the engineering office.", "She was the head of the engineering office."),
    ("en", "More than 200 people work at the old yard.", "Less than 200 people work at the old yard."),
    ("de", "Die Brücke kostete 14,3 Millionen Euro.", "Die Brücke kostete 14,3 Milliarden Euro."),
    ("de", "Die Stadt hat dem Bau der Brücke zugestimmt.", "Die Stadt hat dem Bau der Brücke nicht zugestimmt."),
    (
        "de",
        "Die Stadt bekommt für den Bau der Brücke einen Kredit.",
        "Die Stadt bekommt für den Bau der Brücke keinen Kredit.",
    ),
    ("de", "Der Umsatz der Werft stieg in diesem Jahr.", "Der Umsatz der Werft sank in diesem Jahr."),
    ("de", "Brunvald verklagte Castellmar wegen der Brücke.", "Castellmar verklagte Brunvald wegen der Brücke."),
    (
        "de",
        "Die Werft in der Bucht soll an einen Fonds verkauft worden sein.",
        "Die Werft in der Bucht ist an einen Fonds verkauft worden.",
    ),
    (
        "de",
        "Die Werft wird geschlossen, sagte die Bürgermeisterin.",
        "Die Werft wurde geschlossen, sagte die Bürgermeisterin.",
    ),
    ("de", "Das Museum ist am Montag geschlossen.", "Das Museum ist am Dienstag geschlossen."),
]


@pytest.mark.parametrize(("language", "left", "right"), COPIES)
def test_small_edits_make_copies(language: str, left: str, right: str) -> None:
    assert same_statement(Statement(left, language), Statement(right, language))
    assert same_statement(Statement(right, language), Statement(left, language))


@pytest.mark.parametrize(("language", "left", "right"), CONFLICTS)
def test_conflicting_facts_are_no_copies_however_alike(language: str, left: str, right: str) -> None:
    assert not same_statement(Statement(left, language), Statement(right, language))
    assert not same_statement(Statement(right, language), Statement(left, language))


def test_a_translation_is_no_copy() -> None:
    assert not same_statement(Statement("Porthaven: 14 Euro.", "de"), Statement("Porthaven 14 euro", "en"))


def test_groups_keep_the_order_and_compare_with_their_first_member() -> None:
    texts = [
        "The new ferry carries 300 cars across the bay every hour.",
        "The bridge was closed after the storm.",
        "The new electric ferry carries 300 cars across the bay every hour.",
        "The bridge was closed after the flood.",
        "The new ferry carries 300 cars across the bay every hour!",
    ]
    assert grouped([Statement(text, "en") for text in texts]) == [[0, 2, 4], [1], [3]]
    assert grouped([]) == []


WORDS = st.lists(
    st.sampled_from(["the", "new", "ferry", "carries", "cars", "across", "every", "hour", "not", "Brunvald", "14"]),
    min_size=1,
    max_size=14,
).map(" ".join)


@settings(deadline=None)
@given(WORDS, WORDS)
def test_being_a_copy_holds_both_ways(left: str, right: str) -> None:
    one, other = Statement(left, "en"), Statement(right, "en")
    assert same_statement(one, other) == same_statement(other, one)
    assert same_statement(one, Statement(left, "en"))


@settings(deadline=None)
@given(WORDS, st.integers(2, 10**9), st.integers(2, 10**9), WORDS)
def test_another_number_makes_another_statement(before: str, one: int, other: int, after: str) -> None:
    left, right = (Statement(f"{before}; {number} trees; {after}", "en") for number in (one, other))
    assert same_statement(left, right) == (one == other)


@settings(deadline=None)
@given(WORDS, st.sampled_from(["not", "never", "Castellmar", "allegedly", "7", "Monday"]), WORDS)
def test_a_word_that_tells_is_never_left_out(before: str, word: str, after: str) -> None:
    left, right = Statement(f"{before} {word} {after}", "en"), Statement(f"{before} {after}", "en")
    assert not same_statement(left, right)
