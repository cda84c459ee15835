"""The HTML of the page at /status. Everything that comes from elsewhere is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent

from service.observing.readings import Reading
from service.observing.recent import Fault, Summary
from service.pages.site import Language
from service.pages.status_words import STATUS_WORDS

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{state} · Fundstelle</title>
<link rel="icon" href="static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="static/site.css">
<link rel="stylesheet" href="static/status.css">
</head>
<body>
<header><a class="name" href="./">Fundstelle</a><nav aria-label="{menu}">
<a href="status" aria-current="page">{status}</a>
<a href="metrics">{metrics}</a><a href="docs">{api}</a></nav></header>
<main class="status">
{parts}
</main>
</body>
</html>
"""
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows. `state` is `ready`, `degraded` or `not ready`; `model` names what writes the answers."""

    state: str
    warnings: tuple[str, ...]
    version: str
    model: str
    began: datetime
    now: datetime
    reading: Reading
    hour: Summary
    faults: tuple[Fault, ...]


def status_page(view: View, language: Language) -> str:
    """The page: no scripts, and nothing of what was asked or answered."""
    words = STATUS_WORDS[language]
    state = words[view.state]
    about = words["about"].format(
        version=escape(view.version), up=span(view.now - view.began), now=_moment(view.now, language)
    )
    parts = [
        f'<h1><span class="state" data-state="{escape(view.state)}">{state}</span></h1>',
        f'<p class="facts">{about}<a href="status">{words["again"]}</a>.</p>',
        _warnings(view.warnings),
        f'<div class="cards">{_model(view, words)}{_snapshot(view, words, language)}'
        f"{_times(view.hour, words, language)}</div>",
        _questions(view.hour, words, language),
        _faults(view.faults, view.now, words, language),
    ]
    named = {name: words[name] for name in ("menu", "status", "metrics", "api")}
    return _PAGE.format(language=language, state=state, parts="\n".join(filter(None, parts)), **named)


def span(time: timedelta) -> str:
    """A time in its two largest units, as in `3 d 4 h`."""
    seconds = max(0, round(time.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min {seconds % _MINUTE} s"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR} h"


def _warnings(warnings: tuple[str, ...]) -> str:
    items = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    return f'<ul class="warnings" lang="en">{items}</ul>' if items else ""


def _model(view: View, words: Words) -> str:
    load = view.reading.load
    rows = [
        ("model", escape(view.model)),
        ("answering", words["of"].format(part=load.running, whole=load.slots)),
        ("waiting", words["of"].format(part=load.waiting, whole=load.places)),
        ("turned_away", f"{load.refused}"),
        ("restarts", f"{load.restarts}"),
    ]
    return _card(words["language_model"], words["up" if load.generating else "down"], rows, words)


def _snapshot(view: View, words: Words, language: Language) -> str:
    index, held = view.reading.index, view.reading.index.contents
    rows = [("id", f"<code>{escape(index.snapshot or '–')}</code>")]
    if index.since:
        rows.append(("served_for", span(view.now - index.since)))
    if held:
        rows += [("built", _ago(view.now - held.created_at, words)), ("passages", _count(held.passages, language))]
    rows.append(("exchanged", words["exchanges"].format(swaps=index.swaps, failures=index.failures)))
    if pending := view.reading.pending:
        rows.append(("to_publish", words["changes"].format(count=_count(pending.written + pending.deleted, language))))
    figure = words["articles"].format(count=_count(held.articles, language)) if held else words["none"]
    return _card(words["index"], figure, rows, words)


def _times(hour: Summary, words: Words, language: Language) -> str:
    rows = [
        ("sources_after", _seconds(hour.sources_seconds, language)),
        ("first_sentence_after", _seconds(hour.first_sentence_seconds, language)),
        ("questions", _count(hour.asked, language)),
        ("searches", _count(hour.searches, language)),
    ]
    return _card(words["median"], _seconds(hour.answered_seconds, language), rows, words)


def _questions(hour: Summary, words: Words, language: Language) -> str:
    heading = f"<h2>{words['last_hour']}</h2>"
    if not hour.asked:
        return f"{heading}<p>{words['no_rows']}</p>"
    rows = (
        f'<tr><th scope="row">{_said(result, words)}</th><td>{_said(reason, words)}</td>'
        f'<td class="number">{_count(count, language)}</td>'
        f'<td><meter max="{hour.asked}" value="{count}">{count}</meter></td>'
        f'<td class="number">{format_percent(count / hour.asked, locale=language)}</td></tr>'
        for result, reason, count in hour.questions
    )
    heads = _heads((words["outcome"], ""), (words["reason"], ""), (words["questions"], "number"), (words["share"], ""))
    return f'{heading}<div class="wide"><table>{heads}{"".join(rows)}</table></div>'


def _faults(faults: tuple[Fault, ...], now: datetime, words: Words, language: Language) -> str:
    heading = f"<h2>{words['errors']}</h2>"
    if not faults:
        return f"{heading}<p>{words['no_rows']}</p>"
    rows = (
        f'<tr><th scope="row"><code>{escape(fault.kind)}</code></th>'
        f'<td class="number">{_count(fault.count, language)}</td><td>{_ago(now - fault.last, words)}</td><td></td></tr>'
        for fault in faults
    )
    heads = _heads((words["type"], ""), (words["times"], "number"), (words["last"], ""))
    return f'{heading}<div class="wide"><table>{heads}{"".join(rows)}</table></div>'


def _heads(*names: tuple[str, str]) -> str:
    """The head of a table, whose last column needs no name."""
    cells = "".join(f'<th scope="col" class="{kind}">{name}</th>' for name, kind in names)
    return f"<thead><tr>{cells}<td></td></tr></thead>"


def _card(title: str, figure: str, rows: Iterable[tuple[str, str]], words: Words) -> str:
    """One thing with its most telling figure. `rows` are HTML, after the name of what each says."""
    facts = "".join(f"<div><dt>{words[name]}</dt><dd>{value}</dd></div>" for name, value in rows)
    return f'<section><h2>{title}</h2><p class="figure">{escape(figure)}</p><dl>{facts}</dl></section>'


def _said(code: str, words: Words) -> str:
    """An outcome or a reason in words; the code without its dashes where there are none."""
    plain = code.replace("_", " ").replace("-", " ")
    return escape(words.get(plain, plain))


def _ago(time: timedelta, words: Words) -> str:
    return words["ago"].format(span=span(time))


def _count(number: int, language: Language) -> str:
    return str(format_decimal(number, locale=language))


def _seconds(seconds: float | None, language: Language) -> str:
    if seconds is None:
        return "–"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{format_decimal(round(seconds, 1), locale=language)} s"


def _moment(time: datetime, language: Language) -> str:
    shown = format_datetime(time.astimezone(UTC), "medium", locale=language)
    return f'<time datetime="{time.isoformat()}">{shown} UTC</time>'
