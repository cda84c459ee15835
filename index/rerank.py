"""The second stage: a model that reads question and text together puts what was found in a better order.

It is slow, so that it only reads the best of what the first stage found. docs/second-stage.md says what it costs.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.embedding import Embedder, prepare_libraries, require_safetensors
from index.errors import ModelError, ModelNotFound
from index.retrieve import Found, Retriever
from index.snapshot import Snapshot
from index.types import Filters, Hit, SentenceHit

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

Scores = NDArray[np.float32]

PASSAGES = 32
"""Passages that are put in a new order; what was found behind them stays behind them."""
BATCH = 8
"""Pairs that are padded to one length. They are sorted by length before."""


class Reranker(Protocol):
    """Judges how well texts answer a question, each together with the question."""

    name: str

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        """float32 `(len(texts),)` in the order of `texts`, higher is better; any scale. No texts give no scores."""
        ...


class CrossEncoderReranker:
    """A `Reranker` from any cross-encoder of sentence-transformers that is stored as safetensors and gives one score.

    Pairs that are longer than the model's limit are cut there. Calls from several threads take turns.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Load the model in `folder`; it computes on `threads` cores.

        Raises `ModelNotFound` where there is no such folder, `ModelError` where it holds no such model.
        """
        self._model = load_cross_encoder(folder, threads=threads)
        if len(self._model.labels) != 1:
            raise ModelError(f"{folder} gives {len(self._model.labels)} scores for a pair; a reranker gives one")
        self.name = self._model.name

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        """float32 `(len(texts),)`, as the model's own `predict` gives them. Raises `ModelError` if one is none."""
        return self._model.scores([(question, text) for text in texts]).reshape(len(texts))


class PairModel:
    """A cross-encoder that was loaded: pairs of texts to one number a label. Any number of threads may ask at once."""

    def __init__(self, model: CrossEncoder, name: str, threads: int) -> None:
        """Use `load_cross_encoder`."""
        self.name = name
        named: Mapping[int, str] = getattr(model.config, "id2label", None) or {}
        self.labels = {int(number): str(label) for number, label in named.items()}
        self._model = model
        self._threads = threads
        self._lock = threading.Lock()

    def scores(self, pairs: Sequence[tuple[str, str]], *, raw: bool = False) -> Scores:
        """float32 `(len(pairs), labels)`; as the model's own activation has them, or `raw`, before it.

        Raises `ModelError` where one is no number.
        """
        import torch

        if not pairs:
            return np.zeros((0, len(self.labels)), dtype=np.float32)
        activation = torch.nn.Identity() if raw else None
        with self._lock:
            # the setting belongs to the calling thread, so it is made in every one
            if torch.get_num_threads() != self._threads:
                torch.set_num_threads(self._threads)
            found = self._model.predict(pairs, batch_size=BATCH, show_progress_bar=False, activation_fn=activation)
        scores: Scores = np.asarray(found, dtype=np.float32).reshape(len(pairs), len(self.labels))
        if not np.isfinite(scores).all():
            raise ModelError(f"the model {self.name} gave scores that are no numbers")
        return scores


class RerankingRetriever(Retriever):
    """A `Retriever` whose best passages, and whose sentences, are put in order by a `Reranker`."""

    def __init__(self, snapshot: Snapshot, embedder: Embedder, reranker: Reranker) -> None:
        super().__init__(snapshot, embedder)
        self._reranker = reranker

    def search(self, queries: Sequence[str], k: int, filters: Filters | None = None) -> Found:
        """As `Retriever.search`; the reranker judges by the first of `queries`, the one that stands alone.

        The time that it takes counts as searching.
        """
        found = super().search(queries, max(k, PASSAGES), filters)
        started = time.perf_counter()
        better = reranked(found, queries[0], self._reranker, self.snapshot)
        seconds = found.search_seconds + time.perf_counter() - started
        return replace(better, hits=better.hits[:k], search_seconds=seconds)


def reranked(found: Found, question: str, reranker: Reranker, snapshot: Snapshot) -> Found:
    """`found` with its best `PASSAGES` passages and its sentences in the order of `reranker`, ties as they were.

    `score` becomes the reranker's; everything else that is known of a hit stays as the first stage has it. Passages
    behind those keep their order, their scores moved down so that all still fall.
    """
    best, rest = found.hits[:PASSAGES], found.hits[PASSAGES:]
    texts = [
        _with_title(hit.passage.article_id, hit.passage.heading, snapshot.passage_text(hit.row), snapshot)
        for hit in best
    ]
    texts += [_with_title(hit.sentence.article_id, "", hit.text, snapshot) for hit in found.sentences]
    scores = reranker.score(question, texts)
    hits: list[Hit] = [replace(best[i], score=float(scores[i])) for i in _order(scores[: len(best)])]
    if rest:
        down = hits[-1].score - best[-1].score
        hits += [replace(hit, score=hit.score + down) for hit in rest]
    own = scores[len(best) :]
    sentences: list[SentenceHit] = [replace(found.sentences[i], score=float(own[i])) for i in _order(own)]
    return replace(found, hits=tuple(hits), sentences=tuple(sentences))


def _order(scores: Scores) -> NDArray[np.int64]:
    return np.argsort(-scores, kind="stable")


def _with_title(article_id: str, heading: str, text: str, snapshot: Snapshot) -> str:
    """`text` below the title of its article and its heading: what it leaves out is often named there."""
    article = snapshot.article_info(article_id)
    return "\n".join(part for part in (article.title if article else "", heading, text) if part)


def require_cross_encoder(folder: Path) -> None:
    """Look at what `folder` says of itself, without loading it.

    Raises `ModelNotFound` where there is no such folder, `ModelError` where it holds anything but a cross-encoder in
    safetensors: the library would give an embedding model a head of random numbers and rank by that.
    """
    if not folder.is_dir():
        raise ModelNotFound(f"no folder {folder}: name the folder of a cross-encoder of sentence-transformers")
    require_safetensors(folder)
    if _described(folder, "config_sentence_transformers.json").get("model_type") == "CrossEncoder":
        return
    architectures = _described(folder, "config.json").get("architectures") or ["none"]
    if not str(architectures[0]).endswith("ForSequenceClassification"):
        raise ModelError(f"{folder} holds no cross-encoder: its config.json names the architecture {architectures[0]}")


def _described(folder: Path, name: str) -> dict[str, Any]:
    """What a JSON file of the folder says; nothing where there is no such file."""
    try:
        described = json.loads((folder / name).read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ModelError(f"{folder / name} is not JSON: {error}") from error
    if not isinstance(described, dict):
        raise ModelError(f"{folder / name} is not an object")
    return described


def load_cross_encoder(folder: Path, *, threads: int = 1) -> PairModel:
    """The cross-encoder in `folder`, to compute on `threads` cores.

    Raises `ModelNotFound` where there is no such folder, `ModelError` where it holds no such model.
    """
    require_cross_encoder(folder)
    prepare_libraries()
    import torch
    from sentence_transformers import CrossEncoder

    options: dict[str, Any] = {"use_safetensors": True, "dtype": torch.float32}
    try:
        model: CrossEncoder = CrossEncoder(
            str(folder), local_files_only=True, trust_remote_code=False, model_kwargs=options
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"{folder} holds no cross-encoder that can be loaded: {error}") from error
    model.eval()
    return PairModel(model, folder.resolve().name, threads)
