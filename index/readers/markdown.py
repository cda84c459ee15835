"""Markdown with YAML front matter. The text is the body after the front matter, verbatim."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from index.errors import ArticleError
from index.readers.record import OnError, Record, parse_date, parse_language, read_text

MAX_FRONT_MATTER_CHARACTERS = 16_384
MAX_DEPTH = 16
FIELDS = ("title", "url", "published_at", "language")

_OPENING = re.compile(r"---[ \t]*(?:\r\n|\n|\r)")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)", re.MULTILINE)
_NULL = "tag:yaml.org,2002:null"


def read(path: Path, on_error: OnError) -> Iterator[Record]:
    """The file as one record. Raises ArticleError where the front matter is malformed."""
    del on_error
    source = str(path)
    front_matter, body = split_front_matter(source, read_text(path))
    fields = parse_front_matter(source, front_matter)
    published_at, language = fields.get("published_at"), fields.get("language")
    yield Record(
        source,
        body,
        title=fields.get("title"),
        url=fields.get("url"),
        published_at=None if published_at is None else parse_date(source, published_at),
        language=None if language is None else parse_language(source, language),
    )


def split_front_matter(source: str, content: str) -> tuple[str, str]:
    """The YAML between the two `---` lines (empty where the file doesn't begin with one) and what follows it."""
    opening = _OPENING.match(content)
    if opening is None:
        return "", content
    closing = _CLOSING.search(content, opening.end(), opening.end() + MAX_FRONT_MATTER_CHARACTERS)
    if closing is None:
        raise ArticleError(
            source,
            f"front matter is opened by --- but not closed by --- within {MAX_FRONT_MATTER_CHARACTERS} characters",
        )
    return content[opening.end() : closing.start()], content[closing.end() :]


def parse_front_matter(source: str, front_matter: str) -> Mapping[str, str]:
    """The known fields that are set, as they are written. Fields of other names are left alone."""
    try:
        _check_events(front_matter)
        root = yaml.compose(front_matter, yaml.SafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        raise ArticleError(source, f"front matter is not valid YAML: {_one_line(error)}") from error
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise ArticleError(source, "front matter is not a mapping of fields such as `title: ...`")
    fields: dict[str, str] = {}
    for key, value in root.value:
        if key.value not in FIELDS or value.tag == _NULL:
            continue
        if not isinstance(value, yaml.ScalarNode):
            raise ArticleError(source, f"{key.value} in the front matter is not a single value")
        if key.value in fields:
            raise ArticleError(source, f"{key.value} is set twice in the front matter")
        fields[key.value] = value.value
    return fields


def _check_events(front_matter: str) -> None:
    """Refuses aliases and deep nesting, before anything is built: what an article says of itself needs neither."""
    depth = 0
    for event in yaml.parse(front_matter, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"the alias *{event.anchor} is not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
