"""An encoder for any model that sentence-transformers can run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.encoder import Encoded, Vectors
from index.errors import ModelError
from index.libraries import prepare_libraries

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def load(folder: Path) -> LibraryEncoder:
    """The model in `folder`. Raises `ModelError` where it can't be loaded."""
    prepare_libraries()
    import torch
    from sentence_transformers import SentenceTransformer

    options: dict[str, Any] = {"use_safetensors": True, "dtype": torch.float32}
    try:
        model = SentenceTransformer(str(folder), local_files_only=True, trust_remote_code=False, model_kwargs=options)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"{folder} holds no sentence-transformers model that can be loaded: {error}") from error
    return LibraryEncoder(model.eval())


class LibraryEncoder:
    """An `Encoder`."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model
        self.prompts = {name: prompt or "" for name, prompt in model.prompts.items()}
        self.dim = int(model.get_embedding_dimension() or 0)
        self.max_length = int(model.get_max_seq_length() or 0)
        self.special_tokens = int(model.tokenizer.num_special_tokens_to_add())

    def token_ids(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text, without special ones, prompt and limit."""
        encoded = self._model.tokenizer(
            texts, add_special_tokens=False, return_attention_mask=False, truncation=False, verbose=False
        )
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def pieces(self) -> list[str]:
        """What each token of the vocabulary stands for; nothing for special ones."""
        tokenizer = self._model.tokenizer
        pieces = [piece or "" for piece in tokenizer.convert_ids_to_tokens(range(len(tokenizer)))]
        for special in tokenizer.all_special_ids:
            pieces[special] = ""
        return pieces

    def encode(self, texts: list[str], prompt: str) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm."""
        return self._model.encode(
            texts, prompt=prompt, batch_size=len(texts), normalize_embeddings=True, show_progress_bar=False
        )

    def encode_tokens(self, texts: list[str], prompt: str) -> list[Encoded]:
        """As `encode`, with the tokens."""
        found: Any = self._model.encode(
            texts, prompt=prompt, batch_size=len(texts), output_value=None, show_progress_bar=False
        )
        encoded = []
        for item in found:
            vector: Vectors = item["sentence_embedding"].numpy()
            tokens: Vectors = item["token_embeddings"].numpy()
            ids = item["input_ids"].numpy()[: len(tokens)]
            encoded.append(Encoded(vector / np.linalg.norm(vector), ids, tokens))
        return encoded
