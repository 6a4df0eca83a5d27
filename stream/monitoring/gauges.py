"""Gauges that are read from the running worker whenever Prometheus asks: scores, limits, alerts, lag, state.

They are read from the judges and intakes that this worker owns, so a series whose owner moved to another
worker disappears here with the next scrape.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from prometheus_client import Metric
from prometheus_client.registry import Collector

from alerts.notation import duration_text
from alerts.readings import Scope, scope_object
from alerts.rules import Burn, Gap, Rule, Severity, Silence, Sudden, Surge, Threshold
from alerts.transitions import Score
from stream.indicators.plan import Plan
from stream.messages.records import Stream
from stream.messages.topic_names import TALLIES


class IntakeView(Protocol):
    """What is read of an intake."""

    @property
    def partition(self) -> int:
        """Which input partition it reads."""
        ...

    def watermark_ms(self, stream: Stream) -> int | None:
        """Event time up to which the source is complete; None before its first event."""
        ...

    def entries(self) -> Mapping[str, int]:
        """State sizes by kind."""
        ...


class JudgeView(Protocol):
    """What is read of a judge."""

    @property
    def shard(self) -> int:
        """Which partition of cx.tallies it reads."""
        ...

    @property
    def judged_through_ms(self) -> int | None:
        """End of the last pane that was judged."""
        ...

    @property
    def plan(self) -> Plan:
        """What it keeps, and the rules that it judges by."""
        ...

    def current_scores(self) -> Sequence[Score]:
        """The latest score of every scope and window."""
        ...

    def firing(self) -> Sequence[tuple[Rule, Severity, Scope]]:
        """What fires now."""
        ...

    def scopes(self, rule: Rule) -> Sequence[Scope]:
        """The scopes that a rule has met."""
        ...

    def budgets(self) -> Sequence[tuple[Rule, Scope, float]]:
        """Remaining share of each error budget, 1 = untouched, below 0 = overspent."""
        ...

    def entries(self) -> Mapping[str, int]:
        """State sizes by kind."""
        ...


class WorkerView(Protocol):
    """What web server and metrics may see of a worker."""

    def intakes(self) -> Iterable[IntakeView]:
        """The intakes that this worker owns."""
        ...

    def judges(self) -> Iterable[JudgeView]:
        """The judges that this worker owns."""
        ...

    def lag_records(self) -> Mapping[tuple[str, int], int]:
        """Records not yet worked off, by topic and partition."""
        ...

    def unowned_partitions(self) -> int:
        """Partitions of the group that no worker has."""
        ...

    def ready(self) -> str | None:
        """None when assigned and caught up, else why not."""
        ...


def limits(rule: Rule) -> Mapping[Severity, float | None]:
    """The severities that a rule can have, each with its limit in the indicator's unit if it has one."""
    match rule.detect:
        case Threshold(warning=warning, critical=critical):
            given = {Severity.WARNING: warning, Severity.CRITICAL: critical}
            return {severity: limit for severity, limit in given.items() if limit is not None}
        case Sudden(bound=bound, severity=severity):
            return {severity: bound}
        case Burn(target=target, pairs=pairs):
            return {pair.severity: target for pair in pairs}
        case Silence(severity=severity) | Surge(severity=severity) | Gap(severity=severity):
            return {severity: None}


class ScrapeTimeCollector(Collector):
    """The gauges of one worker."""

    def __init__(self, view: WorkerView) -> None:
        self._view = view

    def collect(self) -> Iterator[Metric]:
        """Everything as it is now."""
        judges = list(self._view.judges())
        yield from _scores(judges)
        yield from _alerts(judges)
        yield _budgets(judges)
        yield from self._pipeline(judges)

    def _pipeline(self, judges: Sequence[JudgeView]) -> Iterator[Metric]:
        watermark = _gauge("tocsin_watermark_timestamp_seconds", "Event time that is complete, by partition.")
        entries: Counter[str] = Counter()
        for intake in self._view.intakes():
            entries.update(intake.entries())
            for stream in Stream:
                _add_time(watermark, stream.topic, intake.partition, intake.watermark_ms(stream))
        for judge in judges:
            entries.update(judge.entries())
            _add_time(watermark, TALLIES, judge.shard, judge.judged_through_ms)
        lag = _gauge("tocsin_lag_records", "Records written but not yet worked off.")
        for (topic, partition), count in self._view.lag_records().items():
            lag.add_sample(lag.name, {"topic": topic, "partition": str(partition)}, count)
        state = _gauge("tocsin_state_entries", "Entries kept in memory, by kind.")
        for kind, count in sorted(entries.items()):
            state.add_sample(state.name, {"kind": kind}, count)
        ready = _gauge("tocsin_ready", "Whether this worker is assigned and caught up.")
        ready.add_sample(ready.name, {}, float(self._view.ready() is None))
        unowned = _gauge("tocsin_unowned_partitions", "Partitions of the group that no worker has.")
        unowned.add_sample(unowned.name, {}, self._view.unowned_partitions())
        yield from (watermark, lag, state, ready, unowned)


def _scores(judges: Iterable[JudgeView]) -> Iterator[Metric]:
    value = _gauge("cx_score", "Latest score, in the indicator's unit.")
    low = _gauge("cx_score_low", "Lower end of the score's confidence interval.")
    high = _gauge("cx_score_high", "Upper end of the score's confidence interval.")
    answers = _gauge("cx_answers", "Answers in the score's window.")
    for judge in judges:
        for score in judge.current_scores():
            window = duration_text(round(score.window_s * 1000))
            labels = {"indicator": score.indicator, "window": window, **score.scope}
            answers.add_sample(answers.name, labels, score.n)
            for metric, number in ((value, score.value), (low, score.low), (high, score.high)):
                if number is not None:
                    metric.add_sample(metric.name, labels, number)
    yield from (value, low, high, answers)


def _alerts(judges: Iterable[JudgeView]) -> Iterator[Metric]:
    limit = _gauge("cx_limit", "Limit of a rule, in the indicator's unit.")
    firing = _gauge("cx_alert_firing", "Whether an alert fires (1) or not (0).")
    for judge in judges:
        fires = {(rule.name, severity, scope) for rule, severity, scope in judge.firing()}
        for rule in judge.plan.rulebook.rules:
            by_severity = limits(rule)
            for scope in judge.scopes(rule):
                for severity, bound in by_severity.items():
                    labels = _rule_labels(rule, scope) | {"severity": severity.value}
                    firing.add_sample(firing.name, labels, float((rule.name, severity, scope) in fires))
                    if bound is not None:
                        limit.add_sample(limit.name, labels, bound)
    yield from (limit, firing)


def _budgets(judges: Iterable[JudgeView]) -> Metric:
    left = _gauge("cx_budget_remaining_ratio", "Share of the error budget that is left; below 0: overspent.")
    for judge in judges:
        for rule, scope, share in judge.budgets():
            left.add_sample(left.name, _rule_labels(rule, scope), share)
    return left


def _rule_labels(rule: Rule, scope: Scope) -> dict[str, str]:
    return {"rule": rule.name, "indicator": rule.indicator, **scope_object(scope)}


def _gauge(name: str, documentation: str) -> Metric:
    return Metric(name, documentation, "gauge")


def _add_time(metric: Metric, topic: str, partition: int, at_ms: int | None) -> None:
    if at_ms is not None:
        metric.add_sample(metric.name, {"topic": topic, "partition": str(partition)}, at_ms / 1000)
