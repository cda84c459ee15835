"""An answer while it is written: sentences are checked as they come, and asked for once more where none holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter

from index.quantities import Quantity, quantities
from index.retrieve import Scores
from service.answering.run import Run
from service.comparing.preferring import prefer, without_replaced
from service.contracts.answers import AnswerSentence
from service.generators import Generator, Prompt
from service.generators.extractive import ExtractiveGenerator
from service.language_model import prompt
from service.language_model.outgoing import unfit
from service.language_model.second_check import LEAST_AGREEMENT, SecondCheck
from service.language_model.sentence_stream import sentences
from service.quoting.extracts import LEAST_PROBABLE, extracts, in_language_of
from service.quoting.looked_up import LookedUp, looked_up
from service.quoting.quotable import (
    answers,
    as_told,
    gives_reason,
    in_other_language,
    like_in_own_language,
    may_be_led_in,
    stands_alone,
)
from service.quoting.spans import shortest_quotes
from service.search.evidence import Evidence, every
from service.search.finding import Finder, Finding
from service.settings import Quoting
from service.texts.wording import with_own_separators, with_stated_scale
from service.threads import Threads
from service.verification.abstain import Abstention
from service.verification.checking import (
    Checked,
    Compare,
    check,
    is_in_another_language,
    is_told_by_one,
    quoted,
    worded,
)
from service.verification.shortening import check_or_shorten

MOST_ATTEMPTS = 3
LEAST_FLUENT = 0.75
"""Likelihood of a model's tokens below which its sentence is often clumsy, even where it holds."""
NEAREST = 3
"""Sentences of evidence that a model is asked with once more when it answered in another language."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Tokens of an answer, seconds for it, and answers that are kept for the case that they are asked for again.

    `quoting`: when the words of a source stand for a model's own.
    """

    answer_tokens: int
    answer_seconds: float
    cached_answers: int = 0
    quoting: Quoting = "unsure"


class Writer:
    """Has answers written and checks them."""

    def __init__(self, limits: Limits, threads: Threads) -> None:
        """`threads` are where sentences are compared with their sources."""
        self._limits = limits
        self._threads = threads

    async def write(
        self, run: Run, generator: Generator, abstention: Abstention
    ) -> AsyncGenerator[AnswerSentence, None]:
        """The sentences of the generator that hold, as they come; of a second attempt where the first had none."""
        run.generator = generator.name
        run.quotes = isinstance(generator, ExtractiveGenerator)
        written = self._quoted(run, generator, abstention) if run.quotes else self._composed(run, generator, abstention)
        async with aclosing(written) as released:
            async for sentence in released:
                run.clock.mark("first_sentence")
                yield sentence
        run.clock.mark("generated")

    async def _quoted(
        self, run: Run, generator: Generator, abstention: Abstention
    ) -> AsyncGenerator[AnswerSentence, None]:
        """The source sentence nearest to the question that holds and may answer it."""
        likely = abstention.calibrated.probability(run.finding.known) >= LEAST_PROBABLE
        apt = extracts(run.asked, run.evidence) if likely else ()
        if not apt:
            run.not_stated = True
            return
        run.evidence = apt
        attempt = self._attempt(generator, self._prompt(run), run, quoted(run.evidence), abstention)
        async with aclosing(attempt) as released:
            async for sentence in released:
                yield sentence
                return

    async def _composed(
        self, run: Run, generator: Generator, abstention: Abstention
    ) -> AsyncGenerator[AnswerSentence, None]:
        run.evidence = prefer(without_replaced(run.evidence, run.asked), run.asked.names)
        asked_for: Prompt | None = self._prompt(run)
        while asked_for:
            run.attempts += 1
            attempt = self._attempt(generator, asked_for, run, self._comparison(run), abstention)
            async with aclosing(attempt) as released:
                async for sentence in released:
                    yield sentence
            if found := await self._looked_up(run):
                yield found
                return
            asked_for = self._again(run, asked_for, abstention)
        if quote := await self._instead(run, abstention):
            yield quote

    async def _looked_up(self, run: Run) -> AnswerSentence | None:
        """What the search found of the one thing that was asked for, where the first attempt released nothing."""
        if run.draft.sentences or run.attempts > 1 or self._limits.quoting == "never":
            return None
        with run.clock.measured("verify"):
            found = await self._threads.run(_lookup, run.finder, run.finding)
        if found is None:
            return None
        return run.draft.release(found.text, (found.source,), found.source.cosine)

    async def _instead(self, run: Run, abstention: Abstention) -> AnswerSentence | None:
        """The source of which the model made nothing that holds, where nothing was released and it is an answer."""
        if run.draft.sentences or run.not_stated or self._limits.quoting == "never":
            return None
        source = next((item for item in run.miswritten if answers(item, run.asked)), None)
        if source is None:
            return await self._reason_told(run)
        run.quotes, run.evidence = True, (source,)
        return await self._released(source.shown(), run, quoted(run.evidence), abstention)

    async def _reason_told(self, run: Run) -> AnswerSentence | None:
        """The source of a doubted sentence where it tells the reason that was asked for, or of one in its own language.

        In another language than the question's it is quoted as it stands, unless another one says like things in that.
        """
        source = next((item for item in run.doubted if gives_reason(item, run.asked)), next(iter(run.foreign), None))
        if source is None:
            return None
        if source.language != run.asked.language:
            own = await self._threads.run(like_in_own_language, source, run.asked, run.evidence, run.finder)
            source = own or source
        told = as_told(source, run.asked.language)
        if unfit(told, (source,), run.asked.language):
            return None
        return run.draft.release(told, (source,), source.cosine)

    async def _attempt(
        self, generator: Generator, asked_for: Prompt, run: Run, compare: Compare, abstention: Abstention
    ) -> AsyncGenerator[AnswerSentence, None]:
        run.prompted_at = perf_counter()
        with run.clock.measured("generate"):
            async with aclosing(self._attempted(generator, asked_for, run, compare, abstention)) as released:
                async for sentence in released:
                    yield sentence

    async def _attempted(
        self, generator: Generator, asked_for: Prompt, run: Run, compare: Compare, abstention: Abstention
    ) -> AsyncGenerator[AnswerSentence, None]:
        async with aclosing(generator.stream(asked_for)) as deltas:
            async for text in sentences(deltas, run.asked.language, on_delta=run.notice, on_cut_off=run.cut_off):
                if abstention.is_guess(run.sureness):
                    run.guessed(text)
                    break
                if sentence := await self._released(text, run, compare, abstention):
                    yield sentence

    def _prompt(self, run: Run) -> Prompt:
        request = run.asked.request
        leans = run.asked.query != request.question
        return prompt.build(
            request.question,
            run.asked.language,
            request.history if leans else (),
            run.evidence,
            max_tokens=self._limits.answer_tokens,
        )

    def _again(self, run: Run, asked_for: Prompt, abstention: Abstention) -> Prompt | None:
        """What to ask after an attempt of which nothing was released; None where there is no use in asking again.

        A model that was far from sure that nothing is stated is asked for an answer all the same, which costs it no
        reading. One that told a plan or a rumour as done is asked without that source, so that it looks for a report of
        what came of it. One that wrote in another language than the question's is asked with the nearest of the
        evidence alone. Any other that wrote what does not hold mostly writes something else that does not.
        """
        if (
            run.draft.sentences
            or abstention.while_generating(run.sureness, run.finding)
            or run.attempts == MOST_ATTEMPTS
        ):
            return None
        is_first = run.attempts == 1
        if run.not_stated:
            return prompt.insisting(asked_for) if is_first and run.sureness.tells else None
        left = tuple(item for item in run.evidence if item not in run.mistimed)
        if len(left) == len(run.evidence) and is_first and run.in_another_language:
            nearest = sorted(run.evidence, key=lambda item: -item.cosine)[:NEAREST]
            left = tuple(item for item in run.evidence if item in nearest)
        if not left or len(left) == len(run.evidence):
            return None
        run.evidence = left
        return self._prompt(run)

    def _comparison(self, run: Run) -> Compare:
        """Compares sentences with the evidence, whose vectors are made while the language model reads."""
        rows = [item.row for item in run.evidence]
        vectors = self._threads.begin(run.finder.retriever.embed_alone, rows)

        async def compare(sentence: str) -> Scores:
            return await self._threads.run(run.finder.retriever.compare, sentence, await asyncio.wrap_future(vectors))

        return compare

    async def _released(self, text: str, run: Run, compare: Compare, abstention: Abstention) -> AnswerSentence | None:
        """The sentence where the evidence bears it out; else None, and why is kept."""
        draft = run.draft
        if prompt.says_not_stated(text):
            run.not_stated = True
            return None
        sentence = prompt.without_marks(text) if run.quotes else worded(text, run.asked.language)
        if not run.quotes:
            stated = _amounts(run.evidence)
            sentence = with_own_separators(sentence, run.asked.language, stated)
            sentence = with_stated_scale(sentence, run.asked.language, stated)
        if not sentence or draft.says(sentence):
            return None
        if not run.quotes and is_in_another_language(sentence, run.asked.language):
            run.in_another_language = True
            draft.drop(sentence, f"language: the answer is wanted in {prompt.language_name(run.asked.language)}")
            await self._keep_foreign(prompt.without_marks(text), run, compare, abstention)
            return None
        asked = in_language_of(sentence, run.asked, run.evidence) if run.quotes else run.asked
        with run.clock.measured("verify"):
            hold = check if run.quotes else check_or_shorten
            checked = await hold(sentence, asked, run.evidence, compare, is_first=not draft.sentences)
        if abstention.while_generating(run.sureness, run.finding) and not is_told_by_one(checked, asked):
            run.guessed(text)
            return None
        if not checked.cited:
            run.reject(checked)
            return None
        if checked.text != sentence and draft.says(checked.text):
            return None
        if not draft.sentences and run.sureness.tells and not run.quotes:
            signals = run.signals_of(checked, abstention.calibrated.probability(run.finding.known))
            if not abstention.is_sure_enough(signals):
                run.doubt(checked, abstention.confidence.of(signals))
                return None
            if abstention.is_toss_up(run.sureness) and not is_told_by_one(checked, asked):
                run.doubt(checked, 1.0 - run.sureness.opposite)
                return None
        if not await self._is_agreed(run, checked, abstention.second):
            return None
        if source := self._better_quoted(run, checked):
            return draft.release(source.shown(), checked.cited, checked.similarity)
        embed = run.finder.embedder.embed_documents
        shown = await self._threads.run(shortest_quotes, checked.text, asked.language, checked.cited, embed)
        return draft.release(checked.text, checked.cited, checked.similarity, shown)

    async def _keep_foreign(self, sentence: str, run: Run, compare: Compare, abstention: Abstention) -> None:
        """Keep the source of a sentence in the language of the sources that would be an answer but for its language."""
        if abstention.while_generating(run.sureness, run.finding):
            return
        theirs = in_other_language(run.asked)
        checked = await check(sentence, theirs, run.evidence, compare, is_first=True)
        signals = run.signals_of(checked, abstention.calibrated.probability(run.finding.known))
        if len(checked.cited) != 1 or not abstention.is_sure_enough(signals):
            return
        embed = run.finder.embedder.embed_documents
        shown = await self._threads.run(shortest_quotes, sentence, theirs.language, checked.cited, embed)
        run.foreign += [item for item in shown if may_be_led_in(item, run.asked)]

    async def _is_agreed(self, run: Run, checked: Checked, second: SecondCheck | None) -> bool:
        """Whether the second judge, if there is one, finds that the sources bear the sentence out; quotes always do."""
        if second is None or run.quotes:
            return True
        with run.clock.measured("second_check"):
            agreement = await second.agreement(checked.text, checked.cited)
        if agreement >= LEAST_AGREEMENT:
            return True
        run.draft.drop(checked.text, f"check: {second.name} finds it borne out with a chance of {agreement:.2f}")
        run.miswritten += checked.cited
        return False

    def _better_quoted(self, run: Run, checked: Checked) -> Evidence | None:
        """The one source of a sentence, where its words are to be shown: the model's are in doubt, or on request."""
        wanted = self._limits.quoting == "always" or run.sureness.likelihood < LEAST_FLUENT
        if run.quotes or self._limits.quoting == "never" or not wanted or len(checked.cited) > 1:
            return None
        source = checked.cited[0]
        return source if stands_alone(source, run.asked) else None


def _lookup(finder: Finder, finding: Finding) -> LookedUp | None:
    found = looked_up(finding.asked, every(finding.found.sentences, finder.snapshot))
    return None if found is None or unfit(found.text, (found.source,), finding.asked.language) else found


def _amounts(evidence: Sequence[Evidence]) -> dict[str, list[Quantity]]:
    """What the evidence states, by language."""
    found: dict[str, list[Quantity]] = {}
    for item in evidence:
        found.setdefault(item.language, []).extend(quantities(item.shown(), item.language))
    return found
