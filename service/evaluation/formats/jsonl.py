"""The project's own format: one question a line."""

from __future__ import annotations

import msgspec

from service.evaluation.formats.located import Contents, Located
from service.evaluation.gold import Gold


def read(name: str, text: str) -> Contents:
    """The questions of `text`; `name` is the file's, for messages. Blank lines are skipped."""
    contents = Contents([], [])
    decoder = msgspec.json.Decoder(Gold)
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            contents.questions.append(Located(f"{name}:{number}", decoder.decode(line)))
        except (msgspec.DecodeError, RecursionError) as error:
            contents.problems.append(f"{name}:{number}: {error}")
    return contents
