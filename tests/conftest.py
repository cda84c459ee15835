"""The models that tests share. They are fetched once, into the default models directory, where they are missing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from litestar.testing import TestClient

from index.embedding import SentenceTransformerEmbedder
from index.errors import ModelNotFound
from index.models import resolve

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / ".fundstelle" / "models"

# How long an example takes says more of what else the machine does than of the code.
hypothesis.settings.register_profile("fundstelle", deadline=None)
hypothesis.settings.load_profile("fundstelle")


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> Iterator[None]:
    """A shell has what it runs in the background ignore Ctrl-C: programs that tests interrupt would never end."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True, scope="session")
def _asked_as_on_this_machine() -> Iterator[None]:
    """Litestar's test client asks by a name of its own, which is not allowed where nothing is set."""
    with pytest.MonkeyPatch.context() as patch:
        defaults = ("http://127.0.0.1", *(TestClient.__init__.__defaults__ or ())[1:])
        patch.setattr(TestClient.__init__, "__defaults__", defaults)
        yield


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
