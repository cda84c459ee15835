"""`python -m service` over the index of the settings, whole: it quotes, is administered, and builds the next index."""

from __future__ import annotations

import sys
from functools import partial

import service.app
from service.__main__ import main
from service.builder import ChildBuilder
from service.pipeline import Pipeline
from service.settings import Settings
from tests.service.administered import COMMAND
from tests.service.collection import ScriptedGenerator, pipeline_over

SAID = "The bridge cost 14.3 million euros. It is 420 metres long."


def compose(settings: Settings) -> Pipeline:
    return pipeline_over(settings.index, ScriptedGenerator(SAID), reload_seconds=settings.reload_seconds)


service.app.compose = compose
service.app.ChildBuilder = partial(ChildBuilder, command=COMMAND)  # type: ignore[misc,assignment]
sys.exit(main())
