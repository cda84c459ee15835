"""Clients that keep a connection without asking, ask without end, or don't read, against `python -m service`."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import uvicorn

from service.edge.connection import Patience, connections
from tests.service.processes import ROOT, environment, ready_url

PATIENCE = 1.0
CONNECTIONS = 30
IDLE = 2
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where a service listens that waits for a second and has few connections."""
    process = subprocess.Popen(
        [sys.executable, Path(__file__).parents[1] / "serve_fake.py", "ok"],
        env=environment(
            BODY_TIMEOUT=str(PATIENCE), CONNECTIONS=str(CONNECTIONS), IDLE_TIMEOUT=str(IDLE), LOG_LEVEL="error"
        ),
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    yield int(ready_url(process).rpartition(":")[2])
    process.terminate()
    _, logged = process.communicate(timeout=20)
    assert "ERROR" not in logged and "Traceback" not in logged, logged


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def closed_after(connection: socket.socket, dripped: bytes, every: float = 0.1, limit: float = 5.0) -> float:
    """Seconds until the service closed a connection that a byte of `dripped`, over and over, is sent to."""
    started = time.monotonic()
    number = 0
    while time.monotonic() - started < limit:
        try:
            if select.select([connection], [], [], every)[0] and not connection.recv(65_536, socket.MSG_PEEK):
                return time.monotonic() - started
            if dripped and not select.select([connection], [], [], 0)[0]:
                connection.sendall(dripped[number % len(dripped)].to_bytes())
                number += 1
            elif not dripped or select.select([connection], [], [], 0)[0]:
                received = connection.recv(65_536)
                if not received:
                    return time.monotonic() - started
        except (ConnectionResetError, BrokenPipeError):
            return time.monotonic() - started
    raise AssertionError("the connection is still open")


def response_of(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what the service sends until it closes the connection."""
    received = b""
    while chunk := connection.recv(65_536):
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


def alive(port: int) -> bool:
    return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=60).status_code == 200


@pytest.mark.parametrize("begun", [b"", GET + b"X-Slow: ", b"POST /v1/ask HTTP/1.1\r\n"])
def test_a_head_that_comes_byte_by_byte_is_cut_off(port: int, begun: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(begun)
        assert PATIENCE * 0.8 < closed_after(connection, b"a") < PATIENCE * 2


def test_who_sends_half_a_head_is_told_what_was_wrong(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(GET)
        status, headers, body = response_of(connection)
    assert (status, headers["connection"]) == (408, "close")
    assert headers["content-type"] == "application/problem+json"
    problem = json.loads(body)
    assert problem["type"] == "urn:fundstelle:problem:head-timeout"
    assert problem["detail"] == "The head of the request took more than 1 seconds."
    assert problem["instance"] == headers["x-request-id"]


@pytest.mark.alone
def test_who_sends_nothing_is_left_without_a_word(port: int) -> None:
    with connected(port) as connection:
        started = time.monotonic()
        assert connection.recv(1) == b""
        assert PATIENCE * 0.8 < time.monotonic() - started < PATIENCE * 2


def test_the_second_request_of_a_connection_has_to_arrive_in_time_too(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(GET + b"\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(GET)
        assert PATIENCE * 0.8 < closed_after(connection, b"a") < PATIENCE * 2


def test_a_connection_without_a_further_request_is_closed_when_the_settings_say(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(GET + b"\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        assert IDLE * 0.9 < closed_after(connection, b"") < IDLE * 2


def test_a_body_that_nobody_reads_does_not_keep_a_connection(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(GET + b"Content-Length: 1000\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        assert closed_after(connection, b"a") < PATIENCE * 2


def test_a_connection_that_goes_on_asking_is_kept(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        places = set()
        for _ in range(8):
            response = client.get("/healthz")
            places.add(response.extensions["network_stream"].get_extra_info("client_addr"))
            time.sleep(PATIENCE / 4)
    assert len(places) == 1


def test_two_requests_at_once_are_both_answered(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(GET + b"\r\n" + GET + b"Connection: close\r\n\r\n")
        status, _, rest = response_of(connection)
    assert status == 200
    assert rest.count(b"HTTP/1.1 200 OK") == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01 nonsense\r\n\r\n",
        GET + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        GET + b"X: a\r\n" * 10_000 + b"\r\n",
    ],
    ids=["another protocol", "two lengths", "a long head in one piece"],
)
def test_what_is_not_http_is_a_problem_too(port: int, sent: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(sent)
        status, headers, body = response_of(connection)
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert headers["x-content-type-options"] == "nosniff"
    assert json.loads(body)["type"] == "urn:fundstelle:problem:bad-request"


def test_one_connection_too_many_is_told_so_and_others_go_on(port: int) -> None:
    kept = [connected(port) for _ in range(CONNECTIONS)]
    time.sleep(0.2)
    try:
        with connected(port) as one_more:
            one_more.sendall(GET + b"\r\n")
            status, headers, body = response_of(one_more)
        kept[0].sendall(GET + b"\r\n")
        assert kept[0].recv(65_536).startswith(b"HTTP/1.1 200 ")
    finally:
        for connection in kept:
            connection.close()
    assert (status, headers["retry-after"]) == (503, "1")
    assert json.loads(body)["type"] == "urn:fundstelle:problem:too-many-connections"
    time.sleep(0.2)
    assert alive(port)


LONG = 30_000_000


async def long_response(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-length", str(LONG).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * LONG})


@pytest.fixture
def patient_server() -> Iterator[tuple[int, uvicorn.Server]]:
    """A server of one long response, which leaves who reads nothing of it for 0.3 seconds."""
    http: Any = connections(Patience(0.3, 10))
    config = uvicorn.Config(long_response, http=http, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[1], server
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


def until_left(server: uvicorn.Server, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while server.server_state.connections and time.monotonic() < deadline:
        time.sleep(0.02)
    return not server.server_state.connections


def test_who_reads_nothing_of_a_long_response_is_left(patient_server: tuple[int, uvicorn.Server]) -> None:
    port, server = patient_server
    with connected(port) as connection:
        connection.sendall(GET + b"\r\n")
        connection.recv(10)
        assert server.server_state.connections
        assert until_left(server, 3.0)


def test_who_reads_slowly_gets_all_of_a_long_response(patient_server: tuple[int, uvicorn.Server]) -> None:
    port, _ = patient_server
    received, started = 0, time.monotonic()
    with connected(port) as connection:
        connection.sendall(GET + b"Connection: close\r\n\r\n")
        while chunk := connection.recv(1 << 20):
            received += len(chunk)
            time.sleep(0.05)
    assert received > LONG
    assert time.monotonic() - started > 1.0


class Written:
    """A transport that keeps what is written, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, piece: bytes) -> None:
        self.pieces.append(piece)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> Any:
        return None

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def written_by(app: Any) -> list[bytes]:
    async def ask() -> list[bytes]:
        config = uvicorn.Config(app, http="h11", lifespan="off", log_config=None)
        made = connections(Patience(5.0, 5))(config=config, server_state=uvicorn.server.ServerState(), app_state={})
        transport = Written()
        made.connection_made(cast(asyncio.Transport, transport))
        made.data_received(GET + b"\r\n")
        await asyncio.wait(made.server_state.tasks)
        await asyncio.sleep(0)
        made.connection_lost(None)
        return transport.pieces

    return asyncio.run(ask())


def test_a_response_is_sent_in_one_piece() -> None:
    async def short(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"body"})

    (piece,) = written_by(short)
    assert piece.startswith(b"HTTP/1.1 200 OK\r\n")
    assert piece.endswith(b"\r\n\r\nbody")


def test_what_is_sent_of_a_stream_does_not_wait_for_the_rest() -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await asyncio.sleep(0.01)
        await send({"type": "http.response.body", "body": b"x" * 70_000, "more_body": True})
        await send({"type": "http.response.body", "body": b"last"})

    first, long, last = written_by(slow)
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert first.endswith(b"\r\n5\r\nfirst\r\n")
    assert long == b"11170\r\n" + b"x" * 70_000 + b"\r\n"
    assert last == b"4\r\nlast\r\n0\r\n\r\n"
