"""What a question wants to know of values: one, when something was, or all that sources name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from service.comparing.stated import Kind, Stated, phase_of

_AMOUNT = re.compile(
    r"\b(?:how (?:much|many|large|big|high|long|old|far)|worth|"
    r"(?:what|which) (?:was |is |were |are )?(?:the |its |their )?(?:\w+ )?(?:share|percentage|sums?|amounts?|prices?|"
    r"costs?|figures?|values?|valuations?|revenues?|salary|stake|numbers?)|"
    r"wie (?:viele?n?|hoch|groß|lange?|alt|teuer)|wieviele?|wert|"
    r"(?:welche[nrms]?|was war der|was ist der) (?:\w+ )?(?:summen?|anteil|betr[aä]ge?|beträgen?|preise?|kosten|werte?|"
    r"zahlen?|bewertung(?:en)?|umsatz|umsätze))\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\b(?:per ?cent|percentage|prozent\w*)\b", re.IGNORECASE)
_COUNT = re.compile(r"\b(?:how many|what number|which number|wie ?viele[rn]?|welche (?:an)?zahl)\b", re.IGNORECASE)
_WHEN = re.compile(
    r"\b(?:when|(?:what|which) (?:date|day|month|year)|wann|an welchem (?:tag|datum)|"
    r"in welche[mr] (?:jahr|monat))\b",
    re.IGNORECASE,
)
_SOURCES = r"(?:articles?|reports?|sources|media|papers?|artikeln?|berichten?|quellen|medien|meldungen|zeitungen)"
_EVERYTHING = re.compile(
    r"\b(?:"
    rf"(?:do|did|does) (?:the |these |various |different )*{_SOURCES} (?:give|say|name|state|mention|report|quote)|"
    r"(?:what|which) (?:different |various )?(?:sums|amounts|figures|valuations|prices|values|numbers|dates|costs)\b"
    r".*\b(?:named|given|mentioned|reported|cited|quoted|circulat\w+)|"
    r"welche (?:verschiedenen |unterschiedlichen )?(?:summen|beträge|zahlen|bewertungen|preise|werte|angaben|kosten|"
    r"termine)\b.*\b(?:genannt|nennen|angegeben|berichtet|kursier\w+|gemeldet|erwähnt)|"
    rf"(?:nennen|geben|berichten|melden|sagen) (?:die |diese |verschiedene )*{_SOURCES}"
    r")\b",
    re.IGNORECASE,
)
_WHICH = (
    r"\b(?:(?:what|which) (?:different |various |other )?|welche[nr]? (?:verschiedenen |unterschiedlichen |anderen )?)"
)
_ANY: tuple[Kind, ...] = ("money", "percent", "count")
_PLURALS: tuple[tuple[tuple[Kind, ...], str], ...] = (
    (("money",), "sums|amounts|valuations|prices|summen|beträgen?|bewertungen|preisen?"),
    (("percent",), "percentages|prozentsätzen?"),
    (("date",), "dates|termine|zeitpunkte"),
    (_ANY, "figures|values|numbers|zahlen|werten?"),
)
"""Plurals that ask for more than one value. "Daten" are data as often as dates, "Kosten" have no other number."""
_SEVERAL = tuple((kinds, re.compile(rf"{_WHICH}(?:{nouns})\b", re.IGNORECASE)) for kinds, nouns in _PLURALS)
_FINAL = re.compile(
    r"\b(?:finally|final|in the end|eventually|actually|once all|settle\w*|"
    r"endgültig\w*|schließlich|letztlich|am ende|tatsächlich)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """`amount`: a value of something, of `kind` if that is clear; `when`: a date.

    `everything`: all values that sources name for it. `several`: the kinds of values of which more than one is asked
    for, all or not; none where one is enough. `final`: only what came of it in the end. `phase`: of which time the
    question speaks, where it says so.
    """

    amount: bool
    kind: Kind | None
    when: bool
    everything: bool
    several: tuple[Kind, ...]
    final: bool
    phase: Literal["", "before", "now"]

    def admits(self, value: Stated) -> bool:
        """Whether other values than `value` matter to who asks. Dates are told beside much, and matter if asked for."""
        return self.when if value.kind == "date" else self.kind in (None, value.kind)


def wanted(question: str) -> Wanted:
    """What `question`, German or English, wants to know of values."""
    everything = bool(_EVERYTHING.search(question))
    return Wanted(
        amount=everything or bool(_AMOUNT.search(question)),
        kind="percent" if _PERCENT.search(question) else "count" if _COUNT.search(question) else None,
        when=bool(_WHEN.search(question)),
        everything=everything,
        several=_several(question) or (_ANY if everything else ()),
        final=bool(_FINAL.search(question)),
        phase=phase_of(question),
    )


def _several(question: str) -> tuple[Kind, ...]:
    return next((kinds for kinds, pattern in _SEVERAL if pattern.search(question)), ())
