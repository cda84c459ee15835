"""The claims that the verifier is measured on, the file that they are read from, and how sure a share of them is."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from service.evaluation.claims import FAULTS, Claim, Proportion, read
from service.evaluation.errors import GoldError

DATA = Path(__file__).with_name("data")
TEST, DEV, DEV2 = (read(DATA / name) for name in ("claims.jsonl", "claims.dev.jsonl", "claims.dev2.jsonl"))
CLAIM = {
    "id": "ferry-1",
    "question": "How long does the ferry take?",
    "sentence": "The ferry takes 20 minutes.",
    "sentence_language": "en",
    "evidence": [{"text": "Die Fähre braucht 20 Minuten.", "language": "de", "title": "Neue Fähre"}],
    "supported": True,
    "error": None,
    "note": "translation",
}

both = pytest.mark.parametrize("claims", [TEST, DEV, DEV2], ids=["test", "dev", "dev2"])


def test_the_test_set_holds_240_claims_half_of_them_right() -> None:
    assert Counter(claim.supported for claim in TEST) == {True: 120, False: 120}


def test_the_development_set_holds_120_claims_half_of_them_right() -> None:
    assert Counter(claim.supported for claim in DEV) == {True: 60, False: 60}


def test_the_second_development_set_holds_160_claims_half_of_them_right() -> None:
    assert Counter(claim.supported for claim in DEV2) == {True: 80, False: 80}


def test_the_second_development_set_has_every_error() -> None:
    assert {claim.error for claim in DEV2 if claim.error} == set(FAULTS)


def test_every_error_comes_often_enough_to_be_measured() -> None:
    assert Counter(claim.error for claim in TEST if claim.error) == {
        "number": 14, "name": 13, "direction": 14, "negation": 13, "tense": 14,
        "unit": 13, "scale": 13, "role": 13, "invented": 13,
    }  # fmt: skip


def test_every_error_comes_in_every_pair_of_languages() -> None:
    found = Counter((claim.error, claim.languages) for claim in TEST if claim.error)
    rare = [
        (error, languages)
        for error in sorted({claim.error for claim in TEST if claim.error})
        for languages in ("de<-de", "de<-en", "en<-de", "en<-en")
        if found[error, languages] < 3
    ]
    assert rare == []


def test_right_and_wrong_claims_are_spread_alike_over_languages() -> None:
    assert Counter((claim.languages, claim.supported) for claim in TEST) == {
        ("de<-de", True): 29, ("de<-de", False): 28, ("en<-en", True): 28, ("en<-en", False): 29,
        ("de<-en", True): 29, ("de<-en", False): 28, ("en<-de", True): 28, ("en<-de", False): 29,
        ("de<-mixed", True): 3, ("de<-mixed", False): 3, ("en<-mixed", True): 3, ("en<-mixed", False): 3,
    }  # fmt: skip


def test_the_amount_of_evidence_does_not_tell_right_from_wrong() -> None:
    sizes = {right: [len(claim.evidence) for claim in TEST if claim.supported == right] for right in (True, False)}
    assert abs(sum(sizes[True]) - sum(sizes[False])) <= 0.05 * sum(sizes[True])
    assert set(sizes[True]) == set(sizes[False]) == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize(("claims", "of_each"), [(TEST, 3), (DEV, 3), (DEV2, 4)], ids=["test", "dev", "dev2"])
def test_each_story_is_told_as_often_rightly_as_wrongly(claims: tuple[Claim, ...], of_each: int) -> None:
    told = Counter((claim.story, claim.supported) for claim in claims)
    assert set(told.values()) == {of_each}
    assert [claim.id for claim in claims] == [
        f"{story}-{n}" for story in dict.fromkeys(claim.story for claim in claims) for n in range(1, 2 * of_each + 1)
    ]


@both
def test_no_claim_copies_its_evidence(claims: tuple[Claim, ...]) -> None:
    copied = [c.id for c in claims if any(c.sentence.casefold() == source.text.casefold() for source in c.evidence)]
    assert copied == []


def test_the_test_set_shares_no_story_and_no_sentence_with_a_development_set() -> None:
    def texts(claims: tuple[Claim, ...]) -> set[str]:
        return {source.text for claim in claims for source in claim.evidence} | {claim.sentence for claim in claims}

    for other in (DEV, DEV2):
        assert texts(TEST) & texts(other) == set()
        assert {claim.story for claim in TEST} & {claim.story for claim in other} == set()


def _written(folder: Path, *changes: dict[str, Any]) -> Path:
    path = folder / "claims.jsonl"
    path.write_text("".join(json.dumps(CLAIM | change) + "\n" for change in changes), encoding="utf-8")
    return path


def test_a_claim_knows_its_story_and_its_languages(tmp_path: Path) -> None:
    english = {"text": "It leaves at noon.", "language": "en", "title": "New ferry"}
    single, mixed = read(
        _written(tmp_path, {}, {"id": "ferry-2", "evidence": [*CLAIM["evidence"], english]})  # type: ignore[misc]
    )

    assert (single.story, single.languages) == ("ferry", "en<-de")
    assert (mixed.story, mixed.languages) == ("ferry", "en<-mixed")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"supported": False}, "has an error where it is not supported"),
        ({"error": "number"}, "has an error where it is not supported"),
        ({"supported": False, "error": "spelling"}, "Invalid enum value 'spelling'"),
        ({"evidence": []}, "length >= 1"),
        ({"evidence": [*CLAIM["evidence"]] * 2}, "a sentence twice"),  # type: ignore[misc]
        ({"sentence": " "}, "matching regex"),
        ({"sentence": "One.\nTwo."}, "matching regex"),
        ({"id": "ferry"}, "matching regex"),
        ({"sentence_language": "fr"}, "Invalid enum value 'fr'"),
        ({"judge": "me"}, "unknown field `judge`"),
    ],
)
def test_a_broken_claim_is_named_with_its_line(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(GoldError, match=complaint) as caught:
        read(_written(tmp_path, {}, {"id": "ferry-2"} | change))

    assert caught.value.problems[0].startswith("claims.jsonl:2: ")


def test_a_repeated_id_is_named_with_both_lines(tmp_path: Path) -> None:
    with pytest.raises(GoldError) as caught:
        read(_written(tmp_path, {}, {"id": "ferry-2"}, {}))

    assert caught.value.problems == ("claims.jsonl:3: the id ferry-1 was used before, on line 1",)


def test_a_file_without_claims_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="holds no claim"):
        read(_written(tmp_path))
    with pytest.raises(GoldError, match="No such file"):
        read(tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 120, 0.0, 0.03102), (120, 120, 0.96898, 1.0), (3, 120, 0.00855, 0.07089), (5, 10, 0.23659, 0.76341)],
)
def test_the_interval_is_that_of_wilson(hits: int, n: int, low: float, high: float) -> None:
    assert Proportion(hits, n).interval() == pytest.approx((low, high), abs=1e-4)
