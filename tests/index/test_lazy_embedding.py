"""A model is loaded when a text has to be embedded, and taken for what it was as long as its files are the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from index.embedding import TokenEmbedder
from index.errors import ModelError
from index.lazy_embedding import LazyEmbedder
from tests.index.conftest import TokenHashEmbedder


class Model(TokenHashEmbedder):
    """Reads what it is from its file."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._weights = (folder / "model.safetensors").read_text()

    def identity(self) -> dict[str, str | int | bool]:
        return {**super().identity(), "weights": self._weights}


class Loading:
    """A folder with a model, and how often it was loaded."""

    def __init__(self, directory: Path) -> None:
        self.folder, self.remembered = directory / "model", directory / "cache" / "model.json"
        self.folder.mkdir()
        self.times = 0
        self.write("first")

    def write(self, weights: str) -> None:
        (self.folder / "model.safetensors").write_text(weights)

    def lazy(self) -> LazyEmbedder:
        return LazyEmbedder(self.folder, self._load, self.remembered)

    def _load(self) -> TokenEmbedder:
        self.times += 1
        return Model(self.folder)


@pytest.fixture
def loading(tmp_path: Path) -> Loading:
    return Loading(tmp_path)


def test_a_model_is_loaded_once_to_know_what_it_is_and_not_again(loading: Loading) -> None:
    first = loading.lazy()
    known = first.identity(), first.dim, first.name
    again = loading.lazy()

    assert (again.identity(), again.dim, again.name) == known
    assert isinstance(again, TokenEmbedder)
    assert (first.is_loaded, again.is_loaded, loading.times) == (True, False, 1)


def test_it_gives_what_the_model_gives(loading: Loading) -> None:
    lazy, model, texts = loading.lazy(), Model(loading.folder), ["a ferry", "a long bridge"]

    assert lazy.count_tokens(texts) == model.count_tokens(texts)
    assert lazy.count_vectors(texts) == model.count_vectors(texts)
    assert lazy.embed_documents(texts).tobytes() == model.embed_documents(texts).tobytes()
    assert lazy.embed_queries(texts).tobytes() == model.embed_queries(texts).tobytes()
    for own, other in (
        (lazy.embed_document_tokens(texts), model.embed_document_tokens(texts)),
        (lazy.embed_query_tokens(texts), model.embed_query_tokens(texts)),
    ):
        assert own[0].tobytes() == other[0].tobytes()
        assert [tokens.tobytes() for tokens in own[1]] == [tokens.tobytes() for tokens in other[1]]
    assert loading.times == 1


def test_a_model_whose_files_have_changed_is_looked_at_again(loading: Loading) -> None:
    loading.lazy().identity()
    loading.write("other")

    assert loading.lazy().identity()["weights"] == "other"
    assert loading.times == 2


def test_a_file_that_was_put_in_its_place_with_the_same_size_and_time_is_noticed(loading: Loading) -> None:
    loading.lazy().identity()
    path = loading.folder / "model.safetensors"
    before = path.stat()
    loading.write("FIRST")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert loading.lazy().identity()["weights"] == "FIRST"


def test_a_model_that_turns_out_to_be_another_is_refused_and_then_taken_for_what_it_is(loading: Loading) -> None:
    loading.lazy().identity()
    lazy = loading.lazy()
    loading.write("other")

    with pytest.raises(ModelError, match="not what it was when it was last loaded; run this again"):
        lazy.embed_documents(["a ferry"])
    assert loading.lazy().identity()["weights"] == "other"


@pytest.mark.parametrize("content", [b"", b"{}", b"0" * 64 + b'\n{"folder": 1}'])
def test_what_is_damaged_is_not_believed(loading: Loading, content: bytes) -> None:
    loading.lazy().identity()
    loading.remembered.write_bytes(content)

    assert loading.lazy().identity()["weights"] == "first"
    assert loading.times == 2


def test_no_flipped_bit_is_believed(loading: Loading) -> None:
    known = loading.lazy().identity()
    whole = loading.remembered.read_bytes()
    for offset in range(len(whole)):
        loading.remembered.write_bytes(whole[:offset] + bytes([whole[offset] ^ 4]) + whole[offset + 1 :])
        assert loading.lazy().identity() == known


def test_a_model_in_another_place_is_another(loading: Loading, tmp_path: Path) -> None:
    loading.lazy().identity()
    loading.folder.rename(tmp_path / "moved")
    loading.folder = tmp_path / "moved"
    loading.lazy().identity()

    assert loading.times == 2
