"""What became of the questions of the last hour, for who looks at the service now and then."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from service.observing.observed import Kind, Outcome

PERIOD = 3600.0
MOST = 20_000
"""Questions that are remembered: more than ten a second for half an hour."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One question or search that has ended, `at` by the monotonic clock; times are seconds."""

    at: float
    kind: Kind
    result: str
    reason: str
    seconds: float
    sources: float | None
    first_sentence: float | None


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of error, how often it came since the service was started, and when it came last, UTC."""

    kind: str
    count: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """The last hour. `questions` by outcome and reason, most frequent first; medians are seconds, None for none."""

    questions: tuple[tuple[str, str, int], ...]
    searches: int
    answered_seconds: float | None
    sources_seconds: float | None
    first_sentence_seconds: float | None

    @property
    def asked(self) -> int:
        """How many questions there were."""
        return sum(count for _, _, count in self.questions)


class Recent:
    """Remembers the last hour, and which errors there ever were. For one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.began = datetime.now(UTC)
        self._clock = clock
        self._seen: deque[Seen] = deque(maxlen=MOST)
        self._faults: dict[str, Fault] = {}

    def begin(self, kind: Kind) -> Callable[[Outcome], None]:
        """An `Observer` of the pipeline."""
        del kind
        return self._end

    def summary(self) -> Summary:
        """What is known of the last hour."""
        self._forget()
        asked = [seen for seen in self._seen if seen.kind == "ask"]
        counts = Counter((seen.result, seen.reason) for seen in asked)
        return Summary(
            questions=tuple((result, reason, count) for (result, reason), count in counts.most_common()),
            searches=len(self._seen) - len(asked),
            answered_seconds=_median([seen.seconds for seen in asked if seen.result == "answered"]),
            sources_seconds=_median([seen.sources for seen in asked if seen.sources is not None]),
            first_sentence_seconds=_median([seen.first_sentence for seen in asked if seen.first_sentence is not None]),
        )

    def faults(self) -> list[Fault]:
        """The kinds of errors that questions and searches ended with, the last one first."""
        return sorted(self._faults.values(), key=lambda fault: fault.last, reverse=True)

    def _end(self, outcome: Outcome) -> None:
        self._forget()
        self._seen.append(
            Seen(
                self._clock(),
                outcome.kind,
                outcome.result,
                outcome.reason,
                outcome.seconds,
                outcome.sources,
                outcome.first_sentence,
            )
        )
        if outcome.result == "failed":
            before = self._faults.get(outcome.reason)
            count = 1 + (before.count if before else 0)
            self._faults[outcome.reason] = Fault(outcome.reason, count, datetime.now(UTC))

    def _forget(self) -> None:
        since = self._clock() - PERIOD
        while self._seen and self._seen[0].at < since:
            self._seen.popleft()


def _median(seconds: list[float]) -> float | None:
    return median(seconds) if seconds else None
