"""Where the values of settings come from: variables before the configuration file, the file before the defaults."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from service.errors import SettingsError
from service.setting import PREFIX, Setting, converted, parsed, variable

CONFIG = variable("config")
"""The variable that names the configuration file, and no setting."""


def values_from(environ: Mapping[str, str], known: Mapping[str, Setting]) -> dict[str, Any]:
    """The value of every `known` setting, by name. Raises SettingsError, as `load_settings` says."""
    variables = {name: text for name, text in environ.items() if text.strip()}
    defaults = {name: setting.default for name, setting in known.items()}
    in_file = _from_file(Path(variables[CONFIG]), known) if CONFIG in variables else {}
    return {**defaults, **in_file, **_from_environment(variables, known)}


def _from_environment(variables: Mapping[str, str], known: Mapping[str, Setting]) -> dict[str, Any]:
    names = {setting.variable: setting for setting in known.values()}
    values = {}
    for name, text in variables.items():
        if not name.startswith(PREFIX) or name == CONFIG:
            continue
        if name not in names:
            raise SettingsError(_unknown(f"variable {name}", name, [CONFIG, *names]))
        setting = names[name]
        values[setting.name] = converted(setting, name, parsed(setting, text.strip()))
    return values


def _from_file(path: Path, known: Mapping[str, Setting]) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{CONFIG}: {path} can't be read: {error.strerror}") from error
    except ValueError as error:  # of which UnicodeDecodeError and TOMLDecodeError are kinds
        raise SettingsError(f"{CONFIG}: {path} is not TOML: {error}") from error
    for key in table:
        if key not in known:
            raise SettingsError(_unknown(f"key {key} in {path}", key, known))
    return {key: converted(known[key], f"{key} in {path}", value) for key, value in table.items()}


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
    return f"unknown {what}; the nearest known one is {nearest[0]}"
