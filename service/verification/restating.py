"""Whether the reason that a sentence gives is only what its question takes to be so, once more.

"Why did the share fall? - It fell because it lost 20 percent." has a reason's form and none in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.relations.clauses import Clause, Word, parsed
from service.relations.polarity import NEGATIONS
from service.texts.circumstances import circumstance_asked_for
from service.texts.names import names

_BECAUSE = {
    "de": re.compile(r",\s*(?:weil|da|denn)\s|\b(?:wegen|aufgrund|infolge)\s|\A\W*(?:weil|da)\s", re.IGNORECASE),
    "en": re.compile(
        r"\b(?:because(?: of)?|due to(?! be\b)|owing to|as a result of)\s|(?:,\s*|\A\W*)(?:since|as)\s(?!an? )",
        re.IGNORECASE,
    ),
}
"""After what a sentence gives a reason and nothing else."""
_SAYS_NO_MORE = re.compile(
    r"ma(?:ke|kes|de|king)|do(?:es|ne|ing)?|g(?:ive|ives|ave|iven)|happen\w*|occur\w*|took|takes?|taken|place|exist\w*|"
    r"very|so|too|such|really|strong\w*|sharp\w*|heav\w*|great\w*|significant\w*|badly|percent|total|fact|case|"
    r"mach(?:t|te|ten|en)|gemacht|tat|tun|getan|beg(?:ing|angen|ehen)|unterlief\w*|unterl[aä]uf\w*|passier\w*|"
    r"gescheh\w*|geschah|erfolg(?:t|te|en)|stattf[aiu]nd\w*|stattgefunden|vorl(?:ag|iegt|iegen)|existier\w*|"
    r"stark|sehr|deutlich|massiv|kräftig|heftig|tatsächlich|wirklich|prozent|insgesamt|fall|tatsache",
    re.IGNORECASE,
)
"""Verbs that only say that something is, and how much it is."""
_MOVES = (
    re.compile(
        r"f[ae]ll(?:s|en|ing)?|fiel\w*|gefallen|fällt|(?:ab|ein)?ge(?:sunken|sackt|stürzt|brochen)|sank\w*|sink\w*|"
        r"abst[uü]rz\w*|absturz|einbr[aeiou]ch\w*|slid\w*|slump\w*|plung\w*|drop\w*|tumbl\w*|los[est]\w*|declin\w*|"
        r"decreas\w*|crash\w*|down|verl[io]r\w*|verloren|nachgegeben|zurückgegangen|nied(?:rig|er)\w*|lower",
        re.IGNORECASE,
    ),
    re.compile(
        r"ris(?:e|es|en|ing)|rose|gr[eo]w\w*|climb\w*|jump\w*|soar\w*|surg\w*|increas\w*|gain\w*|rall(?:y|ied)|up|higher|"
        r"st(?:ieg|eig)\w*|gestiegen|zugelegt|wuchs\w*|gewachsen|kletter\w*|geklettert|erhöh\w*|zugenommen|höher",
        re.IGNORECASE,
    ),
)
"""Words for going down, and for going up, that stand for one another."""


def restates(sentence: str, question: str, language: str) -> bool:
    """Whether `sentence`, an answer to why, gives as the reason nothing that `question` does not say itself.

    A figure is nothing new beside a word of the question: how far something fell is not why. False where it has no
    word for a reason, for questions that ask for something else, and for other languages than German and English.
    """
    pattern = _BECAUSE.get(language)
    because = pattern.search(sentence) if pattern else None
    if because is None or circumstance_asked_for(question) != "reason":
        return False
    known = frozenset(names(sentence, language)) | frozenset(names(question, language))
    told = sentence[because.end() :] if sentence[: because.start()].strip() else sentence.split(",", 1)[0]
    if bool(NEGATIONS[language].search(told)) != bool(NEGATIONS[language].search(question)):
        return False
    asked, said = parsed(question, language, known).whole, parsed(told, language, known).whole
    return _says_no_more(said, asked.content)


def _says_no_more(said: Clause, asked: Sequence[Word]) -> bool:
    words = [word for word in said.content if not _SAYS_NO_MORE.fullmatch(word.text)]
    if not all(_is_said(word, asked) for word in words):
        return False
    return any(not word.is_name for word in words) or not (words or said.quantities)


def _is_said(word: Word, asked: Sequence[Word]) -> bool:
    """Whether `asked` has `word` or one that says the same: to begin alike, as across languages, is not enough."""
    keys = {key for key in word.keys if key[0] != "~"}
    if any(keys & other.keys for other in asked):
        return True
    return any(moves.fullmatch(word.text) and any(moves.fullmatch(one.text) for one in asked) for moves in _MOVES)
