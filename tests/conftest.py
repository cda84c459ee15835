"""The models that tests share. They are fetched once, into the default models directory, where they are missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from index.embedding import SentenceTransformerEmbedder
from index.errors import ModelNotFound
from index.models import resolve

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / ".fundstelle" / "models"


def _fetched(name: str) -> Path:
    try:
        return resolve(name, MODELS)
    except ModelNotFound:
        command = [sys.executable, str(ROOT / "scripts" / "fetch_models.py"), name, "--models", str(MODELS)]
        subprocess.run(command, check=True, cwd=ROOT)
        return resolve(name, MODELS)


@pytest.fixture(scope="session")
def e5_folder() -> Path:
    """The folder of the default embedding model."""
    return _fetched("multilingual-e5-small")


@pytest.fixture(scope="session")
def embedder(e5_folder: Path) -> SentenceTransformerEmbedder:
    """The default embedding model, loaded."""
    return SentenceTransformerEmbedder(e5_folder)


@pytest.fixture(scope="session")
def small_llm() -> Path:
    """The GGUF file of the small language model."""
    return _fetched("qwen2.5-coder-0.5b")
