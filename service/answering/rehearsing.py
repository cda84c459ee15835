"""What a question needs is loaded when it is first needed: tables, compiled patterns, pages of files.

So questions that nobody asked are taken through everything but the language model, after the start and before somebody
asks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import numpy as np

from service.answering.leases import Opened
from service.comparing.disagreement import disagreements
from service.contracts.answers import AskRequest
from service.search.finding import Finder
from service.threads import Threads
from service.verification.abstain import LEAST_SUPPORT
from service.verification.verify import verify

log = logging.getLogger(__name__)

QUESTIONS = (
    "How much did the company pay in 2020, and who said so?",
    "Wie viel hat das Unternehmen im Jahr 2020 gezahlt, und wer hat das gesagt?",
)


class Rehearsal:
    """One rehearsal in the background. For one event loop."""

    def __init__(self, lease: Callable[[], AbstractContextManager[Opened]], threads: Threads) -> None:
        """It reads the snapshot that `lease` gives, in `threads`."""
        self._lease = lease
        self._threads = threads
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin. Needs a running event loop."""
        self._task = asyncio.create_task(self._rehearse())
        self._task.add_done_callback(self._forget)

    def end(self) -> None:
        """Begin no further step, since somebody asks."""
        if self._task is not None:
            self._task.cancel()

    async def close(self) -> None:
        """End, and wait for that."""
        self.end()
        if self._task is not None:
            await asyncio.wait([self._task])

    def _forget(self, task: asyncio.Task[None]) -> None:
        """One that was broken off would keep its frames, and the snapshot in them."""
        self._task = None

    async def _rehearse(self) -> None:
        try:
            with self._lease() as opened:
                left = steps(opened.finder)
                while await self._threads.run(next, left, False):
                    pass
        except Exception:
            log.exception("the first answer will take longer, since what it needs could not be loaded before")


def steps(finder: Finder) -> Iterator[bool]:
    """Find, check and compare what could be answered from the snapshot; true after every step, none takes long."""
    for question in QUESTIONS:
        finding = finder.find(AskRequest(question))
        yield True
        language, evidence = finding.asked.language, finding.evidence
        for number, item in enumerate(evidence):
            near = np.full(len(evidence), LEAST_SUPPORT, dtype=np.float32)
            near[number] = 1.0
            verify(item.shown(), item.language, (), evidence, near, least_similarity=LEAST_SUPPORT, question=question)
            yield True
        disagreements(finder, finding, [(item.shown(), (item,)) for item in evidence if item.language == language])
        yield True
