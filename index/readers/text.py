"""Plain text: the whole file is the text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from index.readers.record import OnError, Record, read_text


def read(path: Path, on_error: OnError) -> Iterator[Record]:
    """The file as one record without metadata."""
    del on_error
    yield Record(str(path), read_text(path))
