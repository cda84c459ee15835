"""Which German and English words mean alike: what lets a clause be compared with one in the other language.

Three things tell: stems within a language, the concepts of `concepts.txt`, and for other words how they begin
("Institut", "institute").
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from index.analysis import analyse
from service.relations.function_words import FUNCTION_WORDS
from service.relations.tables import rows

COGNATE = 6
"""Letters that words of two languages must share at their beginning to be taken for one."""
_ONE_SOUND = str.maketrans({"k": "c", "z": "c", "y": "i", "w": "v", "j": "i"})


@cache
def _forms() -> dict[tuple[str, str], frozenset[str]]:
    """By language and form (a prefix ends with `*`) the concepts that it may stand for."""
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows("concepts.txt"):
        for language in ("de", "en"):
            for form in row.forms(language):
                found.setdefault((language, form.casefold()), set()).add(f"@{row.meaning}")
    return {form: frozenset(concepts) for form, concepts in found.items()}


@lru_cache(maxsize=1 << 16)
def concepts(word: str, language: str) -> frozenset[str]:
    """The concepts of a lower-case word, as `@buy`; a form may be `up~give` (English) or `auf+geben` (German)."""
    forms = _forms()
    found = set(forms.get((language, word), ()))
    for end in range(2, len(word) + 1):
        found |= forms.get((language, f"{word[:end]}*"), frozenset())
    return frozenset(found)


@lru_cache(maxsize=1 << 16)
def keys(word: str, language: str) -> frozenset[str]:
    """What a word is compared by: two words mean alike where they share a key. Empty for function words."""
    lowered = word.casefold().rstrip("'’")
    lowered = re.sub(r"[’']s\Z", "", lowered)
    if lowered in FUNCTION_WORDS[language]:
        return frozenset()
    found = {f"={lowered.removesuffix('s')}", *concepts(lowered, language)}
    for term in analyse(lowered, language):
        found.add(f"{language}:{term.text}")
        if language == "de" and len(term.text) > 3:
            found |= concepts(term.text, language)
    if len(lowered) >= COGNATE:
        found.add(f"~{_sound(lowered)[:COGNATE]}")
    return frozenset(found)


def _sound(lowered: str) -> str:
    plain = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    plain = plain.replace("ph", "f").replace("ck", "c").replace("ch", "c").replace("th", "t")
    return re.sub(r"(.)\1", r"\1", plain.translate(_ONE_SOUND))
