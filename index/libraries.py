"""How the model libraries are imported: without a network, without bars, without threads that spin."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def prepare_environment() -> None:
    """Set what PyTorch and the libraries above it read when they are imported."""
    # a model that is on disk must never wait for a network
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    # waiting threads must not spin: on cores that are shared with a language model that halves the speed
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def prepare_libraries() -> None:
    """Import the model libraries in a state in which they ask no network and draw no bars."""
    prepare_environment()
    from transformers.utils.logging import disable_progress_bar

    hide_bars: Callable[[], None] = disable_progress_bar  # Fundstelle shows its own
    hide_bars()


@contextmanager
def collecting_nothing() -> Iterator[None]:
    """Importing makes a million objects that stay; looking through them for garbage again and again takes a second."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
