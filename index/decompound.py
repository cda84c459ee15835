"""German compounds taken apart: "datenanbieter" -> "daten", "anbieter".

Of all ways to cut a word into known ones, the one is taken whose parts have the highest product of frequencies, which
prefers few parts. (Koehn and Knight, https://aclanthology.org/E03-1076, take the geometric mean, which cuts too finely
with so large a vocabulary: "über-nahm-angebot".) Frequencies are those of `wordfreq`.
"""

from __future__ import annotations

from functools import cache, lru_cache
from math import log

from wordfreq import get_frequency_dict

MIN_PART = 4
"""Letters. Shorter parts are mostly prefixes and endings: "an-bieter", "ver-sorg-ung"."""
MAX_WORD = 40
"""Letters. A longer word is left as it is, which bounds the work."""
MAX_PARTS = 4
"""A compound has no more parts than this."""
MIN_FREQUENCY = 2e-6
"""Of a part: a word that is met less than twice in a million words is more often half of another one."""
LEXICALISED = 5e-5
"""A word this frequent means something of its own: "Deutschland" is no land that is German."""
NAME_RATIO = 2.0
"""A German noun is at least so much more frequent in German than in English; a name such as "Zuckerberg" is not."""
LINKS = ("", "s", "es", "n", "en", "er", "e")
"""What German puts between two parts."""
_UMLAUTS = (("ae", "ä"), ("oe", "ö"), ("ue", "ü"))


@lru_cache(maxsize=1 << 17)
def parts(word: str) -> tuple[str, ...]:
    """The words that the casefolded `word` is made of, without the letters that link them; empty where it is simple.

    The work is bounded: words of more than `MAX_WORD` letters are taken as simple.
    """
    if not 2 * MIN_PART <= len(word) <= MAX_WORD or not word.isalpha() or not _may_be_compound(word):
        return ()
    best = _best_split(word)
    return best if len(best) > 1 else ()


def _may_be_compound(word: str) -> bool:
    german = _frequency(word)
    return german < LEXICALISED and german >= NAME_RATIO * _english().get(word, 0.0)


def _best_split(word: str) -> tuple[str, ...]:
    """The best cut of the whole word, by dynamic programming over where a part ends."""
    # by end and number of parts: the sum of the parts' log frequencies, and the parts
    ways: dict[tuple[int, int], tuple[float, tuple[str, ...]]] = {(0, 0): (0.0, ())}
    for start, end in _edges(len(word)):
        for count in range(MAX_PARTS):
            before = ways.get((start, count))
            if before is None:
                continue
            known = _known_part(word[start:end], last=end == len(word))
            if known is None:
                break
            form, frequency = known
            found = (before[0] + log(frequency), (*before[1], form))
            ways[end, count + 1] = max(found, ways.get((end, count + 1), found))
    whole = [way for (end, _), way in ways.items() if end == len(word)]
    return max(whole)[1] if whole else ()


def _edges(length: int) -> list[tuple[int, int]]:
    """Every start and end of a part, by start; what can't be completed to the end of the word is left out."""
    starts = [0, *range(MIN_PART, length - MIN_PART + 1)]
    return [
        (start, end)
        for start in starts
        for end in range(start + MIN_PART, length + 1)
        if (end == length or end <= length - MIN_PART) and (start, end) != (0, length)
    ]


@lru_cache(maxsize=1 << 17)
def _known_part(part: str, last: bool) -> tuple[str, float] | None:
    """The most frequent word that `part` is, if it is one, and how frequent; only the last part has no link."""
    links = ("",) if last else LINKS
    forms = (part.removesuffix(link) for link in links if part.endswith(link))
    frequency, form = max((_frequency(form), form) for form in forms if len(form) >= MIN_PART)
    return (form, frequency) if frequency >= MIN_FREQUENCY else None


def _frequency(word: str) -> float:
    """Share of `word` among the words of German text, also where "ä" is spelled "ae"."""
    with_umlauts = word
    for spelled, umlaut in _UMLAUTS:
        with_umlauts = with_umlauts.replace(spelled, umlaut)
    return max(_german().get(word, 0.0), _german().get(with_umlauts, 0.0))


@cache
def _german() -> dict[str, float]:
    return get_frequency_dict("de")


@cache
def _english() -> dict[str, float]:
    return get_frequency_dict("en")
