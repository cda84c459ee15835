"""Whether a sentence is borne out by source sentences, and by which: no sentence is released without this.

The check needs no language model. A claim holds where its quantities are stated by the cited sentences (by value,
across languages), its names are mentioned there or just before them, its meaning is near theirs, and they don't say
something else of the same words (`service.relations`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

from index.quantities import Quantity, quantities, same_value
from service.relations import Similar, flaw, only_names_shared, shared_part, shared_words
from service.search.evidence import Evidence
from service.texts.names import mentions, names, speaks_of_a_name
from service.texts.plain_text import plain

LEAST_SHARED, LEAST_SHARED_ACROSS = 0.3, 0.15
"""Part of its words and figures that a sentence needs to have in common with what it cites: in its own language, and in
the other one, where only words with a known translation count."""
NEARLY_ALL = 0.8
"""Part of its words and figures with which one source bears a sentence out, whatever another source says."""
LEAST_ADDED = 2
"""Words of a sentence that a source which speaks against it must add to one that bears it out, to count beside that."""
FRAGMENT_WORDS = 5
"""A sentence of fewer words says little by itself: it is compared with the evidence together with its question."""
DATES = ("month", "day", "ordinal")
MOST_CITATIONS = 3
"""A sentence that needs more sources than this together is not one claim."""
MOST_TRIED = 12
"""Sets of sources whose relations are looked at before a claim is given up."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`cited` are positions in the evidence, the smallest set that bears the claim out; empty where none does.

    `reason` then says why: `quantity`, `name`, `premise` or `meaning`, with what was missing, or what
    `service.relations.flaw` found wrong with the best set.
    """

    cited: tuple[int, ...]
    reason: str
    similarity: float


@dataclass(frozen=True, slots=True)
class _Claim:
    quantities: tuple[Quantity, ...]
    names: tuple[str, ...]


def verify(
    sentence: str,
    language: str,
    question_names: Sequence[str],
    evidence: Sequence[Evidence],
    similarities: NDArray[np.float32],
    *,
    least_similarity: float,
    question: str = "",
    similar: Similar | None = None,
) -> Verdict:
    """Check `sentence` (citation marks removed), an answer to `question`, against `evidence`.

    `question_names` are the names that the question asks about: what bears the answer out must be about them too.
    `similarities` is float32 `(len(evidence),)`: how near in meaning each piece of evidence is to the sentence.
    `similar` compares a part of the sentence in the same way, where a rule has to know.
    """
    if not evidence:
        return Verdict((), "meaning: there is no evidence", 0.0)
    best = float(similarities.max())
    claim = _Claim(tuple(quantities(sentence, language)), tuple(names(sentence, language)))
    if missing := _stated_nowhere(claim, evidence):
        return Verdict((), missing, best)
    wanted = tuple(dict.fromkeys([*claim.names, *question_names]))
    if best < least_similarity:
        return Verdict((), f"meaning: nearest evidence at {best:.2f}, at least {least_similarity:.2f} is needed", best)
    near = [int(i) for i in np.argsort(-similarities, kind="stable") if similarities[i] >= least_similarity / 2]
    sets = _sets(claim.quantities, wanted, near, evidence, subjects=frozenset(question_names))
    tried = _with_its_words(sentence, language, list(islice(sets, MOST_TRIED)), evidence)
    cited, wrong = _sound(sentence, language, question, tried, evidence, similar)
    if not cited:
        return Verdict((), wrong or "premise: no source says this of what was asked about", best)
    together = any(evidence[i].language == language for i in cited)
    if only_names_shared(sentence, language, [evidence[i] for i in cited]):
        return Verdict((), "meaning: nothing but its names stands in what would bear it out", best)
    least_shared = LEAST_SHARED if together else LEAST_SHARED_ACROSS
    if shared_part(sentence, language, [evidence[i] for i in cited]) < least_shared:
        return Verdict((), "meaning: hardly a word of it stands in what would bear it out", best)
    return Verdict(cited, "", float(similarities[list(cited)].mean()))


def _with_its_words(
    sentence: str, language: str, sets: Sequence[tuple[int, ...]], evidence: Sequence[Evidence]
) -> Sequence[tuple[int, ...]]:
    """Of `sets` for a fragment those of each size with most of its words: its question is near other things, too."""
    if len(sentence.split()) >= FRAGMENT_WORDS:
        return sets
    shared = {cited: shared_words(sentence, language, [evidence[i] for i in cited]) for cited in sets}
    return [cited for cited in sets if shared[cited] == max(shared[one] for one in sets if len(one) == len(cited))]


@dataclass(frozen=True, slots=True)
class _Flawed:
    """A set of sources that would bear a sentence out, if there were not `problem`, and how much of it they have."""

    cited: frozenset[int]
    problem: str
    shared: int


def _sound(
    sentence: str,
    language: str,
    question: str,
    sets: Sequence[tuple[int, ...]],
    evidence: Sequence[Evidence],
    similar: Similar | None,
) -> tuple[tuple[int, ...], str]:
    """The first of `sets` that nothing is wrong with, and else what is wrong with the first.

    Where sources speak against the sentence, only a set that says more of the same counts, or as much and is nearer:
    most sentences contradict nothing because they are about something else. A set with sources that speak against it
    is not mended by one more, unless something was only missing. Another article that disagrees is no objection
    (`_is_excused`): readers are told of the conflict. Of the set that counts, only what it takes is cited.
    """
    flawed: list[_Flawed] = []
    sound: list[tuple[int, tuple[int, ...]]] = []
    told: dict[tuple[int, ...], int] = {}
    for cited in sets:
        sources = [evidence[i] for i in cited]
        shared = shared_words(sentence, language, sources)
        known = (bad.problem for bad in flawed if bad.cited <= set(cited) and not _is_mended(bad, cited, evidence))
        inherited = next(known, "")
        borne_out = max((told[less] for less in told if set(less) <= set(cited)), default=0)
        if inherited and shared < borne_out + LEAST_ADDED:
            continue
        problem = inherited or flaw(sentence, language, question, sources, _among(similar, cited))
        if problem:
            flawed.append(_Flawed(frozenset(cited), problem, shared))
        else:
            sound.append((shared + (not flawed), cited))
            told[cited] = shared
    wrong = flawed[0].problem if flawed else ""

    for shared, cited in sound:
        excused = _is_excused(sentence, language, cited, evidence)
        if shared > max((bad.shared for bad in flawed if not excused(bad)), default=0):
            return min((fewer for _, fewer in sound if set(fewer) <= set(cited)), key=len), wrong
    return (), wrong


def _is_mended(bad: _Flawed, cited: tuple[int, ...], evidence: Sequence[Evidence]) -> bool:
    """Whether what the set `bad` was only lacking may be in what `cited` adds to it: a reason in any source, words in
    the sentence next to one of the set.
    """
    added = [evidence[i].row for i in cited if i not in bad.cited]
    is_next = all(any(abs(row - evidence[i].row) == 1 for i in bad.cited) for row in added)
    lacking = bad.problem.startswith(("meaning", "happening: no source"))
    return bad.problem.startswith("reason") or (lacking and is_next)


def _is_excused(
    sentence: str, language: str, cited: tuple[int, ...], evidence: Sequence[Evidence]
) -> Callable[[_Flawed], bool]:
    """What tells of a flawed set whether it only differs from `cited`, being from another article.

    It does where `cited` says nearly all of the sentence, and where it states the sentence's figures, which another
    article has otherwise or as planned.
    """
    own = {evidence[i].article.id for i in cited}
    full = shared_part(sentence, language, [evidence[i] for i in cited]) >= NEARLY_ALL
    stated = any(q.unit not in DATES and not 1900 <= q.value <= 2100 for q in quantities(sentence, language))

    def excused(bad: _Flawed) -> bool:
        elsewhere = any(evidence[i].article.id not in own for i in bad.cited)
        return elsewhere and (full or (stated and bad.problem.startswith(("modality", "comparison"))))

    return excused


def _among(similar: Similar | None, cited: tuple[int, ...]) -> Similar | None:
    return None if similar is None else lambda part: similar(part)[list(cited)]


def states(evidence: Evidence, quantity: Quantity) -> bool:
    """Whether the evidence states the value, or its article's date makes the year plain."""
    published = evidence.article.published_at
    if not quantity.unit and published is not None and quantity.value == published.year:
        return True
    text = plain(evidence.text)
    return any(same_value(quantity, stated) for stated in quantities(text, evidence.language))


def _stated_nowhere(claim: _Claim, evidence: Sequence[Evidence]) -> str:
    for quantity in claim.quantities:
        if not any(states(item, quantity) for item in evidence):
            return f"quantity: no source states {quantity.value:g} {quantity.unit}".rstrip()
    for name in claim.names:
        if not any(mentions(_where_named(item), name) for item in evidence):
            return f"name: no source mentions {name}"
    return ""


def _where_named(item: Evidence) -> str:
    """The text in which the names that a sentence is about may stand.

    A sentence without a name of its own speaks of what its passage is about. One with names speaks of those, unless
    others stand just before it.
    """
    return item.context if speaks_of_a_name(plain(item.text), item.language, item.passage) else item.passage


def _sets(
    wanted: Sequence[Quantity],
    wanted_names: Sequence[str],
    near: Sequence[int],
    evidence: Sequence[Evidence],
    *,
    subjects: frozenset[str],
) -> Iterator[tuple[int, ...]]:
    """Those of `near` (nearest first) that together state and mention all that is wanted, the fewest first.

    A value or a new name counts only from a sentence that mentions all `subjects`: one firm's figure or chief and
    another firm's name, each from a sentence of its own, make no statement.
    """
    mentions_it = {i: {name for name in wanted_names if mentions(_where_named(evidence[i]), name)} for i in near}
    apt = [i for i in near if subjects <= mentions_it[i]]
    mentions_it = {i: named if i in apt else named & subjects for i, named in mentions_it.items()}
    states_it = {i: {n for n, value in enumerate(wanted) if i in apt and states(evidence[i], value)} for i in near}
    for size in range(1, min(MOST_CITATIONS, len(near)) + 1):
        for chosen in combinations(near, size):
            stated = set().union(*(states_it[i] for i in chosen))
            mentioned = set().union(*(mentions_it[i] for i in chosen))
            if len(stated) == len(wanted) and mentioned >= set(wanted_names):
                yield tuple(chosen)
