"""What a snapshot says about itself, and whether its files are what it says.

The id ends in the hash of everything else that the manifest holds, and the manifest is written in one canonical form.
So no byte of it can change unnoticed, and through the checksums that it holds no byte of any other file can.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from msgspec import Struct

from index import durable
from index.cores import available_cores
from index.errors import SnapshotCorrupt, SnapshotMismatch
from index.vector_kinds import VectorsRecord

SCHEMA = 3
"""3: vectors stand in a file of their own beside the codes that they are searched by; the manifest says how well."""
FILE_NAME = "manifest.json"
HASHED_AT_ONCE = 2
"""Files, where there are so many cores: the others go on answering while a snapshot is verified."""
ID = re.compile(r"\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{12}", re.ASCII)

Value = str | int | float | bool | None


class FileRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """What one file of a snapshot must be: its SHA-256 in hex and its size in bytes."""

    sha256: str
    bytes: int


class Counts(Struct, frozen=True, forbid_unknown_fields=True):
    """Rows of each table."""

    articles: int
    passages: int
    sentences: int


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """A snapshot's description.

    `files` maps paths relative to the snapshot, with forward slashes, to what they must be. `embedding` is the
    embedder's identity, `splitter` the parameters of splitting and `lexical` those of the analysers: texts, vectors and
    words of two snapshots are comparable where all three are equal. `vectors` says how the vectors
    of each directory are searched and how well. `corpus_sha256` depends on the articles alone, not on their order.
    """

    schema: int
    id: str
    created_at: str
    program: str
    corpus_sha256: str
    embedding: dict[str, Value]
    dim: int
    splitter: dict[str, Any]
    lexical: dict[str, Any]
    vectors: dict[str, VectorsRecord]
    counts: Counts
    files: dict[str, FileRecord]


def new(
    directory: Path,
    *,
    corpus_sha256: str,
    embedding: Mapping[str, Value],
    dim: int,
    splitter: Mapping[str, Any],
    lexical: Mapping[str, Any],
    vectors: Mapping[str, VectorsRecord],
    counts: Counts,
) -> Manifest:
    """The manifest of a snapshot that was just written into `directory`; hashes every file there.

    Its id sorts after those of all snapshots beside `directory`.
    """
    now = _now_after(ids(directory.parent))
    unnamed = Manifest(
        schema=SCHEMA,
        id="",
        created_at=now.isoformat(timespec="milliseconds"),
        program=version("fundstelle"),
        corpus_sha256=corpus_sha256,
        embedding=dict(embedding),
        dim=dim,
        splitter=dict(splitter),
        lexical=dict(lexical),
        vectors=dict(vectors),
        counts=counts,
        files={name: _record(directory / name) for name in _names(directory)},
    )
    return msgspec.structs.replace(unnamed, id=_id(msgspec.to_builtins(unnamed)))


def ids(snapshots: Path) -> list[str]:
    """The ids of the snapshots in a directory, the oldest first; empty where there is no such directory."""
    with durable.storage_errors(snapshots):
        if not snapshots.is_dir():
            return []
        return sorted(path.name for path in snapshots.iterdir() if ID.fullmatch(path.name) and path.is_dir())


def write(manifest: Manifest, directory: Path) -> None:
    """Put `manifest` into the snapshot in `directory`."""
    durable.write(directory / FILE_NAME, _canonical(msgspec.to_builtins(manifest)))


def read(directory: Path) -> Manifest:
    """The manifest of the snapshot in `directory`, whose name is its id.

    Raises SnapshotCorrupt where it is not exactly what was published, SnapshotMismatch where it was written in another
    schema.
    """
    path = directory / FILE_NAME
    fields = _intact_fields(path, directory.name)
    if fields.get("schema") != SCHEMA:
        raise SnapshotMismatch(
            f"{path}: the snapshot has schema {fields.get('schema')}, this program reads schema {SCHEMA}: "
            "build the index again"
        )
    try:
        manifest = msgspec.convert(fields, Manifest)
    except msgspec.ValidationError as error:
        raise SnapshotCorrupt(f"{path}: {error}") from error
    for name in manifest.files:
        _check_name(path, name)
    return manifest


def verify(manifest: Manifest, directory: Path) -> None:
    """Compare every file with its record. Raises SnapshotCorrupt naming the first that differs, is missing or cut."""
    for name, expected in manifest.files.items():
        _check_size(directory / name, expected.bytes)
    # SHA-256 takes a second a gigabyte and gives up the interpreter's lock
    with ThreadPoolExecutor(min(HASHED_AT_ONCE, available_cores())) as pool:
        found = pool.map(_record, (directory / name for name in manifest.files))
        for (name, expected), record in zip(manifest.files.items(), found, strict=True):
            if record.sha256 != expected.sha256:
                pool.shutdown(cancel_futures=True)
                raise SnapshotCorrupt(
                    f"{directory / name}: has sha256 {record.sha256}, its manifest says {expected.sha256}"
                )


def _check_size(path: Path, expected: int) -> None:
    with durable.storage_errors(path):
        if not path.is_file():
            raise SnapshotCorrupt(f"{path}: the file is missing")
        size = path.stat().st_size
    if size != expected:
        raise SnapshotCorrupt(f"{path}: has {size} bytes, its manifest says {expected}")


def _intact_fields(path: Path, expected_id: str) -> dict[str, Any]:
    try:
        with durable.storage_errors(path):
            if not path.is_file():
                raise SnapshotCorrupt(f"{path}: the file is missing")
            raw = path.read_bytes()
        fields = json.loads(raw)
        intact = isinstance(fields, dict) and raw == _canonical(fields) and fields.get("id") == _id(fields)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SnapshotCorrupt(f"{path}: not the JSON that was published: {error}") from error
    if not intact or fields["id"] != expected_id:
        raise SnapshotCorrupt(f"{path}: its content does not belong to the snapshot {expected_id}")
    return dict(fields)


def _check_name(manifest: Path, name: str) -> None:
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and path.as_posix() == name != "."
    if not inside or "\\" in name or "\0" in name:
        raise SnapshotCorrupt(f"{manifest}: the file name {name!r} leads out of the snapshot")


def _canonical(fields: Mapping[str, Any]) -> bytes:
    text = json.dumps(fields, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def _id(fields: Mapping[str, Any]) -> str:
    created = datetime.fromisoformat(fields["created_at"]).astimezone(UTC)
    stamp = f"{created:%Y%m%dT%H%M%S}.{created.microsecond // 1000:03}Z"
    return f"{stamp}-{hashlib.sha256(_canonical({**fields, 'id': ''})).hexdigest()[:12]}"


def _now_after(older: Iterable[str]) -> datetime:
    """The time, but later than what the ids `older` say: clocks go back, and two snapshots may fall into a moment."""
    latest = datetime.now(UTC)
    for name in older:
        # No clock gives a 31st of February or a time without a successor: such a name says nothing of age.
        with suppress(ValueError, OverflowError):
            said = datetime.strptime(name.partition("Z")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
            latest = max(latest, said + timedelta(milliseconds=1))
    return latest


def _names(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


def _record(path: Path) -> FileRecord:
    with durable.storage_errors(path):
        return FileRecord(sha256=_sha256(path), bytes=path.stat().st_size)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
