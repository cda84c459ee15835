"""Whether a figure or a name stands in a source with what the claim says of it, or with another thing.

"Nordholz runs 19 plants, Tessera 44": both figures and both names are there, and "Nordholz runs 44 plants" is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.quantities import Quantity, same_value
from service.relations.alignment import covered, states
from service.relations.clauses import Clause, Sentence, Word, joined_before, named

_GENERIC = re.compile(
    r"\b(?:er|sie|es|ihr\w*|sein\w*|dies\w*|unternehmen\w*|firma|konzern\w*|gruppe|"
    r"he|she|it|they|his|her|its|their|company|firm|group|startup|start-up)\b",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(
    r"\b(?P<word>in|im|at|near|bei|aus|from|nach|to|an|for|für|gegen|against|von|vom|by|of|mit|with|on|auf|zu|"
    r"zum|zur)\s+"
    r"(?:(?:the|der|die|das|den|dem|des|a|an)\s+)?(?:[^\W\d_][\w-]*\s+){0,1}\Z",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\b(?:neben|außer|anders als|besides|apart from|unlike|other than|laut|according to|nach angaben von)\s+"
    r"(?:\S+\s+)?\Z",
    re.IGNORECASE,
)
"""Before who or what is mentioned and not spoken of."""
_GOES_ON = re.compile(r"(?:is|are|was|were|has|have|had|will|ist|sind|war|waren|hat|haben|wird|werden|\w{2,}ed)\s")
"""How a clause begins whose subject stands before it."""
_BEGINNING = 4
"""Letters by which a name is found in an inflected or derived form."""
LARGE = 100_000
"""Two sums of this size are compared also where one is given without its unit."""
_PLACE = frozenset(["in", "im", "at", "near", "bei", "aus"])


def flaw(claim: Sequence[Clause], articles: Sequence[Sequence[Sentence]]) -> str:
    """`comparison: ...` or `role: ...` where a clause of a source says of another figure or name what is claimed.

    `articles` are the sentences by article: where another article has another figure, sources disagree, and that is
    no fault of a claim which one of them bears out.
    """
    sources = [sentence for article in articles for sentence in article]
    told = [[clause for sentence in article for clause in _in_full(sentence.clauses)] for article in articles]
    every = [clause for article in told for clause in article]
    for said in claim:
        if problem := _wrong_figure(said, told) or _wrong_name(said, every) or _wrong_pair(said, sources):
            return problem
    return _crossed(claim, sources)


def _in_full(sentence: Sequence[Clause]) -> list[Clause]:
    """The clauses; one that leaves something out ("Tessera 44", "nine gave up") has the words of the one before it."""
    full: list[Clause] = []
    for at, clause in enumerate(sentence):
        lent = joined_before(sentence, at)
        if lent:
            lent = (*lent, *(word for apposed in sentence[1:at] for word in apposed.words if word.is_name))
        if full and clause.quantities and len(clause.content) <= 2:
            lent = (*lent, *(word for word in full[-1].words if not word.is_name))
        if full and not clause.names and _GOES_ON.match(clause.text) and not _GENERIC.search(clause.text):
            lent = (*lent, *(word for word in full[-1].words if word.is_name))
        full.append(Clause((*clause.words, *lent), clause.quantities, clause.start, clause.text, clause.language))
    return full


def _wrong_figure(said: Clause, articles: Sequence[Sequence[Clause]]) -> str:
    for quantity in said.quantities:
        if quantity.unit in ("month", "day", "ordinal"):
            continue
        bearing = [article for article in articles if any(states(source, quantity) for source in article)]
        rivals = [_rival_figure(said, quantity, article) for article in bearing]
        if _is_year(quantity) and len(articles) > len(bearing):
            rivals.append(_rival_figure(said, quantity, [source for article in articles for source in article]))
            rivals = rivals[-1:]
        if rivals and (rival := rivals[0]) and all(rivals):
            return f"comparison: {quantity.value:g} is said of something else than in {rival.text.strip()!r}"
    return ""


def _rival_figure(said: Clause, quantity: Quantity, article: Sequence[Clause]) -> Clause | None:
    bearing = [source for source in article if states(source, quantity)]
    others = [source for source in article if not states(source, quantity) and _has_kind(said, source, quantity)]
    return _rival(said, bearing, others, least=1, apart=quantity)


def _has_kind(said: Clause, source: Clause, quantity: Quantity) -> bool:
    """Whether `source` has a figure that could be meant instead of `quantity`, and that `said` has not as well."""
    year = _is_year(quantity)
    others = [q for q in source.quantities if q.unit not in ("month", "day", "ordinal") and not states(said, q)]
    if year:
        return any(not q.unit and 1000 <= q.value <= 2100 for q in others)
    return any(_comparable(q, quantity) and not (not q.unit and 1900 <= q.value <= 2100) for q in others)


def _is_year(quantity: Quantity) -> bool:
    return not quantity.unit and 1000 <= quantity.value <= 2100 and quantity.value % 1 == 0


def _comparable(left: Quantity, right: Quantity) -> bool:
    """Whether two figures have one unit, or one of two large sums has none: "46 million euros, another 18 million"."""
    bare = not left.unit or not right.unit
    return left.unit == right.unit or (bare and min(left.value, right.value) >= LARGE)


def _wrong_name(said: Clause, sources: Sequence[Clause]) -> str:
    for word in said.words:
        if not word.is_name:
            continue
        name, slot = named(word.text), _slot(said, word)
        if slot == "aside":
            continue
        bearing = [source for source in sources if name in source.names]
        others = [
            source
            for source in sources
            if not _names_it(source, name)
            and _other_name(source, slot == "place", said.names)
            and not _GENERIC.search(source.text)
        ]
        if rival := _rival(said, bearing, others, least=2, apart=word):
            return f"role: {word.text} is not who or what is named in {rival.text.strip()!r}"
    return ""


def _rival(
    said: Clause, bearing: Sequence[Clause], others: Sequence[Clause], *, least: int, apart: Word | Quantity
) -> Clause | None:
    """One of `others` that has all of `said` that any of `bearing` has, and at least `least` words or figures more."""
    for other in others:
        theirs = _shared(said, other)
        own = [_shared(said, source) - {apart} for source in bearing]
        if (
            theirs
            and all(shared < theirs and len(theirs - shared) >= least for shared in own)
            and (own or len(theirs) > least)
        ):
            return other
    return None


def _shared(said: Clause, source: Clause) -> frozenset[Word | Quantity]:
    return covered(said, source) | {q for q in said.quantities if any(same_value(q, s) for s in source.quantities)}


def _slot(clause: Clause, word: Word) -> str:
    """What kind of place in its clause a name has: `place`, `other` prepositions', `aside`, or `bare`."""
    before = clause.text[: max(0, word.start - clause.start)]
    if _ASIDE.search(before):
        return "aside"
    match = _PREPOSITION.search(before)
    if match is None:
        return "bare"
    return "place" if match["word"].casefold() in _PLACE else "other"


def _names_it(source: Clause, name: str) -> bool:
    """Whether `source` has the name, or a word that begins like it: "Norwegian" for "Norway"."""
    return name in source.names or name[:_BEGINNING] in source.text.casefold()


def _other_name(source: Clause, place: bool, own: frozenset[str]) -> bool:
    strangers = [word for word in source.words if word.is_name and named(word.text) not in own]
    return any((_slot(source, word) == "place") == place for word in strangers)


def _wrong_pair(said: Clause, sources: Sequence[Sentence]) -> str:
    """Two names that a sentence has in two clauses that say the same of each with somebody else."""
    for sentence in sources:
        for left in sentence.clauses:
            for right in sentence.clauses:
                if (
                    left is right
                    or not said.names & left.names - right.names
                    or not said.names & right.names - left.names
                ):
                    continue
                strangers = (left.names - said.names) and (right.names - said.names)
                verbs = [word for word in covered(said, left) & covered(said, right) if not word.is_name]
                if strangers and verbs:
                    return f"role: the source has {', '.join(sorted(said.names))} apart"
    return ""


def _crossed(claim: Sequence[Clause], sources: Sequence[Sentence]) -> str:
    """ "Tamo and Lani are aged 9 and 14" says 9 of Tamo and 14 of Lani."""
    for sentence in sources:
        names = _joined_names(sentence.whole)
        figures = _joined_figures(sentence.whole)
        if len(names) != 2 or len(figures) != 2:
            continue
        for said in claim:
            mine = [at for at, name in enumerate(names) if name in said.names]
            stated = [at for at, figure in enumerate(figures) if states(said, figure)]
            if len(mine) == len(stated) == 1 and mine != stated:
                return f"comparison: {figures[stated[0]].value:g} is the figure of {names[1 - mine[0]]}"
    return ""


def _joined_names(sentence: Clause) -> list[str]:
    match = re.search(r"\b([A-ZÄÖÜ][\w-]+) (?:and|und) ([A-ZÄÖÜ][\w-]+)\b", sentence.text)
    found = [named(name) for name in match.groups()] if match else []
    return [name for name in found if name in sentence.names]


def _joined_figures(sentence: Clause) -> list[Quantity]:
    if len(sentence.quantities) != 2:
        return []
    left, right = sentence.quantities
    joined = re.fullmatch(r"\s(?:and|und)\s", sentence.text[left.end : right.start])
    return [left, right] if joined else []
