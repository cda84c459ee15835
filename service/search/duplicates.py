"""Which sentences say the same in nearly the same words: syndicated copies, repeated answers of an FAQ.

Conflicting facts look like copies, too: "49 percent" and "51 percent", "rose" and "fell", "A sued B" and "B sued A".
So a copy may only leave words out, in the same order, and none of them may be a number, a name or a word that turns a
statement round, bounds it, dates it or gives its reason. A word in the place of another one makes two statements, but
for a few that newsrooms swap freely. What is missed this way costs a line of evidence; a fact that is taken for the
copy of another one would be lost.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from index.analysis import STEMMED
from index.quantities import CURRENCIES, SCALES, quantities
from service.texts.names import bare, calendar_words, names

SHARED_WORDS = 0.5
"""Share of all their words that two sentences have in common at least, before anything else of them is compared."""
LEAST_KEPT = 0.8
"""Share of a statement's words that a copy keeps at least."""
FEWEST_WORDS = 6
"""A shorter statement has no copies but those of all its words: one word more may turn it round."""


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PART = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[$€£¥%‰]|(?<=\d)[.,](?=\d)|[-−](?=\d)")
_OF_NUMBERS = CURRENCIES.keys() | {word for words in SCALES.values() for word in words}
_SILENT = _listed("""
    a an the of in on at and that der die das dem den des ein eine einen einem einer eines im am an auf und dass sich
""")
"""Words that copies add and leave out. No pronouns, no "is", no "by" and "from": those say who, when and to whom."""
_SWAPPED = {
    word: listed.split()[0]
    for listed in (
        "company firm",
        "unternehmen firma konzern",
        "said stated declared told",
        "sagte erklärte",
        "percent pct",
        "about around approximately roughly",
        "rund etwa circa ca ungefähr",
    )
    for word in listed.split()
}
"""Words that stand for one another in news."""
_TELLING = re.compile(
    r"""
    all | some | any | many | few | every | each | half | several | first | last | next | other | another | both | not
    | \w+n['’]t | no | none | nobody | nothing | never | neither | nor | without | hardly | barely | scarcely | except
    | instead | unless | den(?:y|ies|ied|ying|ials?) | refus\w+ | reject\w+ | fail\w* | false\w* | untrue | wrong\w*
    | former\w* | ex | only | or | if | may | might | could | should | would | will | can | alleged\w* | supposed\w*
    | rumou?r\w* | possibl\w+ | perhaps | probabl\w+ | likely | unlikely | reportedly | apparently | seemingly
    | plan(?:s|ned|ning)? | want(?:s|ed)? | intend\w* | try | tries | tried | expect\w* | back | stop\w* | cancel\w*
    | more | less | fewer | over | under | least | most | almost | nearly | up | down | below | above | before | after
    | since | until | till | because | due | alle\w* | einige\w* | viele\w* | wenige\w* | jede\w* | halb\w*
    | mehrere\w* | manche\w* | erste\w* | letzte\w* | nächste\w* | andere\w* | beide\w* | nicht | kein\w* | nie
    | niemals | niemand\w* | nichts | weder | noch | ohne | kaum | außer | statt | sondern | bestr[ei]i?t\w*
    | dementier\w* | weiger\w* | lehn(?:t|te|ten|en) | abgelehnt | ablehn\w* | scheiter\w* | gescheitert\w*
    | falsch\w* | ehemalig\w* | früher\w* | nur | oder | wenn | falls | offenbar | anscheinend | scheinbar
    | angeblich\w* | mutmaßlich\w* | vermutlich\w* | wohl | kann | können | könnte\w* | dürfte\w* | soll\w* | woll\w*
    | möchte\w* | wird | werden | würde\w* | möglicherweise | vielleicht | wahrscheinlich | womöglich
    | plan(?:t|te|en|ten) | geplant\w* | zurück | gestoppt\w* | mehr | weniger | über | unter | mindestens | höchstens
    | fast | knapp | beinahe | bis | vor | nach | seit | ab | weil | wegen | denn | damit | yesterday | today
    | tomorrow | gestern | heute | morgen
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What a copy must not leave out: it turns a statement round, doubts or bounds it, dates it or gives its reason."""


class _Token(NamedTuple):
    """A word, number or sign by what copies have in common of it, and as it stands there; a value has no `word`."""

    key: str
    word: str


class Statement:
    """A sentence, to be compared with others. What a comparison needs is worked out when it needs it.

    `seen` are its words, numbers and signs, lower-case, without punctuation.
    """

    def __init__(self, text: str, language: str) -> None:
        self.text = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
        self.language = language
        self.seen = _PART.findall(self.text.casefold())

    @cached_property
    def words(self) -> frozenset[str]:
        """What is seen, each once."""
        return frozenset(self.seen)

    @cached_property
    def tokens(self) -> list[_Token]:
        """The sentence by stems, in order, without silent words; numbers as they are written."""
        return [self._token(match) for match in _PART.finditer(self.text) if match.group().casefold() not in _SILENT]

    @cached_property
    def valued(self) -> list[_Token]:
        """The same with numbers by value and unit."""
        stated = quantities(self.text, self.language)
        counted = {place for quantity in stated for place in range(quantity.start, quantity.end)}
        placed = [(quantity.start, _Token(f"#{quantity.value:.9g}{quantity.unit}", "")) for quantity in stated]
        placed += [
            (match.start(), self._token(match))
            for match in _PART.finditer(self.text)
            if not counted & {match.start(), match.end() - 1} and match.group()[0].isalnum()
        ]
        return [token for _, token in sorted(placed) if token.word.casefold() not in _SILENT]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that it mentions."""
        return frozenset(names(self.text, self.language))

    def _token(self, match: re.Match[str]) -> _Token:
        return _Token(_key(match.group().casefold(), self.language), match.group())


def same_statement(left: Statement, right: Statement) -> bool:
    """Whether one is a copy of the other, with small edits that change nothing of what is stated."""
    if left.language != right.language:
        return False
    if left.seen == right.seen:
        return left.seen != [] or left.text == right.text
    if not _share_words(left.words, right.words):
        return False
    if _keeps_all(left.tokens, left, right.tokens, right):
        return True
    # most differ in other words than those of numbers, and finding values takes long
    return any(map(_is_of_number, left.words ^ right.words)) and _keeps_all(left.valued, left, right.valued, right)


def _keeps_all(left: list[_Token], of_left: Statement, right: list[_Token], of_right: Statement) -> bool:
    """Whether the shorter one has nothing else than the longer one, which has nothing that tells beside it."""
    (short, _), (long, statement) = sorted(((left, of_left), (right, of_right)), key=lambda pair: len(pair[0]))
    added = _added([token.key for token in short], long)
    if not added:
        return added is not None and bool(long)
    if len(short) < max(FEWEST_WORDS, LEAST_KEPT * len(long)):
        return False
    return not any(_tells(token, statement) for token in added)


def _is_of_number(word: str) -> bool:
    return word in _OF_NUMBERS or not word.isalpha()


def grouped(statements: Sequence[Statement]) -> list[list[int]]:
    """The positions of `statements`, those of copies together; groups and their members in the order given.

    Members are copies of the first one of their group, so that small edits don't add up.
    """
    groups: list[list[int]] = []
    for position, statement in enumerate(statements):
        for group in groups:
            if same_statement(statements[group[0]], statement):
                group.append(position)
                break
        else:
            groups.append([position])
    return groups


def _share_words(left: frozenset[str], right: frozenset[str]) -> bool:
    fewer, more = sorted((len(left), len(right)))
    if fewer < SHARED_WORDS * more:
        return False
    shared = len(left & right)
    return shared >= SHARED_WORDS * (fewer + more - shared)


def _key(word: str, language: str) -> str:
    """What the forms of `word` have in common; words that newsrooms swap have one key."""
    swapped = _SWAPPED.get(word, word)
    stems = STEMMED[language](swapped, language) if language in STEMMED else ()
    return stems[0] if stems else swapped


def _added(short: Sequence[str], long: Sequence[_Token]) -> list[_Token] | None:
    """What `long` has beside `short`; None where it doesn't hold all of `short`, in the same order."""
    added, position = [], 0
    for token in long:
        if position < len(short) and token.key == short[position]:
            position += 1
        else:
            added.append(token)
    return added if position == len(short) else None


def _tells(token: _Token, statement: Statement) -> bool:
    """Whether a statement is another one without `token`: a value, a sign, a name, a day, or a telling word."""
    word = bare(token.word)
    if not word.replace("'", "").replace("’", "").isalpha() or _TELLING.fullmatch(word) or word in calendar_words():
        return True
    if token.word[0].isupper() and word in statement.names:
        return True
    return bool(quantities(token.word, statement.language))
