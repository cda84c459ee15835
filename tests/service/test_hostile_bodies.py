"""Bodies and heads that no honest client sends, as bytes, to all of `python -m service`: no hang, and never a 500."""

from __future__ import annotations

import gzip
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.edge.body import BODY_DEPTH
from tests.service.processes import ROOT, environment, ready_url

KEY = "a-key-of-the-tests-0123456789"
SECONDS = 4.0

DEEP = 100_000
BODIES = {
    "nothing": b"",
    "space": b" \r\n\t",
    "not JSON": b"question=Why%3F",
    "half": b'{"question": "Wh',
    "bad UTF-8": b'{"question": "\xff\xfe"}',
    "UTF-16": '{"question": "a"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"question": "a"}',
    "a surrogate in bytes": b'{"question": "\xed\xa0\x80"}',
    "half a pair": b'{"question": "\\ud800"}',
    "a pair in reverse": b'{"question": "\\udc00\\ud800"}',
    "half a pair as a name": b'{"\\ud83d": 1}',
    "overlong": b'{"question": "\xc0\xaf"}',
    "NUL as it is": b'{"question": "a\x00b"}',
    "NUL escaped": b'{"question": "a\\u0000b", "title": "\\u0000", "text": "\\u0000"}',
    "NUL as a name": b'{"\\u0000": 1}',
    "deep arrays": b"[" * DEEP,
    "deep arrays, closed": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep in a field": b'{"question": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "as deep as may be": b"[" * BODY_DEPTH + b"]" * BODY_DEPTH,
    "too large a number": b'{"top_k": 1e999, "n": 1e999, "question": "a"}',
    "too small a number": b'{"top_k": -1e999, "n": 1e-999, "question": "a"}',
    "many digits": b'{"top_k": ' + b"9" * 400 + b', "question": "a"}',
    "very many digits": b'{"top_k": ' + b"9" * 100_000 + b', "question": "a"}',
    "many digits behind the point": b'{"top_k": 1.' + b"0" * 100_000 + b', "question": "a"}',
    "a huge exponent": b'{"top_k": 1e' + b"9" * 1000 + b', "question": "a"}',
    "NaN": b'{"top_k": NaN, "question": "a"}',
    "minus infinity": b'{"top_k": -Infinity, "question": "a"}',
    "a number": b"1e400",
    "a text": b'"question"',
    "an array": b'[{"question": "a"}]',
    "null": b"null",
    "names twice": b'{"question": "a", "question": 1, "wait": true, "wait": "no"}',
    "numbers for texts": b'{"question": 1, "title": 1, "text": 1, "messages": 1, "changes": 1, "wait": 1}',
    "objects for texts": b'{"question": {}, "title": {}, "text": {}, "messages": {}, "changes": {}, "wait": {}}',
    "nulls": b'{"question": null, "title": null, "text": null, "messages": null, "changes": null, "wait": null}',
    "more behind it": b'{"question": "a"}{"question": "b"}',
    "a comment": b'{"question": "a" /* b */}',
    "prototypes": b'{"__proto__": {"question": "a"}, "constructor": 1}',
    "many names": b"{" + b",".join(b'"n%d":1' % n for n in range(20_000)) + b"}",
    "a million spaces": b" " * 1_000_000,
    "a gzip": gzip.compress(b'{"question": "a"}'),
    "random": bytes((n * 7919 + n // 3) % 256 for n in range(5_000)),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Where a service listens that waits a second for what does not come. Its log has no error at the end."""
    folder = tmp_path_factory.mktemp("hostile")
    with (folder / "log").open("w+") as log, subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "serve_fake.py"), "ok"],
        env=environment(
            BODY_TIMEOUT="1", ADMIN_KEY=KEY, INDEX=str(folder / "index"), KEY_PER_MINUTE="0", KEY_PER_DAY="0",
        ),
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=log,
    ) as process:  # fmt: skip
        yield "127.0.0.1", int(ready_url(process).rpartition(":")[2])
        process.terminate()
        assert process.wait(20) == 0
        written = (folder / "log").read_text()
        assert "ERROR" not in written and "Traceback" not in written, written[-3000:]


@pytest.fixture(scope="module")
def document(address: tuple[str, int]) -> Any:
    return httpx.get(f"http://127.0.0.1:{address[1]}/openapi.json", timeout=60).json()


def answered(address: tuple[str, int], *pieces: bytes, pause: float = 0.02, ends: bool = False) -> bytes:
    """What came back until the service closed the connection, within the time that any client may take.

    With `ends`, the client says that it has sent everything. Fails where the connection is left open.
    """
    received = b""
    deadline = time.monotonic() + SECONDS
    with socket.create_connection(address, timeout=SECONDS) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65_536):
                received += chunk
                assert time.monotonic() < deadline, received
        except (ConnectionResetError, BrokenPipeError):
            pass
    return received


def head(method: str, path: str, *lines: str, version: str = "HTTP/1.1") -> bytes:
    fields = ["Host: localhost", f"Authorization: Bearer {KEY}", "Connection: close", *lines]
    return "\r\n".join([f"{method} {path} {version}", *fields]).encode("latin-1") + b"\r\n\r\n"


def statuses(response: bytes) -> list[int]:
    """The status of each response that came back."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", response)]


JSON = "Content-Type: application/json"


def routes_with_a_body(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                yield method.upper(), path.replace("{id}", "a.md"), operation


@pytest.mark.parametrize("name", BODIES)
def test_every_route_refuses_or_answers_every_body(address: tuple[str, int], document: Any, name: str) -> None:
    body = BODIES[name]
    sent = 0
    for method, path, operation in routes_with_a_body(document):
        response = answered(address, head(method, path, JSON, f"Content-Length: {len(body)}") + body, pause=0)
        (status,) = statuses(response)
        assert str(status) in operation["responses"] and status < 500, (path, response[:500])
        if status >= 400:
            problem = json.loads(response.partition(b"\r\n\r\n")[2])
            assert problem.get("type") or problem["error"]["message"], path
        sent += 1
    assert sent >= 6


CHUNKED = head("POST", "/v1/ask", JSON, "Transfer-Encoding: chunked")
GOOD = b'{"question":"a"}'
CHUNK = b"10\r\n" + GOOD + b"\r\n"


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((CHUNK + b"0\r\n\r\n",), [200]),
        ((b"10;name=value;x=\"y\"\r\n" + GOOD + b"\r\n0\r\n\r\n",), [200]),
        ((CHUNK + b"0\r\nX-Trailer: a\r\n\r\n",), [200]),
        (tuple(bytes([byte]) for byte in CHUNK + b"0\r\n\r\n"), [200]),
        ((b"10;" + b"x" * 1_000_000 + b"\r\n" + GOOD + b"\r\n0\r\n\r\n",), [400]),
        ((b"nonsense\r\n",), [400]),
        ((b"-1\r\n\r\n",), [400]),
        ((b"fffffffffffffffffffff\r\n",), [400]),
        ((b"10\r\n" + GOOD + b"more than it said\r\n",), [400]),
        ((b"10\r\n" + GOOD[:4],), [408]),
        ((CHUNK,), [408]),
        ((CHUNK + b"0\r\n",), [408]),
        ((b"fffffff\r\n" + b" " * 300_000,), [413]),
    ],
)  # fmt: skip
def test_chunks_are_read_as_they_are_meant_or_refused(
    address: tuple[str, int], pieces: tuple[bytes, ...], expected: list[int]
) -> None:
    assert statuses(answered(address, CHUNKED, *pieces)) == expected


@pytest.mark.alone
def test_who_ends_in_the_middle_of_a_body_is_let_go(address: tuple[str, int]) -> None:
    for begun in (CHUNKED + b"10\r\n{", head("POST", "/v1/ask", JSON, "Content-Length: 20") + b"{"):
        started = time.monotonic()
        assert statuses(answered(address, begun, ends=True)) in ([], [400])
        assert time.monotonic() - started < 1.0


SMUGGLED = b"GET /v1/index HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5, 6",),
        ("Content-Length: +5",),
        ("Content-Length: 0x5",),
        ("Content-Length: -1",),
        ("Content-Length: 5 5",),
        ("Content-Length: " + "9" * 30,),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: identity, chunked",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding : chunked",),
        ("Transfer-Encoding:\x0bchunked",),
        ("X: a\rContent-Length: 5",),
        ("X: a", " Content-Length: 5"),
        ("X\x00: a",),
        ("X: a\x00b",),
        (": nameless",),
    ],
)
def test_what_two_readers_would_cut_at_two_places_is_one_request_and_the_last(
    address: tuple[str, int], lines: tuple[str, ...]
) -> None:
    response = answered(address, head("POST", "/v1/ask", JSON, *lines) + b"0\r\n\r\n" + SMUGGLED)
    assert len(statuses(response)) == 1, response
    assert 400 <= statuses(response)[0] < 500, response


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("GET /healthz HTTP/1.0", [200]),
        ("GET http://localhost/healthz HTTP/1.1", [200, 404]),
        ("GET /healthz?" + "a" * 10_000 + " HTTP/1.1", [200]),
        ("GET /" + "a" * 60_000 + " HTTP/1.1", [400, 404]),
        ("GET /" + "a" * 300_000 + " HTTP/1.1", [400]),
        ("GET /v1/articles/%00 HTTP/1.1", [404]),
        ("GET /v1/articles/a%2F..%2Fb HTTP/1.1", [404]),
        ("GET /v1/articles/%2e%2e%2fa.md HTTP/1.1", [404]),
        ("GET /v1/articles/../../etc/passwd HTTP/1.1", [404]),
        ("GET /v1/articles/%ff%fe HTTP/1.1", [404]),
        ("GET /v1/articles/%ED%A0%80 HTTP/1.1", [404]),
        ("GET /v1/articles/%zz HTTP/1.1", [404]),
        ("GET /v1/articles/% HTTP/1.1", [404]),
        ("GET /v1/articles/ HTTP/1.1", [404]),
        ("GET /v1/articles/" + "%C3%A4" * 5_000 + " HTTP/1.1", [400, 404]),
        ("PUT /v1/articles/%00 HTTP/1.1", [400, 415]),
        ("DELETE /v1/articles/%00 HTTP/1.1", [404]),
        ("GET //v1/articles//a.md HTTP/1.1", [404]),
        ("GET /healthz\x00 HTTP/1.1", [400]),
        ("GET /h\xe4althz HTTP/1.1", [400, 404]),
        ("GET * HTTP/1.1", [404]),
        ("OPTIONS * HTTP/1.1", [204, 404]),
        ("CONNECT localhost:443 HTTP/1.1", [404, 405]),
        ("TRACE / HTTP/1.1", [405]),
        ("BREW /v1/ask HTTP/1.1", [405]),
        ("get /healthz HTTP/1.1", [404, 405]),
        ("GET /healthz HTTP/2.0", [200]),
        ("GET /healthz HTTP/0.9", [200]),
        ("GET /healthz", [400]),
        ("PRI * HTTP/2.0", [404]),
        ("", [400]),
    ],
)
def test_an_odd_request_line_is_answered(address: tuple[str, int], request_line: str, expected: list[int]) -> None:
    fields = f"\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n\r\n"
    (status,) = statuses(answered(address, request_line.encode("latin-1") + fields.encode()))
    assert status in expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["X-Long: " + "a" * 10_000], [200]),
        (["X-Long: " + "a" * 300_000], [400]),
        ([f"X-{n}: a" for n in range(300)], [200, 400]),
        ([f"X-{n}: a" for n in range(50_000)], [400]),
        (["X-Request-Id: " + "a" * 5_000], [200]),
        (["X-Request-Id: \xe4\xff"], [200]),
        (["Authorization: Bearer \xe4\xff"], [200]),
        (["Authorization: Basic " + "a" * 5_000], [200, 400, 401]),
        (["Host: other"], [400]),
        (["Accept: " + "text/event-stream;q=0.5," * 300], [200]),
        (["Accept: \xff;q=nan, */*;q=1e999"], [200]),
        (["Range: bytes=0-" + "9" * 100], [200]),
        (["Upgrade: websocket", "Connection: Upgrade"], [200]),
        (["Upgrade: h2c", "HTTP2-Settings: AAMAAABk"], [200]),
        (["Expect: a miracle"], [200, 417]),
        (["Cookie: " + "a=b; " * 1_000], [200]),
        (["Origin: null"], [200, 403]),
        (["X-Forwarded-For: ::1, \xff, " + "1," * 1_000, "X-Forwarded-Host: evil.example"], [200]),
    ],
)  # fmt: skip
def test_odd_headers_are_answered(address: tuple[str, int], lines: list[str], expected: list[int]) -> None:
    (status,) = statuses(answered(address, head("GET", "/readyz", *lines)))
    assert status in expected


def test_a_body_where_none_belongs_is_skipped(address: tuple[str, int]) -> None:
    both = (
        head("GET", "/healthz", "Content-Length: 16").replace(b"Connection: close\r\n", b"")
        + GOOD
        + head("GET", "/healthz")
    )
    assert statuses(answered(address, both)) == [200, 200]


def test_who_asks_whether_to_go_on_is_told_so(address: tuple[str, int]) -> None:
    asking = head("POST", "/v1/ask", JSON, "Content-Length: 16", "Expect: 100-continue")
    assert statuses(answered(address, asking, GOOD)) == [100, 200]


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, gzip"])
def test_a_compressed_body_is_refused_before_it_is_unpacked(address: tuple[str, int], encoding: str) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    lines = (JSON, f"Content-Encoding: {encoding}", f"Content-Length: {len(bomb)}")
    assert statuses(answered(address, head("POST", "/v1/ask", *lines) + bomb)) == [415]


def test_the_service_goes_on(address: tuple[str, int]) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", timeout=60) as client:
        assert client.get("/readyz").status_code == 200
        assert client.post("/v1/ask", json={"question": "Why?"}).status_code == 200
