"""`python -m service` over the index of the settings: the model says two sentences, what is written is built here."""

from __future__ import annotations

import sys

import service.app
from service.__main__ import main
from service.feedback.intake import store_of
from service.feedback.remembering import Remembering
from service.pipeline import Pipeline
from service.settings import Settings
from tests.service.administered import ThreadBuilder
from tests.service.collection import ScriptedGenerator, pipeline_over

SAID = "The bridge cost 14.3 million euros. It was designed by the engineering office Brunvald."


def compose(settings: Settings) -> Pipeline:
    opened = pipeline_over(settings.index, ScriptedGenerator(SAID), reload_seconds=settings.reload_seconds)
    store = store_of(settings)
    return opened if store is None else Remembering(opened, store)


def build_here(settings: Settings) -> ThreadBuilder:
    return ThreadBuilder(settings.index)


if __name__ == "__main__":
    service.app.compose = compose
    service.app.ChildBuilder = build_here  # type: ignore[misc,assignment,attr-defined]
    sys.exit(main())
