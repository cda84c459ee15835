from __future__ import annotations

import pytest

from service.language_model.repetition import goes_in_circles


@pytest.mark.parametrize(
    "text",
    [
        "The ferry was sold because of the harbour, because of the harbour, because of the harbour.",
        "It was the wind of the wind of the wind of the wind",
        "no no no no no no",
    ],
)
def test_a_text_that_says_the_same_on_and_on_goes_in_circles(text: str) -> None:
    assert goes_in_circles(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It is a very, very, very long bridge.",
        "The bridge is long, the bridge is old, and the ferry is older.",
        "It cost 1, 2, 3, 4, 5, 6 and 7 euros.",
    ],
)
def test_other_texts_do_not(text: str) -> None:
    assert not goes_in_circles(text)
