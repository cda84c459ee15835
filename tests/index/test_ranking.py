from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.errors import ModelError
from index.ranking import PASSAGE, SENTENCE, features, load, scores

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
