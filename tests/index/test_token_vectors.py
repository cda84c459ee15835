"""Which tokens of a text have a vector, with a model of one small random layer that is made here."""

from __future__ import annotations

import numpy as np
import pytest

from index.embedding import SentenceTransformerEmbedder, TokenEmbedder

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "passage", "query", ":", "the", "mill", "##s", "14", ".", "?"]
PROMPTS = {"query": "query: ", "document": "passage: "}
TEXTS = ["The mills.", "14 ? the", "? ..", ""]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformerEmbedder:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("tiny")
    (source / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
        initializer_range=0.5,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(source)
    BertTokenizerFast(str(source / "vocab.txt"), model_max_length=16).save_pretrained(source)
    SentenceTransformer(str(source), prompts=PROMPTS, device="cpu").save(str(folder))
    return SentenceTransformerEmbedder(folder, threads=1)


def test_only_tokens_with_a_letter_or_digit_are_counted(tiny: SentenceTransformerEmbedder) -> None:
    assert isinstance(tiny, TokenEmbedder)
    assert tiny.count_tokens(TEXTS) == [4, 3, 3, 0]
    assert tiny.count_vectors(TEXTS) == [3, 2, 0, 0]
    assert tiny.count_vectors([]) == []


def test_counting_knows_no_limit(tiny: SentenceTransformerEmbedder) -> None:
    assert tiny.max_length == 16
    assert tiny.count_vectors(["the mill. " * 50]) == [100]


def test_a_text_has_as_many_vectors_as_are_counted(tiny: SentenceTransformerEmbedder) -> None:
    for vectors, tokens in (tiny.embed_document_tokens(TEXTS[:2]), tiny.embed_query_tokens(TEXTS[:2])):
        assert [own.shape for own in tokens] == [(3, 8), (2, 8)]
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_vectors_of_texts_are_those_without_tokens_and_prompts_tell_questions_from_documents(
    tiny: SentenceTransformerEmbedder,
) -> None:
    documents, of_documents = tiny.embed_document_tokens(TEXTS[:2])
    questions, of_questions = tiny.embed_query_tokens(TEXTS[:2])

    assert documents == pytest.approx(tiny.embed_documents(TEXTS[:2]), abs=1e-5)
    assert questions == pytest.approx(tiny.embed_queries(TEXTS[:2]), abs=1e-5)
    assert np.abs(of_documents[0] - of_questions[0]).max() > 1e-3


def test_tokens_are_the_words_own_in_their_order(tiny: SentenceTransformerEmbedder) -> None:
    """The states of the last layer at `the`, `mill` and `##s`: behind [CLS] and the two tokens of the prompt."""
    _, (tokens,) = tiny.embed_document_tokens(["The mills."])
    states = tiny._model.encode("The mills.", prompt="passage: ", output_value="token_embeddings")

    assert tokens == pytest.approx(states.numpy()[3:6], abs=1e-5)


def test_a_text_without_letters_is_told_by_all_its_tokens(tiny: SentenceTransformerEmbedder) -> None:
    _, (tokens,) = tiny.embed_document_tokens(["? .."])
    states = tiny._model.encode("? ..", prompt="passage: ", output_value="token_embeddings")

    assert tokens == pytest.approx(states.numpy(), abs=1e-5)
