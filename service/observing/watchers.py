"""Everything that watches the service: metrics, the last hour, the log of questions, and traces where wanted."""

from __future__ import annotations

from service.edge.outermost import App
from service.observing.metrics import Metrics
from service.observing.observed import Observed
from service.observing.question_log import question_log
from service.observing.recent import Recent
from service.observing.tracing import open_traces
from service.observing.watched import Watched
from service.pipeline import Pipeline
from service.settings import Settings
from service.version import version


class Observing:
    """What watches one service."""

    def __init__(self, settings: Settings) -> None:
        """Raises `SettingsError` where traces are wanted and can't be had."""
        self.metrics = Metrics(version())
        self.recent = Recent()
        self._traces = open_traces(settings, version())
        self._log = question_log(texts=settings.log_questions == "on")

    def pipeline(self, pipeline: Pipeline) -> Observed:
        """`pipeline`, watched."""
        traces = [self._traces.begin] if self._traces else []
        return Observed(pipeline, [self.metrics.begin, self.recent.begin, self._log, *traces])

    def app(self, app: App) -> Watched:
        """`app`, watched."""
        return Watched(app, self.metrics, self._traces)

    async def close(self) -> None:
        """Send what is left to be sent."""
        if self._traces:
            await self._traces.close()
