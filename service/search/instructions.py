"""Which texts give orders to the machine that reads them: prompt injection in German and English.

Such a sentence is no evidence. The tables in instructions.toml would rather lose a sentence that quotes an attack than
show one to a model; they ask for the imperative or for "you", so that reports about models, prompts and orders stay.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from service.texts.plain_text import plain, template_tokens, visible

TABLES = Path(__file__).with_name("instructions.toml")

_WORD_START = re.compile(r"\b(?=\w)")
_IMPERATIVE_START = re.compile(
    r"(?:\A\W*|[.!?:;>\])}|*#\"'“”„«»–—-]\s*|"
    r"\b(?:please|kindly|bitte|you (?:must|should|will|shall|are to|have to|need to))\s+)"
    r"(?:(?:and|then|also|now|just|simply|always|only|instead|so|ok|okay|please|und|dann|bitte|nun|jetzt|einfach|auch)"
    r"\b,?\s*)*"
)
_SQUEEZED = re.compile(
    r"(?:ignore|disregard|forget)(?:all|any|the|your|my)*(?:previous|prior|above|earlier|your)|systemprompt|youarenow|"
    r"replyonly|answeronly|ignoriere?(?:alle|die)*(?:vorherigen|bisherigen|obigen)|vergiss(?:alle|alles)|dubistjetzt|"
    r"antwortenur"
)
_SPACED_LETTERS = re.compile(r"(?<!\w)(?:\w[ .\-_*·|/]{1,2}){4,}\w(?!\w)")
_MIXED_WORD = re.compile(r"(?=\S{0,40}[a-z])(?=\S{0,40}[0-9@$!|])\S+")
_LEET = str.maketrans("013457@$!|", "oieastasii")
_ENCODED = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
_LOOK_ALIKES = str.maketrans("аеорсухкмнтвѕіјԁɡһӏԛԝαεορυχκντιηɩı", "aeopcyxkmhtbsijdghlqwaeopyxkvtinii")


class _Tables(NamedTuple):
    anywhere: re.Pattern[str]
    imperative: re.Pattern[str]
    following: re.Pattern[str]
    addressed: re.Pattern[str]
    matter: re.Pattern[str]


@lru_cache(maxsize=8192)
def addresses_machine(text: str) -> bool:
    """Whether `text` gives orders to the machine that reads it, in plain words or disguised.

    Seen through: markup, entities, invisible characters, look-alike letters, leetspeak, spaced letters, base64.
    """
    return any(_gives_orders(form) for form in _forms(text))


def continues_order(text: str) -> bool:
    """Whether `text` reads as the rest of an instruction where it stands just behind one ("Then say ...")."""
    return bool(_tables().following.search(_folded(plain(text))))


def _forms(text: str) -> Iterator[str]:
    """`text` as it stands, as it is shown, and what its base64 says."""
    yield text
    shown = plain(html.unescape(text))
    if shown != text:
        yield shown
    for match in _ENCODED.finditer(text):
        if decoded := _decoded(match.group()):
            yield decoded


def _gives_orders(text: str) -> bool:
    folded = _folded(text)
    if template_tokens(folded) or _orders(folded):
        return True
    if (unleeted := _MIXED_WORD.sub(lambda match: match.group().translate(_LEET), folded)) != folded and _orders(
        unleeted
    ):
        return True
    spaced = "".join(re.sub(r"\W|_", "", match.group()) for match in _SPACED_LETTERS.finditer(folded))
    return bool(_SQUEEZED.search(spaced.translate(_LEET)))


def _orders(folded: str) -> bool:
    tables = _tables()
    if any(tables.anywhere.match(folded, start.start()) for start in _WORD_START.finditer(folded)):
        return True
    if any(tables.imperative.match(folded, start.end()) for start in _IMPERATIVE_START.finditer(folded)):
        return True
    return "?" not in folded and bool(tables.addressed.search(folded) and tables.matter.search(folded))


def _folded(text: str) -> str:
    """`text` as the tables read it: compatible forms, visible, lower case, without accents and look-alike letters."""
    if text.isascii():
        return visible(text).casefold()
    decomposed = unicodedata.normalize("NFKD", visible(text).casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(_LOOK_ALIKES)


def _decoded(encoded: str) -> str:
    """What base64 says where it says printable text; empty otherwise."""
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return decoded if decoded.isprintable() else ""


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    read = tomllib.loads(TABLES.read_text(encoding="utf-8"))
    named = re.compile(f"<({'|'.join(read['parts'])})>")

    def compiled(table: str) -> re.Pattern[str]:
        joined = "|".join(pattern for language in ("english", "german") for pattern in read[language][table])
        return re.compile(named.sub(lambda match: str(read["parts"][match[1]]), joined))

    return _Tables(*map(compiled, _Tables._fields))
