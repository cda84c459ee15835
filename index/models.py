"""Which model a name means, and where it is on disk.

A fetched model is a folder of the models directory with a `manifest.json` that names its files, their sizes and their
SHA-256. It appears there complete or not at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from index.catalogue import CatalogueModel, ModelFile, catalogue
from index.checksums import require_sha256
from index.errors import ModelNotFound

DEFAULT_DIRECTORY = Path(".fundstelle") / "models"
MANIFEST = "manifest.json"
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def resolve(name: str, models_dir: Path) -> Path:
    """The file or folder that `name` means: a model of the catalogue, or a local path (also one inside `models_dir`).

    Raises `ModelNotFound` with what was tried and what to do. Nothing is downloaded and no contents are read.
    """
    if name in catalogue():
        return _resolve_catalogue(catalogue()[name], models_dir)
    places = [Path(name).expanduser(), models_dir / name] if name else []
    for place in places:
        if place.is_dir() or (place.is_file() and place.suffix == ".gguf"):
            return place
    tried = ", ".join(str(place) for place in places)
    raise ModelNotFound(
        f"no model {name!r}: it is not in the catalogue ({', '.join(catalogue())}), and there is no folder or .gguf "
        f"file at {tried}. Fetch a model of the catalogue with scripts/fetch_models.py NAME, or give a path"
    )


def resolve_or_hub(name: str, models_dir: Path) -> Path | str:
    """Like `resolve`, but a name of the form `owner/model` that is found nowhere is given back for the hub to find.

    Only for a deployment that was told that it may use the hub.
    """
    try:
        return resolve(name, models_dir)
    except ModelNotFound:
        if _HUB_NAME.fullmatch(name):
            return name
        raise


def _resolve_catalogue(model: CatalogueModel, models_dir: Path) -> Path:
    _published_files(model, models_dir)
    return models_dir / model.name / model.entry


def verify_published(model: CatalogueModel, models_dir: Path) -> Path:
    """Read every byte of a fetched model; its folder. Raises `ModelNotFound` or `ModelHashMismatch`."""
    folder = models_dir / model.name
    verify(folder, _published_files(model, models_dir))
    return folder


def _published_files(model: CatalogueModel, models_dir: Path) -> tuple[ModelFile, ...]:
    """The files of the variant that is in `models_dir`: assembled from wheels, or the publisher's."""
    folder = models_dir / model.name
    for files in (model.wheels.files, model.hub.files):
        if is_published(folder, files):
            return files
    raise ModelNotFound(
        f"{model.name} is not in {folder} or not complete: fetch it with scripts/fetch_models.py {model.name}"
    )


def manifest_of(files: Iterable[ModelFile]) -> dict[str, dict[str, str | int]]:
    """What `manifest.json` says of `files`."""
    return {file.path: {"bytes": file.bytes, "sha256": file.sha256} for file in files}


def is_published(folder: Path, files: Iterable[ModelFile]) -> bool:
    """Whether `folder` was published with exactly these files and still has them in their sizes (hashes: `verify`)."""
    expected = manifest_of(files)
    try:
        if json.loads((folder / MANIFEST).read_bytes()) != expected:
            return False
        sizes = {path: (folder / path).stat().st_size for path in expected}
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    return sizes == {path: entry["bytes"] for path, entry in expected.items()}


def verify(folder: Path, files: Iterable[ModelFile]) -> None:
    """Read every file and raise `ModelHashMismatch` where one is not what the catalogue says."""
    for file in files:
        require_sha256(folder / file.path, file.sha256)
