"""What a stated quantity measures: a price paid or a valuation, staff or jobs cut. Unlike measures can't disagree."""

from __future__ import annotations

import re
from collections.abc import Mapping

from index.analysis import STEMMED

_Table = Mapping[str, re.Pattern[str]]


def _table(lines: str) -> _Table:
    """Lines of `measure: pattern`, the telling ones first: the first that is found in a clause names its measure.

    A line that begins with `|` goes on with the one before.
    """
    rows = (line.strip().split(": ", 1) for line in re.sub(r"\n\s*\|", "|", lines).strip().splitlines())
    return {name: re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE) for name, pattern in rows}


_MONEY = _table(r"""
    pay: salar\w+|wages?|bonus\w*|compensation|earn(?:s|ed)?|gehalt\w*|gehälter\w*|löhne?|vergütung\w*|boni
        |verdien\w+
    fine: fine[ds]?|penalt\w+|damages|strafe\w*|geldstrafe\w*|bußgeld\w*|schadenersatz\w*
    debt: debts?|loans?|bonds?|schulden\w*|kredit\w*|anleihe\w*|darlehen\w*
    profit: profits?|loss(?:es)?|net income|ebitda?|\w*gewinn\w*|\w*verlust\w*|überschuss\w*
    revenue: revenues?|sales|turnover|\w*umsatz\w*|\w*umsätze\w*|erlöse?n?|einnahmen
    contract: contracts?|orders?|\w*auftr[aä]g\w*|\w*vertr[aä]g\w*|bestellung\w*
    share price: shares? (?:price|closed|ended)|aktienkurs\w*|kurs
    valuation: valu(?:es|ed|ing|ations?)|(?<!in )value|worth|market cap\w*|\w*bewertet\w*|\w*bewertung\w*
        |\w*börsenwert\w*|unternehmenswert\w*|(?-i:wert)
    funding: funding|rais(?:es?|ed|ing)|series [a-h]|\w*finanzierungsrunde\w*|eingesammelt|einsammeln
        |kapitalerhöhung
    spending: spen(?:ds?|t|ding)|capex|capital expenditures?|budget\w*|set aside|expenditures?|\w*ausgaben|ausgeben
        |etat\w*
    admission: tickets?|admission|entry|eintritt\w*|eintrittskarte\w*|fares?|fahrpreis\w*
    price: pa(?:ys?|id|ying|yment)|pric(?:es?|ed)|invest\w*|acqui\w+|buy\w*|bought|purchas\w*|takeover|stake|costs?
        |\w*zahlt?|\w*zahlt?en|zahlten?|gezahlt|bezahl\w*|\w*preis\w*|\w*kauf\w*|gekauft|erw[io]rb\w*|übern[aoi]\w+
        |einstieg\w*|(?:ein)?ge?stie[gh]\w*|stieg\w*|steig\w*|\w*beteilig\w*|\w*kost\w*|steckte?|gesteckt
        |aufbring\w*|ausgegeben|transaktion|transaction|deals?|geschäft\w*
""")
_SHARE = _table(r"""
    rate: interest|inflation|unemployment|\w*zins\w*|arbeitslos\w*|teuerung\w*
    votes: vot(?:es?|ed|ers?|ing)|turnout|\w*stimmen|wahlbeteiligung|wähler\w*
    staff: staff|workforce|employees|jobs|workers|\w*belegschaft|\w*mitarbeiter\w*|beschäftigte\w*|\w*stellen
    revenue: revenues?|sales|turnover|\w*umsatz\w*|einnahmen
    market share: market share|of the market|marktanteil\w*
    stake: stakes?|ownership|own(?:s|ed)?|h[eo]lds?|acqui\w+|\w*anteil\w*|\w*beteilig\w*|erw[io]rb\w*|h[äi]e?lt
        |halten|gehört|gehören
    change: r[io]sen?|rising|grew|grow\w*|increas\w*|gain\w*|jump\w*|f[ea]ll\w*|drop\w*|declin\w*|los[et]|up|down
        |stieg\w*|steig\w*|gestiegen|wuchs\w*|wachs\w*|gewachsen|zugelegt|sank\w*|sink\w*|gesunken|fiel\w*|gefallen
        |verl[oi]r\w*|rückgang|plus|minus|zuwachs
""")
_COUNT = _table(r"""
    age: years? old|year-old|aged|\w*jährig\w*|jahre alt
    killed: dead|deaths?|killed|died|fatalities|tote\w*|getötet\w*|todesopfer\w*|starben
    injured: injured|wounded|hurt|verletzt\w*
    contractors: contractors?|freelancers?|gig workers|freie\w* mitarbeiter\w*|leiharbeiter\w*|auftragnehmer\w*
    staff: staff|employees?|workers?|people (?:employed|work)|(?:menschen|leute) arbeiten
        |jobs|positions|roles|\w*mitarbeiter\w*|beschäftigte\w*
        |\w*arbeitsplätze\w*|angestellte\w*|stellen
    users: users?|subscribers?|\w*nutzer\w*|abonnent\w*
    customers: customers?|clients?|\w*kunden
    visitors: visitors?|guests?|spectators?|\w*besucher\w*|gäste\w*|zuschauer\w*
    inhabitants: inhabitants?|residents?|einwohner\w*|bewohner\w*
    protesters: protesters?|demonstrators?|demonstrant\w*|demonstrierende\w*
    length: met(?:re|er)s?|kilomet(?:re|er)s?|miles?|feet|m|km|metern?|kilometern?|meilen
    area: square \w+|hectares?|quadrat\w+|hektar\w*|acres?
    weight: tons?|tonnes?|kilos?|kg|tonnen|kilogramm
    homes: homes?|houses?|flats?|apartments?|wohnungen|häuser
    countries: countries|ländern?|staaten
    duration: years?|months?|weeks?|days?|hours?|minutes?|jahren?|monaten?|wochen|tagen?|stunden|minuten
""")
_CUT = re.compile(
    r"\b(?:cut(?:s|ting)?|lay(?:s|ing)? off|laid off|layoffs?|dismiss\w*|sack\w*|los(?:e|es|t)|slash\w*|"
    r"streich\w*|gestrichen|\w*abbau\w*|baute?|entl[aä]ss\w*|wegfall\w*|f[aä]ll\w*\b.*\bweg|kündig\w*)\b",
    re.IGNORECASE,
)
_HIRED = re.compile(
    r"\b(?:hir(?:es?|ed|ing)|recruit\w*|new|creat\w*|einstell\w*|eingestellt|neue\w*|schaff\w*|rekrutier\w*|wechsel\w*)\b",
    re.IGNORECASE,
)
_MOVEMENTS = {"jobs cut": _CUT, "hired": _HIRED}
_ALWAYS_NAMED = frozenset({"profit", "debt", "fine"})
"""Measures of money that nobody states without a word for them."""
_NOUN = re.compile(r"[\s\u00a0-]*(?:[a-zäöüß]+\s+){0,2}?([^\W\d_]{4,})")
AHEAD = 36
"""Characters after a number in which the thing that it counts is named."""
FLOWS = frozenset({"revenue", "profit", "spending", "change", "rate", "pay"})
"""Measures that belong to a period: another year has another one."""
COUNTED_ANEW = frozenset({"staff", "users", "customers", "killed", "injured", "inhabitants"})
"""What is counted again as time goes on: a later count doesn't contradict an earlier one, it replaces it."""
STATES = COUNTED_ANEW | {"stake", "age", "valuation"}
"""Measures that change as time goes on."""


def of_amount(clause: str, unit: str) -> str:
    """What an amount of money or percentage in `clause` measures; empty where no word tells. `unit` as in Quantity."""
    table = _SHARE if unit == "%" else _MONEY
    return next((name for name, pattern in table.items() if pattern.search(clause)), "")


def of_count(text: str, start: int, end: int, language: str) -> str:
    """What the bare number `text[start:end]` counts; a noun of no list stands for itself, as `language:stem`.

    Empty where nothing follows that could be counted.
    """
    ahead = text[end : end + AHEAD]
    measure = next((name for name, pattern in _COUNT.items() if (m := pattern.search(ahead)) and m.start() < 24), "")
    if measure == "staff":
        return _movement(text)
    if measure:
        return measure
    noun = _NOUN.match(ahead)
    if noun is None:
        return ""
    stems = STEMMED[language](noun[1].casefold(), language) if language in STEMMED else ()
    return f"{language}:{stems[0] if stems else noun[1].casefold()}"


def asked_for(question: str, kind: str) -> str:
    """The measure of the lists above that `question` asks for, as `kind` of value: `money`, `percent` or `count`.

    Empty where no word of it tells.
    """
    if kind != "count":
        return of_amount(question, "%" if kind == "percent" else "")
    measure = next((name for name, pattern in _COUNT.items() if pattern.search(question)), "")
    return _movement(question) if measure == "staff" else measure


def belongs_to(word: str, kind: str, measure: str) -> bool:
    """Whether `word` is one of those by which a question asks for `measure`, a `kind` of value: "jobs", "laid off"."""
    if not measure:
        return False
    if not is_movement(measure):
        return asked_for(word, kind) == measure
    return bool(_MOVEMENTS[measure].fullmatch(word) or _COUNT["staff"].fullmatch(word))


def is_told_of(question: str, text: str) -> bool:
    """Whether `text`, German or English, has a word for what `question` asks the sum of; True where any may do."""
    measure = asked_for(question, "money")
    named = measure not in _ALWAYS_NAMED or bool(_MONEY[measure].search(text))
    return named or (measure == "profit" and bool(_MONEY["pay"].search(text)))


def is_movement(measure: str) -> bool:
    """Whether `measure` is of people who come or jobs that go."""
    return measure in _MOVEMENTS


def _movement(clause: str) -> str:
    """Jobs that go, people who come, or those who are there."""
    if _CUT.search(clause):
        return "jobs cut"
    return "hired" if _HIRED.search(clause) else "staff"


def counted(ahead: str) -> str:
    """What `ahead`, which follows a number, begins with, where it is a thing of the lists above; with the space."""
    for pattern in _COUNT.values():
        match = pattern.search(ahead)
        if match and match.start() <= 1 and not ahead[: match.start()].strip():
            return ahead[: match.end()]
    return ""
