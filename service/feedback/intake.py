"""What readers say of answers: taken while the service runs, and on disk before it is acknowledged."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from service.contracts.feedback import FeedbackRequest, FeedbackResponse
from service.edge.openai_answers import ID_PREFIX
from service.errors import AnswerNotFound, FeedbackOff, FeedbackUnavailable
from service.feedback.store import FILE_NAME, FeedbackStore, Said
from service.logs import LOGGER
from service.settings import Settings
from service.threads import Threads

LOOKS = (0.05, 0.15, 0.4, 0.8, 1.0)
"""Seconds between looks for an answer that was just given, perhaps by another process, which writes once a second."""
LOOKING = 8
"""Callers for whom it is looked more than once, at a time: who makes ids up holds few connections."""
_ANSWER_ID = re.compile(r"[0-9a-f]{24}")
"""What ids of answers look like. No other can be about to appear."""

logger = logging.getLogger(LOGGER)


class Feedback:
    """Takes feedback into `store`; without one, it is off. For one event loop."""

    def __init__(self, store: FeedbackStore | None) -> None:
        self._store = store
        self._threads = Threads(1, "feedback")
        self._looking = 0

    async def take(self, said: FeedbackRequest, caller: str) -> FeedbackResponse:
        """Keep what `caller` says of an answer; it survives a crash once this returns.

        Raises `FeedbackOff`, `AnswerNotFound`, `FeedbackUnavailable`.
        """
        if self._store is None:
            raise FeedbackOff("Nothing is kept of answers here, as FUNDSTELLE_FEEDBACK_DAYS is 0.")
        answer_id = said.answer_id.removeprefix(ID_PREFIX)
        try:
            await self._rate(self._store, answer_id, said, caller)
        except FeedbackUnavailable as error:
            logger.warning("feedback could not be kept", extra={"fields": {"reason": error.reason}})
            raise
        return FeedbackResponse(answer_id, said.helpful, said.comment)

    def close(self) -> None:
        """Take nothing more."""
        self._threads.close()

    async def _rate(self, store: FeedbackStore, answer_id: str, said: FeedbackRequest, caller: str) -> None:
        opinion = Said(said.helpful, said.comment, datetime.now(UTC))
        looks = LOOKS if _ANSWER_ID.fullmatch(answer_id) and self._looking < LOOKING else ()
        self._looking += 1
        try:
            for seconds in looks:
                with suppress(AnswerNotFound):
                    return await self._threads.run(store.rate, answer_id, caller, opinion)
                await asyncio.sleep(seconds)
            await self._threads.run(store.rate, answer_id, caller, opinion)
        finally:
            self._looking -= 1


def store_of(settings: Settings) -> FeedbackStore | None:
    """Where `settings` have answers kept; None where they have none kept."""
    return FeedbackStore(path_of(settings), settings.feedback_days) if settings.feedback_days else None


def path_of(settings: Settings) -> Path:
    """The file that keeps answers, whether or not any are kept now."""
    return settings.index / FILE_NAME if settings.feedback is None else Path(settings.feedback).expanduser()
