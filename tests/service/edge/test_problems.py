from __future__ import annotations

import json

from service import errors
from service.edge.problems import encode, internal, problem, served_errors


def test_an_error_becomes_the_document_that_its_class_says() -> None:
    document = json.loads(encode(problem(errors.BodyTooLarge("It has 300000 bytes."), "call-7")))
    assert document == {
        "type": "urn:fundstelle:problem:body-too-large",
        "title": "Body too large",
        "status": 413,
        "detail": "It has 300000 bytes.",
        "instance": "call-7",
    }


def test_the_parts_that_are_wrong_are_listed() -> None:
    document = json.loads(encode(problem(errors.NotReady("Not up: a, b.", ("a", "b")), "call-7")))
    assert (document["status"], document["errors"]) == (503, ["a", "b"])


def test_an_internal_error_points_at_the_log() -> None:
    document = internal("call-7")
    assert (document.type, document.status, document.instance) == ("urn:fundstelle:problem:internal", 500, "call-7")
    assert "call-7" in document.detail


def test_no_two_kinds_of_error_share_a_type_unless_they_are_abstract() -> None:
    types = [kind.type for kind in served_errors()]
    assert sorted(types) == sorted(set(types))


def test_every_kind_but_wrong_settings_may_be_served_with_an_error_status() -> None:
    kinds = served_errors()
    assert {errors.ServiceError, errors.InvalidBody, errors.MethodNotAllowed, errors.GeneratorTimeout} <= set(kinds)
    assert errors.SettingsError not in kinds
    assert all(400 <= kind.status <= 599 for kind in kinds)
