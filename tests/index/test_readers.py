from pathlib import Path

import pytest

from index.errors import ArticleError
from index.readers import READERS, Record, jsonl, markdown
from index.readers.record import parse_date, parse_language


def records(path: Path) -> tuple[list[Record], list[str]]:
    errors: list[ArticleError] = []
    return list(READERS[path.suffix](path, errors.append)), [error.reason for error in errors]


@pytest.mark.parametrize("suffix", sorted(READERS))
def test_every_reader_keeps_line_ends_and_drops_the_byte_order_mark(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    content = '{"id": "a", "text": "One\\r\\ntwo."}' if suffix == ".jsonl" else "One\r\ntwo."
    path.write_bytes(b"\xef\xbb\xbf" + content.encode())
    found, errors = records(path)
    assert [record.text for record in found] == ["One\r\ntwo."]
    assert errors == []


@pytest.mark.parametrize(
    ("front_matter", "reason"),
    [
        ("title: [unclosed", "front matter is not valid YAML: "),
        ("title: a: b", "front matter is not valid YAML: "),
        ("just a sentence", "front matter is not a mapping of fields"),
        ("- a\n- b", "front matter is not a mapping of fields"),
        ("title: [a, b]", "title in the front matter is not a single value"),
        ("title: a\ntitle: b", "title is set twice in the front matter"),
        ("published_at: 12. Juni", "published_at is '12. Juni', not an ISO 8601 date such as 2025-06-12"),
        ("published_at: 2025-02-30", "published_at is '2025-02-30', not an ISO 8601 date"),
        ("language: german!", "language is 'german!', not an ISO 639 code"),
        ("language: german", "language is 'german', not an ISO 639 code"),
        ("a: &x [1]\nb: *x", "front matter is not valid YAML: the alias *x is not allowed"),
        ("a: " + "[" * 5000 + "]" * 5000, "front matter is not valid YAML: nested deeper than 16"),
        ("title: \x01", "front matter is not valid YAML: "),
    ],
)
def test_malformed_front_matter_is_refused_with_the_reason(tmp_path: Path, front_matter: str, reason: str) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"---\n{front_matter}\n---\nBody.")
    with pytest.raises(ArticleError) as caught:
        records(path)
    assert caught.value.reason.startswith(reason)
    assert caught.value.source == str(path)
    assert "\n" not in caught.value.reason


def test_front_matter_that_is_not_closed_or_too_long_is_refused() -> None:
    for content in ("---\ntitle: a\n\nBody", "---\n" + "a: b\n" * 4000 + "---\nBody"):
        with pytest.raises(ArticleError, match="not closed by --- within 16384 characters"):
            markdown.split_front_matter("a.md", content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Body --- with\n---\nrule", ("", "Body --- with\n---\nrule")),
        ("---\r\ntitle: a\r\n---\r\n\r\nBody\r\n", ("title: a\r\n", "\r\nBody\r\n")),
        ("---\n---\nBody", ("", "Body")),
        ("---\ntitle: a\n---", ("title: a\n", "")),
        (" ---\ntitle: a\n---\n", ("", " ---\ntitle: a\n---\n")),
    ],
)
def test_front_matter_is_what_stands_between_the_two_first_lines_of_dashes(
    content: str, expected: tuple[str, str]
) -> None:
    assert markdown.split_front_matter("a.md", content) == expected


def test_a_field_without_a_value_is_not_set_and_values_are_taken_as_written() -> None:
    fields = markdown.parse_front_matter("a.md", "title: 2025\nurl:\nlanguage: ~\npublished_at: 2025-06-12 10:00:00\n")
    assert fields == {"title": "2025", "published_at": "2025-06-12 10:00:00"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{not json", "is not valid JSON: "),
        ('{"id": "a", "text": "b"} trailing', "is not valid JSON: "),
        ("[" * 100_000, "is not an article record: Expected `object`, got `array`"),
        ('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}", "is not valid JSON: "),
        ('["a", "b"]', "is not an article record: Expected `object`, got `array`"),
        ('{"text": "b"}', "is not an article record: Object missing required field `id`"),
        ('{"id": "a"}', "is not an article record: Object missing required field `text`"),
        ('{"id": 7, "text": "b"}', "is not an article record: Expected `str`, got `int` - at `$.id`"),
        ('{"id": "a", "text": ["b"]}', "is not an article record: Expected `str`, got `array` - at `$.text`"),
        ('{"id": "a", "text": "b", "url": 1}', "is not an article record: Expected `str | null`, got `int`"),
        ('{"id": " ", "text": "b"}', "has an empty id"),
        ('{"id": "a", "text": "b", "published_at": "June"}', "published_at is 'June', not an ISO 8601 date"),
        ('{"id": "a", "text": "b", "language": "x"}', "language is 'x', not an ISO 639 code"),
        ('{"id": "a", "text": "\\ud800 b"}', "is not valid JSON: "),
    ],
)
def test_a_bad_line_is_reported_with_its_number_and_the_rest_is_read(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"id": "first", "text": "One."}}\n{line}\n{{"id": "last", "text": "Three."}}\n')
    errors: list[ArticleError] = []
    found = list(jsonl.read(path, errors.append))
    assert [record.id for record in found] == ["first", "last"]
    assert [error.source for error in errors] == [f"{path}:2"]
    assert errors[0].reason.startswith(reason)


def test_an_undecodable_line_is_reported_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": "a", "text": "\xe4"}\n{"id": "b", "text": "Two."}\n')
    errors: list[ArticleError] = []
    assert [record.id for record in jsonl.read(path, errors.append)] == ["b"]
    assert str(errors[0]) == f"{path}:1: is not UTF-8: byte 0xe4 at offset 21 (line 1); save it as UTF-8"


def test_what_is_too_large_is_refused_without_reading_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.readers.record.MAX_ARTICLE_BYTES", 1024 * 1024)
    monkeypatch.setattr("index.readers.jsonl.MAX_ARTICLE_BYTES", 1024 * 1024)
    big = "a" * (3 * 1024 * 1024)
    text, lines = tmp_path / "a.txt", tmp_path / "a.jsonl"
    text.write_text(big)
    lines.write_text(f'{{"id": "a", "text": "{big}"}}\n{{"id": "b", "text": "Small."}}\n')
    with pytest.raises(ArticleError, match="is larger than 1 MiB; split it"):
        records(text)
    found, errors = records(lines)
    assert [record.id for record in found] == ["b"]
    assert errors == ["is larger than 1 MiB; split it"]


@pytest.mark.parametrize(
    ("value", "code"), [("de", "de"), ("EN", "en"), ("pt-BR", "pt"), ("zh_Hans_CN", "zh"), (" fr ", "fr")]
)
def test_a_language_tag_gives_its_language(value: str, code: str) -> None:
    assert parse_language("a.md", value) == code


@pytest.mark.parametrize("value", ["2025-06-12", "2025-06-12T23:30:00+02:00", "20250612", " 2025-06-12 "])
def test_a_date_is_the_day_as_written(value: str) -> None:
    assert parse_date("a.md", value).isoformat() == "2025-06-12"
