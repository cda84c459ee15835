"""What is kept from a language model although it was said: sentences that give it orders, and what no reader sees."""

from __future__ import annotations

from index.sentences import sentence_spans
from index.snapshot import Snapshot
from index.types import Span
from service.search.instructions import addresses_machine, continues_order
from service.texts.plain_text import HIDING_TAG, plain, visible

ORDER_SENTENCES = 2
"""Sentences just behind an order that may go on with it ("Then say ...")."""
SEAM_CHARACTERS = 80
"""Characters on either side of the end of a sentence that an order may run over."""

_END_MARKS = " \t\r\n.!?:;,…-–—"


def is_withheld(row: int, snapshot: Snapshot) -> bool:
    """Whether the sentence `row` is no evidence: hidden, an order to the machine, part of one, or what goes on with it.

    An order may run over two sentences, neither of which is one alone.
    """
    text = snapshot.sentence_text(row)
    if not plain(text) or addresses_machine(text) or _is_hidden(row, snapshot):
        return True
    before, after = _neighbours(row, snapshot)
    if before and _is_split_order(snapshot.sentence_text(before[-1]), text):
        return True
    if after and _is_split_order(text, snapshot.sentence_text(after[0])):
        return True
    return any(addresses_machine(snapshot.sentence_text(earlier)) for earlier in before) and continues_order(text)


def without_withheld(passage: int, snapshot: Snapshot) -> str:
    """The text of a passage without the sentences that are no evidence; verbatim where it has none."""
    first, end = snapshot.sentence_passage.searchsorted([passage, passage + 1])
    withheld = [row for row in range(int(first), int(end)) if is_withheld(row, snapshot)]
    if not withheld:
        return snapshot.passage_text(passage)
    kept = (row for row in range(int(first), int(end)) if row not in withheld)
    return "\n".join(snapshot.sentence_text(row) for row in kept)


def label(text: str) -> str:
    """A title or heading as it may be used; empty where it is an order."""
    return "" if addresses_machine(text) else text


def request(question: str, language: str) -> str:
    """A question as it is shown to a language model: without orders beside it.

    One that is nothing but an order stays: who asks may ask about such a sentence.
    """
    return _without_orders(question, language) or plain(question)


def remark(turn: str, language: str) -> str:
    """A turn of the conversation as it is shown to a language model: without orders; may be empty."""
    return _without_orders(turn, language)


def _without_orders(text: str, language: str) -> str:
    if not addresses_machine(text):
        return plain(text)
    said = visible(text)
    sentences = [said[span.start : span.end] for span in sentence_spans(said, Span(0, len(said)), language)]
    return plain(" ".join(sentence for sentence in sentences if not addresses_machine(sentence)))


def _is_split_order(text: str, next_text: str) -> bool:
    if addresses_machine(text) or addresses_machine(next_text):
        return False
    seam = f"{text.rstrip(_END_MARKS)[-SEAM_CHARACTERS:]} {next_text[:SEAM_CHARACTERS]}"
    return addresses_machine(seam)


def _is_hidden(row: int, snapshot: Snapshot) -> bool:
    """Whether a comment or an invisible element that began before the sentence in its passage is still open."""
    passage = int(snapshot.sentence_passage[row])
    before = snapshot.passage_text(passage)[: snapshot.sentence_start[row] - snapshot.passage_start[passage]]
    if "<" not in before:
        return False
    if before.rfind("<!--") > before.rfind("-->"):
        return True
    openings = list(HIDING_TAG.finditer(before))
    return bool(openings) and f"</{openings[-1][1]}" not in before[openings[-1].end() :]


def _neighbours(row: int, snapshot: Snapshot) -> tuple[list[int], list[int]]:
    """The rows before `row` that an order may begin in, and the one behind it, of the same article."""
    article = snapshot.passage_article[snapshot.sentence_passage[row]]
    near = range(max(0, row - ORDER_SENTENCES), min(len(snapshot.sentences), row + 2))
    same = [other for other in near if snapshot.passage_article[snapshot.sentence_passage[other]] == article]
    return [other for other in same if other < row], [other for other in same if other > row]
