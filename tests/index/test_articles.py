import hashlib
import json
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from index.articles import read_collection
from index.errors import ArticleError, EmptyCollection
from index.types import Article

GERMAN = "Die Stadt baut eine neue Brücke über den Fluss. Sie soll im Herbst fertig sein."
ENGLISH = "The harbour was closed for two days. Ships had to wait outside."


def read(*paths: Path) -> tuple[list[Article], list[str]]:
    errors: list[ArticleError] = []
    articles = list(read_collection(paths, errors.append))
    return articles, [str(error) for error in errors]


def ids(articles: Sequence[Article]) -> list[str]:
    return [article.id for article in articles]


def test_a_directory_is_read_recursively_in_sorted_order_with_relative_ids(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "deep.txt").write_text(ENGLISH)
    (tmp_path / "b" / "first.MD").write_text(ENGLISH)
    (tmp_path / "z.txt").write_text(ENGLISH)
    (tmp_path / "a.txt").write_text(ENGLISH)
    (tmp_path / ".hidden.txt").write_text(ENGLISH)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.txt").write_text(ENGLISH)
    articles, errors = read(tmp_path)
    assert ids(articles) == ["a.txt", "b/c/deep.txt", "b/first.MD", "z.txt"]
    assert errors == []


def test_a_file_given_by_name_has_its_name_as_id(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "one.txt"
    path.parent.mkdir()
    path.write_text(GERMAN)
    articles, errors = read(path)
    assert ids(articles) == ["one.txt"]
    assert articles[0].language == "de"
    assert errors == []


def test_the_text_is_verbatim_but_for_a_byte_order_mark(tmp_path: Path) -> None:
    text = "  Erste Zeile\r\n\r\nZweite\rDritte\n\tmit \u00a0 Abstand  \n\n"
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    articles, _ = read(path)
    assert articles[0].text == text
    assert articles[0].sha256 == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\t\r\n", "holds nothing but white space"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"First line\nSecond \xff line", "is not UTF-8: byte 0xff at offset 18 (line 2); save it as UTF-8"),
        ("Über".encode("latin-1"), "is not UTF-8: byte 0xdc at offset 0 (line 1); save it as UTF-8"),
        (b"Text with\0in it", "text holds a NUL character at position 9; is it a binary file?"),
    ],
)
def test_a_bad_file_is_named_and_the_rest_is_read(tmp_path: Path, content: bytes, message: str) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_bytes(content)
    (tmp_path / "good.txt").write_text(ENGLISH)
    articles, errors = read(tmp_path)
    assert ids(articles) == ["good.txt"]
    assert errors == [f"{bad}: {message}"]


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(ENGLISH)
    articles, errors = read(tmp_path / "nowhere.txt", tmp_path / "good.txt")
    assert ids(articles) == ["good.txt"]
    assert errors == [f"{tmp_path / 'nowhere.txt'}: does not exist"]


@pytest.mark.parametrize(("left", "told"), [("no directory", ", which is not there"), ("an empty directory", "")])
@pytest.mark.parametrize("when", ["before", "while it is read"])
def test_one_of_several_directories_that_vanishes_is_not_taken_for_articles_that_were_removed(
    tmp_path: Path, left: str, told: str, when: str
) -> None:
    mounted, other = tmp_path / "mounted", tmp_path / "other"
    for folder in (mounted, other):
        folder.mkdir()
        (folder / f"{folder.name}.txt").write_text(ENGLISH)
    stream = read_collection([mounted, other], lambda error: None)
    if when == "while it is read":
        assert next(stream).id == "mounted.txt"
    (mounted / "mounted.txt").unlink()
    if left == "no directory":
        mounted.rmdir()
    with pytest.raises(EmptyCollection, match=rf"no article found in {mounted}{told}$"):
        list(stream)


def test_an_unknown_extension_is_reported_once_in_a_directory(tmp_path: Path) -> None:
    for name in ("a.png", "b.PNG", "c.txt", "d.pdf", "README"):
        (tmp_path / name).write_text(ENGLISH)
    articles, errors = read(tmp_path)
    assert ids(articles) == ["c.txt"]
    assert errors == [
        f"{tmp_path / 'README'}: files without an extension are not read (.jsonl, .md, .txt are); said once",
        f"{tmp_path / 'a.png'}: files ending in .png are not read (.jsonl, .md, .txt are); said once",
        f"{tmp_path / 'd.pdf'}: files ending in .pdf are not read (.jsonl, .md, .txt are); said once",
    ]


def test_of_two_articles_with_one_id_the_first_wins(tmp_path: Path) -> None:
    for folder, text in (("a", "First text."), ("b", "Second text.")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.txt").write_text(text)
    articles, errors = read(tmp_path / "a", tmp_path / "b")
    assert [article.text for article in articles] == ["First text."]
    assert errors == [
        f"{tmp_path / 'b' / 'same.txt'}: has the id 'same.txt', "
        f"which {tmp_path / 'a' / 'same.txt'} has already; left out"
    ]


def test_an_article_that_was_refused_does_not_take_its_id(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "x", "text": " "}\n{"id": "x", "text": "Second try."}\n')
    articles, errors = read(path)
    assert [article.text for article in articles] == ["Second try."]
    assert errors == [f"{path}:1: holds nothing but white space"]


def test_symbolic_links_that_lead_back_are_reported(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text(ENGLISH)
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "round.txt").symlink_to(tmp_path / "round.txt")
    articles, errors = read(tmp_path)
    assert ids(articles) == ["sub/a.txt"]
    assert len(errors) == 2
    assert errors[0].startswith(f"{tmp_path / 'round.txt'}: can't be read: Too many levels of symbolic links")
    assert errors[1].startswith(f"{tmp_path / 'sub' / 'up'}: is a symbolic link into a directory that it lies in")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "good.txt").write_text(ENGLISH)
    articles, errors = read(tmp_path)
    assert ids(articles) == ["good.txt"]
    assert errors == [f"{tmp_path / 'pipe.txt'}: is not a regular file; skipped"]


def test_an_unreadable_file_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(ENGLISH)
    (tmp_path / "good.txt").write_text(ENGLISH)
    opened = Path.open

    def refuse(self: Path, mode: str = "r") -> object:
        if self == secret:
            raise PermissionError(13, "Permission denied")
        return opened(self, mode)

    monkeypatch.setattr(Path, "open", refuse)
    articles, errors = read(tmp_path)
    assert ids(articles) == ["good.txt"]
    assert errors == [f"{secret}: can't be read: Permission denied"]


def test_an_id_must_be_storable(tmp_path: Path) -> None:
    records = [{"id": name, "text": "A text."} for name in ("x" * 1001, "..", "...")]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, records)))
    odd = os.fsdecode(b"caf\xe9.txt")
    (tmp_path / odd).write_text(ENGLISH)
    (tmp_path / "good.txt").write_text(ENGLISH)
    articles, errors = read(tmp_path)
    assert ids(articles) == ["...", "good.txt"]
    assert errors == [
        f"{tmp_path / 'a.jsonl'}:1: has an id of more than 1000 characters",
        f"{tmp_path / 'a.jsonl'}:2: has the id '..', which no address can name: clients take it for a step",
        f"{tmp_path / odd}: id holds a lone surrogate at position 3",
    ]


def test_an_empty_collection_is_an_error_only_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    errors: list[ArticleError] = []
    with pytest.raises(EmptyCollection, match="no article found in"):
        list(read_collection([tmp_path], errors.append))
    assert [error.reason for error in errors] == ["is empty"]
    with pytest.raises(EmptyCollection):
        list(read_collection([], errors.append))


def test_articles_come_one_at_a_time(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(ENGLISH)
    errors: list[ArticleError] = []
    stream = read_collection([tmp_path], errors.append)
    assert next(stream).id == "a.txt"
    (tmp_path / "b.txt").write_text("Changed before it was reached.")
    assert next(stream).text == "Changed before it was reached."
    assert errors == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n\nA bridge for Aldermoor\n\nThe council voted for it on Monday.", "A bridge for Aldermoor"),
        ("The council voted for a bridge. It will cost 3 million.", "The council voted for a bridge."),
        ("Advertisement\n\nThe ferry is late. It happens.", "The ferry is late."),
        ("[Click Here](#)\n\nThe ferry is late again. It happens.", "The ferry is late again."),
        ("word " * 60 + "end.", ("word " * 24 + "…")),
        ("Anzeige", "note"),
        ("HARBOUR\n\nA bridge for Aldermoor\n\nThe council voted for it.", "A bridge for Aldermoor"),
        ("Menu  Topics  Sign in\n\nHARBOUR\n\nA bridge for Aldermoor\n\nThe council ...", "A bridge for Aldermoor"),
        ("+++ Alarm +++ Wetter +++\n\nHafen | Verkehr\n\nEine Brücke für Holm\n\nDer Rat ...", "Eine Brücke für Holm"),
        ("HARBOUR\n\nThe council voted for a bridge. It will cost 3 million.", "HARBOUR"),
        ("# Harbour\n\nA bridge for Aldermoor\n\nThe council voted for it.", "Harbour"),
        ("A bridge for Aldermoor\n\nHARBOUR\n\nThe council voted for it.", "A bridge for Aldermoor"),
    ],
)
def test_a_text_without_a_title_gets_its_heading_its_first_sentence_or_its_file_name(
    tmp_path: Path, text: str, title: str
) -> None:
    path = tmp_path / "note.txt"
    path.write_text(text)
    articles, _ = read(path)
    assert articles[0].title == title


def test_front_matter_sets_what_it_names_and_the_text_is_the_body(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "---\ntitle: 'Brücke: gesperrt'\nurl: https://example.org/b\npublished_at: 2025-06-12\nlanguage: de-AT\n"
        "tags: [bau, verkehr]\n---\n\n# Brücke\n\nSie ist zu.\n"
    )
    articles, errors = read(path)
    assert errors == []
    article = articles[0]
    assert article.text == "\n# Brücke\n\nSie ist zu.\n"
    assert (article.title, article.url, article.language) == ("Brücke: gesperrt", "https://example.org/b", "de")
    assert article.published_at == date(2025, 6, 12)


def test_a_json_line_is_an_article(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"id": "n/1", "title": "Fähre", "text": "Die Fähre \\u00fcber\\r\\nden See.", '
        '"published_at": "2025-05-01T08:00:00Z"}\n'
        "\n"
        '{"id": "n/2", "text": "The lake is frozen.", "url": "", "language": "en", "author": "left alone"}'
    )
    articles, errors = read(path)
    assert errors == []
    assert ids(articles) == ["n/1", "n/2"]
    assert articles[0].text == "Die Fähre über\r\nden See."
    assert articles[0].published_at == date(2025, 5, 1)
    assert (articles[1].title, articles[1].url, articles[1].published_at) == ("The lake is frozen.", None, None)


def test_an_index_inside_the_collection_is_no_part_of_it(tmp_path: Path) -> None:
    index = tmp_path / "state" / "index"
    index.mkdir(parents=True)
    for place in (tmp_path / "a.txt", tmp_path / "state" / "b.txt", index / "c.txt", index / "derived.sqlite"):
        place.write_text("The ferry to Holm was sold in March.")
    (tmp_path / "link").symlink_to(index)
    errors: list[ArticleError] = []
    found = [article.id for article in read_collection([tmp_path], errors.append, without=index)]
    assert (found, errors) == (["a.txt", "state/b.txt"], [])
