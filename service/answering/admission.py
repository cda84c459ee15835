"""A bounded queue in front of the language model, with a fair share for each client.

A question takes a place before anything is done for it, and its turn at the model when it has something to be written.
Turns go round the clients that wait, one question each; a client that has had its turn goes to the end.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from statistics import fmean

from service.errors import Busy

SLOTS, PLACES, EACH = 1, 16, 8
"""Answers at once, questions that may wait for a turn, and questions that one client may have in there."""
LATELY = 32
"""Answers that tell how long the next one takes."""
ENOUGH = 8
"""Answers that have to be known before a question is refused because they all took too long."""
FIRST_GUESS = 10.0
"""Seconds that an answer is taken to need as long as none is known."""
LONGEST = 300
"""Seconds after which it is worth asking again, whatever happened."""


class Admission:
    """Who may use the language model, and when. For one event loop.

    `slots` answers are written at once, `places` questions may wait, `each` is how many of both one client may have.
    """

    def __init__(
        self, slots: int = SLOTS, places: int = PLACES, each: int = EACH, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.slots = slots
        self.places = places
        self.refused = 0
        self._each = each
        self._clock = clock
        self._held: Counter[str] = Counter()
        self._running: Counter[str] = Counter()
        self._queue: dict[str, deque[asyncio.Future[None]]] = {}
        self._lately: deque[float] = deque(maxlen=LATELY)

    @property
    def running(self) -> int:
        """Questions that have their turn."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """Questions that have a place and no turn."""
        return self._held.total() - self.running

    def idle(self) -> bool:
        """Whether no question has a place or a turn."""
        return not self._held.total()

    @contextmanager
    def place(self, client: str, seconds: float = math.inf) -> Iterator[Place]:
        """A place for a question of `client` as long as the block lasts.

        Raises `Busy` where there is none, or where the question would certainly wait for longer than its `seconds`.
        """
        self._check(client, seconds)
        self._held[client] += 1
        place = Place(self, client)
        try:
            yield place
        finally:
            place.end_turn()
            self._leave(client)
            if not place.had_turn:
                self._lately.append(0.0)

    def _check(self, client: str, seconds: float) -> None:
        if self._held[client] >= self._each:
            self._refuse(f"{self._held[client]} questions of yours wait for an answer already.", self._held[client])
        if self._held.total() >= self.slots + self.places:
            self._refuse(f"{self.waiting} questions wait for an answer already.", self.waiting)
        if self._least_wait(client) > seconds:
            self._refuse(f"The answer could not begin within {seconds:g} s.", self.waiting)

    def _refuse(self, why: str, waiting: int) -> None:
        self.refused += 1
        raise Busy(f"{why} Try again later.", self._retry_after(waiting))

    def _retry_after(self, waiting: int) -> int:
        """Whole seconds until half of what waits has been answered.

        Whoever waited for the first free place only would meet all others there; after twice the time the model may
        have nothing to do.
        """
        each = fmean(self._lately) if self._lately else FIRST_GUESS
        return min(max(1, math.ceil(each * math.ceil(waiting / 2) / self.slots)), LONGEST)

    def _least_wait(self, client: str) -> float:
        """Seconds that a question of `client` which comes now waits for its turn if all before it are quick.

        Before it are its client's own, and of any other client's as many; quick is what nine of ten lately were not.
        """
        if len(self._lately) < ENOUGH:
            return 0.0
        own = len(self._queue.get(client, ()))
        ahead = own + sum(min(len(queue), own) for other, queue in self._queue.items() if other != client)
        quick = sorted(self._lately)[len(self._lately) // 10]
        return ahead // self.slots * quick

    async def _turn(self, client: str) -> float:
        """Wait for a turn; the time at which it began."""
        if self.running < self.slots and not self._queue:
            self._running[client] += 1
            return self._clock()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.setdefault(client, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # the turn may have come in this very moment
            if turn.cancelled():
                self._forget(client, turn)
            else:
                self._pass_on(client)
            raise
        return self._clock()

    def _forget(self, client: str, turn: asyncio.Future[None]) -> None:
        queue = self._queue.get(client, deque())
        with suppress(ValueError):
            queue.remove(turn)
        if not queue:
            self._queue.pop(client, None)

    def _end_turn(self, client: str, began: float) -> None:
        self._lately.append(self._clock() - began)
        self._pass_on(client)

    def _pass_on(self, client: str) -> None:
        """Take the turn from `client`, which goes to the end, and give it to the next one."""
        _take_one(self._running, client)
        if own := self._queue.pop(client, None):
            self._queue[client] = own
        while self._queue and self.running < self.slots:
            self._give(min(self._queue, key=lambda waiting: self._running[waiting]))

    def _give(self, client: str) -> None:
        turn = self._queue[client][0]
        self._forget(client, turn)
        # a question that was called off is still here until its task runs
        if not turn.done():
            turn.set_result(None)
            self._running[client] += 1

    def _leave(self, client: str) -> None:
        _take_one(self._held, client)


class Place:
    """A question's place in the queue, and its turn when that has come."""

    def __init__(self, admission: Admission, client: str) -> None:
        self.had_turn = False
        self._admission = admission
        self._client = client
        self._began: float | None = None

    async def turn(self) -> None:
        """Return when the language model is free for this question, which it stays until `end_turn`."""
        if self._began is None:
            self._began = await self._admission._turn(self._client)
            self.had_turn = True

    def end_turn(self) -> None:
        """Make way for the next question, where this one has its turn."""
        began, self._began = self._began, None
        if began is not None:
            self._admission._end_turn(self._client, began)


def _take_one(counts: Counter[str], client: str) -> None:
    counts[client] -= 1
    if not counts[client]:
        del counts[client]
