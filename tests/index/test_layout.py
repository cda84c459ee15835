from hypothesis import given, settings
from hypothesis import strategies as st

from index.layout import Kind, blocks, title_of, trim

LINES = st.text(alphabet='aAzZäÖ .,:!?-*#>•1\n\r\t„“"\u2028\u00a0', max_size=300)


def shown(text: str) -> list[tuple[str, str]]:
    return [(block.kind.name, text[block.start : block.end]) for block in blocks(text)]


def test_headings_items_and_prose_are_told_apart() -> None:
    text = (
        "# The bridge #\n\nIt is closed.\nIt stays so.\n\nWhat comes next\n\n"
        "- a ferry\n* a bus\n• [x] a tunnel\n1. First\n2) Second\n\nThat is all."
    )
    assert shown(text) == [
        ("HEADING", "The bridge"),
        ("PROSE", "It is closed."),
        ("PROSE", "It stays so."),
        ("HEADING", "What comes next"),
        ("ITEM", "a ferry"),
        ("ITEM", "a bus"),
        ("ITEM", "a tunnel"),
        ("ITEM", "1. First"),
        ("ITEM", "2) Second"),
        ("PROSE", "That is all."),
    ]


def test_lines_that_were_wrapped_are_one_block() -> None:
    text = (
        "The council of Aldermoor voted on Monday for a new bridge\n"
        "across the river. Work begins in the autumn and will take\n"
        "Three years, the Mayor said after the meeting had ended in\n"
        "the town hall.\n\nA second paragraph."
    )
    assert [kind for kind, _ in shown(text)] == ["PROSE", "PROSE"]
    assert shown(text)[0][1].endswith("town hall.")


def test_a_line_that_ends_inside_a_sentence_goes_on_in_the_next() -> None:
    text = "Der Rat der Stadt beschloss am Montag nach langer Debatte,\ndie Brücke zu sperren."
    assert shown(text) == [("PROSE", text)]


def test_paragraphs_of_one_line_each_stay_apart() -> None:
    text = "Was der Rat beschloss\nDie Brücke wird gesperrt, und zwar ab Montag und für drei Jahre.\nDie Fähre bleibt."
    assert [kind for kind, _ in shown(text)] == ["HEADING", "PROSE", "PROSE"]


def test_a_heading_that_nothing_follows_is_no_heading() -> None:
    assert shown("The bridge is closed") == [("PROSE", "The bridge is closed")]
    assert shown("It rains.\n\nThe bridge") == [("PROSE", "It rains."), ("PROSE", "The bridge")]


def test_a_long_row_of_short_lines_is_a_list_not_headings() -> None:
    text = "\n".join(["Aldermoor 3", "Birkwick 4", "Colm 1", "Dunfell 2", "Eastry 0"]) + "\n\nThese are the results."
    assert [kind for kind, _ in shown(text)] == ["PROSE"] * 4 + ["HEADING", "PROSE"]


def test_a_blank_line_is_remembered() -> None:
    assert [block.after_gap for block in blocks("One.\nTwo.\r\n\r\nThree.\n \t\nFour.\n")] == [False, False, True, True]


@settings(deadline=None)
@given(LINES)
def test_blocks_are_ordered_disjoint_and_trimmed_and_hold_every_letter(text: str) -> None:
    position = 0
    inside = ""
    for block in blocks(text):
        assert position <= block.start < block.end <= len(text)
        part = text[block.start : block.end]
        assert part == part.strip()
        inside += part
        position = block.end
    for letter in "aAzZäÖ":
        assert inside.count(letter) == text.count(letter)


@settings(deadline=None)
@given(st.text(max_size=100), st.integers(0, 100), st.integers(0, 100))
def test_trim_gives_what_strip_does(text: str, first: int, second: int) -> None:
    start, end = sorted((min(first, len(text)), min(second, len(text))))
    begin, finish = trim(text, start, end)
    assert text[begin:finish] == text[start:end].strip()


def test_a_title_is_one_line_without_marks() -> None:
    assert title_of("## The\tbridge ##\nbelow") == "The bridge"


def test_markdown_headings_may_be_long() -> None:
    heading = "A heading of more words than a line without marks could have, " * 2
    assert blocks(f"# {heading.strip()}\n\nText.")[0].kind is Kind.HEADING
