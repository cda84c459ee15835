"""Two processes of the service on one index directory, one keys file and one Redis: what one does, the other knows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.service.collection import published
from tests.service.processes import ROOT, environment, ready_url
from tests.service.redis_server import RedisServer
from tests.service.waiting import until

ADMIN = {"Authorization": "Bearer a-key-of-the-tests-0123456789"}
RELOAD_SECONDS = 0.2
PER_MINUTE = 6
SECONDS = 20.0
QUAYS = ("/v1/articles/quay0.md", "/v1/articles/quay1.md")


class Both:
    """The two services and what they share."""

    def __init__(self, folder: Path, redis: RedisServer, clients: list[httpx.Client]) -> None:
        self.folder = folder
        self.redis = redis
        self.clients = clients

    def search(self, address: str, times: int) -> list[int]:
        """Statuses of searches of the client at `address`, by turns with each service."""
        headers = {"X-Forwarded-For": address}
        body = {"question": "What did the bridge cost?"}
        turns = (self.clients[number % 2] for number in range(times))
        return [client.post("/v1/search", json=body, headers=headers).status_code for client in turns]

    def keys(self, *arguments: str) -> str:
        command = [sys.executable, "scripts/keys.py", *arguments, "--keys", str(self.folder / "keys.json")]
        return subprocess.run(
            command, cwd=ROOT, env=environment(), text=True, capture_output=True, check=True
        ).stdout.strip()

    def each(self, path: str, **headers: str) -> list[Any]:
        return [client.get(path, headers=headers) for client in self.clients]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("shared")
    index = published(folder)
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer(folder))
        settings = environment(
            INDEX=str(index),
            KEYS=str(folder / "keys.json"),
            REDIS_URL=redis.url,
            ADMIN_KEY=ADMIN["Authorization"].removeprefix("Bearer "),
            ANONYMOUS="allowed",
            ANONYMOUS_PER_MINUTE=str(PER_MINUTE),
            TRUSTED_PROXIES="127.0.0.1",
            RELOAD_SECONDS=str(RELOAD_SECONDS),
            LOG_LEVEL="error",
        )
        command = [sys.executable, str(Path(__file__).parent / "serve_whole.py")]
        processes = [subprocess.Popen(command, env=settings, cwd=ROOT, text=True, stdout=subprocess.PIPE) for _ in "ab"]
        for process in processes:
            stack.callback(process.communicate, timeout=SECONDS)
            stack.callback(process.terminate)
        clients = [httpx.Client(base_url=ready_url(process), timeout=SECONDS) for process in processes]
        for client in clients:
            stack.callback(client.close)
        yield Both(folder, redis, clients)


def test_a_limit_is_one_for_both(both: Both) -> None:
    assert both.search("203.0.113.1", PER_MINUTE + 2) == [200] * PER_MINUTE + [429, 429]
    assert both.search("203.0.113.2", 2) == [200, 200]


@pytest.mark.alone
def test_what_one_is_told_the_other_publishes_and_the_first_serves_it(both: Both) -> None:
    one, other = both.clients
    text = {"title": "Pier", "text": "The pier of Porthaven is 90 metres long."}
    assert one.put("/v1/articles/pier.md", json=text, headers=ADMIN).status_code == 202
    assert other.get("/v1/index", headers=ADMIN).json()["pending"]["written"] == 1
    publishing = other.post("/v1/index:publish", json={"wait": True}, headers=ADMIN).json()
    served = time.monotonic()
    assert publishing["state"] == "served"
    until(lambda: one.get("/v1/articles/pier.md", headers=ADMIN).status_code == 200)
    assert time.monotonic() - served < RELOAD_SECONDS + 2
    assert {response.json()["snapshot"] for response in both.each("/readyz")} == {publishing["snapshot"]}
    assert {response.json()["text"] for response in both.each("/v1/articles/pier.md", **ADMIN)} == {text["text"]}


def test_of_two_that_publish_at_once_each_succeeds_or_says_that_the_index_is_busy(both: Both) -> None:
    def change(number: int) -> tuple[int, str]:
        client = both.clients[number]
        body = {"title": "Quay", "text": f"The quay of Porthaven has {number + 2} cranes."}
        assert client.put(QUAYS[number], json=body, headers=ADMIN).status_code == 202
        response = client.post("/v1/index:publish", json={"wait": True}, headers=ADMIN)
        return response.status_code, response.json().get("type", "published").rpartition(":")[2]

    with ThreadPoolExecutor() as threads:
        outcomes = list(threads.map(change, range(2)))
    assert set(outcomes) <= {(200, "published"), (503, "index-busy")}
    assert (200, "published") in outcomes
    last = both.clients[0].post("/v1/index:publish", json={"wait": True}, headers=ADMIN)
    assert last.status_code == 200
    until(lambda: all(response.status_code == 200 for path in QUAYS for response in both.each(path, **ADMIN)))


def test_a_key_works_in_both_from_when_it_is_made_until_it_is_revoked(both: Both) -> None:
    key = both.keys("create", "somebody").splitlines()[0]
    sent = {"Authorization": f"Bearer {key}"}
    until(lambda: [r.status_code for r in both.each("/v1/articles/harbour.md", **sent)] == [200] * 2)
    listed = both.keys("list")
    (key_id,) = [word for line in listed.splitlines() if "somebody" in line for word in line.split()[:1]]
    both.keys("revoke", key_id)
    until(lambda: [r.status_code for r in both.each("/v1/articles/harbour.md", **sent)] == [401] * 2)


def test_without_redis_both_serve_and_say_that_limits_are_not_shared_until_it_is_back(both: Both) -> None:
    def counted() -> list[str]:
        gauge = "fundstelle_warnings "
        lines = [line for response in both.each("/metrics", **ADMIN) for line in response.text.splitlines()]
        return [line.removeprefix(gauge) for line in lines if line.startswith(gauge)]

    def warned() -> list[bool]:
        return ["Redis" in " ".join(response.json()["warnings"]) for response in both.each("/readyz")]

    assert warned() == [False, False]
    both.redis.stop()
    until(lambda: warned() == [True, True])
    assert counted() == ["1.0", "1.0"]
    assert both.search("203.0.113.3", 2 * PER_MINUTE + 2) == [200] * 2 * PER_MINUTE + [429, 429]
    both.redis.start()
    until(lambda: warned() == [False, False])
    assert counted() == ["0.0", "0.0"]
    assert both.search("203.0.113.4", PER_MINUTE + 2) == [200] * PER_MINUTE + [429, 429]
