"""`widget.js`: the modules of the widget as one script, so that one integrity hash covers all that a page runs.

The modules import each other by name and export declarations, nothing else; put one after the other in the order of
their imports, without those two words, they are one script. Documentation comments are left out.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from graphlib import TopologicalSorter
from importlib.resources import files
from importlib.resources.abc import Traversable

ENTRY = "widget.js"

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z_]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(async )?(function|class|const)\b)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*/\*\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Widget:
    """The script as it is served. `version` is made of its contents: another script has another one.

    `compressed` is the script for who takes gzip, a third of its size.
    """

    script: bytes
    compressed: bytes
    version: str
    integrity: str

    @property
    def name(self) -> str:
        """The file name that never stands for anything else."""
        return f"widget-{self.version}.js"


def bundle() -> Widget:
    """The widget of this package."""
    modules = {path.name: path.read_text(encoding="utf-8") for path in _sources()}
    return widget(joined(modules, ENTRY))


def widget(script: str) -> Widget:
    """`script` with its version, 12 hexadecimal digits, and its hash as `integrity` attributes have it."""
    encoded = script.encode()
    integrity = base64.b64encode(hashlib.sha384(encoded).digest()).decode()
    return Widget(
        encoded, gzip.compress(encoded, mtime=0), hashlib.sha256(encoded).hexdigest()[:12], f"sha384-{integrity}"
    )


def joined(modules: dict[str, str], entry: str) -> str:
    """One script of `entry` and what it imports. Raises ValueError for a module that can't be joined."""
    needed: dict[str, list[str]] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = _IMPORT.findall(modules[name])
            waiting += needed[name]
    bodies = [_body(name, modules[name]) for name in TopologicalSorter(needed).static_order()]
    return '(() => {\n"use strict";\n' + re.sub(r"\n{2,}", "\n", "".join(bodies)) + "})();\n"


def _body(name: str, source: str) -> str:
    body = _EXPORT.sub("", _IMPORT.sub("", _COMMENT.sub("", source)))
    if unknown := re.search(r"^(import|export)\b.*", body, re.MULTILINE):
        raise ValueError(f"{name}: {unknown[0]!r} is neither an import by name nor an exported declaration")
    return body


def _sources() -> list[Traversable]:
    return [path for path in files("service").joinpath("widget").iterdir() if path.name.endswith(".js")]
