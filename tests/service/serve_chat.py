"""`python -m service` over the index of the settings, with an embedder of words and the language model of the settings.

As `scripts/bench/load/serve.py` starts it.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import service.app
from scripts.bench.load import serve
from service.__main__ import leave
from service.answering.answer import AnswerPipeline
from service.answering.opening import open_admission, open_generator
from service.answering.writing import Limits
from service.feedback.intake import store_of
from service.feedback.remembering import Remembering
from service.pipeline import Pipeline
from service.settings import Settings
from service.verification.abstain import Abstention
from tests.service.collection import NEVER, WordIndex


def compose(settings: Settings) -> Pipeline:
    source, generator = WordIndex(settings.index, Abstention(NEVER)), open_generator(settings)
    limits = Limits(200, settings.answer_timeout, settings.cached_answers)
    opened = AnswerPipeline(source, generator, limits, settings.reload_seconds, open_admission(settings))
    store = store_of(settings)
    return Remembering(opened, store) if store else opened


if __name__ == "__main__":
    service.app.compose = compose
    leave(serve.main())
