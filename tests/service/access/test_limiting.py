"""Who is counted as what, and what callers are told of their limits."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient

from service.access.callers import Caller
from service.access.counting import Claim, LocalCounts, Standing
from service.access.limiting import RATE_HEADERS, Allowance, Allowances, Limiter, limiter
from service.app import create_app
from service.errors import RateLimited, SettingsError
from service.routes.pages import openapi
from service.settings import Settings, load_settings
from tests.service.administered import KEY, NoBuilder
from tests.service.fakes import FakePipeline

ALLOWANCES = Allowances(anonymous=Allowance(2, 5), key=Allowance(20, 50), visitor=Allowance(3, 0))
JSON = {"Content-Type": "application/json"}


def caller(kind: Any, name: str, address: str = "203.0.113.9", **limits: int) -> Caller:
    return Caller(name, kind, frozenset({"ask"}), address, **limits)


def counted_as(who: Caller, *, local: bool = False) -> list[str]:
    return [f"{claim.who}: {claim.limit}" for claim in ALLOWANCES.claims(who, local=local)]


def test_without_a_key_the_address_is_counted() -> None:
    visitor = caller("anonymous", "203.0.113.9")
    assert counted_as(visitor) == ["address 203.0.113.9: 2 per 1 minute", "address 203.0.113.9: 5 per 1 day"]
    assert counted_as(visitor, local=True) == []


def test_of_ipv6_the_network_is_counted_that_one_customer_has() -> None:
    one, other = (caller("anonymous", address, address) for address in ("2001:db8::1", "2001:db8::ffff:1:2:3"))
    assert counted_as(one) == counted_as(other)
    assert counted_as(one)[0] == "address 2001:db8::/64: 2 per 1 minute"


def test_they_have_one_fair_share_too() -> None:
    one, other = (caller("anonymous", address, address) for address in ("2001:db8::1", "2001:db8::ffff:1:2:3"))
    assert one.share == other.share == "2001:db8::/64"
    assert caller("site", "s1", "2001:db8::1").share == "s1 2001:db8::/64"
    assert caller("key", "k1").share == "k1"


def test_with_a_key_the_key_is_counted_wherever_it_is_used() -> None:
    assert counted_as(caller("key", "k1"), local=True) == ["key k1: 20 per 1 minute", "key k1: 50 per 1 day"]
    assert counted_as(caller("key", "k1", "198.51.100.1")) == counted_as(caller("key", "k1"))
    assert counted_as(caller("key", "k1", per_minute=7)) == ["key k1: 7 per 1 minute", "key k1: 50 per 1 day"]


def test_with_the_key_of_a_site_each_visitor_is_counted_and_all_together() -> None:
    assert counted_as(caller("site", "s1", per_day=400)) == [
        "site s1 203.0.113.9: 3 per 1 minute",
        "site s1: 20 per 1 minute",
        "site s1: 400 per 1 day",
    ]


class Scripted(LocalCounts):
    """Stands as it is told."""

    def __init__(self, *standings: tuple[bool, int, float]) -> None:
        super().__init__()
        self.standings = standings

    async def take(self, claims: Sequence[Claim]) -> list[Standing]:
        return [Standing(claim, *told) for claim, told in zip(claims, self.standings, strict=False)]


def told(*standings: tuple[bool, int, float]) -> dict[str, str]:
    counting = Limiter(ALLOWANCES, Scripted(*standings)).count(caller("key", "k"), local=False)
    return asyncio.run(counting)


def test_the_headers_tell_of_the_limit_that_is_nearest_and_of_all() -> None:
    assert told((True, 19, 12.2), (True, 3, 3600)) == {
        "RateLimit-Limit": "50",
        "RateLimit-Remaining": "3",
        "RateLimit-Reset": "3600",
        "RateLimit-Policy": "20;w=60, 50;w=86400",
    }


@pytest.mark.parametrize(
    ("standings", "wait", "limit"),
    [
        ([(False, 0, 12.2)], "13", "20 requests a minute"),
        ([(True, 5, 60), (False, 0, 7000.0)], "7000", "50 requests a day"),
        ([(False, 0, 0.0)], "1", "20 requests a minute"),
    ],
)
def test_a_refusal_says_which_limit_and_how_long_to_wait(
    standings: list[tuple[bool, int, float]], wait: str, limit: str
) -> None:
    with pytest.raises(RateLimited, match=f"No more than {limit}: the next one is taken in {wait} seconds") as caught:
        told(*standings)
    assert caught.value.headers["Retry-After"] == caught.value.headers["RateLimit-Reset"] == wait
    assert caught.value.headers["RateLimit-Remaining"] == "0"


def test_who_is_not_limited_is_told_nothing() -> None:
    free = Limiter(Allowances(Allowance(0, 0), Allowance(0, 0), Allowance(0, 0)), LocalCounts())
    assert asyncio.run(free.count(caller("key", "k"), local=False)) == {}


def test_a_redis_without_its_client_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "service.access.shared_counting", raising=False)
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(SettingsError, match=r"-m pip install 'fundstelle\[redis\]'"):
        limiter(Settings(redis_url="redis://127.0.0.1:6379/0"))


@pytest.mark.parametrize(
    "url", ["redis", "http://redis:6379", "redis://", "redis://:secret-7@:6379", "redis://h:0x1/0"]
)
def test_an_address_of_no_redis_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match="FUNDSTELLE_REDIS_URL: must be an address such as redis://") as caught:
        load_settings({"FUNDSTELLE_REDIS_URL": url})
    assert "secret" not in str(caught.value)


def test_the_address_of_redis_is_in_no_representation() -> None:
    assert "secret" not in repr(load_settings({"FUNDSTELLE_REDIS_URL": "rediss://:secret-7@redis.example:6380/1"}))


class Service:
    """A service that a client at `peer` asks."""

    def __init__(self, peer: str = "203.0.113.9", **changes: Any) -> None:
        self.pipeline = FakePipeline({"a.md": "Text"})
        settings = {"anonymous": "allowed", "anonymous_per_minute": 3, "admin_key": KEY, **changes}
        self.app = create_app(Settings(**settings), self.pipeline, NoBuilder())
        self.peer = peer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["client"] = (self.peer, 50_000)
        await self.app(scope, receive, send)


def search(client: TestClient[Any], **headers: str) -> Response:
    return client.post("/v1/search", content='{"question": "a"}', headers={**JSON, **headers})


def test_beyond_the_limit_the_answer_is_a_problem_that_says_when_to_come_back() -> None:
    with TestClient(Service()) as client:
        left = [search(client).headers["RateLimit-Remaining"] for _ in range(3)]
        refused = search(client)
    assert left == ["2", "1", "0"]
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:fundstelle:problem:rate-limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Policy"] == "3;w=60, 2000;w=86400"
    assert refused.headers["content-type"] == "application/problem+json"


def test_a_request_counts_whatever_comes_of_it_and_says_so() -> None:
    with TestClient(Service()) as client:
        missing = client.get("/v1/articles/none.md")
        wrong = client.post("/v1/ask", content="{", headers=JSON)
        assert (missing.status_code, missing.headers["RateLimit-Remaining"]) == (404, "2")
        assert (wrong.status_code, wrong.headers["RateLimit-Remaining"]) == (400, "1")


def test_what_a_caller_may_not_do_does_not_count() -> None:
    with TestClient(Service(anonymous="never", key_per_minute=2)) as client:
        refused = [search(client), search(client, Authorization="Bearer fst_" + "x" * 43)]
        allowed = search(client, Authorization=f"Bearer {KEY}")
    assert [(response.status_code, response.headers.get("RateLimit-Remaining")) for response in refused] == [
        (401, None),
        (401, None),
    ]
    assert (allowed.status_code, allowed.headers["RateLimit-Remaining"]) == (200, "1")


def test_it_is_refused_before_its_body_is_read() -> None:
    service = Service(anonymous_per_minute=1)
    with TestClient(service) as client:
        search(client)
        read = []

        def body() -> Any:
            read.append(True)
            yield b'{"question": "a"}'

        response = client.post("/v1/ask", content=body(), headers={"Content-Type": "text/plain"})
    assert response.status_code == 429
    assert service.pipeline.asked == []


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/", "/docs", "/openapi.json", "/nowhere"])
def test_looking_around_is_not_counted(path: str) -> None:
    with TestClient(Service(anonymous_per_minute=1)) as client:
        responses = [client.get(path) for _ in range(4)]
        assert search(client).status_code == 200
    assert {"ratelimit-limit" in response.headers for response in responses} == {False}
    assert 429 not in {response.status_code for response in responses}


def test_administering_is_not_counted_and_asking_with_that_key_is() -> None:
    with TestClient(Service(key_per_minute=2)) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        assert [client.get("/v1/index").status_code for _ in range(5)] == [200] * 5
        assert [search(client).status_code for _ in range(3)] == [200, 200, 429]


def test_a_lone_user_of_this_machine_is_not_limited() -> None:
    for peer in ("127.0.0.1", "::1"):
        with TestClient(Service(peer, anonymous_per_minute=1)) as client:
            responses = [search(client) for _ in range(5)]
        assert {response.status_code for response in responses} == {200}
        assert "ratelimit-limit" not in responses[0].headers


def test_a_header_does_not_help_who_is_limited() -> None:
    with TestClient(Service()) as client:
        statuses = [
            search(
                client, **{"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
            ).status_code
            for number in range(5)
        ]
    assert statuses == [200, 200, 200, 429, 429]


def test_nor_behind_a_trusted_proxy_which_adds_the_true_address() -> None:
    with TestClient(Service("10.0.0.1", trusted_proxies="10.0.0.1")) as client:
        spoofed = [search(client, **{"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.9"}).status_code for n in range(4)]
        other = search(client, **{"X-Forwarded-For": "203.0.113.10"}).status_code
    assert (spoofed, other) == ([200, 200, 200, 429], 200)


def test_clients_of_a_proxy_that_nobody_named_count_as_one_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with TestClient(Service("127.0.0.1")) as client:
        statuses = [search(client, **{"X-Forwarded-For": f"203.0.113.{number}"}).status_code for number in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    said = [record for record in caplog.records if record.levelname == "WARNING"]
    assert [record.message for record in said] == [
        "all clients of a proxy count as one, because FUNDSTELLE_TRUSTED_PROXIES does not name it"
    ]
    assert vars(said[0])["fields"] == {"proxy": "127.0.0.1"}


def test_a_stranger_can_not_write_that_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with TestClient(Service("2a00::1")) as client:
        search(client, **{"X-Forwarded-For": "198.51.100.1"})
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


def test_handlers_know_the_sender() -> None:
    service = Service("10.0.0.1", trusted_proxies="10.0.0.1")
    with TestClient(service) as client:
        headers = {**JSON, "X-Forwarded-For": "203.0.113.9"}
        client.post("/v1/ask", content='{"question": "a"}', headers=headers)
    assert service.pipeline.clients == ["203.0.113.9"]


def test_the_contract_tells_which_routes_count_and_of_every_header_that_they_have() -> None:
    app = create_app(Settings(), FakePipeline(), NoBuilder())
    described = openapi(app)
    counted = {
        path
        for path, methods in described["paths"].items()
        for operation in methods.values()
        if "429" in operation["responses"]
    }
    assert {"/v1/ask", "/v1/search", "/v1/articles/{id}", "/v1/chat/completions"} <= counted
    assert counted.isdisjoint({"/healthz", "/readyz", "/metrics", "/", "/v1/index", "/v1/index:publish"})
    with TestClient(Service()) as client:
        sent = {name for name in search(client).headers if name.startswith("ratelimit-")}
    responses = described["paths"]["/v1/search"]["post"]["responses"]
    for status, more in (("200", set()), ("429", {"retry-after"})):
        told = {name.lower() for name in responses[status]["headers"]}
        assert told == sent | more | {"x-request-id"}
    assert set(RATE_HEADERS) <= set(described["components"]["headers"])
