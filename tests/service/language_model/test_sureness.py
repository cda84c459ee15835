from __future__ import annotations

import math

import pytest

from service.generators import Token
from service.language_model.sureness import Sureness


def test_the_first_token_tells_how_nearly_nothing_was_said() -> None:
    sureness = Sureness()
    candidates = ((" NOT", math.log(0.3)), ("N", math.log(0.05)), ("Meta", math.log(0.6)), ("", math.log(0.01)))
    sureness.hear([Token("Meta", math.log(0.6), candidates)])
    sureness.hear([Token(" NOT", math.log(0.5), ((" NOT", math.log(0.5)),))])
    assert sureness.not_stated == pytest.approx(0.35)


def test_the_likelihood_is_the_geometric_mean_over_tokens() -> None:
    sureness = Sureness()
    sureness.hear([Token("a", math.log(0.9)), Token("b", math.log(0.4))])
    assert sureness.tells
    assert sureness.likelihood == pytest.approx(0.6)


def test_a_backend_that_tells_nothing_counts_as_sure() -> None:
    sureness = Sureness()
    sureness.hear([])
    assert (sureness.tells, sureness.not_stated, sureness.likelihood) == (False, 0.0, 1.0)


@pytest.mark.parametrize(
    ("token", "candidates", "opposite"),
    [
        ("Ja", {"Ja": 0.4, " Yes": 0.05, "Ne": 0.15}, 0.25),
        ("No", {"No": 0.3, "Yes": 0.3, "Not": 0.2}, 0.5),
        ("Meta", {"Meta": 0.6, "No": 0.3}, 0.0),
        ("Yes", {}, 0.0),
    ],
)
def test_a_yes_tells_how_nearly_it_was_a_no(token: str, candidates: dict[str, float], opposite: float) -> None:
    sureness = Sureness()
    sureness.hear([Token(token, -0.5, tuple((text, math.log(chance)) for text, chance in candidates.items()))])
    assert sureness.opposite == pytest.approx(opposite)
