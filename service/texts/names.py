"""Names in German and English sentences: the capitalised words that a translation keeps.

German capitalises every noun, so that a capital letter alone says little there. A German noun is common in German text
and rare in English text; a name is about as common in both, or unknown to both. Frequencies are those of `wordfreq`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from babel import Locale
from wordfreq import zipf_frequency

from service.texts.nations import NATIONAL


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOAN_WORDS = _words("""
    alarm album alternative analyse animation app apps area arena argument argumentation arm art artikel audio award
    balance ball banner bar bars bestseller biathlon blitz block blog blogger blogs bonus boom boot boss boulevard
    bronze budget bunker button campus casino center challenge chance chaos chat chef chips clip cloud clown clubs
    coach code comeback comedy comic comics container couch coup cousin dating deal dealer deals definition delegation
    demo demonstration depot depression derby design detail details diabetes diagnose dialog diesel dilemma dimension
    display dissertation division dollar dollars domain doping dose drama duo edition ego element elite ensemble
    episode essay euro euros event events expansion expedition experte experten explosion export fall fan fans fauna
    feature feedback festival film filter finger firma firmen fitness flair flora fond fonds form format formation
    forum franchise front frost funk gala game gang garage gas generation generator genie genre genres gift grad
    graffiti grill hammer hand hardware hobby holding horror hospital hotel hotels humor hybrid hygiene idee idiot
    illusion imperium import impulse index inflation info information initiative innovation installation institution
    instrument integration interim interims internet interpretation intervention interview interviews invasion
    investment investments
    investor investoren isolation job jobs journal journalist jury killer kind kiosk lab label labels labor labore labs
    land liga limit liter logo lunge lust magazine mail mails manager manipulation mantel marathon marine marketing
    massage match material medium meeting memo metal meter migration milieu million millionen mine minimum minister
    minute mission mix mode modell modelle modus moment monitor monster motive motor motto munition museum museums
    musical mythos name nation norm note online operation opposition option organ organisation outfit panorama parade
    park parks partner partners party pass passage pastor patent patient pause pdf pension performance person personal
    petition phase pilot pizza plan plant platform platte plattform plattformen podcast pole politik pool popcorn port
    portal portfolio position potential power premiere problem probleme produkt produkte profession professor profile
    profit programme projekt projekte promotion propaganda prostitution protein protest prozent psyche putsch quarter
    quarters quote radar radio rand rang ranking rat rate reform reformation regime regiment region register reich
    religion repertoire report reportage reporter reserve rest restaurant restaurants revision revolution ring risk
    ritual roman rotation route routine saga sand satire schema segment semester seminar sender sensor sepsis serie
    service services session shop show signal simulation singer situation smartphone software solo song songs sound
    spinner sponsor sport spot stand standards star stars start start-up start-ups starter startup startups station
    status story storys stress student studio studios suite support symbol synonym system systeme tablet tabu tag
    talent tank team teams tempo tenor terminal terror test testament tests text texte theater thema tickets tiger tool
    tools tor tour track tradition trailer trainer training transfer transformation transport trauma trend trends trio
    triumph tumor tunnel turbo uniform update upgrade user version video videos villa virus vision vitamin volt ware
    web website wind workshop zone
""")
"""Nouns that German shares with English, so that their frequencies can't tell them from names."""

TITLES = _words("""
    ag ai ceo cfo chf coo corp cto eu eur faq gmbh hr inc it ki ltd pr uk us usa usd vp
""")
"""Abbreviations with other forms in the other language: no evidence for or against anything."""

_WORD = re.compile(r"[^\W\d_](?:[\w’']*\w)?")
_SENTENCE_START = re.compile(r"(?:\A|[.!?:…]\s+|[\n•])[\s\"“„«»(\[‚‘’']*\Z")
_SHOUTED = re.compile(r"(?<![^\W\d_])(?:[A-ZÄÖÜ]+(?:[’'-][A-ZÄÖÜ]+)* ){2,}[A-ZÄÖÜ]{2,}(?![^\W\d_])")
"""A headline in capitals, in which they say nothing: "WHAT THE STATE PAYS"."""
_COMPANY_AHEAD = re.compile(r"[ -](?:AI|Inc|Corp|Ltd|AG|GmbH|Labs?|Group|Platforms|Technologies)\b")
_FIRM = re.compile(r" (?:AG|GmbH|Inc|Corp|Ltd)\b")
_ARTICLE = re.compile(r"\b(?:die|der|das|de[mns]|eine?[mnrs]?)\s\Z", re.IGNORECASE)
"""Between this and a name stands what it names: "die Einheit AI Products"."""
# Frequencies are Zipf's: the logarithm to ten of how often a word is met in a billion.
_COMMON_IN_GERMAN, _CLEARLY_GERMAN = 2.0, 1.5
"""A German noun is at least so frequent in German, and by so much more than in English."""
_KNOWN_ENGLISH_WORD = 3.0
"""A capital at the beginning of a sentence says nothing of a word that is at least so frequent in English."""
_GERMAN_ENDING = re.compile(r"\w{4,}(?:(?:ung|heit|keit|schaft|ität)(?:en)?|nis(?:se[ns]?)?)")
_UNKNOWN_IN_ENGLISH = 1.0
"""Endings that make German nouns of other words, and how little English text has of a noun with one."""
_LEAST_BEFORE, _LEAST_HEAD = 3, 7
"""Letters of what stands before the last part of a compound, and of that part, where it is told by that alone."""
_SURNAME_ENDING = re.compile(r".*(?:er|mann|berg|burg|stein|dorf|hausen|bach)")
_CHOSEN, _REACH = re.compile(r"\b(?:welche[nrms]?|wie ?viele?n?|keine?[nmrs]?)\s\Z", re.IGNORECASE), 12
"""What stands right before a common noun in German, within so many letters: "welcher Starter"."""
_PARTICLE_BEFORE = re.compile(r"\b[A-ZÄÖÜ][\w’'-]*\s(?:de|di|van|del|della|dos|le|la|el|al|ibn)\s(?:la\s)?\Z")
"""What stands right before a surname that German text may have often: "Thomas de Maizière"."""
_RARE, _EVERYDAY = 2.0, 5.0
"""A name that both languages know is not as common as "in" and "also"."""
_COMMON_IN_ENGLISH, _CLEARLY_ENGLISH = 3.5, 1.2
"""The Army is an Armee in German: a capitalised word that only one of the languages knows well is translated."""


def names(text: str, language: str) -> list[str]:
    """The names in `text`, casefolded and without a genitive ending, in order, each once."""
    is_name = _german_name if language == "de" else _english_name
    found = []
    shouted = [match.span() for match in _SHOUTED.finditer(text)]
    for match in _WORD.finditer(text):
        word = bare(match.group())
        if not match.group()[0].isupper() or word in TITLES or word in calendar_words() or len(word) < 2:
            continue
        starts = bool(_SENTENCE_START.search(text[max(0, match.start() - 4) : match.start()]))
        before, behind = text[max(0, match.start() - _REACH) : match.start()], text[match.end() : match.end() + 1]
        noun = (
            language == "de" and _ARTICLE.search(before) and is_german_noun(word) and not _FIRM.match(text, match.end())
        )
        marked = bool(_COMPANY_AHEAD.match(text, match.end()) and not noun) or word in _territories()
        marked = marked or (language == "de" and _PARTICLE_BEFORE.search(before) is not None)
        chosen = language == "de" and behind != "-" and _CHOSEN.search(before) is not None
        loud = any(start <= match.start() < end for start, end in shouted)
        written = match.group().capitalize() if loud else match.group()
        if marked or (is_name(written, starts or loud) and not chosen):
            found.append(word)
    return list(dict.fromkeys(found))


def leading_names(text: str) -> list[str]:
    """The words with which sentences of `text` begin, as `names` gives them, that both languages know alike: "Google".

    A capital letter says nothing there, so that a word of both languages may be taken for a name.
    """
    found = []
    for match in _WORD.finditer(text):
        if match.group()[0].isupper() and _SENTENCE_START.search(text[max(0, match.start() - 4) : match.start()]):
            word = bare(match.group())
            english, german = zipf_frequency(word, "en"), zipf_frequency(word, "de")
            known_alike = abs(english - german) < _CLEARLY_ENGLISH and _RARE < min(english, german) < _EVERYDAY
            if known_alike and word not in TITLES | LOAN_WORDS | calendar_words():
                found.append(word)
    return found


def bare(word: str) -> str:
    """`word` casefolded and without an English or apostrophised genitive ending."""
    return re.sub(r"[’']s?\Z", "", word.casefold())


def mentions(text: str, name: str) -> bool:
    """Whether `text` holds `name` (as `names` gives it), with or without a genitive s; a country in either language.

    What is Dutch may be of the Netherlands, or "niederländisch".
    """
    lowered = text.casefold()
    if any(_mention_pattern(form).search(lowered) for form in territory_forms(name)):
        return True
    return name in NATIONAL and _national_pattern(name).search(lowered) is not None


@lru_cache(maxsize=4096)
def _mention_pattern(name: str) -> re.Pattern[str]:
    stem = name[:-1] if name.endswith("s") and len(name) > 4 else name
    return re.compile(rf"(?<![^\W\d_]){re.escape(stem)}(?:s|['’]s?)?(?![^\W\d_])")


@cache
def _national_pattern(name: str) -> re.Pattern[str]:
    country, adjective = NATIONAL[name]
    forms = "|".join(re.escape(form) + "s?" for form in sorted(territory_forms(country)))
    return re.compile(rf"(?<![^\W\d_])(?:{forms}|{adjective}(?:isch)?(?:e[mnrs]?|n|s|in|innen)?)(?![^\W\d_])")


def speaks_of_a_name(sentence: str, language: str, around: str) -> bool:
    """Whether `sentence` has a name of its own. Stricter than `names`: in English any capital letter within it counts.

    A capital letter at its beginning counts where `around`, what it stands among, has the word so within a sentence.
    """
    if names(sentence, language):
        return True
    if language == "de":
        return False
    words = [word for word in _WORD.findall(sentence) if bare(word) not in TITLES | calendar_words()]
    if any(word[0].isupper() for word in words[1:]):
        return True
    return bool(words) and bool(re.search(rf"[a-zß,;] {re.escape(words[0])}\b", around))


def _english_name(word: str, starts_sentence: bool) -> bool:
    if any(letter.isupper() for letter in word[1:]):
        return True
    english, german = zipf_frequency(bare(word), "en"), zipf_frequency(bare(word), "de")
    if starts_sentence and english >= _KNOWN_ENGLISH_WORD:
        return False
    return english < _COMMON_IN_ENGLISH or english - german < _CLEARLY_ENGLISH


def _german_name(word: str, starts_sentence: bool) -> bool:
    lowered = word.casefold()
    if any(letter.isupper() for letter in word[1:]):
        return True
    if lowered in LOAN_WORDS or is_german_noun(lowered):
        return False
    return not (starts_sentence and zipf_frequency(lowered, "de") > 4.5)


@lru_cache(maxsize=65536)
def is_german_noun(lowered: str) -> bool:
    """Whether `lowered` (or the parts of the compound that it is) belongs to German rather than to any language."""
    german, english = zipf_frequency(lowered, "de"), zipf_frequency(lowered, "en")
    if german >= _COMMON_IN_GERMAN and german - english >= _CLEARLY_GERMAN:
        return True
    if english >= max(german, _KNOWN_ENGLISH_WORD):
        return False
    if english < _UNKNOWN_IN_ENGLISH and (_GERMAN_ENDING.fullmatch(lowered) or _ends_in_german_noun(lowered)):
        return True
    return any(_is_german_word(lowered[:cut]) and _is_german_word(lowered[cut:]) for cut in range(4, len(lowered) - 3))


def _ends_in_german_noun(lowered: str) -> bool:
    """Whether `lowered` is a compound by its last part: whatever stands before it, that says what it is."""
    if _SURNAME_ENDING.fullmatch(lowered):
        return False
    tails = (lowered[cut:] for cut in range(_LEAST_BEFORE, len(lowered) - _LEAST_HEAD + 1))
    return any(
        zipf_frequency(tail, "de") >= max(_COMMON_IN_GERMAN, zipf_frequency(tail, "en") + _CLEARLY_GERMAN)
        for tail in tails
    )


def _is_german_word(part: str) -> bool:
    forms = {part, part.removesuffix("s"), part.removesuffix("es"), part.removesuffix("n"), part.removesuffix("en")}
    return any(len(form) > 3 and zipf_frequency(form, "de") >= 3.0 for form in forms)


@cache
def calendar_words() -> frozenset[str]:
    """Months and weekdays of both languages, casefolded: dates are compared by value elsewhere."""
    words: set[str] = set()
    for locale in (Locale("de"), Locale("en")):
        for calendar in (locale.months, locale.days):
            for context in calendar.values():
                for width in context.values():
                    words |= {name.casefold().rstrip(".") for name in width.values() if len(name) > 1}
    return frozenset(words)


@cache
def _territories() -> dict[str, frozenset[str]]:
    forms: dict[str, frozenset[str]] = {}
    german, english = Locale("de").territories, Locale("en").territories
    for code, name in german.items():
        if code.isalpha() and code in english:
            both = frozenset({name.casefold(), english[code].casefold()})
            forms |= dict.fromkeys(both, both)
    return forms


def territory_forms(name: str) -> frozenset[str]:
    """`name` and, where it is a country's, its German and English forms."""
    return _territories().get(name, frozenset({name}))
