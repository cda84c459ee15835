"""Whether a sentence tells how somebody took something, where a question asks that: "How did readers like it?"."""

from __future__ import annotations

import re

_ASKED = {
    "en": re.compile(
        r"\W*(?:and |but |so )?how (?:did|do|does|have|has|will|would)\s(?P<who>[^?]+?)\s(?:\w+ly\s)?"
        r"(?:react|reacted|respond|responded|like|liked|receive|received|welcome|take to|feel|felt|see|view|"
        r"viewed|judge)\b",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"\W*(?:und |aber )?wie (?:(?:reagier|antworte|bewerte|beurteil)(?:e?t|te|ten|en)|fand(?:en)?|"
        r"sah(?:en)?|aufgenommen|nahm(?:en)?|(?:hat|haben)(?=.*\b(?:reagiert|bewertet|beurteilt|aufgenommen|gefallen)\b)|"
        r"(?:kam(?:en)?|kommt|kommen)(?=.*\ban\b)|gef(?:ällt|allen|iel|ielen))\s"
        r"(?P<who>[^?]+?)(?=\s(?:auf|über|zu|den|die|das|dem|es|sie|ihn|ihr|reagiert|bewertet|an)\b|\?|\Z)",
        re.IGNORECASE,
    ),
}
_TOLD = re.compile(
    r"\b(?:react|respon[ds]|repl(?:y|ie)|answer|welcom|critici|critic|prais|applau|reject|oppos|object|resist|support|back(?:ed|ing)|"
    r"ang(?:er|r)|disappoint|receiv|recept|poor|positiv|negativ|lik(?:e|ed|es|ing)\b|dislik|lov(?:e|ed)\b|hat(?:e|ed)\b|"
    r"satisf|pleas|enthusias|concern|worr|fear|shock|surpris|stun|alarm|condemn|protest|complain|mock|laugh|doubt|scepti|"
    r"skepti|relie[fv]|glad|happy|unhappy|reluct|warn|call(?:ed|s)?\b|demand|threat|vow|thank|congratul|celebrat|cheer|"
    r"bad(?:ly)?\b|well\b|mixed|lukewarm|cool|popular|impress|"
    r"(?:un)?favou?r|describ|dismiss|refus|declin|den(?:y|ied|ies)|accus|blam|den(?:ounc)|den(?:igrat)|"
    r"reagier|reaktion|antwort|erwider|begrü|kriti|lob(?:t|en|te|ten)?\b|gelobt|lehn|abgelehnt|ablehn|widers|unterstütz|"
    r"ärger|verärger|empör|enttäusch|zufrieden|unzufrieden|freu|erfreu|begeister|besorg|sorge|schock|überrasch|"
    r"entsetz|verurteil|protest|beschwer|spott|zweif|zweifel|skept|erleichter|froh|dank|feier|jubel|gut\b|schlecht|"
    r"gemischt|beliebt|beeindruck|bezeichn|nannte|nennen|forder|droh|warn|weiger|bestr[ei]|dementier|wies|zurückhalt|gelassen|"
    r"verhalten|ankam|kam(?:en)?\b.*\ban\b|an(?:ge)?kommen|positiv|negativ)",
    re.IGNORECASE,
)
"""What somebody does, feels or says about something."""
_PRONOUN = re.compile(r"(?:he|she|it|they|you|we|people|er|sie|es|man|wir|leute)\b", re.IGNORECASE)
_WORD = re.compile(r"\w{4,}")
_STEM = 5


def tells_reaction(question: str, sentence: str, language: str) -> bool:
    """Whether `sentence` may tell the reaction for which `question` asks: it has one, or is of who is to have reacted.

    True where `question`, German or English, asks for none.
    """
    asked = _ASKED["de" if language == "de" else "en"].match(question)
    if asked is None or _TOLD.search(sentence):
        return True
    words = {word.casefold()[:_STEM] for word in _WORD.findall(asked["who"])}
    own = {word.casefold()[:_STEM] for word in _WORD.findall(sentence)}
    return bool(_PRONOUN.match(asked["who"]) or not words or words & own)
