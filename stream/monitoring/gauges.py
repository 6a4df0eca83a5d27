"""Gauges that are read from the running worker whenever Prometheus asks: scores, limits, alerts, lag, state.

They are read from the judges and intakes that this worker owns, so a series whose owner moved to another
worker disappears here with the next scrape.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from operator import itemgetter
from typing import Final, Protocol

from prometheus_client import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from alerts.notation import duration_text
from alerts.readings import Scope, scope_object
from alerts.rules import (
    Burn,
    Gap,
    Relative,
    Rule,
    Severity,
    Silence,
    Sudden,
    SuddenRelative,
    Surge,
    Threshold,
)
from alerts.transitions import Score
from stream.indicators.plan import Plan
from stream.messages.records import Stream
from stream.messages.topic_names import TALLIES

MOST_SCORES: Final = 10_000
"""Scores on a page, of all judges of a worker; each is four series."""
MOST_ALERTS: Final = 5_000
"""Rules by scope on a page, beside what fires."""


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

    def current_scores(self, most: int | None = None) -> Sequence[Score]:
        """The latest score of every scope and window; at most `most`, of each those with the most answers."""
        ...

    @property
    def scores_left_out(self) -> int:
        """How many scores that left out."""
        ...

    def firing(self) -> Sequence[tuple[Rule, Severity, Scope]]:
        """What fires now."""
        ...

    def scopes(self, rule: Rule, most: int | None = None) -> Sequence[Scope]:
        """The scopes that a rule has met, at most `most`."""
        ...

    def scope_count(self, rule: Rule) -> int:
        """How many it may have met."""
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

    def held_records(self) -> Mapping[tuple[str, int], int]:
        """Records that open transactions keep from being read, by topic and partition."""
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
        case Relative(warning=mild, critical=loud):
            both = {Severity.WARNING: mild, Severity.CRITICAL: loud}
            return {severity: None for severity, allowed in both.items() if allowed is not None}
        case Sudden(bound=bound, severity=severity):
            return {severity: bound}
        case Burn(target=target, pairs=pairs):
            return {pair.severity: target for pair in pairs}
        case SuddenRelative(severity=severity):
            return {severity: None}
        case Silence(severity=severity) | Surge(severity=severity) | Gap(severity=severity):
            return {severity: None}


class ScrapeTimeCollector(Collector):
    """The gauges of one worker."""

    def __init__(self, view: WorkerView) -> None:
        self._view = view

    def collect(self) -> Iterator[Metric]:
        """Everything as it is now."""
        judges = list(self._view.judges())
        out = Counter[str]()
        yield from _scores(judges, out)
        yield from _alerts(judges, out)
        yield _budgets(judges, out)
        left_out = _gauge("tocsin_series_left_out", "Series that are too many for this page, by metric.")
        for name in ("cx_score", "cx_alert_firing", "cx_budget_remaining_ratio"):
            left_out.add_sample(left_out.name, {"metric": name}, out[name])
        yield left_out
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
        _add_counts(lag, self._view.lag_records())
        held = _gauge("tocsin_held_records", "Records that an open transaction keeps from being read.")
        _add_counts(held, self._view.held_records())
        state = _gauge("tocsin_state_entries", "Entries kept in memory, by kind.")
        for kind, count in sorted(entries.items()):
            state.add_sample(state.name, {"kind": kind}, count)
        yield from (watermark, lag, held, state, *self._readiness())

    def _readiness(self) -> Iterator[Metric]:
        ready = _gauge("tocsin_ready", "Whether this worker is assigned and caught up.")
        ready.add_sample(ready.name, {}, float(self._view.ready() is None))
        unowned = _gauge("tocsin_unowned_partitions", "Partitions of the group that no worker has.")
        unowned.add_sample(unowned.name, {}, self._view.unowned_partitions())
        yield from (ready, unowned)


def _add_counts(metric: Metric, counts: Mapping[tuple[str, int], int]) -> None:
    for (topic, partition), count in counts.items():
        metric.add_sample(metric.name, {"topic": topic, "partition": str(partition)}, count)


def _scores(judges: Sequence[JudgeView], out: Counter[str]) -> Iterator[Metric]:
    value = _gauge("cx_score", "Latest score, in the indicator's unit.")
    low = _gauge("cx_score_low", "Lower end of the score's confidence interval.")
    high = _gauge("cx_score_high", "Upper end of the score's confidence interval.")
    answers = _gauge("cx_answers", "Answers in the score's window.")
    windows: dict[float, str] = {}
    for judge in judges:
        for score in judge.current_scores(max(1, MOST_SCORES // len(judges))):
            window = windows.get(score.window_s)
            if window is None:
                window = windows[score.window_s] = duration_text(round(score.window_s * 1000))
            labels = {"indicator": score.indicator, "window": window, **score.scope}
            answers.samples.append(Sample(answers.name, labels, score.n))
            for metric, number in ((value, score.value), (low, score.low), (high, score.high)):
                if number is not None:
                    metric.samples.append(Sample(metric.name, labels, number))
        out[value.name] += judge.scores_left_out
    yield from (value, low, high, answers)


def _alerts(judges: Sequence[JudgeView], out: Counter[str]) -> Iterator[Metric]:
    limit = _gauge("cx_limit", "Limit of a rule, in the indicator's unit.")
    firing = _gauge("cx_alert_firing", "Whether an alert fires (1) or not (0).")
    for judge in judges:
        fires = {(rule.name, severity, scope) for rule, severity, scope in judge.firing()}
        rules = judge.plan.rulebook.rules
        most = max(1, MOST_ALERTS // (len(judges) * max(1, len(rules))))
        for rule in rules:
            shown = dict.fromkeys(scope for name, _, scope in fires if name == rule.name)
            shown |= dict.fromkeys(judge.scopes(rule, most))
            if len(shown) >= most:
                out[firing.name] += max(0, judge.scope_count(rule) - len(shown))
            for scope in shown:
                other = {each: None for each in Severity if (rule.name, each, scope) in fires}  # of a reload
                for severity, bound in (other | dict(limits(rule))).items():
                    labels = _rule_labels(rule, scope) | {"severity": severity.value}
                    fired = float((rule.name, severity, scope) in fires)
                    firing.samples.append(Sample(firing.name, labels, fired))
                    if bound is not None:
                        limit.samples.append(Sample(limit.name, labels, bound))
    yield from (limit, firing)


def _budgets(judges: Sequence[JudgeView], out: Counter[str]) -> Metric:
    left = _gauge("cx_budget_remaining_ratio", "Share of the error budget that is left; below 0: overspent.")
    found = [each for judge in judges for each in judge.budgets()]
    if len(found) > MOST_ALERTS:
        out[left.name] = len(found) - MOST_ALERTS
        found = nsmallest(MOST_ALERTS, found, key=itemgetter(2))
    for rule, scope, share in found:
        left.add_sample(left.name, _rule_labels(rule, scope), share)
    return left


def _rule_labels(rule: Rule, scope: Scope) -> dict[str, str]:
    return {"rule": rule.name, "indicator": rule.indicator, **scope_object(scope)}


def _gauge(name: str, documentation: str) -> Metric:
    return Metric(name, documentation, "gauge")


def _add_time(metric: Metric, topic: str, partition: int, at_ms: int | None) -> None:
    if at_ms is not None:
        metric.add_sample(metric.name, {"topic": topic, "partition": str(partition)}, at_ms / 1000)
