"""The values that source sentences state, with all that tells whether two of them are about the same thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from index.quantities import CURRENCIES, Quantity, quantities
from index.types import Span
from service.comparing import measures
from service.search.evidence import Evidence
from service.texts.clauses import clause_of, clauses

Bound = Literal["", "about", "nearly", "over", "under", "up to"]
Kind = Literal["money", "percent", "count", "date"]

_BOUND_WORDS: dict[Bound, str] = {
    "over": r"(?:deutlich |weit )?mehr als|über|mindestens|(?:well |far |much )?more than|over|above|beyond|at least|"
    r"exceed(?:s|ed|ing)?|top(?:s|ped)?|upwards of|in excess of",
    "under": r"weniger als|unter|less than|fewer than|under|below",
    "up to": r"bis zu|höchstens|up to|at most",
    "nearly": r"fast|knapp|beinahe|nahezu|nearly|almost|close to|just under",
    "about": r"rund|etwa|circa|ca\.?|ungefähr|about|around|some|roughly|approximately",
}
_BOUNDS = {
    bound: re.compile(rf"\b(?:{words})\s+(?:US)?\\?[$€£]?\s?\Z", re.IGNORECASE) for bound, words in _BOUND_WORDS.items()
}
"""What stands just before a value and makes it inexact."""
BOUND_AHEAD = 32
"""Characters before a value in which its bound may stand."""
_GERMAN_HEDGE = (
    r"könnten?|soll(?:en|te|ten)?|dürften?|würden?|wollen?|will|plan(?:t|en|te|ten)|geplant\w*|erwäg\w*|prüft|"
    r"verhandel\w*|verhandlung\w*|gespräche?n?|im gespräch|angeblich\w*|offenbar|möglicherweise|vermutlich|"
    r"insider\w*|gerücht\w*|spekul\w*|die rede|machten? die runde|erste[nr]? (?:meldung\w*|berichte?n?)|kurz vor|"
    r"medienbericht\w*|genannt w[eu]rden|(?:w[eu]rden|waren) \w+ genannt|prognos\w*|erwart\w*|schätz\w*"
)
_ENGLISH_HEDGE = (
    r"could|may|might|would|plan(?:s|ned|ning)?|consider\w*|talks?|negotiat\w*|reportedly|allegedly|rumou?r\w*|"
    r"expect\w*|is said to|said to be|people (?:familiar|with knowledge)|persons? (?:familiar|with knowledge)|"
    r"unnamed sources|close to a deal|finali[sz]ing|first reports|(?:another|one) report|other figures|proposed|"
    r"seek\w*|aims?|wants? to|estimat\w*|forecast\w*|projected"
)
_HEDGES = {
    language: re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
    for language, words in (("de", _GERMAN_HEDGE), ("en", _ENGLISH_HEDGE))
}
"""What says that something may turn out otherwise. "Will" is a wish in German and a firm plan in English."""
_FIRM = re.compile(
    r"\b(?:finali[sz]ed|finalisiert\w*|closed|completed|has (?:acquired|bought|paid|invested)|acquired|bought|paid|"
    r"pays|invested|confirm(?:s|ed)|officially|final|turned out|"
    r"abgeschlossen\w*|steht (?:\w+ )?fest|erwirbt|erwarb|erworben|zahlte|zahlt|bezahlt\w*|gezahlt|kaufte|gekauft|"
    r"investierte|investiert hat|stieg|eingestiegen|bestätigt\w*|endgültig\w*|offiziell|tatsächlich|kostete|gesteckt|"
    r"übernahm|übernommen|cost)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\b(?:noch|zuvor|vor (?:dem|der)|bevor|damals|bisher\w*|vorher|zuletzt|vor (?:gut |rund |etwa )?einem jahr|"
    r"before|previous\w*|at that time|a year ago|earlier|formerly|most recent|prior to|last (?:year|round|spring))\b",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\b(?:jetzt|nun|inzwischen|mittlerweile|seit \w+ sind|seither|derzeit|nach dem|nach dieser|now|currently|after|"
    r"since|at that price|(?:durch|mit) de[mr]|"
    r"(?:deal|partnerschaft|partnership|transaktion|transaction|einstieg|investment)\b"
    r"[^.]*\b(?:bewertet|bewertung|values|valuing))\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\d.,$€£])(?:19|20)\d\d(?![\d%]|[.,]\d)")
_AND = re.compile(r"\s(?:und|and|sowie|as well as)\s")
_LAST_YEAR = re.compile(
    r"\b(?:last year|previous year|(?:im )?(?:vorjahr|(?:vergangenen|letzten) jahr)|(?:about )?a year ago|"
    r"vor (?:gut |rund |etwa )?einem jahr)\b",
    re.IGNORECASE,
)
_THIS_YEAR = re.compile(r"\b(?:this year|(?:in )?diese[sm] jahr|heuer)\b", re.IGNORECASE)
_QUARTER = re.compile(
    r"\b(?:(?P<word>first|second|third|fourth|erste[ns]?|zweite[ns]?|dritte[ns]?|vierte[ns]?)\s+(?:quarter|quartal)|"
    r"Q(?P<digit>[1-4])|(?P<number>[1-4])\. Quartal)\b",
    re.IGNORECASE,
)
_QUARTERS = {"fir": 1, "ers": 1, "sec": 2, "zwe": 2, "thi": 3, "dri": 3, "fou": 4, "vie": 4}
_NAMED_NUMBER = re.compile(r"[A-Z][\w’'-]*\s\Z")
NAMED_BELOW = 100
"""A smaller number right behind a capitalised word belongs to it: "Llama 4", "Series 7"."""
UNKNOWN_YEAR = 0
DATE_GAP = 6
"""Characters between the parts of one date."""


@dataclass(frozen=True, slots=True)
class Period:
    """When a value held: years and quarters, as far as the sentence says; empty sets where it doesn't.

    A year that is told by the day of an article which is not known ("last year") is `UNKNOWN_YEAR`.
    """

    years: frozenset[int]
    quarters: frozenset[int]

    def differs(self, other: Period) -> bool:
        """Whether both are known and have nothing in common."""
        years = self.years - {UNKNOWN_YEAR}, other.years - {UNKNOWN_YEAR}
        return _apart(*years) or _apart(self.quarters, other.quarters)


@dataclass(frozen=True, slots=True)
class Stated:
    """A value that `source` states at `text[start:end]`, where `text` is the sentence as it is shown.

    `value` is a number, or for dates (year, month, day), 0 where a part isn't said. `unit` is that of a Quantity,
    `measure` what it measures (empty where no word tells), `clause` the clause around it. `hedged`: it may turn out
    otherwise. `phase`: whether it is said of the time before or after what the story is about.
    """

    source: Evidence
    text: str
    start: int
    end: int
    kind: Kind
    value: float
    date: tuple[int, int, int]
    unit: str
    bound: Bound
    clause: str
    measure: str
    period: Period
    hedged: bool
    phase: Literal["", "before", "now"]

    @property
    def words(self) -> str:
        """The value in the source's own words."""
        return self.text[self.start : self.end]


def stated(source: Evidence) -> list[Stated]:
    """The amounts, percentages, counts and dates that `source` states, in order."""
    text = source.shown()
    found = quantities(text, source.language)
    dates = _dates(text, found)
    used = {place for day, _ in dates for place in range(day.start, day.end)}
    amounts = [quantity for quantity in found if quantity.start not in used]
    parts = _parts(text, [Span(quantity.start, quantity.end) for quantity in amounts])
    values = [_amount(source, text, quantity, part) for quantity, part in zip(amounts, parts, strict=True)]
    days = zip(dates, _parts(text, [place for place, _ in dates]), strict=True)
    told = [_made(source, text, place, part, "date", date=day) for (place, day), part in days]
    return sorted([*filter(None, values), *told], key=lambda value: value.start)


def phase_of(text: str) -> Literal["", "before", "now"]:
    """Whether `text` is said of the time before what the story is about, or of the time since."""
    if _BEFORE.search(text):
        return "before"
    return "now" if _NOW.search(text) else ""


def is_hedged(clause: str, sentence: str, language: str) -> bool:
    """Whether what `clause` says may turn out otherwise; another clause of `sentence` may say that it is a report.

    Languages other than German are read the English way.
    """
    hedge = _HEDGES["de" if language == "de" else "en"]
    if hedge.search(clause):
        return True
    return bool(hedge.search(sentence)) and not _FIRM.search(clause)


def _amount(source: Evidence, text: str, quantity: Quantity, part: Span) -> Stated | None:
    if quantity.unit in ("month", "day", "ordinal"):
        return None
    if quantity.unit:
        told = (measures.of_amount(words, quantity.unit) for words in _around(source, text, part))
        measure = next(filter(None, told), "")
    elif _belongs_to_a_name(text, quantity):
        return None
    else:
        measure = measures.of_count(text, quantity.start, quantity.end, source.language)
    kind: Kind = "percent" if quantity.unit == "%" else "money" if quantity.unit else "count"
    if kind == "count" and not measure:
        return None
    place = Span(quantity.start, quantity.end)
    return _made(source, text, place, part, kind, value=quantity.value, unit=quantity.unit, measure=measure)


def _made(
    source: Evidence,
    text: str,
    place: Span,
    part: Span,
    kind: Kind,
    *,
    value: float = 0.0,
    unit: str = "",
    measure: str = "",
    date: tuple[int, int, int] = (0, 0, 0),
) -> Stated:
    clause = text[part.start : part.end]
    return Stated(
        source=source,
        text=text,
        start=place.start,
        end=place.end,
        kind=kind,
        value=value,
        date=date,
        unit=unit,
        bound=_bound(text[max(0, place.start - BOUND_AHEAD) : place.start]),
        clause=clause,
        measure=measure,
        period=_period(text, place, part, source),
        hedged=is_hedged(clause, text, source.language),
        phase=phase_of(clause) or phase_of(text),
    )


def _parts(text: str, places: Sequence[Span]) -> list[Span]:
    """For each of `places` the clause that it is in; "and" is an edge, too, where both sides state something."""
    found = clauses(text)
    parts = []
    for place in places:
        touched = [clause for clause in found if clause.start < place.end and place.start < clause.end]
        start, end = touched[0].start, touched[-1].end
        for match in _AND.finditer(text, start, end):
            if match.end() <= place.start and any(start <= other.start < match.start() for other in places):
                start = match.end()
            elif place.end <= match.start() and any(match.end() <= other.start < end for other in places):
                end = match.start()
                break
        parts.append(Span(start, end))
    return parts


def _around(source: Evidence, text: str, part: Span) -> list[str]:
    """Where the words may stand that say what an amount in `part` of `text` measures, the nearest first."""
    before = source.context.split("\n")[:-1]
    clause = clause_of(text, part.start, part.end)
    return [text[part.start : part.end], clause, text, *reversed(before[2:])]


def _belongs_to_a_name(text: str, number: Quantity) -> bool:
    return number.value < NAMED_BELOW and bool(_NAMED_NUMBER.search(text[: number.start]))


def _bound(before: str) -> Bound:
    return next((bound for bound, pattern in _BOUNDS.items() if pattern.search(before)), "")


def _period(text: str, place: Span, part: Span, source: Evidence) -> Period:
    """The year and the quarter nearest to `text[place]`, in its clause or else in the sentence."""
    for start, end in ((part.start, part.end), (0, len(text))):
        years = _years(text, start, end, source)
        quarters = [(match.start(), _quarter(match)) for match in _QUARTER.finditer(text, start, end)]
        if years or quarters:
            return Period(_nearest(years, place), _nearest(quarters, place))
    return Period(frozenset(), frozenset())


def _years(text: str, start: int, end: int, source: Evidence) -> list[tuple[int, int]]:
    """Where in `text[start:end]` years are named, and which."""
    published = source.article.published_at
    named = [(match.start(), int(match.group())) for match in _YEAR.finditer(text, start, end)]
    for pattern, ago in ((_LAST_YEAR, 1), (_THIS_YEAR, 0)):
        year = published.year - ago if published else UNKNOWN_YEAR
        named += [(match.start(), year) for match in pattern.finditer(text, start, end)]
    return named


def _nearest(named: Sequence[tuple[int, int]], place: Span) -> frozenset[int]:
    """What is named nearest to `place`."""
    nearest = min(named, key=lambda item: abs(item[0] - place.start), default=None)
    return frozenset() if nearest is None else frozenset({nearest[1]})


def _quarter(match: re.Match[str]) -> int:
    return _QUARTERS[match["word"][:3].lower()] if match["word"] else int(match["digit"] or match["number"])


def _apart(left: frozenset[int], right: frozenset[int]) -> bool:
    return bool(left) and bool(right) and not left & right


def _dates(text: str, found: list[Quantity]) -> list[tuple[Span, tuple[int, int, int]]]:
    """The dates, as (year, month, day): parts that stand together are one."""
    parts = [part for part in found if part.unit in ("month", "day") or _is_year(text, part)]
    groups: list[list[Quantity]] = []
    for part in parts:
        if groups and part.start - groups[-1][-1].end <= DATE_GAP and _name(part) not in map(_name, groups[-1]):
            groups[-1].append(part)
        else:
            groups.append([part])
    dates = []
    for group in groups:
        values = {_name(part): int(part.value) for part in group}
        if values.keys() != {"day"}:
            day = values.get("year", 0), values.get("month", 0), values.get("day", 0)
            dates.append((Span(group[0].start, max(part.end for part in group)), day))
    return dates


def _name(part: Quantity) -> str:
    return part.unit or "year"


def _is_year(text: str, part: Quantity) -> bool:
    """A year, and no number of something: "2025" but not "2025 jobs"."""
    if part.unit or not _YEAR.fullmatch(text[part.start : part.end]):
        return False
    ahead = text[part.end : part.end + 12]
    return not any(ahead.lstrip().startswith(sign) for sign in CURRENCIES) and not measures.counted(ahead)
