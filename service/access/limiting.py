"""How many requests a caller may send, in a minute and in a day, before the service says `rate-limited`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute

from service.access.callers import Caller
from service.access.counting import Claim, Counts, LocalCounts, Standing
from service.access.keys import Scope
from service.client_address import subnet
from service.errors import RateLimited, SettingsError
from service.settings import Settings

COUNTED: frozenset[Scope] = frozenset({"ask", "search"})
"""A request counts where it takes one of these scopes: administering and looking at metrics is not limited."""

_, *RATE_HEADERS = RateLimited.own_headers
"""What the response to a counted request has, granted or not."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Requests in a minute and in a day; 0 is any number."""

    per_minute: int
    per_day: int

    def claims(self, who: str) -> Iterator[Claim]:
        """What one request of `who` has to be counted against."""
        if self.per_minute:
            yield Claim(who, _limit(RateLimitItemPerMinute, self.per_minute))
        if self.per_day:
            yield Claim(who, _limit(RateLimitItemPerDay, self.per_day))


@dataclass(frozen=True, slots=True)
class Allowances:
    """What callers are allowed whose key does not say so itself. `visitor` is each visitor of the pages of one site."""

    anonymous: Allowance
    key: Allowance
    visitor: Allowance

    def claims(self, caller: Caller, *, local: bool) -> tuple[Claim, ...]:
        """What one request of `caller` has to be counted against, narrow things first; `local` as `Sender.local`.

        Without a key, an address is counted (of IPv6, the /64 network), and none where a program of this machine asks.
        With one, the key. With the key of a site, each visitor, and all of them together.
        """
        if caller.kind == "anonymous":
            return () if local else tuple(self.anonymous.claims(f"address {subnet(caller.address)}"))
        own = tuple(_of(caller, self.key).claims(f"{caller.kind} {caller.name}"))
        if caller.kind == "key":
            return own
        return (*self.visitor.claims(f"site {caller.name} {subnet(caller.address)}"), *own)


class Limiter:
    """Counts the requests of callers and refuses those beyond a limit."""

    def __init__(self, allowances: Allowances, counts: Counts) -> None:
        self._allowances = allowances
        self.counts = counts

    async def count(self, caller: Caller, *, local: bool) -> dict[str, str]:
        """Count one request; the headers that tell the caller how they stand, none where nothing is limited.

        Raises `RateLimited`.
        """
        claims = self._allowances.claims(caller, local=local)
        if not claims:
            return {}
        standings = await self.counts.take(claims)
        last = standings[-1]
        if last.granted:
            return headers(min(standings, key=lambda standing: standing.remaining), claims)
        seconds = max(1, ceil(last.reset))
        raise RateLimited(
            f"No more than {last.claim.limit.amount} requests {_window(last.claim.limit)}: "
            f"the next one is taken in {seconds} seconds.",
            {**headers(last, claims), "Retry-After": str(seconds)},
        )


def limiter(settings: Settings) -> Limiter:
    """The limiter that `settings` describe. Raises `SettingsError` where Redis is wanted and its client is missing."""
    allowances = Allowances(
        anonymous=Allowance(settings.anonymous_per_minute, settings.anonymous_per_day),
        key=Allowance(settings.key_per_minute, settings.key_per_day),
        visitor=Allowance(settings.visitor_per_minute, settings.visitor_per_day),
    )
    return Limiter(allowances, _shared(settings.redis_url) if settings.redis_url else LocalCounts())


def headers(standing: Standing, claims: Sequence[Claim]) -> dict[str, str]:
    """`RateLimit-*` headers: the limit that is nearest, and as policy all of `claims` (draft-ietf-httpapi-06)."""
    policy = ", ".join(f"{claim.limit.amount};w={claim.limit.get_expiry()}" for claim in claims)
    numbers = (standing.claim.limit.amount, standing.remaining, max(1, ceil(standing.reset)))
    return dict(zip(RATE_HEADERS, (*map(str, numbers), policy), strict=True))


def _limit(kind: type[RateLimitItem], amount: int) -> RateLimitItem:
    return kind(amount, namespace="")


def _of(caller: Caller, default: Allowance) -> Allowance:
    return Allowance(
        default.per_minute if caller.per_minute is None else caller.per_minute,
        default.per_day if caller.per_day is None else caller.per_day,
    )


def _window(limit: RateLimitItem) -> str:
    return {60: "a minute", 86_400: "a day"}[limit.get_expiry()]


def _shared(url: str) -> Counts:
    try:
        from service.access.shared_counting import SharedCounts
    except ModuleNotFoundError as error:
        raise SettingsError(
            "FUNDSTELLE_REDIS_URL needs the package redis, which is not installed: "
            f"{sys.executable} -m pip install 'fundstelle[redis]'"
        ) from error
    return SharedCounts(url)
