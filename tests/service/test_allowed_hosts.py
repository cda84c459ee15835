"""Which names the service may be asked by, and that whoever asks by another is turned away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from service.allowed_hosts import AllowedHosts, host_name, host_patterns
from service.app import create_app
from service.client_address import Proxies
from service.edge.door import Door
from service.errors import BadRequest
from service.settings import Settings
from tests.service.fakes import FakePipeline


def client(peer: str = "", **changes: Any) -> TestClient[Any]:
    """A client whose requests come from `peer`, at a service with these settings."""
    app = create_app(Settings(anonymous="allowed", **changes), FakePipeline({"a.md": "Text"}))

    async def served(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["client"] = (peer, 50_000)
        await app(scope, receive, send)

    return TestClient(served)


def status(asked: str, path: str = "/v1/articles/a.md", *, sent: dict[str, str] | None = None, **changes: Any) -> int:
    with client(**changes) as asking:
        return asking.get(path, headers={"Host": asked, **(sent or {})}).status_code


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost:8000", "localhost"),
        ("localhost.", "localhost"),
        ("localhost.:80", "localhost"),
        ("localhost:", "localhost"),
        ("127.0.0.1:65535", "127.0.0.1"),
        ("[::1]:8000", "[::1]"),
        ("[0:0:0:0:0:0:0:1]", "[::1]"),
        ("[2001:DB8::A]", "[2001:db8::a]"),
        ("answers_1.example-2.org", "answers_1.example-2.org"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_host_is_compared_by_its_name(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize(
    "host",
    [
        *("", " ", ".", "..", "localhost:80:80", "localhost:65536", "localhost:-1", "localhost:http", "localhost:８０"),
        *(
            "user@localhost",
            "user:password@localhost",
            "evil.example#localhost",
            "evil.example/localhost",
            "localhost/",
        ),
        *(
            "localhost evil.example",
            "localhost\t",
            "localhost,evil.example",
            "local%68ost",
            "bücher.example",
            "[::1",
            "::1",
        ),
        *("[1.2.3.4]", "[::1]x", "[::g]", "[]", "-a", "a'&amp;b", "localhost\\", "<b>", ".localhost", "localhost.."),
    ],
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="it is not a name or an address"):
        host_name(host)


@given(st.text(max_size=40))
def test_no_text_is_anything_but_a_name_or_a_value_error(text: str) -> None:
    try:
        name = host_name(text)
    except ValueError:
        return
    assert host_name(name) == name == name.lower()


def test_patterns_allow_names_and_subdomains_on_every_port() -> None:
    hosts = AllowedHosts(host_patterns("Answers.Example, *.intranet.example, [::1] ,"))
    allowed = ("answers.example", "a.intranet.example", "b.a.intranet.example", "[::1]")
    refused = (
        "example",
        "evilanswers.example",
        "a.answers.example",
        "intranet.example",
        "evilintranet.example",
        "[::2]",
    )
    assert [name in hosts for name in (*allowed, *refused)] == [True] * 4 + [False] * 6
    assert "anything.example" in AllowedHosts(host_patterns("*"))


@pytest.mark.parametrize(
    "text", ["a b", "http://a.example", "a.example/", "a.*.example", "**", "*.", "*", "a.example:80"]
)
def test_what_is_no_pattern_is_named(text: str) -> None:
    if text == "*":
        assert host_patterns(text) == ("*",)
        return
    with pytest.raises(ValueError, match=r"is no name such as|has a port") as caught:
        host_patterns(f"localhost, {text}")
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST.", "127.0.0.1:1"])
def test_a_service_of_this_machine_is_asked_by_this_machines_names(host: str) -> None:
    assert status(host) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.2", "0.0.0.0", "[::2]", "192.168.1.5:8000"]
)
def test_and_by_no_other_which_stops_a_page_whose_name_points_here(host: str) -> None:
    with client() as asking:
        response = asking.get("/v1/articles/a.md", headers={"Host": host})
    assert (response.status_code, response.json()["type"]) == (421, "urn:fundstelle:problem:host")
    assert "FUNDSTELLE_ALLOWED_HOSTS" in response.json()["detail"]
    assert response.headers["x-request-id"] == response.json()["instance"]


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/nowhere", "/v1/ask", "/metrics"])
def test_nothing_is_served_to_a_foreign_name_but_the_probes(path: str) -> None:
    assert status("evil.example", path) == 421
    assert status("10.1.2.3:8000", "/healthz") == 200


def test_a_probe_by_the_address_of_a_pod_is_told_whether_the_service_is_ready() -> None:
    assert status("10.1.2.3:8000", "/readyz", allowed_hosts="answers.example") == 200


def test_a_service_that_others_reach_is_asked_by_any_name_until_it_is_told_its_own() -> None:
    assert status("anything.example", host="0.0.0.0") == 200
    assert status("anything.example", host="0.0.0.0", allowed_hosts="answers.example") == 421
    assert status("answers.example:8443", host="0.0.0.0", allowed_hosts="answers.example") == 200
    assert status("anything.example", allowed_hosts="*") == 200


def test_a_service_that_listens_on_another_address_of_this_machine_is_asked_by_that_too() -> None:
    assert status("127.0.0.2:8000", host="127.0.0.2") == 200
    assert status("[::1]:8000", host="::1") == 200


@pytest.mark.parametrize("host", ["user@localhost", "local host", "localhost:99999", "bücher"])
def test_a_host_that_is_none_is_a_bad_request_wherever_the_service_is(host: str) -> None:
    with client(host="0.0.0.0") as asking:
        response = asking.get("/", headers={"Host": host.encode("latin-1")})
    assert (response.status_code, response.json()["type"]) == (400, "urn:fundstelle:problem:bad-request")
    assert host not in response.json()["detail"]


def test_a_page_can_not_let_itself_in_by_a_header_that_proxies_write() -> None:
    sent = {"X-Forwarded-Host": "localhost", "X-Forwarded-For": "127.0.0.1"}
    assert status("evil.example", sent=sent) == 421
    assert status("evil.example", sent=sent, trusted_proxies="127.0.0.1") == 421


def test_what_a_trusted_proxy_was_asked_for_is_the_services_name_and_has_to_be_allowed() -> None:
    """The service's own pages, which say which origin they are of, are no foreign ones then."""
    told = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "answers.example", "X-Forwarded-Proto": "https"}
    settings: dict[str, Any] = {"trusted_proxies": "10.0.0.0/8", "allowed_hosts": "backend, answers.example"}

    def asked(client: TestClient[Any], **changes: str) -> int:
        headers = {"Host": "backend:8000", "Origin": "https://answers.example", **told, **changes}
        return client.post("/v1/search", json={"question": "a"}, headers=headers).status_code

    with client("10.0.0.1", **settings) as proxy:
        assert asked(proxy) == 200
        assert asked(proxy, Origin="https://backend:8000") == 403
        assert asked(proxy, **{"X-Forwarded-Host": "evil.example"}) == 421
        assert asked(proxy, Host="evil.example") == 421
    with client("203.0.113.1", **settings) as stranger:
        assert asked(stranger) == 403


@pytest.mark.parametrize(
    ("hosts", "any_name", "error"),
    [
        ((b"localhost", b"localhost"), True, "there is more than one"),
        ((b"localhost", b"evil.example"), False, "there is more than one"),
        ((b"",), False, "it is not a name or an address"),
        ((), False, "it is not a name or an address"),
        ((), True, ""),
    ],
)
def test_a_request_has_one_host_unless_any_will_do(hosts: tuple[bytes, ...], any_name: bool, error: str) -> None:
    reached = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["path"])

    async def nothing(*_: Any) -> Any:
        return {}

    guarded = Door(app, AllowedHosts(("*",) if any_name else ("localhost",)), Proxies(()))
    headers = [(b"host", host) for host in hosts]
    asking = guarded({"type": "http", "path": "/x", "headers": headers, "client": None}, nothing, nothing)
    if error:
        with pytest.raises(BadRequest, match=error):
            asyncio.run(asking)
    else:
        asyncio.run(asking)
    assert reached == ([] if error else ["/x"])
