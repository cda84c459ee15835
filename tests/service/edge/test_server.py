"""`python -m service` as a process: what is printed, how it stops, and bodies that only a socket can send."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from service import logs
from service.__main__ import main
from tests.service.processes import (
    ROOT,
    SECONDS,
    Serve,
    environment,
    exchange,
    next_line,
    ready_url,
    starting,
    status_and_problem,
)

Ended = Callable[..., tuple[int, str, str]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with starting() as start:
        yield partial(start, "serve_fake.py")


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ended:
    """Runs a service that does not come to serve, here; its exit code, and what it wrote on either output."""

    def run(**settings: str) -> tuple[int, str, str]:
        monkeypatch.setattr(os, "environ", environment(**settings))
        monkeypatch.setattr(signal, "signal", lambda number, handler: None)
        monkeypatch.setattr(logs, "configure", lambda level, kind: None)
        code = main()
        return code, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A running service that gives bodies one second."""
    process = subprocess.Popen(
        [sys.executable, Path(__file__).parents[1] / "serve_fake.py", "ok"],
        env=environment(BODY_TIMEOUT="1", LOG_LEVEL="error"),
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
    )
    yield ready_url(process)
    process.terminate()
    process.communicate(timeout=SECONDS)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until_alive(port: int) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=60).status_code == 200
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the service did not listen in time")


def post(*headers: str) -> bytes:
    lines = ["POST /v1/ask HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_says_what_to_do_next_and_stops_without_complaint(serve: Serve, number: signal.Signals) -> None:
    process = serve("ok", LOG_LEVEL="warning")
    url = ready_url(process)
    assert httpx.get(f"{url}/readyz", timeout=60).status_code == 200
    assert httpx.get(f"{url}/v1/articles/a.md", timeout=60).json()["text"] == "Wörd"
    assert next_line(process).startswith(f"Ask:  curl -s {url}/v1/ask -H 'Content-Type: application/json' -d '")
    assert next_line(process) == "Stop: Ctrl-C"
    process.send_signal(number)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (0, "", "")


def test_the_command_that_it_prints_gets_an_answer(serve: Serve) -> None:
    process = serve("ok")
    ready_url(process)
    command = next_line(process).removeprefix("Ask:")
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=SECONDS, check=True)
    assert json.loads(done.stdout)["status"] == "refused"


def test_the_command_that_it_prints_sends_a_key_where_one_is_needed(serve: Serve) -> None:
    key = "k" * 32
    process = serve("ok", ADMIN_KEY=key, ANONYMOUS="never")
    ready_url(process)
    command = next_line(process).removeprefix("Ask:")
    done = subprocess.run(
        command, shell=True, env={**os.environ, "KEY": key}, capture_output=True, text=True, timeout=SECONDS, check=True
    )
    assert json.loads(done.stdout)["status"] == "refused"


def test_it_can_be_stopped_while_it_starts(serve: Serve) -> None:
    port = free_port()
    process = serve("slow", PORT=str(port), LOG_LEVEL="warning")
    until_alive(port)
    assert httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=60).status_code == 503
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_while_python_reads_it(number: signal.Signals) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "service"]
    with subprocess.Popen(command, env=environment(), cwd=ROOT, text=True, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        while "asyncio" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(number)
        said = process.stderr.read()
        assert process.wait(SECONDS) == 0
    assert "Traceback" not in said


def test_a_pipeline_that_can_not_start_ends_it_with_one_line(serve: Serve) -> None:
    process = serve("broken", LOG_LEVEL="warning")
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (1, "", "fundstelle: no such model: x.gguf\n")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PROT": "1"}, "fundstelle: unknown variable FUNDSTELLE_PROT; the nearest known one is FUNDSTELLE_PORT\n"),
        ({"HOST": "192.0.2.1"}, "fundstelle: can't listen on 192.0.2.1 port 0 (Cannot assign requested address): "),
        ({"HOST": "no such host"}, "fundstelle: can't listen on no such host port 0 ("),
    ],
)
def test_what_keeps_it_from_serving_is_one_line(ended: Ended, settings: dict[str, str], said: str) -> None:
    code, out, err = ended(**settings)
    assert (code, out, err[: len(said)], err.count("\n")) == (1, "", said, 1)


def test_a_port_in_use_is_said_with_what_to_do(ended: Ended) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = ended(PORT=str(port))
    assert code == 1
    assert err == (
        f"fundstelle: can't listen on 127.0.0.1 port {port} (Address already in use): stop what listens there, or set "
        "FUNDSTELLE_HOST or FUNDSTELLE_PORT to another\n"
    )


def test_the_log_has_a_line_for_each_request(serve: Serve) -> None:
    process = serve("ok")
    url = ready_url(process)
    httpx.post(f"{url}/v1/ask", json={"question": "Zwetschgendatschi?"}, headers={"X-Request-Id": "call-7"}, timeout=60)
    process.terminate()
    _, err = process.communicate(timeout=SECONDS)
    assert "INFO fundstelle: request id=call-7 method=POST path=/v1/ask status=200 ms=" in err
    assert "Zwetschgendatschi" not in err


@pytest.mark.alone
def test_responses_are_not_held_back(url: str) -> None:
    with httpx.Client(base_url=url, timeout=60) as client:
        client.get("/healthz")
        quickest = min(client.get("/healthz").elapsed.total_seconds() for _ in range(20))
    assert quickest < 0.035, "Nagle's algorithm holds every response back for 40 ms"


def test_a_chunked_body_is_put_together(url: str) -> None:
    pieces = [b"4\r\n" + b'{"qu' + b"\r\n", b"c\r\n" + b'estion": "a"' + b"\r\n", b"1\r\n}\r\n", b"0\r\n\r\n"]
    response = exchange(url, post("Transfer-Encoding: chunked"), *pieces)
    assert response.startswith(b"HTTP/1.1 200 OK")


def test_a_chunked_body_without_end_is_refused_once_it_is_too_large(url: str) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    response = exchange(url, post("Transfer-Encoding: chunked"), *[chunk] * 5, pause=0.01)
    assert status_and_problem(response) == (413, "body-too-large")


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(url: str) -> None:
    for head in (post("Content-Length: 300000"), post("Content-Length: 300000", "Expect: 100-continue")):
        assert status_and_problem(exchange(url, head)) == (413, "body-too-large")


def test_a_client_that_sends_everything_first_still_reads_the_refusal(url: str) -> None:
    with httpx.Client(base_url=url, timeout=60) as client:
        for _ in range(3):
            response = client.post("/v1/ask", content=b" " * 3_000_000, headers={"Content-Type": "application/json"})
            assert response.status_code == 413
        assert client.get("/healthz").status_code == 200


@pytest.mark.alone
def test_a_body_that_does_not_arrive_is_given_up(url: str) -> None:
    started = time.monotonic()
    response = exchange(url, post("Content-Length: 20"), b'{"question"')
    assert status_and_problem(response) == (408, "body-timeout")
    assert 0.9 < time.monotonic() - started < 2.9


def test_a_body_that_breaks_off_harms_nobody(url: str) -> None:
    host, _, port = url.removeprefix("http://").rpartition(":")
    for _ in range(5):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(post("Content-Length: 20") + b'{"question"')
    assert httpx.post(f"{url}/v1/ask", json={"question": "a"}, timeout=60).status_code == 200


def test_a_body_of_two_lengths_is_refused_and_its_connection_closed(url: str) -> None:
    head = post("Content-Length: 5", "Transfer-Encoding: chunked")
    response = exchange(url, head + b"11\r\n" + b'{"question": "a"}' + b"\r\n0\r\n\r\n")
    assert status_and_problem(response) == (400, "bad-request")
    assert b"\r\nconnection: close\r\n" in response.lower()


def test_a_whole_address_is_taken_for_a_target_and_goes_before_the_host(url: str) -> None:
    def target(address: str) -> bytes:
        return exchange(url, f"GET {address} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode())

    assert target("http://localhost/v1/models?a=b").startswith(b"HTTP/1.1 200 ")
    assert target("HTTP://localhost").startswith(b"HTTP/1.1 200 ")
    assert status_and_problem(target("http://else.example/v1/articles/a")) == (421, "host")
    assert status_and_problem(target("/v1/articles/a")) == (421, "host")


def test_what_is_not_http_is_refused(url: str) -> None:
    assert exchange(url, b"\x16\x03\x01\x02\x00 nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
