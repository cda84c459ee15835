"""What a question opens to: why it is wrong, the answer, its sources, the gold, and what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from service.contracts.answers import Answer
from service.evaluation import shown
from service.evaluation.figures import DEPTH
from service.evaluation.report_html.highlight import Place, excerpts
from service.evaluation.report_html.markup import Html, fold, join, tag
from service.evaluation.report_html.sources import locatable, sources
from service.evaluation.results import CitationCheck, GoldSpan, QuestionResult, Retrieved, SourceArticle

SNIPPET = 80
"""Characters that are shown of what was found."""


def details(
    question: QuestionResult, articles: Mapping[str, SourceArticle], titles: Mapping[str, str], anchor: str
) -> Html:
    """Everything about one question. `titles` are those of all articles, by id; ids begin with `anchor`."""
    parts = [
        _why(question),
        _history(question),
        _answer(question, locatable(question, articles), anchor),
        _citations(question),
        _section("In the sources", *sources(question, articles, anchor)),
        _gold(question),
        _found(question, titles),
        _dropped(question.answer),
        _cost(question),
    ]
    return tag("div", *parts, class_="body")


def _why(question: QuestionResult) -> Html:
    if shown.wrong(question):
        return _list("Why it counts as wrong", question.why_wrong, "why")
    return _list("What is not perfect", question.why_wrong)


def _section(title: str, *parts: str) -> Html:
    return join([tag("h4", title), *parts]) if any(parts) else Html("")


def _list(title: str, lines: Sequence[str], kind: str = "") -> Html:
    items = tag("ul", *(tag("li", line) for line in lines), class_=kind or None) if lines else ""
    return _section(title, items)


def _history(question: QuestionResult) -> Html:
    turns = [tag("p", tag("b", f"{turn.role}: "), turn.content) for turn in question.gold.history]
    if question.query and question.query != question.gold.question:
        turns.append(tag("p", tag("b", "searched with: "), question.query))
    return _section("The conversation before" if question.gold.history else "The search", *turns)


def _answer(question: QuestionResult, places: frozenset[int], anchor: str) -> Html:
    answer = question.answer
    if answer is None:
        return _section("Answer", tag("p", "There is none.", class_="warn")) if question.failure else Html("")
    if answer.status == "refused":
        reason = tag("span", f" (refused: {answer.reason})", class_="small")
        return _section("Answer", tag("p", answer.answer, reason, class_="answer", lang=answer.language))
    known = {check.label: check for check in question.citations}
    sentences = [
        join(
            [sentence.text, *(_mark(label, known.get(label), label in places, anchor) for label in sentence.citations)]
        )
        for sentence in answer.sentences
    ]
    conflicts = [
        f"The sources disagree: {' or '.join(conflict.values)}." for conflict in answer.conflicts if conflict.values
    ]
    return _section(
        "Answer",
        tag("p", join(sentences, " ") or answer.answer, class_="answer", lang=answer.language),
        *(tag("p", conflict) for conflict in conflicts),
    )


def _mark(label: int, check: CitationCheck | None, linked: bool, anchor: str) -> Html:
    """The mark of a citation, crossed where it is not right; a link to its place in the sources where it has one."""
    bad = check is None or check.right is False or not check.exact
    name = tag("a", str(label), href=f"#{anchor}c{label}") if linked else f" {label}"
    return tag("sup", name, "✗" if bad else "", class_="bad" if bad else None)


def _citations(question: QuestionResult) -> Html:
    """Citations about which something is to be said that the excerpts don't show."""
    checks = {check.label: check for check in question.citations}
    lines = [
        f"The quote of citation {citation.label} is not what stands at {citation.start} to {citation.end} of "
        f"{citation.article_id}. It says: {citation.quote}"
        for citation in (question.answer.citations if question.answer else ())
        if citation.label in checks and not checks[citation.label].exact
    ]
    return _list("Quotes that differ", lines, "why")


def _gold(question: QuestionResult) -> Html:
    gold = question.gold
    if not gold.answerable:
        return _section("Gold", tag("p", "The articles do not say: a refusal is right."))
    holds = [" or ".join(f"“{alternative}”" for alternative in nugget) for nugget in gold.nuggets]
    lines: list[str] = [f"must say {alternatives}" for alternatives in holds]
    if gold.answers:
        lines.append(f"short answer: {' or '.join(f'“{answer}”' for answer in gold.answers)}")
    if gold.conflict:
        lines.append(f"the sources disagree about {', '.join(gold.conflict)}")
    lines += [_group(question, number, group) for number, group in enumerate(question.evidence)]
    return _list("Gold", lines)


def _group(question: QuestionResult, number: int, group: Sequence[GoldSpan]) -> Html:
    cited = any(
        citation.article_id == span.article and citation.start < span.end and span.start < citation.end
        for citation in (question.answer.citations if question.answer else ())
        for span in group
    )
    facts = [*(["cited" if cited else "not cited"] if question.answer else []), *_ranks(question, number)]
    name = tag("b", f"Evidence {number + 1}")
    more = f" (or {len(group) - 1} other place{'s' if len(group) > 2 else ''})" if len(group) > 1 else ""
    return join([name, f" {', '.join(facts)}: “{group[0].quote}”{more}"])


def _ranks(question: QuestionResult, number: int) -> Iterator[str]:
    for what, found in (("passage", question.passages), ("sentence", question.sentences)):
        if found is None:
            continue
        rank = min((item.rank for item in found if number in item.groups), default=None)
        yield f"{what} {rank}" if rank else f"in no {what} found"


def _found(question: QuestionResult, titles: Mapping[str, str]) -> Html:
    gold = [span for group in question.evidence for span in group]
    parts = [
        fold(_count(what, found), tag("ol", *(_item(item, gold, titles) for item in found[:DEPTH]), class_="found"))
        for what, found in (("passages", question.passages), ("sentences", question.sentences or ()))
        if found
    ]
    if question.search_failure:
        parts.append(tag("p", question.search_failure, class_="warn"))
    return _section("What was retrieved", *parts)


def _count(what: str, found: Sequence[Retrieved]) -> str:
    relevant = sum(item.relevant for item in found[:DEPTH])
    return f"{min(len(found), DEPTH)} {what}, {relevant or 'none'} of them with gold evidence"


def _item(item: Retrieved, gold: Sequence[GoldSpan], titles: Mapping[str, str]) -> Html:
    flag = (
        tag("b", f"✓ evidence {', '.join(str(group + 1) for group in item.groups)} ", class_="good")
        if item.relevant
        else ""
    )
    title = tag("cite", titles.get(item.article) or item.article)
    return tag("li", flag, title, " ", *_snippet(item, gold))


def _snippet(item: Retrieved, gold: Sequence[GoldSpan]) -> Iterator[str]:
    """The beginning of what was found; where it is relevant, the gold evidence in it."""
    places = [
        Place(span.start - item.start, min(span.end - item.start, span.start - item.start + 2 * SNIPPET))
        for span in gold
        if span.article == item.article and span.start < item.end and item.start < span.end
    ]
    for excerpt in excerpts(item.text, places, SNIPPET // 3)[:1]:
        yield "" if excerpt.first else "… "
        yield from (tag("mark", piece.text, class_="gold") if piece.gold else piece.text for piece in excerpt.pieces)
        yield "" if excerpt.last else " …"
        return
    yield item.text if len(item.text) <= SNIPPET else f"{item.text[:SNIPPET].rsplit(maxsplit=1)[0]} …"


def _dropped(answer: Answer | None) -> Html:
    lines = [join([tag("s", dropped.text), f" {dropped.reason}"]) for dropped in (answer.dropped if answer else ())]
    return _list("Written but not released", lines)


def _cost(question: QuestionResult) -> Html:
    facts = [f"{shown.milliseconds(question.seconds * 1000)} in all"]
    if answer := question.answer:
        facts += [f"{stage} {shown.milliseconds(value)}" for stage, value in answer.timings_ms.items()]
        facts += [f"{answer.usage.prompt_tokens} tokens read, {answer.usage.completion_tokens} written"]
        facts += [f"confidence {answer.confidence:.2f}"]
    return tag("p", ", ".join(facts), class_="small")
