"""The claims bench over a few claims whose verdicts are plain, with an embedder that knows what its words mean."""

from __future__ import annotations

from typing import Any

import bilingual
import pytest
from bilingual import ConceptEmbedder

from service.evaluation.claims import Claim, Fault, SourceSentence
from service.evaluation.errors import GoldError

bench = bilingual.script("bench/claims.py")

OPENED = SourceSentence("The museum in Porthaven was opened in 1998.", "en", "Museum of Porthaven")
COST = SourceSentence("The bridge in Porthaven cost 14 million euros.", "en", "Bridge of Porthaven")
LENGTH = SourceSentence("It is 420 metres long.", "en", "Bridge of Porthaven")


def claim(number: int, sentence: str, *evidence: SourceSentence, error: Fault | None = None) -> Claim:
    question = "What is known of the museum and the bridge?"
    return Claim(f"town-{number}", question, sentence, "en", evidence, error is None, error, "made up")


# The third is wrong only in its label: it is let through whatever a verifier learns.
CLAIMS = (
    claim(1, "The bridge in Porthaven cost 14 million euros in all.", COST, LENGTH),
    claim(2, "The bridge in Porthaven cost 14 billion euros in all.", COST, LENGTH, error="scale"),
    claim(3, "The bridge in Porthaven cost 14 million euros.", COST, OPENED, error="invented"),
    claim(4, "The bridge in Porthaven cost fourteen thousand thousand euros.", COST, LENGTH),
)


@pytest.fixture(scope="module")
def judged() -> Any:
    return bench.judge(CLAIMS, ConceptEmbedder())


def test_a_claim_is_let_through_only_where_it_stands_in_the_answer_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    other = "The bridge in Porthaven cost 14 million euros in all, it says."
    assert [item.let_through for item in bench.judge(CLAIMS[:1], ConceptEmbedder())] == [True]
    monkeypatch.setattr(bench, "worded", lambda text, language: other)
    assert [item.let_through for item in bench.judge(CLAIMS[:1], ConceptEmbedder())] == [False]


def test_every_claim_goes_through_the_pipeline_with_its_own_evidence(judged: Any) -> None:
    assert [(item.claim.id, item.let_through) for item in judged] == [
        ("town-1", True), ("town-2", False), ("town-3", True), ("town-4", False),
    ]  # fmt: skip
    assert judged[1].reason == "quantity: no source states 1.4e+10 EUR"


def test_the_table_counts_what_was_let_through_and_what_was_stopped(judged: Any) -> None:
    rows = {line.split()[0]: line.split()[1:] for line in bench.table(judged)}

    assert rows["all"] == [
        "4", "0.500", "(0.150-0.850)", "0.500", "(0.095-0.905)", "0.500", "(0.095-0.905)",
    ]  # fmt: skip
    assert rows["scale"] == ["1", "1.000", "(0.207-1.000)", "0.000", "(0.000-0.793)", "-"]
    assert rows["invented"][3] == "1.000"
    assert "number" not in rows
    assert list(bench.table(judged))[-1] == "why wrong ones were stopped: quantity 1"


def test_only_misjudged_claims_are_listed_with_their_evidence(judged: Any) -> None:
    listed = "\n".join(bench.misjudged(judged))

    assert [line.split()[0] for line in listed.splitlines() if line.startswith("town")] == ["town-3", "town-4"]
    assert "town-3  en<-en  wrong (invented), let through" in listed
    assert f"    - {OPENED.text}" in listed


def test_evidence_that_does_not_reach_the_model_as_it_stands_is_an_error() -> None:
    two_in_one = SourceSentence("The bridge is open. Ferries stopped.", "en", "Bridge of Porthaven")

    with pytest.raises(GoldError, match="town-5: the model was shown other evidence"):
        bench.judge([claim(5, "The bridge is open.", two_in_one)], ConceptEmbedder())
