"""An embedder that loads its model when a text has to be embedded, and not before.

Loading a model takes seconds, and to know which one it is takes reading all of its files. So what a model was when it
was last loaded is kept, and trusted as long as its files have the same sizes and times. When it is loaded after all, it
is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from index import durable
from index.embedding import TokenEmbedder, Vectors, files_of
from index.errors import ModelError

Progress = Callable[[int], None]


class Known(Struct, frozen=True, forbid_unknown_fields=True):
    """What a model was when it was loaded. `files` are sizes in bytes and times in nanoseconds, by path."""

    folder: str
    files: dict[str, tuple[int, int, int]]
    name: str
    dim: int
    identity: dict[str, str | int | bool]


class LazyEmbedder:
    """A `TokenEmbedder` of the model in `folder`, which `load` loads when it is needed.

    Raises what `load` raises, and ModelError where the model turns out to be another than it was taken for.
    """

    def __init__(self, folder: Path, load: Callable[[], TokenEmbedder], remembered: Path) -> None:
        """`remembered` is the file that keeps what the model was; it need not exist."""
        self._folder = folder
        self._load = load
        self._remembered = remembered
        self._taken_for = _read(remembered, folder)

    @cached_property
    def name(self) -> str:
        """As the model has it."""
        return self._known.name

    @cached_property
    def dim(self) -> int:
        """As the model has it."""
        return self._known.dim

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory."""
        return "_loaded" in self.__dict__

    def identity(self) -> Mapping[str, str | int | bool]:
        """As the model has it."""
        return self._known.identity

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the model counts."""
        return self._model.count_tokens(texts)

    def count_vectors(self, texts: Sequence[str]) -> list[int]:
        """As the model counts."""
        return self._model.count_vectors(texts)

    def embed_documents(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """As the model embeds."""
        return self._model.embed_documents(texts, progress)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As the model embeds."""
        return self._model.embed_queries(texts)

    def embed_document_tokens(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        """As the model embeds."""
        return self._model.embed_document_tokens(texts, progress)

    def embed_query_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """As the model embeds."""
        return self._model.embed_query_tokens(texts)

    @property
    def _model(self) -> TokenEmbedder:
        return self._loaded[0]

    @property
    def _known(self) -> Known:
        return self._taken_for or self._loaded[1]

    @cached_property
    def _loaded(self) -> tuple[TokenEmbedder, Known]:
        files = _files(self._folder)
        model = self._load()
        found = Known(str(self._folder.resolve()), files, model.name, model.dim, dict(model.identity()))
        if self._taken_for is None:
            _write(self._remembered, found)
        elif self._taken_for != found:
            with durable.storage_errors(self._remembered):
                self._remembered.unlink(missing_ok=True)
            raise ModelError(f"{self._folder}: the model is not what it was when it was last loaded; run this again")
        return model, found


def _files(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Size, and when the content and when anything was changed last, of each file of the model."""
    statuses = {path.relative_to(folder).as_posix(): path.stat() for path in files_of(folder)}
    return {name: (status.st_size, status.st_mtime_ns, status.st_ctime_ns) for name, status in statuses.items()}


def _read(path: Path, folder: Path) -> Known | None:
    """What `path` says of the model in `folder`; None where it says nothing, or not of the files as they are."""
    try:
        with durable.storage_errors(path):
            content = path.read_bytes() if path.is_file() else b""
        digest, _, known = content.partition(b"\n")
        if sha256(known).hexdigest().encode() != digest:
            return None
        found = msgspec.json.decode(known, type=Known)
    except msgspec.DecodeError:
        return None
    same = found.folder == str(folder.resolve()) and found.files == _files(folder)
    return found if same else None


def _write(path: Path, known: Known) -> None:
    durable.make_directory(path.parent)
    content = msgspec.json.encode(known)
    durable.replace(path, sha256(content).hexdigest().encode() + b"\n" + content)
