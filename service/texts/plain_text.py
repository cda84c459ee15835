"""What a language model may see of a text: what a reader would see of it, on one line, and nothing that steers a model.

Citations quote the source as it stands; only what is shown to a model and what is compared with its words is cleaned.
"""

from __future__ import annotations

import re
from functools import lru_cache

_BLANK_LETTERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""Letters, marks and symbols that are drawn as nothing although they count as printable."""

_ESCAPED = re.compile(r"\\([$*_#\[\]()<>`~|!-])")
_COMMENT = re.compile(r" ?<!--.*?(?:-->|\Z)")
_CODE = re.compile(r" ?<(script|style|template|noscript)\b[^<>]*>.*?(?:</\1 ?>|\Z)", re.IGNORECASE)
HIDING_TAG = re.compile(
    r"<(\w+)\b[^<>]*(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])|\shidden\b|"
    r"color\s*:\s*(?:white|transparent|#fff(?:fff)?\b))[^<>]*>",
    re.IGNORECASE,
)
"""The opening tag of an HTML element that no reader sees; its first group is the element's name."""
_HIDDEN_ELEMENT = re.compile(rf" ?{HIDING_TAG.pattern}.*?(?:</\1 ?>|\Z)", re.IGNORECASE)
_TEMPLATE_TOKEN = re.compile(
    r"""
    <[|｜][^|｜<>]{1,60}[|｜]>                                      # <|im_start|>, and with full-width bars
    | \[/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\] | <</?SYS>>
    | \#{2,}\ ?(?:instructions?|response|system|user|assistant|human|input|anweisung(?:en)?|antwort)\b:?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BLOCK_TAG = re.compile(r"</?(?:p|div|br|hr|li|ul|ol|td|tr|th|h[1-6]|table|section|blockquote)(?: [^<>]*)? ?/?>", re.I)
_TAG = re.compile(r"</?[A-Za-z][\w:-]*(?: [^<>]*)?/?>|<[A-Za-z]+ [^<>]*=[^<>]*\Z")
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\[\]]*\])")
_WEB_ADDRESS = re.compile(
    r"""
    [ ]?(?:
        \b[a-z][a-z0-9+.-]{1,20}://                          # any scheme
        | \b(?:javascript|vbscript|mailto):(?=\S)
        | \bdata:[\w.+-]{1,40}/[\w.+-]{1,40}[;,]
        | \bwww\.(?=\w)
        | (?<![\w:/])//(?=[\w-]{1,63}\.)
        | \b(?:[\w-]{1,63}\.){1,6}[a-z]{2,24}/                # example.org/path
    )
    (?:\([^\s()<>]*\)|[^\s()<>"“”„»«])*(?<![.,;:!?\]])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CITATION_MARK = re.compile(
    r"""
    [ ]?[\[［【〔]\^?[ ]?(?:(?:source|quelle)s?[ ])?\d{1,2}(?:[ ]?[,;–-][ ]?\d{1,2})*[ ]?(?:†[^\]】]{0,40})?[\]］】〕]
    | [ ]?\(\d\)(?=[.!?]?[ ]?\Z)
    | [ ]?⁽[⁰¹²³⁴⁵⁶⁷⁸⁹]+⁾
    """,
    re.VERBOSE | re.IGNORECASE,
)
_EMPHASIS = re.compile(r"\*\*|__|`+|\A#+ ?|\A[-*•] ")
_EMPTY_BRACKETS = re.compile(r" ?(?:\( ?\)|\[ ?\]|< ?>)")


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """`text` as it is shown: white space folded, what is invisible, markup, addresses and citation marks taken out.

    Markdown links and images leave their text. It holds no chat-template token and is its own `plain` form.
    """
    shown = _one_line(text)
    while (once := _one_line(_without_markup(shown))) != shown:
        shown = once
    return shown


def visible(text: str) -> str:
    """`text` without the characters that are drawn as nothing; white space is kept.

    Those are control, format (zero-width, bidirectional, soft hyphens, tags), unassigned and private characters.
    """
    if not text.isprintable():
        text = "".join(letter for letter in text if letter.isprintable() or letter.isspace())
    return _BLANK_LETTERS.sub("", text)


def template_tokens(text: str) -> list[str]:
    """The control tokens of chat templates in `text` as it stands."""
    return [match.group() for match in _TEMPLATE_TOKEN.finditer(text)]


def addresses(text: str) -> list[str]:
    """The web addresses and other links in `text`, without a space before them."""
    return [match.group().strip() for match in _WEB_ADDRESS.finditer(text)]


def citation_marks(text: str) -> list[str]:
    """The citation marks in `text`, like `[3]`."""
    return [match.group().strip() for match in _CITATION_MARK.finditer(text)]


def markup(text: str) -> list[str]:
    """HTML tags and comments, Markdown links and images in `text`."""
    return [match.group() for pattern in (_COMMENT, _TAG, _LINK) for match in pattern.finditer(text)]


def _one_line(text: str) -> str:
    return " ".join(visible(text).split())


def _without_markup(line: str) -> str:
    """`line` with each kind of markup taken out once; never longer than before."""
    line = _ESCAPED.sub(r"\1", line)
    line = _HIDDEN_ELEMENT.sub("", _CODE.sub("", _COMMENT.sub("", line)))
    line = _BLOCK_TAG.sub(" ", _TEMPLATE_TOKEN.sub(" ", line))
    line = _LINK.sub(r"\1", _TAG.sub("", line))
    line = _CITATION_MARK.sub("", _WEB_ADDRESS.sub("", line))
    return _EMPTY_BRACKETS.sub("", _EMPHASIS.sub("", line))
