"""Whether a claim tells as done what a source has as planned, possible or to come."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from index.quantities import Quantity, same_value
from service.relations.alignment import has, nearest
from service.relations.clauses import Clause, Sentence

AHEAD = {
    "de": re.compile(
        r"\b(?:will|wollen|wolle|soll|sollen|solle|könnt?en?|könnte|kann|möcht\w*|dürft?en?|hätten?|wären?|würden?|"
        r"(?:be)?fürcht\w*|plant?|planen|geplant\w*|prognosti\w+|erwäg\w*|verhandel\w*|beabsichtig\w*|erwart\w*|rechne\w*|hoff\w*|droht|"
        r"(?:wird|werden|werde)(?=.*\w+(?:en|ern|eln)\b\W*\Z)|künftig|voraussichtlich|angeblich|womöglich|"
        r"möglicherweise|vielleicht|in Gesprächen|sobald|müssen (?=.*\w+(?:en|ern|eln)\b)|muss (?=.*\w+(?:en|"
        r"ern|eln)\b)|steht noch aus|"
        r"kündig\w* an|bereitet vor|prüf(?:t|en) (?:den|die|eine?n?)|"
        r"prüf(?:t|en),? ob|empfiehlt|empfehlen|fordert|fordern|verlangt|verlangen|darf|dürfen|bot|angeboten)\b",
    ),
    "en": re.compile(
        r"\b(?:will|would|may|might|could|should|shall|(?<!the )(?<!\ba )(?<!its )(?<!this )(?<!their )(?<!and )plans?|"
        r"planned|planning|scheduled|intends?|hopes?|hoping|wants?|"
        r"fear(?:s|ed)?|expects?|expected|forecasts?|predicts?|aims?|considers?|considering|"
        r"(?:is|are|was|were) (?:now |still |also )?(?:due |set |expected |likely |about |going |scheduled )?to|"
        r"in talks|talks|negotiat\w*|proposes?|proposed|reportedly|rumou?red|possibl[ey]|perhaps|likely|"
        r"weighing|finali[sz]ing|close to|nearing|preparing|about to|threaten\w*|seeks?|yet to|"
        r"(?:has|have|had) (?:\w+ ){0,2}(?:days?|weeks?|months?|years?|time|right|chance|option) to|"
        r"(?:have|has|need|needs) to|whether to|can|offered to|due in|as soon as|once (?=the|it|he|she|they|"
        r"all)|must|recommends?|demand(?:s|ing|ed)?)\b",
    ),
}
"""What is not so yet. "Will" is a wish in German and the future in English; both are ahead."""
UNSURE = {
    "de": re.compile(
        r"\b(?:könnten?|dürften?|womöglich|möglicherweise|vielleicht|erwäg\w*|verhandel\w*|in Gesprächen)\b"
    ),
    "en": re.compile(r"\b(?:may|might|could|possibly|perhaps|considering|weighing|in talks|reportedly|rumou?red)\b"),
}
"""What may never be so."""
DONE = {
    "de": re.compile(
        r"\b(?:hat|haben|hatte|hatten|ist|sind|war|waren|wurde|wurden|worden)\b.*\b(?:\w*ge\w+(?:t|en)|\w+(?:iert|ört|"
        r"worben|kauft|nommen|nommen|schieden|öffnet|lassen|standen|gonnen|setzt|stellt|legt|loren|endet|eröffnet|"
        r"zahlt|füllt|kommen|sprochen|kannt|nannt|schlossen|einbart|fangen|halten|stattet|fallen|laufen))\b"
        r"|\b(?:hat|haben|wurden?)\b.*\w+(?:t|en)\b\W*\Z"
        r"|\b(?:began|begann(?:en)?|kam(?:en)?|ging(?:en)?|kauften?|zahlten?|stieg(?:en)?|fiel(?:en)?|gab(?:en)?|"
        r"schloss(?:en)?|öffneten?|eröffneten?|erhielt(?:en)?|bekam(?:en)?|verließ(?:en)?|baute[nt]?|zog(?:en)?|"
        r"nahm(?:en)?|ließ(?:en)?|trat(?:en)?|fand(?:en)?|traf(?:en)?|wuchs(?:en)?|sank(?:en)?|"
        r"(?!\w*(?:ößte|öchste|ängste|ieferste|arkste|ärkste|este|ächste|letzte|zweite|ritte|ierte|meiste|"
        r"esamte|erste|rechte|heute|weite|"
        r"harte|breite|späte|alte|gute|könn|dürf|möch|müss|würd)(?:te)?n?\b)"
        r"(?<!\bden )(?<!\bder )(?<!\bdem )(?<!\bdas )(?<!\bdie )(?<!\beinen )(?<!\beinem )(?<!\beiner )(?<!\bdes )"
        r"[a-zäöüß]{3,}(?:te|ten))\b"
        r"|\w*(?:ge\w+|angt|iert|kauft|nommen|loren|standen)(?:t|en)?\s(?:ist|sind|hat|haben|wurden?|worden)\b",
    ),
    "en": re.compile(
        r"\b(?:has|have|had|was|were|did)\b(?! (?:yet )?to\b)|\b(?:bought|paid|sold|took|left|won|lost|rose|fell|began|"
        r"went|came|made|built|gave|got|met|ran|cut|sent|spent|said|held|became|broke|chose|put|shut|won|beat|hired|"
        r"\w{2,}ed)\b"
    ),
}
_DATES = ("month", "day", "ordinal")
_INFINITIVE = re.compile(r"\b(?:zu|to)\s+[a-zäöüß]+|\b[a-zäöüß]+zu[a-zäöüß]+en\b")
_FEARED = re.compile(r"\b(?:(?:be)?fürcht\w*|Furcht|Sorge|Angst|fear\w*|worr(?:y|ies|ied)|afraid)\b")
_THAT = re.compile(r"\s*(?:dass|that)\b")
SETTLED = {
    "de": re.compile(
        r"\b(?:ist|sind|hat|haben|\w+t|\w+en)\b.*\b(?:seit|bereits|schon|nunmehr|inzwischen)\b", re.IGNORECASE
    ),
    "en": re.compile(r"\b(?:already|since|by now|now)\b", re.IGNORECASE),
}
"""What is so by now."""
_PLANS = re.compile(
    r"\b(?:plans|wants|intends|aims|is planning|are planning|plant|plane?n|will|wollen|beabsichtig(?:t|en))\b"
)
_FORMER_PLAN = re.compile(
    r"\b(?:ursprünglich|hatten?\b.*\b(?:geplant|vorgehabt|gewollt|beabsichtigt)|originally|"
    r"had (?:\w+ )?(?:planned|intended|wanted|hoped))\b"
)
"""By what a plan is told that was given up."""
_CONDITION = re.compile(r"(?:sobald|falls|sofern|wenn|if|once|as soon as|provided|unless)\b")
NEXT = re.compile(r"\b(?:(?:nächste|kommende)\w*|next|coming)\s+(?:woche|monat|jahr|week|month|year)\w*", re.IGNORECASE)
THIS = re.compile(r"\b(?:diese[rsnm]?|this)\s+(?:woche|monat|jahr|week|month|year)\w*", re.IGNORECASE)
LAST = re.compile(
    r"\b(?:(?:vergangene|letzte|vorige)\w*|last|past|previous)\s+(?:woche|monat|jahr|week|month|year)\w*", re.IGNORECASE
)


def flaw(claim: Sequence[Clause], sources: Sequence[Sentence]) -> str:
    """`modality: ...` where a clause is told as done that every source about it has as still to come."""
    every = {clause: _led_in(source.clauses, at) for source in sources for at, clause in enumerate(source.clauses)}
    conditional = {
        clause: _conditional(source.clauses, at) for source in sources for at, clause in enumerate(source.clauses)
    }
    for at, said in enumerate(claim):
        if AHEAD[said.language].search(_led_in(claim, at)):
            continue
        if not DONE[said.language].search(said.text) and not SETTLED[said.language].search(said.text):
            if unsure := _figures_ahead(said, list(every), UNSURE):
                return f"modality: told as so, but the source has {unsure[0]!r} as possible"
            continue
        ahead = [_ahead(said, source, every[source]) for source in nearest(said, list(every))]
        ahead = ahead if all(ahead) else _all_ahead(said, conditional) or _figures_ahead(said, list(every), AHEAD)
        if ahead:
            return f"modality: told as done, but the source has {ahead[0]!r} as planned or possible"
    return _other_time(claim, list(every)) or _given_up(claim, every)


def _given_up(claim: Sequence[Clause], sources: Mapping[Clause, str]) -> str:
    """What somebody "had originally planned" is no plan any more."""
    for said in claim:
        about = nearest(said, list(sources))
        former = [match.group() for source in about if (match := _FORMER_PLAN.search(sources[source]))]
        if about and len(former) == len(about) and _PLANS.search(said.text) and not _FORMER_PLAN.search(said.text):
            return f"modality: told as planned, but the source has {former[0]!r}"
    return ""


def _led_in(clauses: Sequence[Clause], at: int) -> str:
    """The clause behind the one before it, where it depends on that: "verhandelt darüber, die Marke zu kaufen"."""
    feared = at and _THAT.match(clauses[at].text) and _FEARED.search(clauses[at - 1].text)
    if at and (feared or _INFINITIVE.search(clauses[at].text)):
        return clauses[at - 1].text + clauses[at].text
    return clauses[at].text


def _conditional(clauses: Sequence[Clause], at: int) -> str:
    """The clause as `_led_in` has it, and a condition that follows: "beginnt, sobald ..."."""
    behind = clauses[at + 1].text if at + 1 < len(clauses) else ""
    return _led_in(clauses, at) + (behind if _CONDITION.match(behind) else "")


def _other_time(claim: Sequence[Clause], sources: Sequence[Clause]) -> str:
    """ "Last week" is not "next week"."""
    for here, there in ((NEXT, LAST), (LAST, NEXT), (NEXT, THIS), (THIS, NEXT)):
        found = [match.group() for said in claim if (match := here.search(said.text))]
        agree = any(here.search(source.text) for source in sources)
        opposed = [match.group() for source in sources if (match := there.search(source.text))]
        if found and opposed and not agree:
            return f"modality: {found[0]!r} where the source has {opposed[0]!r}"
    return ""


def _ahead(said: Clause, source: Clause, led_in: str) -> str:
    """The verb of `source`, `led_in` by what it depends on, that is still to come, where `said` has it too."""
    match = AHEAD[source.language].search(led_in)
    if match is None:
        return ""
    start = source.start + match.start() - (len(led_in) - len(source.text))
    after = [word for word in source.content if word.start >= start]
    if source.language == "de":
        after = [word for word in after if word.text.islower()][::-1] or after
    return next((word.text for word in after[:2] if has(said, source, word)), "")


def _all_ahead(said: Clause, sources: Mapping[Clause, str]) -> list[str]:
    """The words by which all clauses nearest to `said` are still to come, where they tell nothing as done."""
    about = nearest(said, list(sources))
    cues = [AHEAD[source.language].search(sources[source]) for source in about]
    done = any(DONE[source.language].search(source.text) for source in about)
    return [cue.group() for cue in cues if cue] if about and all(cues) and not done else []


def _figures_ahead(said: Clause, sources: Sequence[Clause], ahead: Mapping[str, re.Pattern[str]]) -> list[str]:
    """A sum or share of `said` that is still to come wherever `sources` have it."""
    for quantity in said.quantities:
        stating = [
            (source, stated) for source in sources for stated in source.quantities if same_value(quantity, stated)
        ]
        cues = [ahead[source.language].search(source.text[: stated.start - source.start]) for source, stated in stating]
        if quantity.unit not in _DATES and not _is_year(quantity) and stating and all(cues):
            return [cue.group() for cue in cues if cue]
    return []


def _is_year(quantity: Quantity) -> bool:
    return not quantity.unit and 1900 <= quantity.value <= 2100
