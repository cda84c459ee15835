"""Keys in front of `python -m service` as processes."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from service.access.key_file import revoke
from tests.service.keyed import QUESTION, SITE, Ring, bearer
from tests.service.processes import SECONDS, Serve, exchange, ready_url, starting, status_and_problem


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    return Ring(tmp_path / "keys.json")


@pytest.fixture
def start(ring: Ring) -> Iterator[Serve]:
    """Starts `python -m service` over something that answers at once, or the script that is named."""
    with starting() as serve:

        def start(*command: str, **settings: str) -> subprocess.Popen[str]:
            return serve(*(command or ("serve_fake.py", "ok")), KEYS=str(ring.path), **settings)

        yield start


def asked(url: str, key: str) -> int:
    return httpx.post(f"{url}/v1/ask", json={"question": "Wer?"}, headers=bearer(key), timeout=60).status_code


def test_a_service_that_others_can_reach_says_how_to_make_a_key_and_ends(start: Serve) -> None:
    out, err = start(HOST="0.0.0.0").communicate(timeout=SECONDS)
    assert out == ""
    assert err == (
        "fundstelle: others can reach 0.0.0.0 and there is no key: make one with scripts/keys.py create NAME, or set "
        "FUNDSTELLE_ANONYMOUS=allowed to let everybody ask and read without one\n"
    )


def test_a_key_is_given_up_within_two_seconds_by_every_process(start: Serve, ring: Ring) -> None:
    secret, key = ring.key("ask")
    processes = [start(HOST="0.0.0.0") for _ in range(2)]
    urls = [ready_url(process) for process in processes]
    assert [asked(url, secret) for url in urls] == [200, 200]
    revoke(ring.path, key.id, datetime.now(UTC))
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline and {asked(url, secret) for url in urls} != {401}:
        time.sleep(0.05)
    assert [asked(url, secret) for url in urls] == [401, 401]


def test_an_answer_under_way_is_told_to_its_end_when_its_key_is_revoked(start: Serve, ring: Ring) -> None:
    secret, key = ring.key("ask")
    process = start("serve_scripted.py", ANONYMOUS="never")
    url = ready_url(process)
    body = {"question": 'What did the bridge cost? {"pause": 0.1}'}
    headers = {**bearer(secret), "Accept": "text/event-stream"}
    with httpx.stream("POST", f"{url}/v1/ask", json=body, headers=headers, timeout=SECONDS) as response:
        lines = response.iter_lines()
        next(lines)
        revoke(ring.path, key.id, datetime.now(UTC))
        refused = [time.sleep(0.7), asked(url, secret)][1]
        events = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert refused == 401
    assert events[-1] == "done"


def test_two_headers_of_a_kind_are_taken_for_neither(start: Serve, ring: Ring) -> None:
    secret, _ = ring.key("ask")
    site, _ = ring.site()
    url = ready_url(start())
    authorization, fss = f"Authorization: Bearer {secret}\r\n", f"X-Fundstelle-Site-Key: {site}\r\n"
    own = f"Origin: {url}\r\n"
    for headers, outcome in (
        (authorization * 2, (401, "unauthorized")),
        (fss * 2 + f"Origin: {SITE}\r\n", (401, "unauthorized")),
        (fss + f"Origin: {SITE}\r\n" * 2, (403, "origin")),
        (own * 2, (403, "origin")),
        ("Sec-Fetch-Site: same-origin\r\n" * 2, (403, "origin")),
        ("Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n", (403, "origin")),
    ):
        head = (
            f"POST /v1/ask HTTP/1.1\r\nHost: {url.removeprefix('http://')}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(QUESTION)}\r\n{headers}\r\n"
        )
        assert status_and_problem(exchange(url, head.encode() + QUESTION)) == outcome


@pytest.mark.alone
def test_what_a_foreign_page_sends_is_refused_before_its_body_has_come(start: Serve) -> None:
    url = ready_url(start(BODY_TIMEOUT="30"))
    head = (
        f"POST /v1/ask HTTP/1.1\r\nHost: {url.removeprefix('http://')}\r\nOrigin: https://evil.example\r\n"
        "Content-Type: text/plain\r\nContent-Length: 20\r\n\r\n"
    )
    begun = time.monotonic()
    assert status_and_problem(exchange(url, head.encode())) == (403, "origin")
    assert time.monotonic() - begun < 2


@pytest.mark.alone
def test_asking_with_many_keys_in_the_file_takes_no_longer(start: Serve, ring: Ring) -> None:
    secret, _ = ring.key("ask")
    for _ in range(20):
        ring.key("ask")
    url = ready_url(start())
    with httpx.Client(base_url=url, headers=bearer(secret), timeout=60) as client:
        client.get("/v1/articles/a.md")
        begun = time.monotonic()
        statuses = {client.get("/v1/articles/a.md").status_code for _ in range(100)}
    assert statuses == {200}
    assert time.monotonic() - begun < 3


def test_a_file_of_keys_that_goes_and_comes_loses_no_request_to_a_crash(start: Serve, ring: Ring) -> None:
    secret, _ = ring.key("ask")
    process = start(ANONYMOUS="never")
    url = ready_url(process)
    content, over = ring.path.read_bytes(), threading.Event()

    def swap() -> None:
        while not over.is_set():
            for damaged in (b"{", b"", content):
                ring.path.write_bytes(damaged)
                time.sleep(0.3)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        statuses = set()
        for _ in range(40):
            statuses.add(asked(url, secret))
            time.sleep(0.05)
    finally:
        over.set()
        swapping.join()
    assert statuses <= {200, 503}
    assert process.poll() is None
