from __future__ import annotations

import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from index.errors import ModelError
from index.ranking import PASSAGE, SENTENCE, WITHOUT_TOKENS, Ranking, features, load, scores, standardised

COLUMNS = {
    "vector": np.array([1.0, 2.0, 3.0], dtype=np.float32),
    "words": np.array([4.0, 0.0, 8.0], dtype=np.float32),
    "same_language": np.array([1.0, 0.0, 0.0], dtype=np.float32),
}


def test_features_are_compared_in_standard_deviations_of_the_candidates() -> None:
    scaled = {name: 7 * column + 3 for name, column in COLUMNS.items() if name != "same_language"}
    names = ("vector", "words")
    assert features(COLUMNS, names) == pytest.approx(features(scaled, names), abs=1e-6)
    assert features(COLUMNS, ("vector",))[:, 0] == pytest.approx([-1.2247, 0, 1.2247], abs=1e-4)


def test_words_of_another_language_and_what_is_not_known_count_nothing() -> None:
    matrix = features(COLUMNS, ("words_same_language", "tokens"))
    assert matrix == pytest.approx(np.array([[0.0, 0.0]] * 3))
    matrix = features(COLUMNS | {"words": np.array([10.0, 0.0, 8.0], dtype=np.float32)}, ("words_same_language",))
    assert matrix[0, 0] > 0
    assert matrix[1:, 0].tolist() == [0, 0]


def test_scores_are_weighted_sums() -> None:
    matrix = np.array([[1.0, 2.0], [3.0, -1.0]], dtype=np.float32)
    assert scores(matrix, {"b": 0.5, "a": 2.0}, ("a", "b")) == pytest.approx([3.0, 5.5])


def test_the_weights_that_ship_know_every_feature() -> None:
    shipped = load()
    assert (set(shipped.passage), set(shipped.sentence)) == (set(PASSAGE), set(SENTENCE))


@pytest.mark.parametrize(
    "content",
    [b"{", b'{"schema": 2, "passage": {}, "sentence": {}}', b'{"schema": 1, "passage": {"luck": 1}, "sentence": {}}'],
)
def test_weights_of_another_kind_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ranking.json").write_bytes(content)
    with pytest.raises(ModelError, match="no weights to rank with"):
        load(tmp_path / "ranking.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=re.escape(f"{tmp_path / 'none.json'}: no weights to rank with")):
        load(tmp_path / "none.json")


def test_values_that_are_all_the_same_tell_nothing() -> None:
    assert standardised(np.full(4, 0.3, dtype=np.float32)).tolist() == [0, 0, 0, 0]
    assert standardised(np.array([5.0], dtype=np.float32)).tolist() == [0]
    assert standardised(np.array([2.0, 4.0], dtype=np.float32)).tolist() == [-1, 1]


def test_a_feature_without_a_weight_counts_nothing() -> None:
    matrix = np.array([[1.0, 2.0], [3.0, -1.0]], dtype=np.float32)
    assert scores(matrix, {"a": 2.0}, ("a", "b")).tolist() == [2, 6]


def test_features_stand_in_the_order_of_their_names() -> None:
    one_way, other_way = (features(COLUMNS, names) for names in (("vector", "words"), ("words", "vector")))
    assert one_way.tolist() == other_way[:, ::-1].tolist()
    assert one_way.dtype == np.float32


@pytest.mark.parametrize(
    ("schema", "passage", "sentence"), [(2, {}, {}), (1, {"predecessor": 1.0}, {}), (1, {}, {"worst_met": 1.0})]
)
def test_weights_of_what_is_not_known_cant_be_made(
    schema: int, passage: dict[str, float], sentence: dict[str, float]
) -> None:
    with pytest.raises(ValueError, match="weights must be of schema 1"):
        Ranking(schema, passage, sentence)


def test_without_tokens_no_weight_is_left_to_tokens() -> None:
    weighed = {*WITHOUT_TOKENS.passage, *WITHOUT_TOKENS.sentence}
    assert weighed.isdisjoint({"tokens", "worst_met", "sentence_tokens"})


def test_weights_come_back_from_a_file_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "ranking.json").write_bytes(msgspec.json.encode(load()))
    assert load(tmp_path / "ranking.json") == load()
