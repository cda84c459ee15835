from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from service.access.keys import Key, Keys, hash_of, looks_like_one, make

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORIGIN = "https://intranet.example"


def test_a_key_is_256_random_bits_behind_a_prefix_that_says_what_it_is() -> None:
    secrets = {make("a", "key", ["ask"], NOW)[0] for _ in range(50)}
    assert len(secrets) == 50
    assert all(re.fullmatch(r"fst_[A-Za-z0-9_-]{43}", secret) for secret in secrets)
    assert re.fullmatch(r"fss_[A-Za-z0-9_-]{43}", make("a", "site", ["ask"], NOW, origins=[ORIGIN])[0])


def test_only_the_hash_of_a_key_is_stored() -> None:
    secret, key = make("a program", "key", ["ask", "admin", "ask"], NOW, per_minute=5)
    assert secret.encode() not in msgspec.json.encode(key)
    assert key.sha256 == hash_of(secret.encode())
    assert (key.name, key.scopes, key.per_minute, key.per_day) == ("a program", ("ask", "admin"), 5, None)


def test_a_key_is_found_by_all_of_its_characters_and_no_others() -> None:
    made = [make(name, "key", ["ask"], NOW) for name in "abc"]
    keys = Keys(tuple(key for _, key in made))
    for secret, key in made:
        assert keys.find(secret.encode(), NOW) == key
        for wrong in (secret[:-1], secret + "x", secret.upper(), f" {secret}", key.sha256, key.id, ""):
            assert keys.find(wrong.encode(), NOW) is None
    assert keys.find(b"\xff\xfe\0", NOW) is None


def test_a_key_works_until_it_expires_or_is_revoked() -> None:
    secret, key = make("a", "key", ["ask"], NOW, expires_at=NOW + timedelta(seconds=1))
    assert Keys((key,)).find(secret.encode(), NOW) == key
    assert Keys((key,)).find(secret.encode(), NOW + timedelta(seconds=1)) is None
    revoked = msgspec.structs.replace(key, revoked_at=NOW)
    assert Keys((revoked,)).find(secret.encode(), NOW) is None
    assert list(Keys((revoked,)).active(NOW)) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "length >= 1"),
        ({"name": "x" * 101}, "length <= 100"),
        ({"name": "a\nb"}, "control characters"),
        ({"scopes": []}, "length >= 1"),
        ({"scopes": ["root"]}, "root"),
        ({"kind": "site"}, "needs the origins"),
        ({"origins": [ORIGIN]}, "no place on a web page"),
        ({"kind": "site", "origins": [ORIGIN], "scopes": ["ask", "admin"]}, "everybody can read a site key"),
        ({"kind": "site", "origins": [ORIGIN], "scopes": ["metrics"]}, "everybody can read a site key"),
        ({"kind": "site", "origins": ["*"]}, "is no origin"),
        ({"kind": "site", "origins": ["null"]}, "is no origin"),
        ({"kind": "site", "origins": ["https://Intranet.example"]}, "is written https://intranet.example"),
        ({"sha256": "abc"}, "regex"),
        ({"id": "../../x"}, "regex"),
        ({"per_minute": 0}, ">= 1"),
        ({"created_at": "2026-01-01T00:00:00"}, "timezone"),
        ({"colour": "red"}, "unknown field"),
    ],
)
def test_a_stored_key_that_could_never_be_right_is_refused(changed: dict[str, Any], said: str) -> None:
    stored = msgspec.to_builtins(make("a", "key", ["ask"], NOW)[1])
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert({**stored, **changed}, Key)


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scopes": []}, {"per_day": -1}, {"name": "x" * 101}])
def test_a_key_is_not_made_where_it_could_not_be_read_again(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        make(**{"name": "a", "kind": "key", "scopes": ["ask"], "now": NOW, **wrong})


def test_no_two_keys_share_an_id_or_a_hash() -> None:
    key, other = (make("a", "key", ["ask"], NOW)[1] for _ in range(2))
    for twin in (msgspec.structs.replace(other, id=key.id), msgspec.structs.replace(other, sha256=key.sha256)):
        with pytest.raises(ValueError, match="two keys have the same"):
            replace(Keys(), all=(key, twin))


def test_what_is_meant_as_a_key_is_told_by_its_beginning() -> None:
    assert looks_like_one(b"fst_x")
    assert looks_like_one(b"fss_x")
    assert not looks_like_one(b"sk-none")
    assert not looks_like_one(b"")
