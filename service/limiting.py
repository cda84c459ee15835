"""How many requests a caller may send, in a minute and in a day, before the service says `rate-limited`."""

from __future__ import annotations

from service.keys import Scope

COUNTED: frozenset[Scope] = frozenset({"ask", "search"})
"""A request counts where it takes one of these scopes: administering and looking at metrics is not limited."""
