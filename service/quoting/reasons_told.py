"""The reason that a question asks for, told by a source sentence that says both: what is so, and why.

Where a language model gives a reason in words that do not hold, or none, such a sentence often stands in plain sight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.comparing.stated import is_hedged
from service.quoting.quotable import is_read_alone
from service.relations import flaw
from service.relations.polarity import NEGATIONS
from service.search.evidence import Evidence
from service.search.finding import Asked
from service.search.reasons_first import before_reason, says_why
from service.texts.circumstances import circumstance_asked_for
from service.texts.names import mentions
from service.verification.leftover import has_all, states_figures, telling

FEWEST_WORDS = 1
"""Of a question, beside its names, that say what the reason is asked for."""
_ASKING = re.compile(
    r"\A\W*(?:(?:and|und) )?(?:why|warum|weshalb|wieso)\s+(?:(?:did|do|does|has|have|had)\s+)?", re.IGNORECASE
)
_VERB_AHEAD = re.compile(r"(?P<verb>[a-zäöüß]+(?: sich)?) (?P<names>[A-ZÄÖÜ][\w-]*(?: [A-ZÄÖÜ][\w-]*)*)")
"""How a German question goes on behind "Warum"."""
_HELD_BACK = {
    "de": re.compile(
        r"\b(?:verschieb\w*|verschob\w*|verzöger\w*|aufgeschoben|zurückgestellt|zurückgehalten|ausgesetzt|abgesagt|"
        r"verzicht\w*|gestoppt)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:postpon\w*|delay\w*|shelv\w*|held back|put off|put on hold|suspend\w*|cancel\w*|call(?:s|ed) off)\b",
        re.IGNORECASE,
    ),
}
"""What says in other words that something is not done, or not yet."""


def reason(asked: Asked, candidates: Sequence[Evidence]) -> Evidence | None:
    """Of `candidates`, best first, the one to quote as the reason that is asked for; None where none surely gives it.

    It has all other words of the question that say something, its names or those of what stands just before it, and
    denies what the question denies. One in the question's language that is read alone comes first.
    """
    if circumstance_asked_for(asked.request.question) != "reason":
        return None
    found = [item for item in candidates if _gives_it(item, asked)]
    own = [item for item in found if item.language == asked.language and is_read_alone(item)]
    return next(iter([*own, *found]), None)


def _gives_it(source: Evidence, asked: Asked) -> bool:
    question, language, shown = asked.request.question, asked.language, source.shown()
    if not says_why(shown, source.language) or not all(mentions(source.context, name) for name in asked.names):
        return False
    words = telling(_as_statement(question), asked)
    if len(words) < FEWEST_WORDS or not any(mentions(shown, name) for name in asked.names):
        return False
    if not has_all(shown, source.language, words) or not states_figures(question, language, source):
        return False
    told = before_reason(shown, source.language)
    if is_hedged(told, told, source.language) and not is_hedged(question, question, language):
        return False
    return _is_as_denied(source, asked)


def _is_as_denied(source: Evidence, asked: Asked) -> bool:
    """Whether what the question takes to be so, or not so, is so in `source`, and nothing speaks against it."""
    question, shown = asked.request.question, source.shown()
    denies, denies_there = NEGATIONS[asked.language].search(question), NEGATIONS[source.language].search(shown)
    held_back = bool(_HELD_BACK[source.language].search(shown))
    if denies and not denies_there:
        return held_back
    return (
        bool(denies) == bool(denies_there)
        and not held_back
        and not flaw(_as_statement(question, shown), asked.language, question, [source])
    )


def _as_statement(question: str, told: str = "") -> str:
    """What `question` takes to be so. A German subject changes places with its verb, as far as `told` has it so.

    "Verließ Ada Maurer Kornhus" names one person and one firm, which stand apart only where they are written alone.
    """
    stated = _ASKING.sub("", question).rstrip("? ") + "."
    match = _VERB_AHEAD.match(stated)
    if match is None:
        return stated
    words = match["names"].split()
    alone = (end for end in range(len(words), 0, -1) if re.search(rf"\b{re.escape(' '.join(words[:end]))}\b", told))
    subject = " ".join(words[: next(alone, len(words))])
    verb = match["verb"]
    return f"{subject} {verb}{stated[match.start('names') + len(subject) :]}"
