"""What the cited evidence contradicts or does not say, all rules together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from service.relations import (
    abbreviations,
    affirming,
    agents,
    bearers,
    dealings,
    direction,
    grammar,
    happenings,
    measures,
    modality,
    opposition,
    order,
    polarity,
    quantifiers,
    rates,
    reasons,
    repeated,
    roles,
    seasons,
    subjects,
    ties,
    units,
    unsaid,
)
from service.relations.alignment import covered, states
from service.relations.clauses import Clause, Sentence, Word, named, parsed
from service.relations.reasons import Similar
from service.search.evidence import Evidence
from service.texts.names import TITLES, leading_names, names
from service.texts.plain_text import plain

LANGUAGES = frozenset({"de", "en"})
SEVERAL = 4
"""Words that say something, names among them, with which a sentence says more than a name."""


def flaw(claim: str, language: str, question: str, cited: Sequence[Evidence], similar: Similar | None = None) -> str:
    """What is wrong with `claim`, the answer to `question`, by what it cites; empty where nothing surely is.

    The answer begins with the rule: `form`, `negation`, `direction`, `modality`, `role`, `happening`, `reason`,
    `quantity`, `comparison` or `meaning`.
    `similar` compares a part of the claim with each of `cited`, for reasons given in another language; without it these
    pass. Only German and English are judged.
    """
    known = [item for item in cited if item.language in LANGUAGES]
    if language not in LANGUAGES or len(known) < len(cited):
        return ""
    said, sources = _parsed(claim, language, known)
    told = _told(known, sources)
    every = [clause for source in sources for clause in source.clauses]
    if any(_is_quoted(said, source) for source in sources):
        return roles.unknown(question, language, "\n".join(item.passage for item in cited))
    stands_for = abbreviations.spelled_out(said.whole, [source.whole for source in sources])
    if stands_for is not None:
        return "" if stands_for else "role: no source has these words beside the abbreviation"
    return (
        grammar.flaw(said.clauses, said.whole.text)
        or units.flaw(said.clauses, every)
        or roles.flaw(said, sources)
        or roles.unknown(question, language, "\n".join(item.passage for item in cited))
        or direction.flaw(said.clauses, sources)
        or polarity.flaw(said.clauses, every)
        or opposition.flaw(said, sources)
        or happenings.flaw(said, sources)
        or order.flaw(said, sources)
        or rates.flaw(said, sources)
        or repeated.flaw(said, sources)
        or quantifiers.flaw(said, sources)
        or quantifiers.whole_for_part(said.clauses, every)
        or measures.flaw(said.clauses, every)
        or dealings.flaw(said.clauses, every)
        or agents.flaw(said.clauses, sources)
        or ties.flaw(said, told)
        or subjects.flaw(said, told)
        or modality.flaw(said.clauses, sources)
        or bearers.flaw(said.clauses, _by_article(known, sources))
        or affirming.flaw(said, sources, _around(told))
        or reasons.flaw(
            said, [source.whole for source in sources], similar, [_just_before(one) for one in told], question
        )
        or seasons.flaw(claim, question, known)
        or unsaid.flaw(claim, language, question, known, said.whole.names.union(*(one.whole.names for one in sources)))
    )


def _is_quoted(said: Sentence, source: Sentence) -> bool:
    """Whether `said` is `source` word for word: a rule that finds fault with it then has misread both."""
    return [word.lowered for word in said.whole.words] == [word.lowered for word in source.whole.words] and (
        len(said.whole.quantities) == len(source.whole.quantities)
    )


def _told(cited: Sequence[Evidence], sources: Sequence[Sentence]) -> list[subjects.Told]:
    """The sentences with those before them, title and heading first."""
    found = []
    for item, source in zip(cited, sources, strict=True):
        around = _names(item.passage, item.language) | source.whole.names
        before = tuple(parsed(plain(line), item.language, around) for line in item.context.split("\n")[:-1])
        found.append(subjects.Told(source, before))
    return found


def _around(told: Sequence[subjects.Told]) -> list[Sentence]:
    return [line for one in told for line in one.before]


def _just_before(told: subjects.Told) -> Clause | None:
    return told.before[-1].whole if told.before else None


def _by_article(cited: Sequence[Evidence], sources: Sequence[Sentence]) -> list[list[Sentence]]:
    articles: dict[str, list[Sentence]] = {}
    for item, source in zip(cited, sources, strict=True):
        articles.setdefault(item.article.id, []).append(source)
    return list(articles.values())


def shared_words(claim: str, language: str, cited: Sequence[Evidence]) -> int:
    """How many words, names and figures of `claim` the cited sentences have, in either language."""
    known = [item for item in cited if item.language in LANGUAGES]
    if language not in LANGUAGES or not known:
        return 0
    said, sources = _parsed(claim, language, known)
    words = frozenset[Word]().union(*(covered(said.whole, source.whole) for source in sources))
    return len(words) + sum(any(states(source.whole, q) for source in sources) for q in said.whole.quantities)


def only_names_shared(claim: str, language: str, cited: Sequence[Evidence]) -> bool:
    """Whether of a `claim` that says several things the cited sentences have its names and nothing else.

    Across languages, where words may be unknown, only where the claim names somebody else as well. False for other
    languages than German and English.
    """
    known = [item for item in cited if item.language in LANGUAGES]
    if language not in LANGUAGES or len(known) < len(cited) or not cited:
        return False
    said, sources = _parsed(claim, language, known)
    words = [word for word in said.whole.content if not word.is_name and word.lowered not in TITLES]
    if len(said.whole.content) < SEVERAL or any(
        states(source.whole, q) for source in sources for q in said.whole.quantities
    ):
        return False
    told = frozenset[str]().union(*(source.whole.names for source in sources))
    runs = groupby(said.whole.words, key=lambda word: word.is_name)
    others = any(is_name and told.isdisjoint(named(word.text) for word in run) for is_name, run in runs)
    if not any(source.whole.language == language for source in sources) and not (told and others):
        return False
    return bool(words) and not frozenset(words) & frozenset[Word]().union(
        *(covered(said.whole, source.whole) for source in sources)
    )


def shared_part(claim: str, language: str, cited: Sequence[Evidence]) -> float:
    """Which part of the words, names and figures of `claim` the cited sentences have, in [0, 1].

    1 where it has none, and for other languages than German and English.
    """
    known = [item for item in cited if item.language in LANGUAGES]
    if language not in LANGUAGES or len(known) < len(cited) or not cited:
        return 1.0
    whole = _parsed(claim, language, known)[0].whole
    said = len(whole.content) + len(whole.quantities)
    return min(1.0, shared_words(claim, language, cited) / said) if said else 1.0


def _parsed(claim: str, language: str, cited: Sequence[Evidence]) -> tuple[Sentence, list[Sentence]]:
    """What is a name on one side is one on the other, too: German hides names among its nouns."""
    texts = [(plain(item.text), item.language) for item in cited]
    around = frozenset[str]().union(*(_names(item.passage, item.language) for item in cited))
    own = _names(claim, language) | around
    sources = [parsed(text, written, own | _names(text, written)) for text, written in texts]
    return parsed(claim, language, own.union(*(_names(*text) for text in texts))), sources


@lru_cache(maxsize=1024)
def _names(text: str, language: str) -> frozenset[str]:
    found = frozenset(
        name for name in [*names(text, language), *leading_names(text)] if not roles.kind_of(name, language)
    )
    return found | roles.titled_names(text) if language == "de" else found
