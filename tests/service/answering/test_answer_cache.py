from __future__ import annotations

import msgspec

from service.answering.answer_cache import AnswerCache
from service.contracts.answers import AskRequest, Usage
from tests.service.fakes import refused

ONE, TWO, THREE = (AskRequest(question=question) for question in ("One?", "Two?", "Three?"))


def test_the_same_question_of_the_same_snapshot_has_the_same_answer_under_another_id() -> None:
    cache = AnswerCache(2)
    answer = msgspec.structs.replace(refused("One?"), usage=Usage(100, 10, 0), timings_ms={"total": 9000.0})
    cache.keep("a", ONE, answer)

    found = cache.find("a", AskRequest(question="One?"), 0.5)

    assert found is not None
    assert found.id != answer.id
    assert msgspec.structs.replace(found, id=answer.id) == msgspec.structs.replace(
        answer, timings_ms={"total": 0.5}, usage=Usage()
    )


def test_another_snapshot_or_any_other_request_is_another_question() -> None:
    cache = AnswerCache(2)
    cache.keep("a", ONE, refused("One?"))

    assert cache.find("b", ONE, 0.0) is None
    assert cache.find("a", AskRequest(question="one?"), 0.0) is None
    assert cache.find("a", AskRequest(question="One?", language="de"), 0.0) is None
    assert cache.find("a", AskRequest(question="One?", top_k=3), 0.0) is None


def test_what_was_not_asked_for_longest_goes_first() -> None:
    cache = AnswerCache(2)
    cache.keep("a", ONE, refused("One?"))
    cache.keep("a", TWO, refused("Two?"))
    assert cache.find("a", ONE, 0.0) is not None
    cache.keep("a", THREE, refused("Three?"))

    assert [cache.find("a", request, 0.0) is None for request in (ONE, TWO, THREE)] == [False, True, False]


def test_a_cache_of_no_size_keeps_nothing() -> None:
    cache = AnswerCache(0)
    cache.keep("a", ONE, refused("One?"))

    assert cache.find("a", ONE, 0.0) is None
