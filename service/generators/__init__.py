"""Generators: one file a backend behind one protocol.

A new backend is one file and one line of `_BACKENDS`. Its libraries are imported only when it is chosen.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable

from service.errors import SettingsError
from service.generators.base import Delta, Generator, Health, Message, Prompt, Token
from service.generators.config import GeneratorConfig

__all__ = ["BACKENDS", "Delta", "Generator", "GeneratorConfig", "Health", "Message", "Prompt", "Token", "create"]

_BACKENDS = {
    "llama_cpp": "xllamacpp",
    "transformers": "transformers",
    "openai_compatible": "httpx",
    "extractive": "service",
}
BACKENDS = tuple(_BACKENDS)


def create(config: GeneratorConfig) -> Generator:
    """The generator that `config` names, not started yet.

    Raises `SettingsError` for an unknown backend, a setting that the backend needs and has not, or a library that is
    not installed (with the command that installs it).
    """
    if config.backend not in _BACKENDS:
        raise SettingsError(f"there is no generator {config.backend!r}; there are {', '.join(BACKENDS)}")
    library = _BACKENDS[config.backend]
    if importlib.util.find_spec(library) is None:
        raise SettingsError(f"the generator {config.backend} needs {library}: pip install {library}")
    module = importlib.import_module(f"service.generators.{config.backend}")
    make: Callable[[GeneratorConfig], Generator] = module.from_config
    return make(config)
