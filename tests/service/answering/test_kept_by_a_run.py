"""Which sources of a dropped sentence may answer in their own words."""

from __future__ import annotations

from typing import cast

import pytest

from service.answering.clock import Clock
from service.answering.draft import Draft
from service.answering.run import Run
from service.search.finding import Finder, Finding
from service.verification.checking import Checked
from tests.service.sources import source

MEANT = source("The bridge in Porthaven cost 14.3 million euros.")


@pytest.mark.parametrize(
    ("reason", "may_answer"),
    [
        ("premise: no source says this of what was asked about", True),
        ("role: bridge / hallstrom where the source has bridge / porthaven", True),
        ("type: no source has a word of what the question asks of", True),
        ("role: told of porthaven in the source, not of hallstrom", False),
        ("role: Porthaven, not Hallstrom, does so in the source", False),
        ("role: no source mentions a founder", False),
        ("type: the question asks for something that is not here (amount)", False),
        ("direction: fall where the source has rise", False),
        ("quantity: no source states 15 EUR", False),
    ],
)
def test_a_source_may_answer_unless_it_tells_of_somebody_else_or_something_else(reason: str, may_answer: bool) -> None:
    run = Run(cast(Finder, None), cast(Finding, None), (MEANT,), Draft(), Clock())
    run.reject(Checked("It cost 15 million euros.", (), 0.5, reason, MEANT))
    assert run.miswritten == [MEANT] * may_answer
