"""The HTML of the page at /status. Everything that comes from elsewhere is escaped here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from service.readings import Reading
from service.recent import Fault, Summary

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{state} · Fundstelle</title>
<link rel="icon" href="/static/icon.svg">
<link rel="stylesheet" href="/static/site.css">
<link rel="stylesheet" href="/static/status.css">
</head>
<body>
<header><a class="name" href="/">Fundstelle</a><nav><a href="/status" aria-current="page">Status</a>
<a href="/metrics">Metrics</a><a href="/docs">API</a></nav></header>
<main class="status">
{parts}
</main>
</body>
</html>
"""
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


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


def status_page(view: View) -> str:
    """The page: no scripts, and nothing of what was asked or answered."""
    parts = [
        f'<h1><span class="state" data-state="{escape(view.state)}">{escape(view.state.capitalize())}</span></h1>',
        f'<p class="facts">Version {escape(view.version)}, up for {span(view.now - view.began)}. '
        f'As of {_moment(view.now)}; <a href="/status">look again</a>.</p>',
        _warnings(view.warnings),
        f'<div class="cards">{_model(view)}{_snapshot(view)}{_times(view.hour)}</div>',
        _questions(view.hour),
        _faults(view.faults, view.now),
    ]
    return _PAGE.format(state=escape(view.state.capitalize()), parts="\n".join(filter(None, parts)))


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
    return f'<ul class="warnings">{items}</ul>' if items else ""


def _model(view: View) -> str:
    load = view.reading.load
    rows = [
        ("model", escape(view.model)),
        ("answering", f"{load.running} of {load.slots}"),
        ("waiting", f"{load.waiting} of {load.places}"),
        ("turned away", f"{load.refused:,}"),
        ("restarts", f"{load.restarts:,}"),
    ]
    return _card("Language model", "up" if load.generating else "down", rows)


def _snapshot(view: View) -> str:
    index, held = view.reading.index, view.reading.index.contents
    rows = [("id", f"<code>{escape(index.snapshot or 'none')}</code>")]
    if index.since:
        rows.append(("served for", span(view.now - index.since)))
    if held:
        rows += [("built", f"{span(view.now - held.created_at)} ago"), ("passages", f"{held.passages:,}")]
    rows.append(("exchanged", f"{index.swaps:,} times, {index.failures:,} failed"))
    if pending := view.reading.pending:
        rows.append(("to be published", f"{pending.written + pending.deleted:,} changes"))
    return _card("Index", f"{held.articles:,} articles" if held else "none", rows)


def _times(hour: Summary) -> str:
    rows = [
        ("sources after", _seconds(hour.sources_seconds)),
        ("first sentence after", _seconds(hour.first_sentence_seconds)),
        ("questions", f"{hour.asked:,}"),
        ("searches", f"{hour.searches:,}"),
    ]
    return _card("Median answer, last hour", _seconds(hour.answered_seconds), rows)


def _questions(hour: Summary) -> str:
    if not hour.asked:
        return "<h2>Questions of the last hour</h2><p>None.</p>"
    rows = (
        f'<tr><th scope="row">{escape(result)}</th><td>{escape(reason.replace("_", " ").replace("-", " "))}</td>'
        f'<td class="number">{count:,}</td><td><meter max="{hour.asked}" value="{count}">{count}</meter></td>'
        f'<td class="number">{count / hour.asked:.0%}</td></tr>'
        for result, reason, count in hour.questions
    )
    heads = _heads(("outcome", ""), ("reason", ""), ("questions", "number"), ("share", ""), ("", ""))
    return f'<h2>Questions of the last hour</h2><div class="wide"><table>{heads}{"".join(rows)}</table></div>'


def _faults(faults: tuple[Fault, ...], now: datetime) -> str:
    if not faults:
        return "<h2>Errors since the start</h2><p>None.</p>"
    rows = (
        f'<tr><th scope="row"><code>{escape(fault.kind)}</code></th><td class="number">{fault.count:,}</td>'
        f"<td>{span(now - fault.last)} ago</td></tr>"
        for fault in faults
    )
    heads = _heads(("type", ""), ("times", "number"), ("last", ""))
    return f'<h2>Errors since the start</h2><div class="wide"><table>{heads}{"".join(rows)}</table></div>'


def _heads(*names: tuple[str, str]) -> str:
    cells = "".join(f'<th scope="col" class="{kind}">{name}</th>' if name else "<td></td>" for name, kind in names)
    return f"<thead><tr>{cells}</tr></thead>"


def _card(title: str, figure: str, rows: Iterable[tuple[str, str]]) -> str:
    """One thing with its most telling figure. `rows` are HTML."""
    facts = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows)
    return f'<section><h2>{title}</h2><p class="figure">{escape(figure)}</p><dl>{facts}</dl></section>'


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _moment(time: datetime) -> str:
    return f'<time datetime="{time.isoformat()}">{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC</time>'
