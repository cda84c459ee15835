"""Who asks for several values and got none from the language model is told those that the sources state for it.

Small models say that nothing is stated where sources state much. The values are listed only where it is sure that they
are what was asked for: the question has a word for what they measure, the sources are about all that it names, and
every other word of it that says something stands with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.comparing import measures
from service.comparing.asked_values import Wanted, wanted
from service.comparing.conflicts import FoundConflict, Similar, conflict_of, rivals_of
from service.comparing.stated import Kind, Stated, stated
from service.comparing.subjects import same_subject
from service.relations.alignment import alike
from service.relations.clauses import Word, parsed
from service.search.evidence import Evidence
from service.texts.names import mentions
from service.texts.names import names as names_in

_ASKING = re.compile(
    r"sums?|amounts?|valuations?|prices?|figures?|values?|numbers?|percentages?|dates?|different|various|other|"
    r"articles?|reports?|reported|sources?|media|papers?|named?|names|given?|gives|mention(?:s|ed)?|cite[sd]?|"
    r"quote[sd]?|circulat\w+|stated?|states|told|"
    r"summen?|beträgen?|betrag|bewertung(?:en)?|preisen?|zahlen|werten?|prozentsätzen?|termine|zeitpunkte|"
    r"verschieden\w*|unterschiedlich\w*|ander\w+|artikeln?|berichten?|berichtet\w*|quellen|medien|meldungen|zeitungen|"
    r"genannt\w*|nennen|nannten|angegeben|erwähnt\w*|gemeldet|kursier\w+",
    re.IGNORECASE,
)
"""Words of a question by which it asks for values and where they stand."""


def listed(
    question: str,
    language: str,
    names: Sequence[str],
    evidence: Sequence[Evidence],
    candidates: Sequence[Evidence],
    similar: Similar,
) -> FoundConflict | None:
    """The values of what `question` asks several of, at least two; None where it asks for none or too few are found.

    The first is one of `evidence`, what was found nearest to the question; `candidates` may have more of them. `names`
    and `similar` as for `service.comparing.conflicts.conflicts`.
    """
    asked = wanted(question)
    if not asked.several:
        return None
    everything = replace(asked, everything=True)
    for kind in asked.several:
        fitting = _Fitting(question, language, names, kind, asked)
        statements = list(fitting.of(candidates))
        for anchor in fitting.of(sorted(evidence, key=lambda item: -item.cosine)):
            rivals = rivals_of(anchor, statements, names, everything, similar)
            if found := conflict_of(anchor, rivals, everything):
                return found
    return None


class _Fitting:
    """Picks the statements of one kind of value that a question asks for."""

    def __init__(self, question: str, language: str, names: Sequence[str], kind: Kind, asked: Wanted) -> None:
        self._kind = kind
        self._names = names
        self._phase = asked.phase
        self._measure = "" if kind == "date" else measures.asked_for(question, kind)
        self._telling = [word for word in _telling(question, language, names) if not self._names_measure(word.text)]

    def of(self, sources: Sequence[Evidence]) -> Iterator[Stated]:
        """The statements of `sources` that fit, in order."""
        if not (self._telling if self._kind == "date" else self._measure):
            return
        for source in sources:
            found = [value for value in stated(source) if (value.kind, value.measure) == (self._kind, self._measure)]
            if found and same_subject(found[0], found[0], self._names) and self._is_about(source):
                yield from (value for value in found if not self._phase or value.phase in ("", self._phase))

    def _names_measure(self, word: str) -> bool:
        return bool(self._measure) and measures.asked_for(word, self._kind) == self._measure

    def _is_about(self, source: Evidence) -> bool:
        """Whether `source` names nothing but what was asked about, or all of it, and has all else that was asked.

        What the question says beside names and measure may stand just before it as well.
        """
        named = names_in(source.shown(), source.language)
        if set(named) - set(self._names) and not all(mentions(source.shown(), name) for name in self._names):
            return False
        words = parsed(source.context, source.language, frozenset()).whole.content
        return all(any(alike(word, other) for other in words) for word in self._telling)


def _telling(question: str, language: str, names: Sequence[str]) -> list[Word]:
    words = parsed(question, language, frozenset(names)).whole.content
    return [word for word in words if not word.is_name and not _ASKING.fullmatch(word.text)]
