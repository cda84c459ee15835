"""The embedding model: a packed 4-bit file of multilingual-e5-small becomes a sentence-transformers folder.

The packed file (little endian) starts with `E5S1`, holds a header, a tokenizer that is not used here, a directory of
tensors, and the tensors. A matrix is a run of Q4_0 blocks: one float16 scale and 16 bytes for 32 weights, where byte j
holds weight j in its low and weight j + 16 in its high half, and a weight is `(half - 8) * scale`
(https://github.com/ggml-org/ggml, `dequantize_row_q4_0`). The same file gives the same folder, byte for byte.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from index.errors import ModelError

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
F32, Q4_0 = 0, 1

Weights = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the encoder, as the packed file's header gives them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    layer_norm_eps: float


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a tensor lies in the packed file: `offset` and `size` in bytes, `count` in weights."""

    kind: int
    count: int
    offset: int
    size: int


def dequantise(blocks: NDArray[np.uint8]) -> Weights:
    """The weights of Q4_0 `blocks`: uint8 `(18 * n,)` -> float32 `(32 * n,)`, exact."""
    rows = blocks.reshape(-1, BLOCK_BYTES)
    scales = rows[:, :2].copy().view("<f2").astype(np.float32)
    weights = np.empty((len(rows), BLOCK), dtype=np.float32)
    weights[:, : BLOCK // 2] = rows[:, 2:] & 0x0F
    weights[:, BLOCK // 2 :] = rows[:, 2:] >> 4
    weights -= 8
    weights *= scales
    return weights.reshape(-1)


def read_packed(packed: bytes) -> tuple[Shape, dict[str, Weights]]:
    """The encoder's sizes and its tensors by their packed names, each flat.

    Raises `ModelError` where `packed` is not such a file or is cut short.
    """
    try:
        shape, directory = _read_directory(packed)
    except (struct.error, UnicodeDecodeError) as error:
        raise ModelError(f"the packed embedding model is cut short or damaged: {error}") from error
    return shape, {name: _read_tensor(packed, name, entry) for name, entry in directory.items()}


def _read_directory(packed: bytes) -> tuple[Shape, dict[str, Entry]]:
    magic, version, *sizes, block = struct.unpack_from("<4sI7ifi", packed, 0)
    if (magic, version, block) != (MAGIC, 1, BLOCK):
        raise ModelError(f"not a packed embedding model of version 1 in blocks of {BLOCK}: {(magic, version, block)}")
    at = _after_tokenizer(packed, struct.calcsize("<4sI7ifi"))
    (tensors,) = struct.unpack_from("<i", packed, at)
    at += 4
    directory: dict[str, Entry] = {}
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", packed, at)
        name = packed[at + 2 : at + 2 + length].decode("ascii")
        at += 2 + length
        directory[name] = Entry(*struct.unpack_from("<BIQQ", packed, at))
        at += struct.calcsize("<BIQQ")
    hidden, layers, heads, feed_forward, vocabulary, positions, token_types, eps = sizes
    shape = Shape(hidden, layers, heads, feed_forward, vocabulary, positions, token_types, _shortest(eps))
    return shape, directory


def _after_tokenizer(packed: bytes, at: int) -> int:
    pieces, _bos, _eos, _pad, _unknown, blob = struct.unpack_from("<5iQ", packed, at)
    at += struct.calcsize("<5iQ") + 4 * (pieces + 1) + 4 * pieces + blob
    _entries, size = struct.unpack_from("<iI", packed, at)
    return at + struct.calcsize("<iI") + int(size)


def _shortest(value: float) -> float:
    """The number that was meant by a float32: 1e-12, not 9.999999960041972e-13."""
    return float(str(np.float32(value)))


def _read_tensor(packed: bytes, name: str, entry: Entry) -> Weights:
    expected = entry.count * 4 if entry.kind == F32 else entry.count // BLOCK * BLOCK_BYTES
    if entry.kind not in (F32, Q4_0) or entry.size != expected or entry.offset + entry.size > len(packed):
        raise ModelError(f"the packed embedding model is damaged at tensor {name}: {entry}, {len(packed)} bytes in all")
    if entry.kind == F32:
        return np.frombuffer(packed, dtype="<f4", count=entry.count, offset=entry.offset)
    return dequantise(np.frombuffer(packed, dtype=np.uint8, count=entry.size, offset=entry.offset))


_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def bert_name(packed_name: str) -> str:
    """The name of a packed tensor in a `BertModel`: `l3.fi.w` -> `encoder.layer.3.intermediate.dense.weight`."""
    if packed_name in _EMBEDDINGS:
        return _EMBEDDINGS[packed_name]
    layer, part, kind = packed_name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def bert_tensors(shape: Shape, packed: Mapping[str, Weights]) -> dict[str, Weights]:
    """The tensors under their `BertModel` names and in their shapes (a matrix is `(out, in)`)."""
    rows = {"fi": shape.feed_forward, "word": shape.vocabulary, "pos": shape.positions, "type": shape.token_types}
    tensors: dict[str, Weights] = {}
    for name, weights in packed.items():
        part = name.split(".")[1]
        is_vector = name.endswith(".b") or part in ("ln", "aln", "oln")
        tensors[bert_name(name)] = weights if is_vector else weights.reshape(rows.get(part, shape.hidden), -1)
    return tensors


def write_folder(packed: bytes, tokenizer: bytes, folder: Path) -> None:
    """Write a sentence-transformers folder of `packed` (an `e5-small-q4.bin`) and `tokenizer` (a `tokenizer.json`)."""
    shape, tensors = read_packed(packed)
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "tokenizer.json").write_bytes(tokenizer)
    for name, content in _configuration(shape).items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    # transformers refuses safetensors whose metadata does not say which framework they are for
    weights = folder / "model.safetensors"
    save_file(bert_tensors(shape, tensors), weights, metadata={"format": "pt"})
    weights.chmod(0o644)  # the library makes it unreadable for others, such as the user that the service runs as


PROMPTS = {
    "prompts": {"query": "query: ", "document": "passage: ", "passage": "passage: "},
    "default_prompt_name": None,
    "similarity_fn_name": "cosine",
}
"""`config_sentence_transformers.json`: what the model's card asks to be put before a question and before a text."""


def _configuration(shape: Shape) -> dict[str, object]:
    special = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>"}
    special |= {"pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
    return {
        "config.json": _bert_configuration(shape),
        "config_sentence_transformers.json": PROMPTS,
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        # Without add_pooling_layer the library adds a randomly initialised layer that nothing uses.
        "sentence_bert_config.json": {
            "max_seq_length": shape.positions,
            "do_lower_case": False,
            "model_args": {"add_pooling_layer": False},
        },
        "1_Pooling/config.json": {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True},
        # The class that takes tokenizer.json as it is, instead of rebuilding it from its vocabulary.
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "padding_side": "right",
            "clean_up_tokenization_spaces": False,
            **special,
        },
    }


def _bert_configuration(shape: Shape) -> dict[str, object]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "dtype": "float32",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.feed_forward,
        "hidden_act": "gelu",
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.token_types,
        "layer_norm_eps": shape.layer_norm_eps,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
    }
