"""Counters of input records: what became of each batch that an intake was fed."""

from collections.abc import Mapping
from functools import partial
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter

from alerts.rules import DIMENSIONS
from stream.messages.keys import Keyed
from stream.messages.outcomes import Reason, RecordOutcome, Remark
from stream.messages.records import Stream
from stream.messages.topic_names import TALLIES


class CountedBatch(Protocol):
    """What metrics read of an `IntakeOutput`."""

    @property
    def outcomes(self) -> Mapping[RecordOutcome, int]:
        """Records fed, by what became of them."""
        ...

    @property
    def reasons(self) -> Mapping[Reason, int]:
        """Rejected records, by reason."""
        ...

    @property
    def remarks(self) -> Mapping[Remark, int]:
        """Records that were taken of which something is worth saying."""
        ...


class InputMetrics:
    """Counters of both inputs; every label set starts at 0."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter = partial(Counter, registry=registry)
        self._events = counter(
            "tocsin_events", "Input records read, by what became of them.", ["topic", "outcome"]
        )
        self._rejected = counter("tocsin_rejected", "Input records refused, by reason.", ["topic", "reason"])
        self._folded = counter(
            "tocsin_values_folded",
            "Events that count as (other) in a dimension, beyond the limit of values, or as (personal).",
            ["topic", "dimension"],
        )
        self._ahead = counter(
            "tocsin_clock_ahead",
            "Events whose timestamps are past the time that others agree on: they do not move the watermark.",
            ["topic"],
        )
        self._remarks = counter(
            "tocsin_remarks", "Input records that were taken with a remark.", ["topic", "remark"]
        )
        self._keys = counter(
            "tocsin_sampled_keys",
            "Input records whose keys were looked at, by what they are.",
            ["topic", "key"],
        )
        self._missing = counter(
            "tocsin_missing_records",
            "Records that were deleted before they were read, and lost stretches of state.",
            ["topic"],
        )
        self._missing.labels(TALLIES)
        self._rejected.labels(TALLIES, Reason.INTERNAL.value)
        for stream in Stream:
            self._start_at_zero(stream.topic)

    def batch(self, stream: Stream, output: CountedBatch) -> None:
        """A batch of input records was worked off."""
        for outcome, count in output.outcomes.items():
            self._events.labels(stream.topic, outcome.value).inc(count)
        for reason, count in output.reasons.items():
            self._rejected.labels(stream.topic, reason.value).inc(count)
        for remark, count in output.remarks.items():
            self._remarks.labels(stream.topic, remark.value).inc(count)

    def refused(self, topic: str, reason: Reason, count: int) -> None:
        """Records of another topic were refused."""
        self._rejected.labels(topic, reason.value).inc(count)

    def folded(self, stream: Stream, found: Mapping[str, int]) -> None:
        """Events that count as `(other)`, by dimension."""
        for dim, count in found.items():
            self._folded.labels(stream.topic, dim).inc(count)

    def ahead(self, stream: Stream, count: int) -> None:
        """Events came whose clocks are ahead of the others."""
        self._ahead.labels(stream.topic).inc(count)

    def keys(self, stream: Stream, found: Mapping[Keyed, int]) -> None:
        """The keys of some input records were looked at."""
        for keyed, count in found.items():
            self._keys.labels(stream.topic, keyed.value).inc(count)

    def missing(self, topic: str, records: int) -> None:
        """Retention has deleted records that this group had not read."""
        self._missing.labels(topic).inc(records)

    def _start_at_zero(self, topic: str) -> None:
        self._missing.labels(topic)
        self._ahead.labels(topic)
        for keyed in Keyed:
            self._keys.labels(topic, keyed.value)
        for outcome in RecordOutcome:
            self._events.labels(topic, outcome.value)
        for reason in Reason:
            self._rejected.labels(topic, reason.value)
        for remark in Remark:
            self._remarks.labels(topic, remark.value)
        for dim in DIMENSIONS:
            self._folded.labels(topic, dim)
