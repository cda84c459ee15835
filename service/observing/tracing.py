"""Whether there are traces, and where they come from: an extra that is loaded only where it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.errors import SettingsError
from service.settings import Settings

if TYPE_CHECKING:
    from service.observing.telemetry import Traces

INSTALL = "pip install 'fundstelle[telemetry]'"


def open_traces(settings: Settings, version: str) -> Traces | None:
    """The traces that `settings` want, if any. Raises `SettingsError` where what they take is not installed."""
    if settings.traces == "off":
        return None
    try:
        from service.observing.telemetry import exported
    except ModuleNotFoundError as error:
        raise SettingsError(f"FUNDSTELLE_TRACES on needs {error.name}: {INSTALL}") from error
    return exported(version, texts=settings.log_questions == "on")
