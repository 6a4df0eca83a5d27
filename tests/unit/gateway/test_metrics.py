"""What Prometheus scrapes of the gateway: every answer that a source can get starts at 0."""

from pathlib import Path

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from stream.gateway.metrics import NOBODY, PAGE_STATUSES, STATUSES, GatewayMetrics
from stream.gateway.source_file import parse_sources, resolved
from stream.gateway.verification import Refusal
from stream.messages.outcomes import Reason

SOURCES = "sources:\n  - {name: desk, kind: events, path: /in/desk-0123456789abcdef0123456789abcdef}\n"


def _metrics() -> GatewayMetrics:
    return GatewayMetrics(resolved(parse_sources(SOURCES, "s.yaml", Path()), {}))


def _values(metrics: GatewayMetrics, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.exposition()[0]().decode())
        for sample in family.samples
        if sample.name == name
    }


def test_every_answer_and_reason_starts_at_zero() -> None:
    """The first 503, the first dead letter and the first forged request are a rise, not a beginning."""
    metrics = _metrics()
    requests = {("desk", status): 0.0 for status in STATUSES}
    requests |= {(NOBODY, status): 0.0 for status in PAGE_STATUSES}
    assert _values(metrics, "tocsin_gateway_requests_total") == requests
    assert set(_values(metrics, "tocsin_gateway_dead_letters_total")) == {
        (reason.value, "desk") for reason in Reason
    }
    assert len(_values(metrics, "tocsin_gateway_refused_total")) == len(Refusal)
    assert set(_values(metrics, "tocsin_gateway_events_total").values()) == {0.0}


def test_openmetrics_where_it_is_asked_for() -> None:
    """In the newer text format, which ends with a mark; an odd header gets the plain one."""
    metrics = _metrics()
    encode, content_type = metrics.exposition("application/openmetrics-text;version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert list(openmetrics.text_string_to_metric_families(encode().decode()))  # type: ignore[no-untyped-call]
    assert metrics.exposition("application/openmetrics-text; version=odd")[1].startswith("text/plain")
