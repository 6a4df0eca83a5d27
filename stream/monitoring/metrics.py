"""What Prometheus scrapes: counters that the worker moves, and gauges read from it at scrape time.

Every label set that is known beforehand starts at 0, so that a rate has something to rise from.  No label
carries customer data: dimensions, rules, receivers and closed lists only.
"""

import platform
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from alerts.rules import Rulebook
from stream import __version__
from stream.messages.topic_names import DELIVERIES, TALLIES
from stream.monitoring.alert_metrics import AlertMetrics, DeliveryMetrics
from stream.monitoring.exposition import chosen_encoder, write_page
from stream.monitoring.gauges import ScrapeTimeCollector, WorkerView
from stream.monitoring.input_metrics import InputMetrics

OWN: Final = (TALLIES, DELIVERIES)
"""Topics that every group reads and that nobody else should write; those of its snapshots have its name."""


class Metrics:
    """All metrics of one worker, in a registry of its own: of its input, its alerts and its deliveries."""

    def __init__(self, rulebook: Rulebook) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series per counter that nobody asks for
        self.registry = CollectorRegistry()
        self.inputs = InputMetrics(self.registry)
        self.alerts = AlertMetrics(self.registry)
        self.deliveries = DeliveryMetrics(self.registry)
        self._unreadable = Counter(
            "tocsin_unreadable_records",
            "Records of our own topics that are none of ours.",
            ["topic"],
            registry=self.registry,
        )
        self._loaded = Gauge(
            "tocsin_rules_reload_success", "Whether the latest rules file was sound.", registry=self.registry
        )
        self.reads(OWN)
        self._tell_what_runs()
        self.rules_loaded(rulebook)

    def _tell_what_runs(self) -> None:
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        build = Gauge("tocsin_build_info", "What runs here.", ["version", "python"], registry=self.registry)
        build.labels(__version__, platform.python_version()).set(1)

    def reads(self, topics: Iterable[str]) -> None:
        """Topics that nobody else should write: what is unreadable in them is counted from 0 on."""
        for topic in topics:
            self._unreadable.labels(topic)

    def rules_loaded(self, rulebook: Rulebook) -> None:
        """These rules are in force from now on."""
        self._loaded.set(1)
        self.alerts.start_at_zero(rulebook)
        self.deliveries.start_at_zero(rulebook)

    def rules_refused(self) -> None:
        """A new rules file was wrong; the old rules stay in force."""
        self._loaded.set(0)

    def watch(self, view: WorkerView) -> None:
        """Read the gauges from this worker at every scrape."""
        self.registry.register(ScrapeTimeCollector(view))

    def unreadable(self, topic: str, count: int = 1) -> None:
        """Records of one of our own topics cannot be read: somebody else has written them."""
        self._unreadable.labels(topic).inc(count)

    def exposition(self, accept: str = "") -> tuple[Callable[[], bytes], str]:
        """The metrics as of now in the format that the `Accept` header prefers, and its content type.

        All values are read before this returns; what is returned only formats them, and may run in a
        thread while the worker goes on.
        """
        encode, content_type = chosen_encoder(accept)
        return partial(write_page, encode, tuple(self.registry.collect())), content_type
