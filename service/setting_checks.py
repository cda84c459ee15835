"""What settings have to be beyond their types: addresses, lists and keys that can be read, and what goes together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from service.allowed_hosts import host_patterns
from service.client_address import networks
from service.errors import SettingsError
from service.setting import variable

KEY_CHARACTERS = 24
_KEY = re.compile(rf"[!-~]{{{KEY_CHARACTERS},}}")


def check(values: Mapping[str, Any]) -> None:
    """Raise SettingsError for the first of all settings' `values`, by name, that can't be used."""
    for name, read in _READERS.items():
        try:
            read(values[name] or "")
        except ValueError as error:
            raise SettingsError(f"{variable(name)}: {error}") from error
    url, key = values["llm_base_url"], values["admin_key"]
    if url is None and values["generator"] == "openai_compatible":
        raise SettingsError(f"{variable('generator')} openai_compatible needs {variable('llm_base_url')}")
    if url is not None and not _is_http(url):
        raise SettingsError(f"{variable('llm_base_url')} must be an http or https address, not {url!r}")
    if key is not None and not _KEY.fullmatch(key):
        raise SettingsError(
            f"{variable('admin_key')} must be {KEY_CHARACTERS} or more letters, digits and punctuation marks, without "
            'spaces; `python -c "import secrets; print(secrets.token_urlsafe(32))"` makes one'
        )


def _redis(url: str) -> None:
    """Says nothing of the address, which may hold a password."""
    try:
        parts = urlsplit(url)
        known = not url or (parts.scheme in ("redis", "rediss") and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        known = False
    if not known:
        raise ValueError("must be an address such as redis://127.0.0.1:6379/0")


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


_READERS: Mapping[str, Callable[[str], object]] = {
    "allowed_hosts": host_patterns,
    "trusted_proxies": networks,
    "redis_url": _redis,
}
"""What reads a setting that is more than its text. Each raises ValueError where it can't."""
