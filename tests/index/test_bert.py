"""The encoder that needs no library but PyTorch gives what sentence-transformers gives, or leaves the model to it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import bert, library_encoder
from index.bert import BertEncoder
from index.embedding import SentenceTransformerEmbedder
from index.errors import ModelError
from index.library_encoder import LibraryEncoder

ROOT = Path(__file__).parents[2]
TEXTS = [
    "Die Brücke kostet 14,3 Millionen Euro.",
    "",
    "  \t\n ",
    "rain " * 700,
    "a\0b \u202eevil\u200b 🌉 日本語 …",
    "<s> <mask> </s> passage:",
    "ﬁ Å é ½ İ ß",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, e5_folder: Path) -> Path:
    """A folder as that of the default model, with two random layers."""
    import torch
    from transformers import BertConfig, BertModel

    made = tmp_path_factory.mktemp("models") / "random"
    shutil.copytree(e5_folder, made, ignore=shutil.ignore_patterns("*.safetensors", "manifest.json"))
    config = json.loads((e5_folder / "config.json").read_bytes())
    config |= {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    torch.manual_seed(0)
    BertModel(BertConfig(**config, initializer_range=0.5), add_pooling_layer=False).save_pretrained(made)
    _say(made / "1_Pooling" / "config.json", word_embedding_dimension=8)
    return made


@pytest.fixture(scope="module")
def ours(folder: Path) -> BertEncoder:
    encoder = bert.load(folder)
    assert encoder is not None
    return encoder


@pytest.fixture(scope="module")
def theirs(folder: Path) -> LibraryEncoder:
    return library_encoder.load(folder)


def _say(path: Path, **fields: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_bytes()) | fields))


def test_texts_have_the_vectors_that_the_library_gives(ours: BertEncoder, theirs: LibraryEncoder) -> None:
    assert ours.encode(TEXTS, "passage: ") == pytest.approx(theirs.encode(TEXTS, "passage: "), abs=1e-6)
    assert ours.encode(TEXTS[4:5], "") == pytest.approx(theirs.encode(TEXTS[4:5], ""), abs=1e-6)


def test_tokens_have_the_vectors_that_the_library_gives(ours: BertEncoder, theirs: LibraryEncoder) -> None:
    for own, expected in zip(ours.encode_tokens(TEXTS, "query: "), theirs.encode_tokens(TEXTS, "query: "), strict=True):
        assert own.ids.tolist() == expected.ids.tolist()[: len(own.ids)]
        assert own.vector == pytest.approx(expected.vector, abs=1e-6)
        assert own.tokens == pytest.approx(expected.tokens[: len(own.ids)], abs=1e-5)


def test_texts_are_cut_and_counted_as_the_library_does(ours: BertEncoder, theirs: LibraryEncoder) -> None:
    assert len(ours.encode_tokens(TEXTS[3:4], "")[0].ids) == 512
    assert ours.token_ids(TEXTS) == theirs.token_ids(TEXTS)
    assert (ours.max_length, ours.dim, ours.special_tokens) == (theirs.max_length, theirs.dim, theirs.special_tokens)
    assert ours.prompts == theirs.prompts


def test_the_vocabulary_is_the_librarys(ours: BertEncoder, theirs: LibraryEncoder) -> None:
    pieces = theirs.pieces()
    assert ours.pieces()[: len(pieces)] == pieces
    assert not any(ours.pieces()[len(pieces) :])


def test_the_default_model_needs_neither_transformers_nor_sentence_transformers(e5_folder: Path) -> None:
    code = """
import sys
from pathlib import Path
from index.embedding import SentenceTransformerEmbedder
SentenceTransformerEmbedder(Path(sys.argv[1])).embed_query_tokens(["rain"])
assert not {"transformers", "sentence_transformers", "sklearn", "scipy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, e5_folder], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("config.json", {"model_type": "roberta"}),
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"is_decoder": True}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        ("config.json", {"quantization_config": {"bits": 8}}),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True}),
        ("1_Pooling/config.json", {"include_prompt": False}),
        ("1_Pooling/config.json", {"pooling_mode": "max"}),
        ("sentence_bert_config.json", {"do_lower_case": True}),
        ("sentence_bert_config.json", {"max_seq_length": 4096}),
        ("sentence_bert_config.json", {"model_args": {"attn_implementation": "eager"}}),
        ("config_sentence_transformers.json", {"model_type": "SparseEncoder"}),
        ("tokenizer_config.json", {"tokenizer_class": "BertTokenizerFast"}),
        ("tokenizer_config.json", {"padding_side": "left"}),
        ("tokenizer_config.json", {"truncation_side": "left"}),
    ],
)
def test_what_is_not_known_is_left_to_the_library(
    folder: Path, tmp_path: Path, name: str, says: dict[str, Any]
) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    _say(other / name, **says)
    assert bert.load(other) is None


def test_one_more_step_is_left_to_the_library(folder: Path, tmp_path: Path) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    steps = json.loads((other / "modules.json").read_bytes())
    steps.append({"idx": 3, "name": "3", "path": "3_Dense", "type": "sentence_transformers.models.Dense"})
    (other / "modules.json").write_text(json.dumps(steps))
    assert bert.load(other) is None


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_cut_file_is_refused_by_the_name_of_the_model(folder: Path, tmp_path: Path, name: str) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    content = (other / name).read_bytes()
    (other / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=str(other)):
        SentenceTransformerEmbedder(other)


def test_weights_of_another_shape_are_refused_when_they_are_loaded(folder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    other = shutil.copytree(folder, tmp_path / "other")
    weights = load_file(other / "model.safetensors")
    weights["encoder.layer.1.output.dense.weight"] = np.zeros((8, 15), dtype=np.float32)
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=str(other)):
        SentenceTransformerEmbedder(other)
