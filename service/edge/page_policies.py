"""What a browser lets a page of the service do: the Content-Security-Policy of every response is one of these."""

from __future__ import annotations

_EVERYWHERE = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"

NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
"""For what is no page, should a browser show it as one: nothing."""

PLAIN = f"{_EVERYWHERE}; form-action 'none'; img-src 'self'"
"""For a page to read: the service's own style sheet and picture, no scripts."""

SCRIPTED = (
    f"{_EVERYWHERE}; form-action 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "require-trusted-types-for 'script'"
)
"""For a page that asks: forms, images and scripts of the service too. They may ask it only and run no text as code."""

HEADER = "Content-Security-Policy"
