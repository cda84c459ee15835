from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from index.e5 import bert_name, dequantise, read_packed, write_folder
from index.errors import ModelError

HIDDEN, LAYERS, FEED_FORWARD, VOCABULARY, POSITIONS, TYPES = 32, 2, 64, 3, 8, 2


def q4_block(scale: float, low: list[int], high: list[int]) -> bytes:
    return struct.pack("<e16B", scale, *(a | b << 4 for a, b in zip(low, high, strict=True)))


def packed_model(seed: int = 0) -> bytes:
    """A whole packed file in miniature, laid out as the real one, with random blocks."""
    random = np.random.default_rng(seed)
    tensors: list[tuple[str, int, int, bytes]] = []

    def matrix(name: str, count: int) -> None:
        blocks = b"".join(struct.pack("<e", float(random.normal())) + random.bytes(16) for _ in range(count // 32))
        tensors.append((name, 1, count, blocks))

    def vector(name: str, count: int) -> None:
        tensors.append((name, 0, count, random.normal(size=count).astype("<f4").tobytes()))

    matrix("emb.word", VOCABULARY * HIDDEN)
    vector("emb.pos", POSITIONS * HIDDEN)
    vector("emb.type", TYPES * HIDDEN)
    vector("emb.ln.w", HIDDEN)
    vector("emb.ln.b", HIDDEN)
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "ao"):
            matrix(f"l{layer}.{part}.w", HIDDEN * HIDDEN)
            vector(f"l{layer}.{part}.b", HIDDEN)
        matrix(f"l{layer}.fi.w", FEED_FORWARD * HIDDEN)
        vector(f"l{layer}.fi.b", FEED_FORWARD)
        matrix(f"l{layer}.fo.w", HIDDEN * FEED_FORWARD)
        vector(f"l{layer}.fo.b", HIDDEN)
        for part in ("aln", "oln"):
            vector(f"l{layer}.{part}.w", HIDDEN)
            vector(f"l{layer}.{part}.b", HIDDEN)
    header = struct.pack(
        "<4sI7ifi", b"E5S1", 1, HIDDEN, LAYERS, 2, FEED_FORWARD, VOCABULARY, POSITIONS, TYPES, 1e-12, 32
    )
    pieces = struct.pack("<5iQ", 2, 0, 2, 1, 3, 5) + struct.pack("<3I2f", 0, 2, 5, 0.0, -1.0) + b"abcde"
    head = header + pieces + struct.pack("<iI", 1, 4) + b"norm" + struct.pack("<i", len(tensors))
    at = len(head) + sum(2 + len(name) + 21 for name, *_ in tensors)
    directory, body = b"", b""
    for name, kind, count, content in tensors:
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, at, len(content))
        at += len(content)
        body += content
    return head + directory + body


def test_a_block_becomes_the_weights_computed_by_hand() -> None:
    block = q4_block(0.5, low=[8, 0, 15, 9, *[8] * 12], high=[7, 8, 1, *[8] * 12, 15])
    expected = np.zeros(32, dtype=np.float32)
    expected[1:4] = [-4.0, 3.5, 0.5]  # (0 - 8) / 2, (15 - 8) / 2, (9 - 8) / 2
    expected[16], expected[18], expected[31] = -0.5, -3.5, 3.5
    assert dequantise(np.frombuffer(block, dtype=np.uint8)).tolist() == expected.tolist()


@given(st.lists(st.tuples(st.floats(-8, 8, width=16), st.binary(min_size=16, max_size=16)), min_size=1, max_size=5))
def test_every_weight_is_its_half_byte_less_eight_times_the_scale(blocks: list[tuple[float, bytes]]) -> None:
    packed = b"".join(struct.pack("<e", scale) + halves for scale, halves in blocks)
    expected = [
        scale * (half - 8)
        for scale, halves in blocks
        for half in [*(b & 15 for b in halves), *(b >> 4 for b in halves)]
    ]
    assert dequantise(np.frombuffer(packed, dtype=np.uint8)).tolist() == expected


def test_the_header_and_every_tensor_are_read() -> None:
    shape, tensors = read_packed(packed_model())
    assert (shape.hidden, shape.layers, shape.feed_forward, shape.vocabulary) == (32, 2, 64, 3)
    assert shape.layer_norm_eps == 1e-12
    assert len(tensors) == 5 + 16 * LAYERS
    assert tensors["emb.word"].shape == (96,)


@pytest.mark.parametrize("cut", [3, 30, 60, 300, -1])
def test_a_file_that_is_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(ModelError, match=r"cut short|damaged"):
        read_packed(packed_model()[:cut])


def test_another_format_is_refused() -> None:
    with pytest.raises(ModelError, match="not a packed embedding model"):
        read_packed(b"GGUF" + packed_model()[4:])


def test_packed_names_become_the_names_of_a_bert_model() -> None:
    assert bert_name("emb.ln.b") == "embeddings.LayerNorm.bias"
    assert bert_name("l11.ao.w") == "encoder.layer.11.attention.output.dense.weight"
    assert bert_name("l0.oln.b") == "encoder.layer.0.output.LayerNorm.bias"


def test_the_folder_is_the_same_byte_for_byte_every_time(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        write_folder(packed_model(), b"{}", folder)
    contents = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in folders
    ]
    assert contents[0] == contents[1]
    assert len(contents[0]) == 8


def test_the_folder_holds_the_matrices_in_their_shapes(tmp_path: Path) -> None:
    write_folder(packed_model(), b"{}", tmp_path / "model")
    tensors = load_file(tmp_path / "model" / "model.safetensors")
    assert tensors["encoder.layer.1.intermediate.dense.weight"].shape == (FEED_FORWARD, HIDDEN)
    assert tensors["encoder.layer.1.output.dense.weight"].shape == (HIDDEN, FEED_FORWARD)
    assert tensors["embeddings.token_type_embeddings.weight"].shape == (TYPES, HIDDEN)
    assert not [name for name in tensors if "pooler" in name]
    flat = read_packed(packed_model())[1]["l1.q.w"]
    assert tensors["encoder.layer.1.attention.self.query.weight"].reshape(-1).tolist() == flat.tolist()


def test_the_configuration_has_the_prompts_of_the_model(tmp_path: Path) -> None:
    write_folder(packed_model(), b"{}", tmp_path / "model")
    written = json.loads((tmp_path / "model" / "config_sentence_transformers.json").read_bytes())
    assert written["prompts"] == {"query": "query: ", "document": "passage: ", "passage": "passage: "}
