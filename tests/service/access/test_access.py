"""Who is let in: the keys, the scopes and the settings, in front of every route."""

from __future__ import annotations

import logging
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.access.callers import Access, Credentials, is_loopback
from service.access.key_file import FRESH_SECONDS, revoke
from service.app import ROUTES, create_app
from service.errors import SettingsError, Unauthorized
from service.routes.access import Needs
from service.settings import Settings
from tests.service.fakes import FakePipeline
from tests.service.keyed import JSON, QUESTION, SITE, Ring, ask, bearer, outcome, serving

PUBLIC = "0.0.0.0"
ADMIN = "an-admin-key-of-the-tests-0123"
OPEN = {
    "article_options", "healthz", "readyz", "reference", "description", "style", "status_style", "newest_widget",
    "this_widget", "keeping", "chat_on_its_own", "embedding_tag", "embed_script", "site_style", "icon",
}  # fmt: skip
UNAUTHORIZED = (401, "unauthorized")


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    return Ring(tmp_path / "keys.json")


def test_every_route_has_a_guard_but_those_that_tell_nothing_of_the_articles() -> None:
    guarded = {handler.fn.__name__ for handler in ROUTES if any(isinstance(g, Needs) for g in handler.guards or ())}
    assert {handler.fn.__name__ for handler in ROUTES} - guarded <= OPEN
    assert guarded.isdisjoint(OPEN)


@pytest.mark.parametrize(
    ("scope", "may"),
    [("ask", {"ask", "article"}), ("search", {"search", "article"}), ("metrics", {"metrics"}), ("admin", {"index"})],
)
def test_a_key_may_do_what_its_scopes_say_and_nothing_else(ring: Ring, scope: str, may: set[str]) -> None:
    secret, key = ring.key(scope)  # type: ignore[arg-type]  # one of the scopes
    with serving(ring, host=PUBLIC) as client:
        done = {
            "ask": ask(client, bearer(secret)),
            "search": client.post("/v1/search", content=QUESTION, headers={**JSON, **bearer(secret)}),
            "article": client.get("/v1/articles/a.md", headers=bearer(secret)),
            "metrics": client.get("/metrics", headers=bearer(secret)),
            "index": client.get("/v1/index", headers=bearer(secret)),
        }
    assert {name for name, response in done.items() if response.status_code == 200} == may
    for name in done.keys() - may:
        assert done[name].status_code == 403
        assert outcome(done[name])[1] in ("forbidden", "administration-off")
    refused = done["ask" if scope != "ask" else "search"]
    assert refused.headers["www-authenticate"] == 'Bearer realm="fundstelle", error="insufficient_scope"'
    assert f"the key {key.id} has {scope}" in refused.json()["detail"]


def test_where_others_can_reach_it_nobody_is_let_in_without_a_key(ring: Ring) -> None:
    ring.key("ask")
    with serving(ring, host=PUBLIC) as client:
        for response in (
            ask(client),
            client.post("/v1/search", content=QUESTION, headers=JSON),
            client.get("/v1/articles/a.md"),
            client.get("/metrics"),
        ):
            assert outcome(response) == UNAUTHORIZED
            assert response.headers["www-authenticate"] == 'Bearer realm="fundstelle"'
        for path in ("/healthz", "/readyz", "/", "/docs", "/openapi.json", "/static/site.css", "/widget.js"):
            assert client.get(path).status_code == 200


def test_on_this_machine_everybody_may_ask_and_nobody_may_administer(ring: Ring) -> None:
    ring.key("admin")
    with serving(ring) as client:
        assert outcome(ask(client)) == (200, "")
        assert client.get("/metrics").status_code == 200
        assert outcome(client.get("/v1/index")) == UNAUTHORIZED


def test_what_a_proxy_passed_on_did_not_come_from_this_machine(ring: Ring) -> None:
    secret, _ = ring.key("ask")
    with serving(ring) as client:
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            passed_on = {header: "for=192.0.2.1"}
            assert outcome(ask(client, passed_on)) == UNAUTHORIZED
            assert outcome(ask(client, {**passed_on, **bearer(secret)})) == (200, "")
    with serving(ring, anonymous="allowed") as client:
        assert outcome(ask(client, {"X-Forwarded-For": "192.0.2.1"})) == (200, "")
        assert outcome(client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})) == UNAUTHORIZED


def test_everybody_may_ask_where_that_is_allowed_and_nobody_where_it_never_is(ring: Ring) -> None:
    with serving(ring, host=PUBLIC, anonymous="allowed") as client:
        assert outcome(ask(client)) == (200, "")
        assert client.get("/v1/articles/a.md").status_code == 200
        assert outcome(client.get("/metrics")) == UNAUTHORIZED
        assert outcome(client.get("/v1/index")) == (403, "administration-off")
    secret, _ = ring.key("ask")
    with serving(ring, anonymous="never") as client:
        assert outcome(ask(client)) == UNAUTHORIZED
        assert outcome(ask(client, bearer(secret))) == (200, "")


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("value", ["Bearer {}", "bearer {}", "BEARER   {} "])
def test_names_and_schemes_are_written_as_one_likes(ring: Ring, name: str, value: str) -> None:
    secret, _ = ring.key("ask")
    with serving(ring, host=PUBLIC) as client:
        assert outcome(ask(client, {name: value.format(secret)})) == (200, "")


@pytest.mark.parametrize(
    "value",
    [
        "", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {}x", "Bearer {} {}", "Bearer {},{}",
        "Bearer x{}", 'Bearer "{}"', "Bearer fst_",
        "Bearer \u00e4{}", b"Bearer \xff\xfe\x00", "Bearer " + "x" * 5_000,
    ],
)  # fmt: skip
def test_anything_but_the_key_is_refused(ring: Ring, value: str | bytes) -> None:
    secret, _ = ring.key("ask")
    given = value.replace("{}", secret).encode("latin-1") if isinstance(value, str) else value
    with serving(ring, host=PUBLIC) as client:
        response = client.post("/v1/ask", content=QUESTION, headers=[(b"content-type", b"application/json"),
                                                                     (b"authorization", given)])  # fmt: skip
    assert outcome(response) == UNAUTHORIZED


def test_of_two_keys_none_is_taken(ring: Ring) -> None:
    access = Access(Settings(keys=ring.path))
    first, second = (ring.key("ask")[0].encode() for _ in range(2))
    for keys, site_keys in (((first, second), ()), ((first, first), ()), ((), (first, b"x"))):
        with pytest.raises(Unauthorized, match="More than one key"):
            access.caller(Credentials(keys=keys, site_keys=site_keys), "127.0.0.1")


def test_a_secret_key_is_not_taken_where_a_site_key_belongs(ring: Ring) -> None:
    secret, _ = ring.key("ask")
    with serving(ring, admin_key=ADMIN) as client:
        assert outcome(ask(client, {"X-Fundstelle-Site-Key": secret})) == UNAUTHORIZED
        assert outcome(ask(client, {"X-Fundstelle-Site-Key": ADMIN})) == UNAUTHORIZED


def test_a_key_in_the_address_is_no_key(ring: Ring) -> None:
    secret, _ = ring.key("ask")
    with serving(ring, host=PUBLIC) as client:
        for name in ("key", "api_key", "access_token"):
            response = client.post(f"/v1/ask?{name}={secret}", content=QUESTION, headers=JSON)
            assert outcome(response) == UNAUTHORIZED


def test_a_key_of_another_service_is_ignored_while_no_key_means_anything(ring: Ring) -> None:
    with serving(ring) as client:
        assert outcome(ask(client, bearer("sk-none"))) == (200, "")
        assert outcome(ask(client, bearer("fst_" + "x" * 43))) == UNAUTHORIZED
        ring.key("ask")
        time.sleep(FRESH_SECONDS + 0.1)
        assert outcome(ask(client, bearer("sk-none"))) == UNAUTHORIZED
        assert outcome(ask(client)) == (200, "")


def test_a_wrong_a_revoked_and_an_expired_key_get_the_same_answer(ring: Ring) -> None:
    revoked, key = ring.key("ask")
    expired, _ = ring.key("ask", expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    ring.key("ask")
    revoke(ring.path, key.id, datetime.now(UTC))
    with serving(ring, host=PUBLIC) as client:
        said = [
            ask(client, {**bearer(k), "X-Request-Id": "a"}) for k in (revoked, expired, "fst_" + "x" * 43, "nonsense")
        ]
    assert [outcome(response) for response in said] == [UNAUTHORIZED] * 4
    assert len({response.content for response in said}) == 1


def test_a_key_is_taken_and_given_up_while_the_service_runs(ring: Ring) -> None:
    ring.key("search")
    with serving(ring, host=PUBLIC) as client:
        secret, key = ring.key("ask")
        time.sleep(FRESH_SECONDS + 0.1)
        assert outcome(ask(client, bearer(secret))) == (200, "")
        revoke(ring.path, key.id, datetime.now(UTC))
        time.sleep(FRESH_SECONDS + 0.1)
        assert outcome(ask(client, bearer(secret))) == UNAUTHORIZED


def test_keys_that_can_not_be_read_let_nobody_in_not_even_on_this_machine(ring: Ring) -> None:
    secret, _ = ring.key("ask")
    with serving(ring, admin_key=ADMIN) as client:
        ring.path.write_text("{")
        time.sleep(FRESH_SECONDS + 0.1)
        for response in (ask(client), ask(client, bearer(secret)), client.get("/v1/index", headers=bearer(ADMIN))):
            assert outcome(response) == (503, "keys-unavailable")
            assert str(ring.path) not in response.text
            assert response.headers["retry-after"] == "5"
        assert client.get("/healthz").status_code == 200
        ready = client.get("/readyz")
        assert (outcome(ready), ready.json()["errors"]) == ((503, "not-ready"), ["keys"])


def test_the_key_of_the_settings_may_do_everything(ring: Ring) -> None:
    with serving(ring, host=PUBLIC, admin_key=ADMIN) as client:
        assert outcome(ask(client, bearer(ADMIN))) == (200, "")
        assert client.get("/v1/index", headers=bearer(ADMIN)).status_code == 200
        assert client.get("/metrics", headers=bearer(ADMIN)).status_code == 200
        assert outcome(ask(client, bearer(ADMIN[:-1]))) == UNAUTHORIZED


def test_the_body_is_not_looked_at_before_the_key(ring: Ring) -> None:
    ring.key("ask")
    with serving(ring, host=PUBLIC) as client:
        for content, headers in ((b"{", JSON), (QUESTION, {"Content-Type": "text/plain"}), (b" " * 300_000, JSON)):
            assert outcome(client.post("/v1/ask", content=content, headers=headers)) == UNAUTHORIZED


def test_no_key_is_ever_logged(ring: Ring, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret, (site, _) = ring.key("ask")[0], ring.site()
    with serving(ring, host=PUBLIC, admin_key=ADMIN) as client:
        for key in (secret, site, ADMIN, secret + "x"):
            ask(client, bearer(key))
            ask(client, {"X-Fundstelle-Site-Key": key, "Origin": SITE})
            client.get("/v1/index", headers=bearer(key))
            client.get(f"/v1/articles/a.md?key={key}")
    told = "".join(str(vars(record)) for record in caplog.records if record.name != "httpx")
    for key in (secret, site, ADMIN):
        assert key not in told


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.7", "2001:db8::1", "answers.example", "127.1", "::ffff:127.0.0.1"]
)
def test_where_others_can_reach_it_a_service_without_a_key_does_not_start(ring: Ring, host: str) -> None:
    settings = Settings(host=host, keys=ring.path)
    with pytest.raises(
        SettingsError, match=r"others can reach .* no key: make one with scripts/keys\.py create NAME, or"
    ):
        create_app(settings, FakePipeline())
    Access(Settings(host=host, keys=ring.path, anonymous="allowed")).check()
    Access(Settings(host=host, keys=ring.path, admin_key=ADMIN)).check()
    ring.key("ask")
    Access(settings).check()


def test_keys_that_no_longer_work_are_no_keys(ring: Ring) -> None:
    ring.key("ask", expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    revoke(ring.path, ring.key("ask")[1].id, datetime.now(UTC))
    with pytest.raises(SettingsError, match="there is no key"):
        Access(Settings(host=PUBLIC, keys=ring.path)).check()


def test_a_service_that_nobody_could_ask_does_not_start(ring: Ring) -> None:
    with pytest.raises(SettingsError, match="FUNDSTELLE_ANONYMOUS is never and there is no key"):
        Access(Settings(keys=ring.path, anonymous="never")).check()


def test_a_damaged_file_of_keys_is_said_at_the_start(ring: Ring) -> None:
    ring.path.mkdir()
    with pytest.raises(SettingsError, match=r"the keys can't be read: .*keys\.json: is not a file"):
        create_app(Settings(keys=ring.path), FakePipeline())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"])
def test_addresses_of_this_machine_are_told_from_others(host: str) -> None:
    assert is_loopback(host)


def test_a_file_that_is_not_ours_to_read_lets_nobody_in(ring: Ring) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    ring.key("ask")
    ring.path.chmod(0)
    with pytest.raises(SettingsError, match="Permission denied"):
        Access(Settings(keys=ring.path)).check()
