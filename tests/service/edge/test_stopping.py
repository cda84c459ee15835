"""What clients see of a service that is told to stop, and when it has ended."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.service.processes import status_and_problem
from tests.service.scripted import SECONDS, STREAM, Service, events, opened, question, serving

GRACE = 2.0
ENDLESS = {"before": 3600}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path, SHUTDOWN_TIMEOUT=str(GRACE)) as service:
        httpx.post(f"{service.url}/v1/ask", json=question(), timeout=SECONDS)
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    with httpx.Client(base_url=service.url, timeout=SECONDS, limits=limits) as client:
        yield client


def until_stopping(client: httpx.Client) -> httpx.Response:
    """The first response of `/readyz` that is not 200."""
    deadline = time.monotonic() + SECONDS
    while (response := client.get("/readyz")).status_code == 200:
        assert time.monotonic() < deadline
    return response


def assert_ends_well(service: Service, seconds: float) -> None:
    """It ends of itself within `seconds`, without a complaint."""
    _, err = service.process.communicate(timeout=seconds)
    assert (service.process.returncode, err) == (0, "")


def kind_of(problem: dict[str, Any]) -> tuple[str, int]:
    return problem["type"].removeprefix("urn:fundstelle:problem:"), problem["status"]


@pytest.mark.alone
def test_answers_under_way_end_while_nothing_new_is_begun(service: Service, client: httpx.Client) -> None:
    assert client.get("/readyz").status_code == 200  # on a connection that is idle from here on, which holds nothing up
    under_way = opened(client, {"before": 0.7})
    service.process.send_signal(signal.SIGTERM)
    at_once = time.monotonic()
    unready = until_stopping(client)
    assert time.monotonic() - at_once < 0.3
    assert kind_of(unready.json()) == ("not-ready", 503)
    assert unready.json()["detail"] == "The service is being stopped."
    with httpx.Client(base_url=service.url, timeout=60) as newcomer:
        assert newcomer.get("/readyz").status_code == 503
        for headers in ({}, STREAM):
            refused = newcomer.post("/v1/ask", json=question(), headers=headers)
            assert kind_of(refused.json()) == ("stopping", 503)
            assert (refused.headers["retry-after"], refused.headers["connection"]) == ("5", "close")
    assert [event.name for event in events(under_way)] == ["sources", "sentence", "sentence", "done"]
    assert_ends_well(service, 1.0)


@pytest.mark.alone
def test_what_does_not_end_in_time_is_told_so_before_the_service_ends(service: Service, client: httpx.Client) -> None:
    streams = [opened(client, ENDLESS) for _ in range(20)]
    opened(client, ENDLESS)  # of a client that reads nothing, which holds nothing up for longer than others
    with ThreadPoolExecutor(1) as threads:
        whole = threads.submit(client.post, "/v1/ask", json=question(ENDLESS))
        service.wait_for("model begun", 23)
        service.process.send_signal(signal.SIGTERM)
        told_to_stop = time.monotonic()
        for stream in streams:
            *_, last = events(stream)
            assert (last.name, kind_of(last.content)) == ("error", ("stopping", 503))
            assert last.content["instance"] == stream.headers["x-request-id"]
            assert GRACE / 2 < last.at - told_to_stop < GRACE
        response = whole.result()
    assert (response.status_code, kind_of(response.json())) == (503, ("stopping", 503))
    assert_ends_well(service, told_to_stop + GRACE - time.monotonic())
    assert len(service.times("answer ended")) == 23


@pytest.mark.alone
def test_a_second_signal_ends_it_at_once(service: Service, client: httpx.Client) -> None:
    stream = opened(client, ENDLESS)
    service.process.send_signal(signal.SIGTERM)
    until_stopping(client)
    service.process.send_signal(signal.SIGTERM)
    told_to_stop = time.monotonic()
    *_, last = events(stream)
    assert kind_of(last.content) == ("stopping", 503)
    assert last.at - told_to_stop < 0.3
    assert_ends_well(service, 1.0)


def test_a_body_that_does_not_come_holds_up_no_end(tmp_path: Path) -> None:
    half = b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    with serving(tmp_path, SHUTDOWN_TIMEOUT="60", BODY_TIMEOUT="60") as service:
        with socket.create_connection(("localhost", int(service.url.rpartition(":")[2]))) as connection:
            connection.sendall(half)
            httpx.get(
                f"{service.url}/healthz", timeout=60
            )  # on a later connection, so that the half of the other is read by now
            service.process.send_signal(signal.SIGTERM)
            assert status_and_problem(connection.recv(65_536)) == (503, "stopping")
        assert_ends_well(service, 30)


def test_any_number_of_signals_ends_it_without_a_complaint(service: Service, client: httpx.Client) -> None:
    opened(client, ENDLESS)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        service.process.send_signal(number)
    assert_ends_well(service, SECONDS)


def test_a_client_that_reads_nothing_holds_up_no_end(tmp_path: Path) -> None:
    with serving(tmp_path, SHUTDOWN_TIMEOUT="60", BODY_TIMEOUT="60") as service, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", int(service.url.rpartition(":")[2])))
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 60)
        httpx.get(f"{service.url}/healthz")
        service.process.send_signal(signal.SIGTERM)
        assert_ends_well(service, 30)
