"""SHA-256 of files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from index.errors import ModelHashMismatch


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_sha256(path: Path, expected: str) -> None:
    """Raise `ModelHashMismatch` unless the file's SHA-256 is `expected`, in hex."""
    found = sha256_of(path)
    if found != expected:
        raise ModelHashMismatch(str(path), expected, found)
