"""What a generator is made from: plain values, so that no generator knows of settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """Everything that the backends are told. Each takes what it needs and ignores the rest.

    `model` is a GGUF file for `llama_cpp`; a transformers folder, a GGUF or a hub name for `transformers`; the name
    that the server knows for `openai_compatible`. `name` is what responses report, the model's own name where it is
    empty. `context` is the longest prompt plus answer of one request, in tokens. Times are in seconds.
    """

    backend: str
    model: str = ""
    name: str = ""
    models_dir: Path = Path("models")
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    threads: int = 1
    context: int = 2048
    slots: int = 1
    startup_timeout: float = 120.0
    token_timeout: float = 120.0
    offline: bool = True
