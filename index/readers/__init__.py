"""One reader a format. A reader turns a file into records; `index.articles` makes articles of them.

A new format is one new file here and one line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Mapping

from index.readers import jsonl, markdown, text
from index.readers.record import Read, Record

__all__ = ["READERS", "Read", "Record"]

READERS: Mapping[str, Read] = {
    ".jsonl": jsonl.read,
    ".md": markdown.read,
    ".txt": text.read,
}
