"""What an abbreviation stands for, where a source says so in passing: "the Coastal Research Unit, or CRU, moved"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.relations.clauses import Clause

_STANDING = (
    r"(?:stands\sfor|is\sshort\sfor|is\s(?:an?|the)\s(?:abbreviation|acronym)\s(?:of|for)|steh(?:t|en)\sfür|"
    r"ist\s(?:die|eine)\sAbkürzung\s(?:für|von)|ist\skurz\sfür|ist\sdie\sKurzform\svon)"
)
_SAID = re.compile(
    r"\W*(?:(?:the|die)\s(?:abbreviation|acronym|initials|letters|abkürzung|buchstaben)\s)?[\"“„]?(?P<short>[A-ZÄÖÜ][\w&-]{1,9})"
    rf"[\"”“]?\s{_STANDING}\s"
    r"(?:the|an?|die|das|den|der|eine?n?)?\s*[\"“„]?(?P<long>[^,;:()\"“”]+?)[\"”“]?[.!]?\Z",
    re.IGNORECASE,
)
"""A sentence that says of nothing but an abbreviation what it stands for."""
_APPOSED = (
    r"(?:\s\((?:or\s|oder\s|kurz:?\s|short\s)?[\"“„]?{short}[\"”“]?\)"
    r"|,?\s(?:or|oder|kurz|short|abgekürzt|known\sas|called|genannt)\s[\"“„]?{short}\b)"
)
_EXPLAINED = r"\b{short}[\"”“]?(?:,\s(?:short\sfor|kurz\sfür|also)\s|\s\()(?:the\s|die\s|das\s|der\s)?"
"""What stands between both where the long form comes first, and where the short one does."""
_ASKED = re.compile(
    r"\W*(?:what\s(?:does|do|did)\s(?:the\s(?:abbreviation|acronym|initials|letters)\s)?"
    r"[\"“„]?(?P<en>[\w&-]{2,10})[\"”“]?\s"
    r"(?:stand\sfor|mean)|"
    r"(?:wofür\ssteh(?:t|en)|was\sbedeute(?:t|n)|was\sheißt)\s(?:(?:die|das|der)\s)?"
    r"(?:(?:abkürzung|kürzel|buchstaben)\s)?[\"“„]?(?P<de>[\w&-]{2,10})[\"”“]?)\s*(?:ausgeschrieben\s*)?\?",
    re.IGNORECASE,
)
_LONGEST = 120
"""Letters of a long form, and what may stand before it in its sentence."""


def spelled_out(claim: Clause, sources: Sequence[Clause]) -> bool | None:
    """Whether a source has the two forms that `claim` says are one next to each other.

    None where `claim` says nothing of the kind, or a source says so in as many words.
    """
    said = _SAID.match(claim.text)
    if said is None or sum(letter.isupper() for letter in said["short"]) < len(said["short"]) / 2:
        return None
    short, long = re.escape(said["short"]), r"[\s-]+".join(map(re.escape, said["long"].split()))
    behind = re.compile(rf"\b(?i:{long})(?:e?s|\s[a-zäöü]+)?" + _APPOSED.format(short=short))
    ahead = re.compile(_EXPLAINED.format(short=short) + rf"(?i:{long})\b")
    if any(behind.search(source.text) or ahead.search(source.text) for source in sources):
        return True
    stands_for = re.compile(rf"\b{short}\b[\"”“]?\s{_STANDING}", re.IGNORECASE)
    return None if any(stands_for.search(source.text) for source in sources) else False


def asked_for(question: str) -> str:
    """The abbreviation whose long form German or English `question` asks for; empty where it asks for none."""
    match = _ASKED.match(question)
    short = match["en"] or match["de"] if match else ""
    return short if 2 * sum(letter.isupper() for letter in short) > len(short) else ""


def long_form(short: str, text: str) -> str:
    """What `text` has beside `short` that its letters are taken from, in their order; empty where it has nothing."""
    escaped = re.escape(short)
    behind = re.search(rf"(?P<long>[^.;:()\"“”„]{{3,{_LONGEST}}}){_APPOSED.format(short=escaped)}", text)
    ahead = re.search(_EXPLAINED.format(short=escaped) + rf"(?P<long>[^.;:,()\"“”„]{{3,{_LONGEST}}})[,.)]", text)
    if behind and (found := _ending(short, behind["long"])):
        return found
    return _ending(short, ahead["long"]) if ahead and _ending(short, ahead["long"]) == ahead["long"] else ""


def _ending(short: str, text: str) -> str:
    """The shortest end of `text` that begins with the capital of `short` and has its letters in their order."""
    letters = [letter for letter in short.casefold() if letter.isalnum()]
    starts = [match.start() for match in re.finditer(r"(?<![\w-])[A-ZÄÖÜ]", text)]
    for start in reversed(starts):
        rest = iter(text[start:].casefold())
        if text[start].casefold() == letters[0] and all(letter in rest for letter in letters):
            return text[start:].strip(" ,")
    return ""
