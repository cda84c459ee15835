"""One setting: what is known of it, which values it takes, and how docs/settings.md tells of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from service.errors import SettingsError

PREFIX = "FUNDSTELLE_"

_TYPE_NAMES = {str: "text", Path: "a path", int: "a whole number", float: "a number"}


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a setting beside its type and its default: the meaning, and for numbers the inclusive range."""

    meaning: str
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of the dataclass of settings. A `secret` value is repeated in no message."""

    name: str
    kind: Any
    default: Any
    secret: bool
    about: About

    @property
    def variable(self) -> str:
        """The environment variable."""
        return variable(self.name)


def settings_of(table: type[Any]) -> Mapping[str, Setting]:
    """The fields of a dataclass by name, each `Annotated[type, About]`; those without a `repr` are secret."""
    hints = get_type_hints(table, include_extras=True)
    found = {}
    for item in fields(table):
        kind, about = get_args(hints[item.name])
        found[item.name] = Setting(item.name, kind, item.default, not item.repr, about)
    return found


def variable(name: str) -> str:
    """The environment variable of the setting `name`."""
    return PREFIX + name.upper()


def parsed(setting: Setting, text: str) -> Any:
    """The value that `text` stands for where a number is wanted and it is one, else `text`."""
    if setting.kind not in (int, float):
        return text
    try:
        return setting.kind(text)
    except ValueError:
        return text


def converted(setting: Setting, where: str, value: Any) -> Any:
    """The value as the setting's type has it.

    Raises SettingsError, naming `where` it is from, for a value of another type or out of range.
    """
    kind, about = setting.kind, setting.about
    if kind is float and type(value) is int:
        value = float(value)
    if not _fits(kind, value):
        raise SettingsError(f"{where} must be {_type_name(kind)}{_found(setting, value)}")
    if kind in (int, float) and not about.low <= value <= about.high:
        raise SettingsError(f"{where} must be from {about.low:g} to {about.high:.10g}{_found(setting, value)}")
    return Path(value).expanduser() if kind is Path else value


def markdown_row(setting: Setting) -> str:
    """A row of the table: variable, key, type with the range, default, meaning."""
    default = "none" if setting.default is None else f"`{setting.default}`"
    kind = _type_name(setting.kind)
    if setting.kind in (int, float):
        kind += f", {setting.about.low:g} to {setting.about.high:.10g}"
    return f"| `{setting.variable}` | `{setting.name}` | {kind} | {default} | {setting.about.meaning} |"


def _fits(kind: Any, value: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind in (int, float):
        return type(value) is kind
    return isinstance(value, str) and bool(value.strip())


def _found(setting: Setting, value: Any) -> str:
    return "" if setting.secret else f", not {value!r}"


def _type_name(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(get_args(kind))
    return _TYPE_NAMES.get(kind, "text")
