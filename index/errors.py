"""The errors of the index package.

IndexingError
├── ArticleError            one article can't be used; the rest of the collection goes on
├── EmptyCollection         nothing indexable was found
├── ModelError
│   ├── ModelNotFound       no such model in the catalogue, on disk or on the hub
│   ├── ModelDownloadFailed a download ended early or was refused
│   ├── ModelHashMismatch   a file is not what the catalogue says
│   └── NotEnoughDisk       said before anything is written
└── SnapshotError
    ├── SnapshotMissing     no snapshot was published here
    ├── SnapshotCorrupt     a file is not what its manifest says
    └── SnapshotMismatch    the snapshot was built with another model or schema
"""

from __future__ import annotations


class IndexingError(Exception):
    """Base of every error that this package raises on purpose."""


class ArticleError(IndexingError):
    """`source` (a file, or `file:line` of a record) can't be indexed because of `reason`."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class EmptyCollection(IndexingError):
    """Nothing indexable was found in the places that were named."""


class ModelError(IndexingError):
    """A model can't be had or used."""


class ModelNotFound(ModelError):
    """No such model in the catalogue, on disk or on the hub."""


class ModelDownloadFailed(ModelError):
    """A download ended early or was refused; what is complete is kept for the next try."""


class ModelHashMismatch(ModelError):
    """A file is not the one that the catalogue names."""

    def __init__(self, what: str, expected: str, found: str) -> None:
        super().__init__(f"{what}: expected sha256 {expected}, found {found}")
        self.expected = expected
        self.found = found


class NotEnoughDisk(ModelError):
    """The disk is too full for a model."""

    def __init__(self, where: str, needed: int, free: int) -> None:
        super().__init__(f"{where}: {needed / 1e9:.2f} GB are needed, {free / 1e9:.2f} GB are free")
        self.needed = needed
        self.free = free


class SnapshotError(IndexingError):
    """A snapshot can't be published or opened."""


class SnapshotMissing(SnapshotError):
    """No snapshot was published at this place."""


class SnapshotCorrupt(SnapshotError):
    """A file of the snapshot is not what its manifest says."""


class SnapshotMismatch(SnapshotError):
    """The snapshot was built with another model, other parameters or another schema than the reader has."""
