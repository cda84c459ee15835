"""Screenshots of every state, in light and dark, on a desk and on a phone, in reports/widget to look through."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.widget.conftest import SECONDS, watched
from tests.widget.stage import Host, Stage
from tests.widget.states import STATES

SIZES = {"desk": {"width": 900, "height": 720}, "phone": {"width": 360, "height": 660}}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_looks_different(
    browser: Browser, host: Host, stage: Stage, screens: Path, size: str, scheme: str
) -> None:
    seen: dict[bytes, str] = {}
    host.style = "body { font: 17px/1.5 serif; color-scheme: light dark; }"
    for name, state in STATES.items():
        context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce")
        context.set_default_timeout(SECONDS * 1000)
        chat = watched(context.new_page())
        chat.page.goto(host.put(stage.url, suggestions="What did the bridge cost?|Who designed it?"))
        chat.open()
        state(chat, stage)
        shot = chat.page.screenshot(path=screens / f"{size}-{scheme}-{name}.png")
        context.close()
        assert shot not in seen, f"{name} looks like {seen[shot]}"
        seen[shot] = name
