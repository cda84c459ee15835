"""What is read when metrics are asked for: how the service is at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from service.contracts.admin import PendingChanges
from service.index_status import Status
from service.load import Load


@dataclass(frozen=True, slots=True)
class Reading:
    """How the service is: its parts, how busy it is, its snapshots, and what waits to be published.

    `pending` is None where the disk won't tell. `warnings` counts what /readyz warns of.
    """

    parts: Mapping[str, bool]
    load: Load
    index: Status
    pending: PendingChanges | None
    warnings: int = 0


class Readings(Collector):
    """Shows the last reading as metrics; nothing before there is one."""

    def __init__(self) -> None:
        self._reading: Reading | None = None

    def take(self, reading: Reading) -> None:
        """Show `reading` from now on."""
        self._reading = reading

    def describe(self) -> Iterable[Metric]:
        """Nothing: what there is depends on what is served."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The metrics."""
        reading = self._reading
        if reading is None:
            return
        yield _by("part_up", "Whether a part of the service is up.", "part", reading.parts)
        yield _gauge("warnings", "Things that /readyz warns of.", reading.warnings)
        yield from _model(reading.load)
        yield from _snapshots(reading.index)
        if reading.pending is not None:
            yield from _changes(reading.pending)


def _model(load: Load) -> Iterator[Metric]:
    yield _gauge("model_running", "Questions that the language model is at.", load.running)
    yield _gauge("model_slots", "Questions that it can be at.", load.slots)
    yield _gauge("model_waiting", "Questions that have a place in the queue.", load.waiting)
    yield _gauge("model_places", "Places in the queue.", load.places)
    yield _counter("model_refused", "Questions that found no place.", load.refused)
    yield _counter("model_restarts", "How often the language model was started again.", load.restarts)
    yield _gauge("model_up", "Whether it would write an answer that is asked for now.", load.generating)


def _snapshots(index: Status) -> Iterator[Metric]:
    if index.snapshot is not None and index.since is not None:
        info = {"snapshot": index.snapshot}
        yield InfoMetricFamily("fundstelle_snapshot", "The snapshot that is served.", info)
        yield _gauge("snapshot_served_timestamp_seconds", "Since when it is served.", index.since.timestamp())
    if (held := index.contents) is not None:
        yield _gauge("snapshot_created_timestamp_seconds", "When it was built.", held.created_at.timestamp())
        rows = {"articles": held.articles, "passages": held.passages, "sentences": held.sentences}
        yield _by("snapshot_rows", "How much it holds.", "table", rows)
        yield _gauge("snapshot_recall_short", "Whether its searches find too little.", bool(held.shortfalls))
    yield _gauge("snapshots_open", "Snapshots in memory: two while one gives way to another.", len(index.open))
    yield _counter("snapshot_swaps", "Snapshots that took the place of another.", index.swaps)
    yield _counter("snapshot_failures", "Attempts to serve a published snapshot that failed.", index.failures)
    yield _gauge("snapshot_outdated", "Whether what is published can't be served.", bool(index.warning))


def _changes(pending: PendingChanges) -> Iterator[Metric]:
    counts = {"put": pending.written, "delete": pending.deleted}
    yield _by("index_changes_pending", "Changes that wait to be published.", "op", counts)
    since = pending.since.timestamp() if pending.since else 0.0
    yield _gauge("index_changes_oldest_timestamp_seconds", "When the oldest of them was accepted, 0 for none.", since)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"fundstelle_{name}", meaning, value)


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(f"fundstelle_{name}", meaning, value)


def _by(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"fundstelle_{name}", meaning, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
