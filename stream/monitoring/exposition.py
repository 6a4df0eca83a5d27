"""In which format, and whether packed, whoever asks for /metrics gets them.

There are two formats, Prometheus' plain text and OpenMetrics.  The client library would choose as well, but
it answers with whatever version and escaping it is asked for, which is not what it writes.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol

from prometheus_client import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from stream.monitoring.gauge_lines import gauge_lines

OPENMETRICS: Final = "application/openmetrics-text"
OPENMETRICS_VERSIONS: Final = ("", "1.0.0")
"""That which is written, or none asked for."""


class Exposed(Protocol):
    """Metrics that can be read: a worker's or a gateway's."""

    def exposition(self, accept: str = "") -> tuple[Callable[[], bytes], str]:
        """What formats them, and the content type, for an `Accept` header."""
        ...


def chosen_encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    """The format that an Accept header prefers, and its content type; plain text where it says nothing."""
    weights = {"text/plain": 0.0, OPENMETRICS: 0.0}
    for name, parameters in _parts(accept):
        if name in weights and (name != OPENMETRICS or parameters.get("version", "") in OPENMETRICS_VERSIONS):
            weights[name] = max(weights[name], _weight(parameters))
    if weights[OPENMETRICS] > weights["text/plain"]:
        return openmetrics.generate_latest, openmetrics.CONTENT_TYPE_LATEST
    return generate_latest, CONTENT_TYPE_PLAIN_0_0_4


def wants_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header takes gzip: named, or as one of all, and not with a weight of 0."""
    weights = {name: _weight(parameters) for name, parameters in _parts(accept_encoding)}
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _parts(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each entry of a header's list, in lower case, with its parameters."""
    for part in header.lower().split(","):
        name, *parameters = (text.strip() for text in part.split(";"))
        pairs = (text.partition("=") for text in parameters)
        yield name, {key.strip(): value.strip() for key, _, value in pairs}


def _weight(parameters: dict[str, str]) -> float:
    """The parameter `q`, from 0 to 1; 1 where there is none, or none that is a weight."""
    given = parameters.get("q", "")
    return float(given) if re.fullmatch(r"0(\.[0-9]{0,3})?", given, re.ASCII) else 1.0


def write_page(encode: Callable[[Collector], bytes], metrics: Sequence[Metric]) -> bytes:
    """All metrics in a format: gauges first, which may be very many and are written by ourselves."""
    gauges = [each for each in metrics if each.type == "gauge"]
    return gauge_lines(gauges) + encode(ReadMetrics(each for each in metrics if each.type != "gauge"))


class ReadMetrics:
    """Metrics that have been read already, in the form of a registry."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """The metrics as they were read."""
        return self._metrics
