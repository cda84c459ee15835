"""Answers, kept as they come, so that an interrupted evaluation goes on where it stopped."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec import Struct

from service.contracts.answers import Answer
from service.evaluation.errors import JournalError
from service.evaluation.systems import Ranked

FILE_NAME = "answers.jsonl"
PREVIOUS = "answers.previous.jsonl"


class Header(Struct, frozen=True, forbid_unknown_fields=True):
    """What kept answers belong to: another system, gold file or mode starts anew."""

    fingerprint: str
    gold_sha256: str
    mode: str


class Outcome(Struct, frozen=True, forbid_unknown_fields=True):
    """What came back for one question. `answer` is None where the request failed, and in retrieval-only runs.

    `query` is what passages were searched with, `seconds` the time of the request for the answer.
    """

    id: str
    answer: Answer | None
    failure: str
    search_failure: str
    seconds: float
    query: str
    passages: tuple[Ranked, ...]
    sentences: tuple[Ranked, ...] | None


class Journal:
    """The file of kept answers: a header line, then an outcome a line in the order in which they came."""

    def __init__(self, path: Path, outcomes: dict[str, Outcome]) -> None:
        """Use `open_journal`."""
        self.outcomes = outcomes
        self._file = path.open("ab")

    def keep(self, outcome: Outcome) -> None:
        """Add an outcome; it survives the end of this process."""
        self._file.write(msgspec.json.encode(outcome) + b"\n")
        self._file.flush()
        self.outcomes[outcome.id] = outcome

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def open_journal(directory: Path, header: Header, *, fresh: bool = False) -> Journal:
    """The journal of `directory` with what was kept under this header.

    Answers of another system, gold file or mode, and all of them where it is to be `fresh`, are set aside as
    `answers.previous.jsonl`. A last line that was cut short is dropped. Raises `JournalError` for any other broken
    line.
    """
    path = directory / FILE_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True)
        raw = path.read_bytes() if path.exists() else b""
        whole = raw[: raw.rfind(b"\n") + 1]
        lines = whole.splitlines()
        if fresh or not lines or _header(lines[0]) != header:
            if whole:
                path.replace(directory / PREVIOUS)
            path.write_bytes(msgspec.json.encode(header) + b"\n")
            return Journal(path, {})
        outcomes = {outcome.id: outcome for outcome in _outcomes(path, lines[1:])}
        if len(whole) < len(raw):
            path.write_bytes(whole)
        return Journal(path, outcomes)
    except OSError as error:
        raise JournalError(f"{error.filename or path}: {error.strerror or error}") from error


def _header(line: bytes) -> Header | None:
    try:
        return msgspec.json.decode(line, type=Header)
    except msgspec.DecodeError:
        return None


def _outcomes(path: Path, lines: list[bytes]) -> list[Outcome]:
    outcomes = []
    for number, line in enumerate(lines, start=2):
        try:
            outcomes.append(msgspec.json.decode(line, type=Outcome))
        except msgspec.DecodeError as error:
            raise JournalError(f"{path}:{number}: {error}; delete the line, or begin anew with --fresh") from error
    return outcomes
