"""CSV: one row a question, and a further row with the same id for each further piece of evidence.

Columns: `id`, `question`, and as needed `lang`, `kind`, `answerable`, `nuggets`, `answers`, `article`, `quote`,
`start`, `group`, `as_of`. Within `nuggets` groups stand apart by `;` and alternatives by `|`; `answers` are set apart
by `|`. `group` counts the evidence groups from 1 and is 1 where it is empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from index.language import UNDETERMINED, detect_question
from service.evaluation.formats.located import Contents, Located
from service.evaluation.gold import Gold, Place

REQUIRED = ("id", "question")
COLUMNS = (*REQUIRED, "lang", "kind", "answerable", "nuggets", "answers", "article", "quote", "start", "group", "as_of")
ONCE = ("question", "lang", "kind", "answerable", "nuggets", "answers", "as_of")
"""Columns that only the first row of a question fills."""

_TRUTH = {"true": True, "yes": True, "1": True, "": True, "false": False, "no": False, "0": False}

Row = Mapping[str, str]
Evidence = dict[int, list[Place]]


def read(name: str, text: str) -> Contents:
    """The questions of `text`; `name` is the file's, for messages."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restval="")
    if problem := _bad_header(reader.fieldnames or ()):
        return Contents([], [f"{name}:1: {problem}"])
    problems: list[str] = []
    first: dict[str, tuple[str, Row]] = {}
    evidence: dict[str, Evidence] = {}
    try:
        for row in reader:
            where = f"{name}:{reader.line_num}"
            try:
                _take(where, row, first, evidence)
            except ValueError as error:
                problems.append(f"{where}: {error}")
    except csv.Error as error:
        problems.append(f"{name}:{reader.line_num}: {error}")
    contents = Contents([], problems)
    for key, (where, own) in first.items():
        try:
            contents.questions.append(Located(where, _gold(own, evidence[key])))
        except (ValueError, msgspec.ValidationError) as error:
            problems.append(f"{where}: {error}")
    return contents


def _bad_header(names: object) -> str:
    found = list(names) if isinstance(names, list | tuple) else []
    if missing := [column for column in REQUIRED if column not in found]:
        return f"has no column {', '.join(missing)}"
    if unknown := [column for column in found if column not in COLUMNS]:
        return f"unknown column {', '.join(unknown)}; known are {', '.join(COLUMNS)}"
    return ""


def _take(
    where: str, row: dict[str | Any, str | Any], first: dict[str, tuple[str, Row]], evidence: dict[str, Evidence]
) -> None:
    """Sort a row in: a new question, or more evidence of a known one."""
    if None in row:
        raise ValueError("has more cells than the header")
    key = row["id"]
    if key in first:
        if filled := [column for column in ONCE if row.get(column)]:
            raise ValueError(
                f"{key} was defined at {first[key][0]}: a further row must leave {', '.join(filled)} empty"
            )
    else:
        first[key] = (where, dict(row))
        evidence[key] = {}
    if row.get("article") or row.get("quote"):
        start = row.get("start") or None
        place = Place(row.get("article", ""), row.get("quote", ""), int(start) if start else None)
        evidence[key].setdefault(int(row.get("group") or 1), []).append(place)


def _gold(row: Row, evidence: Evidence) -> Gold:
    answerable = row.get("answerable", "").strip().casefold()
    if answerable not in _TRUTH:
        raise ValueError(f"answerable must be true or false, not {row['answerable']!r}")
    answers = _alternatives(row.get("answers", ""))
    nuggets = tuple(_alternatives(group) for group in row.get("nuggets", "").split(";") if group.strip())
    return Gold(
        id=row["id"],
        lang=row.get("lang") or detect_question(row["question"], UNDETERMINED),
        kind=row.get("kind") or ("fact" if _TRUTH[answerable] else "unanswerable"),
        question=row["question"],
        answerable=_TRUTH[answerable],
        nuggets=nuggets or ((answers,) if answers else ()),
        evidence=tuple(tuple(evidence[group]) for group in sorted(evidence)),
        answers=answers,
        as_of=date.fromisoformat(row["as_of"]) if row.get("as_of") else None,
    )


def _alternatives(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())
