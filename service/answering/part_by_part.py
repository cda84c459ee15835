"""A question, part by part: from what was found for it to verified sentences, or to a reason for there being none."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import msgspec

from index.snapshot import Snapshot
from service.answering.clock import Clock
from service.answering.draft import Draft
from service.answering.parts import topic_of
from service.answering.refusing import Refusal, explain
from service.answering.run import Run
from service.answering.telling import Told, answers_too, unanswered
from service.answering.writing import Limits, Writer
from service.comparing.asked_values import wanted
from service.comparing.disagreement import disagreements, listing
from service.contracts.answers import AnswerSentence, Citation, Turn
from service.generators import Generator
from service.generators.extractive import ExtractiveGenerator
from service.quoting.surroundings import with_surroundings
from service.search.finding import Asked, Finder, Finding
from service.threads import Threads
from service.verification.abstain import Abstention
from service.verification.yes_no import with_its_word

Writing = Callable[[], Awaitable[Generator]]
"""Returns what writes an answer when that is free to begin."""


@dataclass(slots=True)
class Part:
    """A part under way; `refusal` is None while and where it has an answer."""

    run: Run
    refusal: Refusal | None = None

    @property
    def asked(self) -> Asked:
        """What the part asks."""
        return self.run.asked


@dataclass(slots=True)
class Whole:
    """Everything that was asked at once: its parts so far, and what a reader was told of them.

    `id` is that of the answer, `shown` the labels of the citations that a reader has.
    """

    id: str = field(default_factory=lambda: secrets.token_hex(12))
    parts: list[Part] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    shown: set[int] = field(default_factory=set)

    def newly_cited(self, sentence: AnswerSentence, snapshot: Snapshot) -> tuple[Citation, ...]:
        """The citations of `sentence` that no sentence before had, in full."""
        new = [label for label in sentence.citations if label not in self.shown]
        self.shown.update(new)
        return with_surroundings([self.parts[0].run.draft.citations[label - 1] for label in new], snapshot)


class Answering:
    """Answers the parts of questions, one after the other."""

    def __init__(self, limits: Limits, threads: Threads) -> None:
        """`threads` are where sentences are compared with their sources, and sources with one another."""
        self._writer = Writer(limits, threads)
        self._threads = threads

    async def answer(
        self,
        finder: Finder,
        findings: Sequence[Finding],
        whole: Whole,
        abstention: Abstention,
        clock: Clock,
        writing: Writing,
    ) -> AsyncGenerator[AnswerSentence, None]:
        """What a reader is told of the parts that `findings` were found for, as it comes; `whole` takes them up.

        `writing` tells what writes; it is asked only where something is to be written.
        """
        for finding in findings:
            async with aclosing(self._next(finder, finding, whole, abstention, clock, writing)) as told:
                async for sentence in told:
                    yield sentence

    async def _next(
        self, finder: Finder, finding: Finding, whole: Whole, abstention: Abstention, clock: Clock, writing: Writing
    ) -> AsyncGenerator[AnswerSentence, None]:
        draft = whole.parts[-1].run.draft.next_part() if whole.parts else Draft()
        part = Part(Run(finder, _following(finding, whole.parts), finding.evidence, draft, clock))
        whole.parts.append(part)
        if any(answers_too(sentence, part.asked) for sentence in whole.told.sentences):
            return
        whole.told.begin_part()
        async with aclosing(self._answered(part, abstention, writing)) as released:
            async for sentence in released:
                for told in whole.told.add(sentence):
                    yield told
        if part.refusal:
            for told in whole.told.refuse(unanswered(part.asked, part.refusal.reason)):
                yield told

    async def _answered(
        self, part: Part, abstention: Abstention, writing: Writing
    ) -> AsyncGenerator[AnswerSentence, None]:
        """The verified sentences of `part`, then those that tell where sources differ; `part.refusal` where none.

        Where several values were asked for and nothing was released, they are told as the sources state them.
        """
        run = part.run
        reason = abstention.before_generation(run.finding)
        if reason is None:
            generator = await writing()
            if not isinstance(generator, ExtractiveGenerator):
                question, language = run.asked.request.question, run.asked.language
                run.draft.led_in = lambda sentence: with_its_word(sentence, question, language)
            async with aclosing(self._writer.write(run, generator, abstention)) as released:
                async for sentence in released:
                    yield sentence
            for sentence in await self._differing(run) or await self._listed(run):
                yield sentence
            reason = run.refusal()
        part.refusal = explain(reason, run.asked, run.finding.evidence) if reason else None

    async def _differing(self, run: Run) -> list[AnswerSentence]:
        """Sentences that say where other sources differ from what was released; all such places are kept."""
        draft = run.draft
        if not draft.claims:
            return []
        with run.clock.measured("compare"):
            found = await self._threads.run(disagreements, run.finder, run.finding, draft.claims)
        noted = [draft.disagree(conflict, run.asked.language) for conflict in found]
        return [sentence for sentence in noted if sentence]

    async def _listed(self, run: Run) -> list[AnswerSentence]:
        """The values that were asked for, where nothing was released and the sources state several."""
        if run.draft.sentences or not wanted(run.asked.request.question).several:
            return []
        with run.clock.measured("compare"):
            found = await self._threads.run(listing, run.finder, run.finding)
        sentence = run.draft.disagree(found, run.asked.language) if found else None
        return [sentence] if sentence else []


def _following(finding: Finding, before: Sequence[Part]) -> Finding:
    """`finding` of a part with what was answered to the part before it, which it may lean on.

    Of a part without an answer only the topic is left: a model takes a question that nothing answers, and what follows
    it, for one question without an answer.
    """
    if not before:
        return finding
    asked = finding.asked
    last = before[-1]
    history = asked.request.history
    if text := last.run.draft.text():
        history = (*history, Turn("assistant", text))
    elif topic := topic_of(last.asked):
        history = (Turn("user", f"{topic}:"),)
    request = msgspec.structs.replace(asked.request, history=history)
    return replace(finding, asked=replace(asked, request=request))
