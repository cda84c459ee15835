"""The errors of the index package.

IndexingError
├── ArticleError            one article can't be used; the rest of the collection goes on
├── EmptyCollection         nothing indexable was found
├── UnknownArticles         articles are to be deleted that are not there
├── ModelError
│   ├── ModelNotFound       no such model in the catalogue, on disk or on the hub
│   ├── ModelDownloadFailed a download ended early or was refused
│   ├── ModelHashMismatch   a file is not what the catalogue says
│   └── NotEnoughDisk       said before anything is written
├── IndexLocked             somebody else is writing to the index
└── SnapshotError
    ├── NotPruned           a snapshot was published; an older one could not be removed
    ├── SnapshotMissing     no snapshot was published here
    ├── SnapshotCorrupt     a file is not what its manifest says
    └── SnapshotMismatch    the snapshot was built with another model or schema
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


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


class UnknownArticles(IndexingError):
    """Articles are to be deleted that are not there: `places` in the list of changes, each with the id."""

    def __init__(self, places: Sequence[tuple[int, str]]) -> None:
        super().__init__(f"there is no article {', '.join(repr(article_id) for _, article_id in places[:5])}")
        self.places = tuple(places)


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


class IndexLocked(IndexingError):
    """`holder`, in words, is writing to the index in `index_dir`."""

    def __init__(self, index_dir: Path, holder: str) -> None:
        super().__init__(f"{index_dir}: is being written by {holder}; try again when that has ended")
        self.index_dir = index_dir
        self.holder = holder


class SnapshotError(IndexingError):
    """A snapshot can't be published or opened."""


class NotPruned(SnapshotError):
    """The snapshot `published` is served, but an older one could not be removed because of `reason`."""

    def __init__(self, published: str, reason: str) -> None:
        super().__init__(f"{published} is published, but an older snapshot could not be removed: {reason}")
        self.published = published
        self.reason = reason


class SnapshotMissing(SnapshotError):
    """No snapshot was published at this place."""


class SnapshotCorrupt(SnapshotError):
    """A file of the snapshot is not what its manifest says."""


class SnapshotMismatch(SnapshotError):
    """The snapshot was built with another model, other parameters or another schema than the reader has."""
