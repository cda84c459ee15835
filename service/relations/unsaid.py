"""Whether the sources of an answer have what it says beyond its question, and what it takes over from it.

A small model hands most of a question back, so that its answer shares words with anything that was found for it. What
it adds has to stand in what bears it out, and what it takes over at least in the same passage.
"""

from __future__ import annotations

from collections.abc import Sequence

from index.quantities import quantities
from service.relations.alignment import alike
from service.relations.clauses import Word, parsed
from service.search.evidence import Evidence
from service.texts.plain_text import plain

FEWEST = 2
"""Words that have to be lacking: one may be another word for what the source says."""
FEWEST_REPEATED = 4
"""Words that a claim takes over from its question: "used that building" may be told as "its former office"."""


def flaw(claim: str, language: str, question: str, cited: Sequence[Evidence], names: frozenset[str]) -> str:
    """`meaning: ...` where most words that `claim` adds to `question`, or half of those that it repeats, are unsaid.

    A figure that a claim states is compared elsewhere, and the more is said of it in other words. `names` are those of
    claim and sources. Sources in another language say nothing: too many words are unknown there.
    """
    if any(item.language != language for item in cited):
        return ""
    asked = parsed(question, language, names).whole.content
    said = parsed(claim, language, names).whole.content
    repeated = [word for word in said if _has(asked, word)]
    added = [word for word in said if word not in repeated]
    own = [word for item in cited for word in _content(item.text, language, names)]
    around = [word for item in cited for word in _content(f"{item.context}\n{item.passage}", language, names)]
    lacking = [word for word in added if _tells(word, language) and not _has(own, word)]
    if len(lacking) >= FEWEST and 2 * len(lacking) > len(added) and not quantities(claim, language):
        return f"meaning: no source has what it adds to the question ({_listed(lacking)})"
    lacking = [word for word in repeated if not any(alike(word, other) for other in around)]
    if len(repeated) >= FEWEST_REPEATED and 2 * _weight(lacking, language) >= _weight(repeated, language):
        return f"meaning: the question says it, no source does ({_listed(lacking)})"
    return ""


def _content(text: str, language: str, names: frozenset[str]) -> Sequence[Word]:
    return parsed(plain(text), language, names).whole.content


def _has(words: Sequence[Word], word: Word) -> bool:
    """Whether one of `words`, in the same language, means alike: to begin alike, as across languages, is not enough."""
    keys = {key for key in word.keys if key[0] != "~"}
    return any(keys & other.keys for other in words)


def _tells(word: Word, language: str) -> bool:
    """Whether `word` is no name, which is looked for elsewhere, and no word that has ever so many others for it."""
    return not word.is_name and not _has_many_like(word, language)


def _has_many_like(word: Word, language: str) -> bool:
    """Whether `word` is one of the German verbs and adjectives, for which there are ever so many others."""
    return language == "de" and word.text.islower()


def _weight(words: Sequence[Word], language: str) -> float:
    """How much `words` say together; one that many others may stand for, half of another."""
    return sum(0.5 if _has_many_like(word, language) else 1.0 for word in words)


def _listed(words: Sequence[Word]) -> str:
    return ", ".join(word.text for word in words)
