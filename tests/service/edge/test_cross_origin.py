"""Pages of other origins: which may ask, and what browsers are told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient

from service.access.key_file import FRESH_SECONDS, revoke
from service.app import create_app
from service.settings import Settings
from tests.service.fakes import FakePipeline
from tests.service.keyed import JSON, QUESTION, SITE, Ring, ask, bearer, outcome, serving

OWN = "http://127.0.0.1:8000"
OTHER = "https://other.example"
ORIGIN = (403, "origin")
SITE_KEY = "X-Fundstelle-Site-Key"

Client = TestClient[Any]


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    return Ring(tmp_path / "keys.json")


@pytest.fixture
def site_key(ring: Ring) -> str:
    return ring.site()[0]


@pytest.fixture
def client(ring: Ring, site_key: str) -> Iterator[Client]:
    """Of a service on this machine, which everybody on it may ask."""
    with serving(ring) as client:
        yield client


def preflight(client: Client, origin: str, *, path: str = "/v1/ask", method: str | None = "POST") -> Response:
    asked = {} if method is None else {"Access-Control-Request-Method": method}
    headers = {"Origin": origin, "Access-Control-Request-Headers": "content-type,x-fundstelle-site-key", **asked}
    return client.options(path, headers=headers)


def readable_by(response: Response) -> str | None:
    value: str | None = response.headers.get("access-control-allow-origin")
    return value


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://evil.example:8000"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1:8001"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Origin": "http://127.0.0.1:8000@evil.example"},
        {"Origin": f"{OWN}/"},
        {"Origin": f"{OWN}, {OWN}"},
        {"Origin": SITE},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": OWN},
        {"Sec-Fetch-Site": "Same-Origin"},
    ],
)
def test_a_page_of_another_site_does_nothing_on_this_machine(
    client: Client, ring: Ring, headers: dict[str, str]
) -> None:
    secret, _ = ring.key("ask", "search", "admin")
    time.sleep(FRESH_SECONDS + 0.1)
    for method, path in (("POST", "/v1/ask"), ("POST", "/v1/search"), ("POST", "/v1/chat/completions"),
                         ("PUT", "/v1/articles/a.md"), ("DELETE", "/v1/articles/a.md"), ("POST", "/nowhere"),
                         ("POST", "/healthz"), ("PATCH", "/v1/ask")):  # fmt: skip
        for more in ({}, bearer(secret)):
            response = client.request(method, path, content=QUESTION, headers={**JSON, **headers, **more})
            assert response.status_code == 403
            if not path.startswith("/v1/chat"):
                assert outcome(response) == ORIGIN


def test_a_form_of_another_site_is_refused_before_its_body_is_looked_at(client: Client) -> None:
    for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        response = client.post("/v1/ask", content=b" " * 300_000, headers={"Content-Type": media, "Origin": OTHER})
        assert outcome(response) == ORIGIN


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OWN},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy.example"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_programs_and_pages_of_its_own_may_ask(client: Client, headers: dict[str, str]) -> None:
    response = ask(client, headers)
    assert (outcome(response), readable_by(response)) == ((200, ""), None)


def test_another_site_can_read_nothing(client: Client) -> None:
    for path in ("/v1/articles/a.md", "/openapi.json", "/readyz"):
        response = client.get(path, headers={"Origin": OTHER})
        assert (response.status_code, readable_by(response)) == (200, None)
        assert response.headers["cross-origin-resource-policy"] == "same-origin"


NAVIGATION = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (NAVIGATION, (200, "")),
        ({**NAVIGATION, "Sec-Fetch-Dest": "iframe"}, ORIGIN),
        ({**NAVIGATION, "Sec-Purpose": "prefetch;prerender"}, ORIGIN),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, ORIGIN),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, ORIGIN),
        ({"Origin": OTHER}, ORIGIN),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, (200, "")),
        ({**NAVIGATION, "Sec-Fetch-Site": "none", "Sec-Fetch-User": "?1"}, (200, "")),
        ({}, (200, "")),
    ],
)
@pytest.mark.parametrize("path", ["/articles", "/articles/", "//articles"])
def test_another_site_links_to_a_search_and_has_none_made(
    client: Client, headers: dict[str, str], expected: tuple[int, str], path: str
) -> None:
    for method in ("GET", "HEAD"):
        response = client.request(method, f"{OWN}{path}?q=W%C3%B6rd", headers=headers)
        assert response.status_code == expected[0]
    assert client.get(f"{OWN}{path}", headers=headers).status_code == 200, "the list is only read"


def test_a_page_with_a_site_key_may_search_by_address(client: Client, site_key: str) -> None:
    headers = {"Origin": SITE, "Sec-Fetch-Site": "cross-site", SITE_KEY: site_key}
    assert client.get("/articles?q=Text", headers=headers).status_code == 200


@pytest.mark.parametrize("header", [SITE_KEY, SITE_KEY.lower(), "Authorization"])
def test_a_page_of_its_origin_may_ask_with_a_site_key_and_read_the_answer(
    client: Client, site_key: str, header: str
) -> None:
    key = f"Bearer {site_key}" if header == "Authorization" else site_key
    response = ask(client, {"Origin": SITE, "Sec-Fetch-Site": "cross-site", header: key})
    assert outcome(response) == (200, "")
    assert readable_by(response) == SITE
    assert "origin" in response.headers["vary"].lower()
    assert "access-control-allow-credentials" not in response.headers
    exposed = response.headers["access-control-expose-headers"].lower().replace(" ", "").split(",")
    assert {"retry-after", "x-request-id"} <= set(exposed)
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


def test_a_site_key_searches_and_reads_articles_too(client: Client, site_key: str) -> None:
    headers = {"Origin": SITE, SITE_KEY: site_key}
    found = client.post("/v1/search", content=QUESTION, headers={**JSON, **headers})
    article = client.get("/v1/articles/a.md", headers=headers)
    assert (outcome(found), readable_by(found)) == ((200, ""), SITE)
    assert (article.json()["text"], readable_by(article)) == ("Wörd", SITE)


@pytest.mark.parametrize(
    "origin",
    [OTHER, "http://intranet.example", "https://intranet.example:8443", "https://intranet.example.", "null",
     "https://INTRANET.example", "https://intranet.example.evil.example", "https://evil.example#https://intranet.example"],
)  # fmt: skip
def test_a_site_key_works_on_no_other_origin(client: Client, site_key: str, origin: str) -> None:
    headers = {"Origin": origin, SITE_KEY: site_key}
    refused = ask(client, headers)
    assert (outcome(refused), readable_by(refused)) == (ORIGIN, None)
    unread = client.get("/v1/articles/a.md", headers=headers)
    assert (outcome(unread), readable_by(unread)) == (ORIGIN, None)
    assert client.get("/healthz", headers=headers).status_code == 200


def test_the_site_key_of_another_site_does_not_help(client: Client, ring: Ring, site_key: str) -> None:
    others, _ = ring.site(OTHER)
    time.sleep(FRESH_SECONDS + 0.1)
    assert outcome(ask(client, {"Origin": SITE, SITE_KEY: others})) == ORIGIN
    assert outcome(ask(client, {"Origin": OTHER, SITE_KEY: site_key})) == ORIGIN
    assert outcome(ask(client, {"Origin": OTHER, SITE_KEY: others})) == (200, "")


def test_a_site_key_is_for_pages_and_not_for_programs(client: Client, site_key: str) -> None:
    assert outcome(ask(client, {SITE_KEY: site_key})) == ORIGIN
    assert outcome(ask(client, bearer(site_key))) == ORIGIN
    assert outcome(ask(client, {SITE_KEY: site_key, "Origin": OWN})) == (200, "")
    assert client.get("/v1/articles/a.md", headers={SITE_KEY: site_key}).status_code == 200


def test_a_site_key_does_not_do_what_is_not_in_its_scopes(ring: Ring) -> None:
    key, _ = ring.site(scopes=("search",))
    with serving(ring, host="0.0.0.0") as client:
        headers = {"Origin": SITE, SITE_KEY: key}
        asked = ask(client, headers)
        assert (outcome(asked), readable_by(asked)) == ((403, "forbidden"), SITE)
        assert outcome(client.get("/metrics", headers=headers)) == (403, "forbidden")
        assert outcome(client.get("/v1/index", headers=headers))[0] == 403


def test_the_page_can_read_what_went_wrong(client: Client, site_key: str) -> None:
    for headers, content, refusal in (
        ({SITE_KEY: site_key}, b"{", (400, "invalid-body")),
        ({SITE_KEY: "fss_" + "x" * 43}, QUESTION, (401, "unauthorized")),
        ({}, QUESTION, ORIGIN),
    ):
        response = client.post("/v1/ask", content=content, headers={**JSON, "Origin": SITE, **headers})
        assert (outcome(response), readable_by(response)) == (refusal, SITE)


def test_a_preflight_is_answered_for_origins_of_site_keys_only(client: Client) -> None:
    allowed = preflight(client, SITE)
    assert (allowed.status_code, allowed.content, readable_by(allowed)) == (204, b"", SITE)
    assert allowed.headers["access-control-allow-methods"] == "GET, POST"
    may = {name.strip().lower() for name in allowed.headers["access-control-allow-headers"].split(",")}
    assert {"content-type", "x-fundstelle-site-key", "authorization"} <= may
    assert allowed.headers["access-control-max-age"] == "600"
    assert "access-control-allow-credentials" not in allowed.headers
    for origin in (OTHER, "null", "", "https://Intranet.example", f"{SITE}."):
        refused = preflight(client, origin)
        assert (outcome(refused), readable_by(refused)) == (ORIGIN, None)
        assert "access-control-allow-methods" not in refused.headers


def test_options_that_are_no_preflight_are_answered_as_ever(client: Client) -> None:
    for origin, reader in ((SITE, SITE), (OTHER, None)):
        response = preflight(client, origin, method=None)
        assert (response.status_code, readable_by(response)) == (204, reader)
        assert "POST" in response.headers["allow"]
        assert "access-control-allow-methods" not in response.headers


def test_a_revoked_site_key_opens_no_origin(client: Client, ring: Ring) -> None:
    second, stored = ring.site(OTHER)
    time.sleep(FRESH_SECONDS + 0.1)
    assert preflight(client, OTHER).status_code == 204
    revoke(ring.path, stored.id, datetime.now(UTC))
    time.sleep(FRESH_SECONDS + 0.1)
    assert outcome(preflight(client, OTHER)) == ORIGIN
    assert outcome(ask(client, {"Origin": OTHER, SITE_KEY: second})) == (401, "unauthorized")


def test_keys_that_can_not_be_read_allow_no_page_anything(client: Client, ring: Ring, site_key: str) -> None:
    ring.path.write_text("{")
    time.sleep(FRESH_SECONDS + 0.1)
    for response in (preflight(client, SITE), ask(client, {"Origin": SITE, SITE_KEY: site_key})):
        assert (outcome(response), readable_by(response)) == ((503, "keys-unavailable"), None)


def test_every_response_varies_by_origin(client: Client) -> None:
    for path in ("/healthz", "/static/site.css", "/nowhere", "/v1/articles/a.md"):
        assert "Origin" in client.get(path).headers["vary"]


def test_visitors_of_one_page_have_a_share_each(ring: Ring) -> None:
    secret, key = ring.key("ask")
    site, stored = ring.site()
    pipeline = FakePipeline()
    with TestClient(create_app(Settings(keys=ring.path), pipeline), base_url=OWN) as client:
        ask(client)
        ask(client, bearer(secret))
        ask(client, {"Origin": SITE, SITE_KEY: site})
    assert pipeline.clients == ["testclient", key.id, f"{stored.id} testclient"]
