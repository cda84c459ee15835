from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from service.edge.outermost import Edge, Message, Receive, Scope, Send
from service.logs import LineFormatter

PATHS = ("/x",)


async def run(app: Any, *headers: tuple[bytes, bytes], method: str = "GET") -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    await Edge(app, PATHS)({"type": "http", "method": method, "path": "/x", "headers": list(headers)}, receive, send)
    return sent


def answering(*headers: tuple[bytes, bytes]) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"body of " + scope["method"].encode()})

    return app


def sent(app: Any, *headers: tuple[bytes, bytes], method: str = "GET") -> tuple[dict[bytes, bytes], list[Message]]:
    messages = asyncio.run(run(app, *headers, method=method))
    return dict(messages[0]["headers"]), messages


@pytest.mark.parametrize("given", [b"call-7", b"A.b_c-9", b"x" * 64])
def test_a_sane_request_id_is_kept(given: bytes) -> None:
    assert sent(answering(), (b"x-request-id", given))[0][b"x-request-id"] == given


@pytest.mark.parametrize("given", [b"", b"a b", b"x" * 65, b"id\n", b"<b>", b"\xff"])
def test_any_other_request_id_is_replaced(given: bytes) -> None:
    made = sent(answering(), (b"x-request-id", given))[0][b"x-request-id"]
    assert re.fullmatch(rb"[0-9a-f]{32}", made)


def test_every_request_without_an_id_gets_its_own() -> None:
    assert sent(answering())[0][b"x-request-id"] != sent(answering())[0][b"x-request-id"]


def test_every_response_gets_the_headers_that_its_route_does_not_set() -> None:
    headers, _ = sent(answering((b"Cache-Control", b"max-age=60")))
    assert headers[b"cache-control"] == b"max-age=60"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"content-security-policy"] == b"default-src 'none'; frame-ancestors 'none'"


def test_head_reaches_the_application_as_get_and_has_no_body() -> None:
    headers, messages = sent(answering((b"content-length", b"11")), method="HEAD")
    assert headers[b"content-length"] == b"11"
    assert messages[1]["body"] == b""
    assert sent(answering(), method="GET")[1][1]["body"] == b"body of GET"


def test_what_falls_through_the_application_is_an_internal_problem() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("secret")

    headers, messages = sent(app)
    assert (messages[0]["status"], headers[b"content-type"]) == (500, b"application/problem+json")
    assert b'"type":"urn:fundstelle:problem:internal"' in messages[1]["body"]
    assert b"secret" not in messages[1]["body"]


def test_a_response_that_breaks_off_is_left_incomplete_for_the_server_to_cut() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("in the middle")

    assert [message["type"] for message in sent(app)[1]] == ["http.response.start"]


async def cancelled(*, begun: bool) -> tuple[list[Message], bool]:
    """What is sent of a request that the server cancels, and whether the server hears of the cancelling."""
    made: list[Message] = []
    waiting = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        waiting.set()
        await asyncio.Event().wait()

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        made.append(message)

    scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
    serving = asyncio.ensure_future(Edge(app)(scope, receive, send))
    await waiting.wait()
    serving.cancel()
    await asyncio.wait({serving})
    return made, serving.cancelled()


def test_a_request_that_the_server_cancels_at_its_end_is_told_so() -> None:
    messages, raised = asyncio.run(cancelled(begun=False))
    assert messages[0]["status"] == 503
    assert b'"type":"urn:fundstelle:problem:stopping"' in messages[1]["body"]
    assert not raised, "the server would log what is no error"


def test_a_response_that_is_cancelled_in_the_middle_is_left_for_the_server_to_cut() -> None:
    messages, raised = asyncio.run(cancelled(begun=True))
    assert [message["type"] for message in messages] == ["http.response.start"]
    assert raised


def test_a_request_leaves_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="fundstelle")
    caplog.handler.setFormatter(LineFormatter(messages=False))
    sent(answering(), (b"x-request-id", b"call-7"), method="HEAD")
    (record,) = caplog.records
    fields = vars(record)["fields"]
    assert {**fields, "ms": 0} == {"method": "HEAD", "path": "/x", "status": 200, "ms": 0}
    assert "INFO fundstelle: request id=call-7 method=HEAD path=/x status=200 ms=" in caplog.text
    assert 0 <= fields["ms"] < 1000


def logged(*, method: str = "GET", path: str, template: str = "", status: int, texts: bool = False) -> tuple[str, str]:
    """Method and path in the line of a request, where the router finds `template` for it."""
    lines: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope |= {"path_template": template} if template else {}
        await send({"type": "http.response.start", "status": status, "headers": ()})

    async def ignored(*_: Any) -> Any: ...

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.edge.outermost.logger.info", lambda _, extra: lines.append(extra["fields"]))
        asyncio.run(Edge(app, PATHS, texts=texts)(scope, ignored, ignored))
    return lines[0]["method"], lines[0]["path"]


def test_the_log_has_a_path_only_where_something_is_served_there() -> None:
    article = "/v1/articles/{id:path}"
    assert logged(path="/x", status=405) == ("GET", "/x")
    assert logged(path="/x/", template="/x", status=200) == ("GET", "/x")
    assert logged(path="/Why did she leave?", status=404) == ("GET", "unmatched")
    assert logged(path="/v1/articles/a.md", template=article, status=200) == ("GET", "/v1/articles/a.md")
    assert logged(path="/v1/articles/Why?", template=article, status=404) == ("GET", article)
    assert logged(method="WHY", path="/x", status=405) == ("other", "/x")
    assert logged(path="/Why did she leave?", status=404, texts=True) == ("GET", "/Why did she leave?")
