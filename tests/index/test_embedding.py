from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embedding import SentenceTransformerEmbedder, batches
from index.errors import ModelError, ModelNotFound

TEXTS = [
    "A short line.",
    "The council decided on Monday to rebuild the bridge, which had been closed since the flood of the year before.",
    "Der Gemeinderat beschloss am Montag, die Brücke wieder aufzubauen.",
    "",
    "Rain " * 120,
    "A short line.",
]


@given(st.lists(st.integers(1, 600), max_size=60), st.integers(1, 2000))
def test_batches_hold_every_text_once_and_fit_the_budget(lengths: list[int], budget: int) -> None:
    made = list(batches(lengths, budget))
    assert sorted(number for batch in made for number in batch) == list(range(len(lengths)))
    for batch in made:
        assert len(batch) == 1 or len(batch) * max(lengths[number] for number in batch) <= budget


def test_batches_group_texts_of_like_length_longest_first() -> None:
    assert list(batches([5, 90, 6, 100, 5], budget=200)) == [[3, 1], [2, 0, 4]]


def test_importing_the_module_does_not_import_torch() -> None:
    code = "import sys, index.embedding; sys.exit('torch' in sys.modules or 'sentence_transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


def test_vectors_have_unit_norm_and_the_models_dimension(embedder: SentenceTransformerEmbedder) -> None:
    for vectors in (embedder.embed_documents(TEXTS), embedder.embed_queries(TEXTS[:2])):
        assert vectors.dtype == np.float32
        assert vectors.shape[1] == embedder.dim == 384
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_text_has_the_same_vector_alone_and_in_any_batch(embedder: SentenceTransformerEmbedder) -> None:
    together = embedder.embed_documents(TEXTS)
    alone = np.concatenate([embedder.embed_documents([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-5


def test_a_repeated_text_is_embedded_once_and_counted_every_time(embedder: SentenceTransformerEmbedder) -> None:
    done: list[int] = []
    vectors = embedder.embed_documents(TEXTS, progress=done.append)
    assert (vectors[0] == vectors[5]).all()
    assert sum(done) == len(TEXTS)


def test_no_texts_make_no_vectors(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.embed_documents([]).shape == (0, 384)
    assert embedder.embed_queries([]).shape == (0, 384)
    assert embedder.count_tokens([]) == []


def test_the_same_words_as_question_and_as_document_differ(embedder: SentenceTransformerEmbedder) -> None:
    question, document = embedder.embed_queries(TEXTS[1:2])[0], embedder.embed_documents(TEXTS[1:2])[0]
    assert 0.5 < float(question @ document) < 0.999


def test_a_question_is_nearest_to_its_answer_across_languages(embedder: SentenceTransformerEmbedder) -> None:
    documents = ["Die Brücke wird für zwei Millionen Euro neu gebaut.", "Der Bäcker öffnet sonntags um acht Uhr."]
    scores = embedder.embed_queries(["How much does the new bridge cost?"]) @ embedder.embed_documents(documents).T
    assert scores[0, 0] > scores[0, 1] + 0.03


def test_tokens_are_counted_without_prompt_special_tokens_and_limit(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.count_tokens(["", "Hello", "Hello world", "rain" + " rain" * 999]) == [0, 1, 2, 1000]


def test_what_lies_beyond_the_limit_is_cut_off(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.max_length == 512
    long = embedder.embed_documents(["rain " * 600 + tail for tail in ("", "and a bicycle")])
    assert np.abs(long[0] - long[1]).max() < 1e-6


def test_questions_run_on_one_core_in_whatever_thread_they_are_asked(embedder: SentenceTransformerEmbedder) -> None:
    import torch

    used: list[int] = []

    def ask() -> None:
        embedder.embed_queries(["Who rebuilt the bridge?"])
        used.append(torch.get_num_threads())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert used == [1]


def test_calls_from_many_threads_give_the_vectors_of_single_calls(embedder: SentenceTransformerEmbedder) -> None:
    expected = embedder.embed_queries(TEXTS[:3])
    found: dict[int, np.ndarray] = {}

    def ask(number: int) -> None:
        embedder.count_tokens([TEXTS[4]])
        found[number] = embedder.embed_queries([TEXTS[number]])[0]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.abs(np.stack([found[number] for number in range(3)]) - expected).max() < 1e-6


def test_the_identity_names_what_decides_the_vectors(embedder: SentenceTransformerEmbedder) -> None:
    identity = dict(embedder.identity())
    assert len(str(identity.pop("sha256"))) == 64
    assert identity == {
        "model": "multilingual-e5-small",
        "query_prompt": "query: ",
        "document_prompt": "passage: ",
        "dim": 384,
        "max_length": 512,
        "normalised": True,
    }


@pytest.fixture
def tiny_folder(tmp_path: Path, e5_folder: Path) -> Path:
    """A whole sentence-transformers folder with a random one-layer encoder and the default model's tokenizer."""
    import torch
    from transformers import BertConfig, BertModel

    folder = tmp_path / "tiny"
    shutil.copytree(e5_folder, folder, ignore=shutil.ignore_patterns("*.safetensors", "manifest.json"))
    config = json.loads((e5_folder / "config.json").read_bytes())
    config |= {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    torch.manual_seed(0)
    BertModel(BertConfig(**config), add_pooling_layer=False).save_pretrained(folder)
    pooling = {"word_embedding_dimension": 8, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


def test_another_model_without_prompts_can_be_named(tiny_folder: Path) -> None:
    (tiny_folder / "config_sentence_transformers.json").write_text("{}")
    embedder = SentenceTransformerEmbedder(str(tiny_folder), threads=1)
    assert (embedder.name, embedder.dim) == ("tiny", 8)
    assert (embedder.identity()["query_prompt"], embedder.identity()["document_prompt"]) == ("", "")
    assert np.abs(embedder.embed_queries(["rain"]) - embedder.embed_documents(["rain"])).max() < 1e-6


def test_the_identity_changes_with_every_file_of_the_model(tiny_folder: Path) -> None:
    before = SentenceTransformerEmbedder(tiny_folder).identity()
    assert SentenceTransformerEmbedder(tiny_folder).identity() == before
    config = tiny_folder / "tokenizer_config.json"
    config.write_text(config.read_text() + "\n")
    assert SentenceTransformerEmbedder(tiny_folder).identity()["sha256"] != before["sha256"]


def test_pickled_weights_are_refused(tiny_folder: Path) -> None:
    (tiny_folder / "model.safetensors").rename(tiny_folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="only safetensors"):
        SentenceTransformerEmbedder(tiny_folder)


def test_a_folder_of_garbage_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"garbage")
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(ModelError, match=str(tmp_path)):
        SentenceTransformerEmbedder(tmp_path)


def test_a_name_is_not_looked_up_on_the_hub_unless_that_is_allowed() -> None:
    with pytest.raises(ModelNotFound, match="allow the hub"):
        SentenceTransformerEmbedder("intfloat/multilingual-e5-small")


def test_nothing_touches_the_network(e5_folder: Path) -> None:
    code = """
import socket, sys
def refuse(*arguments, **named):
    raise AssertionError("the network was touched")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
from pathlib import Path
from index.embedding import SentenceTransformerEmbedder
vectors = SentenceTransformerEmbedder(Path(sys.argv[1])).embed_documents(["rain"])
assert vectors.shape == (1, 384)
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, e5_folder],
        cwd=root,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
