"""Reading metrics back."""

from __future__ import annotations

from typing import Any

from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

Values = dict[str, dict[tuple[tuple[str, str], ...], float]]


def scraped(client: TestClient[Any]) -> Values:
    """Every sample of /metrics: its name, its labels in order, its value."""
    response = client.get("/metrics")
    assert response.status_code == 200, response.text
    return samples(response.text)


def samples(text: str) -> Values:
    """The samples of a page in Prometheus' text format."""
    values: Values = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            values.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return values


def value(values: Values, name: str, **labels: str) -> float:
    """The value of one sample of `fundstelle_<name>`, 0 where there is none yet."""
    return values.get(f"fundstelle_{name}", {}).get(tuple(sorted(labels.items())), 0.0)
