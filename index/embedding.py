"""The seam between texts and vectors."""

from __future__ import annotations

import gc
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from index.checksums import sha256_of
from index.cores import available_cores
from index.errors import ModelDownloadFailed, ModelError, ModelNotFound

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors. Questions and documents are embedded differently, so they are two methods."""

    @property
    def dim(self) -> int:
        """Dimensions of each vector."""
        ...

    @property
    def name(self) -> str:
        """The model's name, as responses report it."""
        ...

    def identity(self) -> Mapping[str, str | int | bool]:
        """What two embedders must share for their vectors to be comparable: model, hash of its files, prompts, ..."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without the model's special tokens and prompt."""
        ...

    def embed_documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm, in the order of `texts`.

        `progress` is told how many more are done.
        """
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm."""
        ...


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An `Embedder` that also gives a vector for every token, in the same pass through the model.

    Tokens that hold no letter or digit, special ones and those of the prompt are left out, unless nothing else is left.
    """

    def count_vectors(self, texts: Sequence[str]) -> list[int]:
        """How many tokens of each text have a vector, without a limit; 0 for one without letter and digit."""
        ...

    def embed_document_tokens(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        """As `embed_documents`; and for each text float32 `(tokens, dim)`, at least one row, of any length."""
        ...

    def embed_query_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """As `embed_queries`; and for each text float32 `(tokens, dim)`, at least one row, of any length."""
        ...


TOKENS_A_BATCH = 1024
"""Padding included. Measured: see docs/models.md."""

MODEL_FILES = frozenset({".safetensors", ".json", ".model", ".txt"})
"""Suffixes of the files that decide what vectors a model gives."""


class SentenceTransformerEmbedder:
    """An `Embedder` from any sentence-transformers model that is stored as safetensors.

    A text longer than the model's limit (`max_length` tokens, prompt included) is cut there, as the model was trained.
    Questions are embedded on one core, since the language model needs the others; documents on `threads` cores.
    Calls from several threads take turns, batch by batch.
    """

    def __init__(self, model: str | Path, *, threads: int | None = None, hub: bool = False) -> None:
        """Load `model`, a folder. With `hub`, it may be the name of a model on the hub instead.

        `threads` is how many cores `embed_documents` uses, by default all that this process may use. Raises
        `ModelNotFound`, `ModelDownloadFailed`, or `ModelError` where the folder holds no model that can be used.
        """
        folder = _local_folder(model, hub)
        self.name = folder.resolve().name if Path(model).exists() else str(model)
        self._threads = threads or available_cores()
        self._lock = threading.Lock()
        self._model = _load(folder)
        self._files = _sha256_of_files(folder)
        prompts = self._model.prompts
        self._query_prompt = prompts.get("query") or ""
        self._document_prompt = prompts.get("document") or prompts.get("passage") or ""
        self.dim = int(self._model.get_embedding_dimension() or 0)
        self.max_length = int(self._model.get_max_seq_length() or 0)

    def identity(self) -> Mapping[str, str | int | bool]:
        """What two embedders must share for their vectors to be comparable."""
        return {
            "model": self.name,
            "sha256": self._files,
            "query_prompt": self._query_prompt,
            "document_prompt": self._document_prompt,
            "dim": self.dim,
            "max_length": self.max_length,
            "normalised": True,
        }

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without the model's special tokens and prompt, and without a limit."""
        return [len(ids) for ids in self._token_ids(texts)]

    def count_vectors(self, texts: Sequence[str]) -> list[int]:
        """How many tokens of each text hold a letter or digit, without a limit."""
        return [int(self._speaking[ids].sum()) if ids else 0 for ids in self._token_ids(texts)]

    def embed_documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm, in the order of `texts`; a repeated text is embedded once.

        `progress` is told how many more texts are done, after every batch.
        """
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for rows, batch in self._distinct_batches(texts):
            for same, vector in zip(rows, self._encode(batch, self._document_prompt, self._threads), strict=True):
                vectors[same] = vector
            if progress is not None:
                progress(sum(map(len, rows)))
        return vectors

    def embed_document_tokens(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        """As `embed_documents`; and for each text float32 `(tokens, dim)`."""
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        tokens: list[Vectors] = [vectors] * len(texts)
        for rows, batch in self._distinct_batches(texts):
            found = self._encode_tokens(batch, self._document_prompt, self._threads)
            for same, (vector, of_tokens) in zip(rows, found, strict=True):
                vectors[same] = vector
                for row in same:
                    tokens[row] = of_tokens
            if progress is not None:
                progress(sum(map(len, rows)))
        return vectors, tokens

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm."""
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._encode([text], self._query_prompt, 1)[0]
        return vectors

    def embed_query_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """As `embed_queries`; and for each text float32 `(tokens, dim)`."""
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        tokens = []
        for row, text in enumerate(texts):
            vectors[row], own = self._encode_tokens([text], self._query_prompt, 1)[0]
            tokens.append(own)
        return vectors, tokens

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        with self._lock:
            encoded = self._model.tokenizer(
                list(texts), add_special_tokens=False, return_attention_mask=False, truncation=False, verbose=False
            )
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def _distinct_batches(self, texts: Sequence[str]) -> Iterator[tuple[list[list[int]], list[str]]]:
        """Batches of distinct texts of about one length, each after the rows that each of its texts stands in."""
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            rows.setdefault(text, []).append(row)
        distinct = list(rows)
        for batch in batches(self._lengths(distinct), TOKENS_A_BATCH):
            chosen = [distinct[number] for number in batch]
            yield [rows[text] for text in chosen], chosen

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        """Tokens that each text takes in a batch, prompt and special tokens included."""
        extra = self.count_tokens([self._document_prompt])[0] + self._model.tokenizer.num_special_tokens_to_add()
        return [min(count + extra, self.max_length or count + extra) for count in self.count_tokens(texts)]

    def _encode(self, texts: list[str], prompt: str, threads: int) -> Vectors:
        import torch

        with self._lock:
            # the setting belongs to the calling thread, so it is made in every one
            if torch.get_num_threads() != threads:
                torch.set_num_threads(threads)
            return self._model.encode(
                texts, prompt=prompt, batch_size=len(texts), normalize_embeddings=True, show_progress_bar=False
            )

    def _encode_tokens(self, texts: list[str], prompt: str, threads: int) -> list[tuple[Vectors, Vectors]]:
        """The unit vector of each text and the vectors of its own tokens."""
        import torch

        with self._lock:
            if torch.get_num_threads() != threads:
                torch.set_num_threads(threads)
            found: Any = self._model.encode(
                texts, prompt=prompt, batch_size=len(texts), output_value=None, show_progress_bar=False
            )
        speaking = self._speaking
        skipped = self._vectors_of_prompts[prompt]
        embedded = []
        for item in found:
            whole: Vectors = item["sentence_embedding"].numpy()
            ids = item["input_ids"].numpy()[: len(item["token_embeddings"])]
            own = np.flatnonzero(speaking[ids])[skipped:]
            tokens: Vectors = item["token_embeddings"].numpy()[own if len(own) else slice(None)]
            embedded.append((whole / np.linalg.norm(whole), tokens))
        return embedded

    @cached_property
    def _vectors_of_prompts(self) -> dict[str, int]:
        """How many tokens of each prompt have a vector, which are none of the text's own."""
        prompts = [self._query_prompt, self._document_prompt]
        return dict(zip(prompts, self.count_vectors(prompts), strict=True))

    @cached_property
    def _speaking(self) -> NDArray[np.bool_]:
        """Which tokens of the vocabulary hold a letter or digit and are no special ones, bool `(vocabulary,)`."""
        tokenizer = self._model.tokenizer
        pieces = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
        speaking = np.array([any(map(str.isalnum, piece or "")) for piece in pieces])
        speaking[tokenizer.all_special_ids] = False
        return speaking


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Group the numbers of texts by length, longest first: each group, padded to its longest, fits `budget` tokens.

    A text that alone exceeds the budget is a group of its own.
    """
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > budget:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _local_folder(model: str | Path, hub: bool) -> Path:
    if Path(model).is_dir():
        return Path(model)
    if not hub or isinstance(model, Path):
        raise ModelNotFound(f"no folder {model}: name a sentence-transformers folder, or allow the hub")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    patterns = [f"*{suffix}" for suffix in sorted(MODEL_FILES)]
    try:
        return Path(snapshot_download(model, allow_patterns=patterns, ignore_patterns=["onnx/*", "openvino/*"]))
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as error:
        raise ModelDownloadFailed(f"{model} could not be had from the hub: {error}") from error


def _load(folder: Path) -> SentenceTransformer:
    require_safetensors(folder)
    with _collecting_nothing():
        prepare_libraries()
        import torch
        from sentence_transformers import SentenceTransformer

        options: dict[str, Any] = {"use_safetensors": True, "dtype": torch.float32}
        try:
            return SentenceTransformer(
                str(folder), local_files_only=True, trust_remote_code=False, model_kwargs=options
            ).eval()
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelError(f"{folder} holds no sentence-transformers model that can be loaded: {error}") from error


@contextmanager
def _collecting_nothing() -> Iterator[None]:
    """Importing makes a million objects that stay; looking through them for garbage again and again takes a second."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def prepare_libraries() -> None:
    """Import the model libraries in a state in which they ask no network and draw no bars."""
    # read when the libraries are imported; a model that is on disk must never wait for a network
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    # waiting threads must not spin: on cores that are shared with a language model that halves the speed
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from transformers.utils.logging import disable_progress_bar

    hide_bars: Callable[[], None] = disable_progress_bar  # Fundstelle shows its own
    hide_bars()


def require_safetensors(folder: Path) -> None:
    """Pickled weights can run code when they are read, so they are refused where no safe ones lie beside them."""
    weights = {path.parent for path in folder.rglob("*.safetensors")}
    pickled = [path for path in folder.rglob("pytorch_model*.bin") if path.parent not in weights]
    if pickled or not weights:
        raise ModelError(f"{folder}: only safetensors weights are read, and found {pickled or 'no weights'}")


def files_of(folder: Path) -> list[Path]:
    """The files of the model in `folder` that decide what vectors it gives, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.suffix in MODEL_FILES and path.name != "manifest.json")


def _sha256_of_files(folder: Path) -> str:
    """One SHA-256 over the names and contents of the model's files, in the order of their names."""
    digest = hashlib.sha256()
    for path in files_of(folder):
        digest.update(f"{sha256_of(path)}  {path.relative_to(folder)}\n".encode())
    return digest.hexdigest()
