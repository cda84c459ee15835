"""A question and where it stands in its file, for messages."""

from __future__ import annotations

from typing import NamedTuple

from service.evaluation.gold import Gold


class Located(NamedTuple):
    """A gold question and its place in the file, as in `gold.jsonl:12`."""

    where: str
    gold: Gold


class Contents(NamedTuple):
    """What a gold file holds: its questions, and everything in it that could not be read."""

    questions: list[Located]
    problems: list[str]
