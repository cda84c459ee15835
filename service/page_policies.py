"""What a browser lets a page of the service do: the Content-Security-Policy of every response is one of these."""

from __future__ import annotations

_EVERYWHERE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
"""For what is no page, should a browser show it as one: nothing."""

PLAIN = f"{_EVERYWHERE}; style-src 'self'"
"""For a page to read: the service's own style sheet, no scripts."""

SCRIPTED = f"{PLAIN}; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'"
"""For a page that asks: the service's own scripts too, which may ask the service only and turn no text into code."""

HEADER = "Content-Security-Policy"
