"""The tables of this package: one meaning a line, with its German and English forms.

docs/words.md says what each is for, and what a form more in it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent


class Row(NamedTuple):
    """What `meaning: forms | forms` says; the forms of each language in order."""

    meaning: str
    de: tuple[str, ...]
    en: tuple[str, ...]

    def forms(self, language: str) -> tuple[str, ...]:
        """Those of German, or of English for any other language."""
        return self.de if language == "de" else self.en


def rows(name: str) -> Iterator[Row]:
    """The rows of the table `name` of this folder. Raises `ValueError` where a line is none."""
    for number, line in enumerate((HERE / name).read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        meaning, colon, forms = line.partition(": ")
        german, bar, english = forms.partition(" | ")
        if not (colon and bar and german.split() and english.split()):
            raise ValueError(f"{name}:{number}: expected 'meaning: German forms | English forms', got {line!r}")
        yield Row(meaning, tuple(german.split()), tuple(english.split()))
