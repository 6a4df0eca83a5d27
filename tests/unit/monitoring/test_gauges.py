"""Gauges are what the worker's own judges and intakes say at the moment of the scrape."""

from alerts.rules import Severity
from alerts.transitions import Score
from stream.indicators.plan import Plan
from stream.messages.records import Stream
from stream.monitoring.gauges import MOST_ALERTS, MOST_SCORES, ScrapeTimeCollector, limits
from tests.builders import plan_of
from tests.fakes import FakeIntake, FakeJudge, FakeWorker

RULES = """
indicators: {csat: {}, contacts: {}}
rules:
  - {name: low, indicator: csat, by: [channel], window: 30m, warning: 80, critical: 50}
  - {name: fall, indicator: csat, by: [channel], detect: sudden, floor: 75, false_pages: 1 per 30d}
  - {name: quiet, indicator: contacts, by: [channel], detect: silence, at_least: 1 per 1h}
"""
PHONE, CHAT = (("channel", "phone"),), (("channel", "chat"),)


def _score(value: float | None, low: float | None = None, high: float | None = None, n: int = 7) -> Score:
    return Score(
        indicator="csat",
        definition={},
        scope={"channel": "phone"},
        window_s=1800,
        at="2026-11-22T10:00:00Z",
        value=value,
        n=n,
        low=low,
        high=high,
        status="ok",
    )


def _samples(worker: FakeWorker) -> dict[str, list[tuple[dict[str, str], float]]]:
    metrics = ScrapeTimeCollector(worker).collect()
    return {each.name: [(sample.labels, sample.value) for sample in each.samples] for each in metrics}


def _plan() -> Plan:
    return plan_of(RULES)


def test_a_score_has_its_scope_and_window_as_labels() -> None:
    """Value, interval and answers of each indicator, dimensions as labels, the window as people write it."""
    found = _samples(FakeWorker([FakeJudge(_plan(), scores=[_score(81.5, 70.25, 90.0)])]))
    labels = {"indicator": "csat", "window": "30m", "channel": "phone"}
    assert found["cx_score"] == [(labels, 81.5)]
    assert (found["cx_score_low"], found["cx_score_high"]) == ([(labels, 70.25)], [(labels, 90.0)])
    assert found["cx_answers"] == [(labels, 7)]


def test_a_score_without_answers_is_no_zero() -> None:
    """Where there is no value there is no sample; the number of answers is told all the same."""
    found = _samples(FakeWorker([FakeJudge(_plan(), scores=[_score(None, n=0)])]))
    assert found["cx_score"] == found["cx_score_low"] == []
    assert [value for _, value in found["cx_answers"]] == [0]


def test_every_alert_that_could_fire_is_there_as_zero() -> None:
    """Known scopes have a series per severity from the beginning; what fires is 1."""
    plan = _plan()
    judge = FakeJudge(plan, known=[PHONE, CHAT], fires=[(plan.rulebook.rules[0], Severity.CRITICAL, PHONE)])
    series = _samples(FakeWorker([judge]))["cx_alert_firing"]
    found = {tuple(sorted(labels.items())): value for labels, value in series}
    assert len(found) == 8  # warning and critical of one rule, one severity of the two others; two scopes
    fires = {"rule": "low", "indicator": "csat", "severity": "critical", "channel": "phone"}
    assert [labels for labels, value in found.items() if value] == [tuple(sorted(fires.items()))]


def test_what_fires_as_loud_as_its_rule_was_is_there() -> None:
    """A reload took `critical` from a rule whose alert is critical, and nothing has come in since."""
    plan = plan_of(RULES.replace(", critical: 50", ""))
    judge = FakeJudge(plan, known=[PHONE], fires=[(plan.rulebook.rules[0], Severity.CRITICAL, PHONE)])
    found = _samples(FakeWorker([judge]))
    series = [(labels["rule"], labels["severity"], value) for labels, value in found["cx_alert_firing"]]
    assert series[:2] == [("low", "critical", 1), ("low", "warning", 0)]
    assert [labels["severity"] for labels, _ in found["cx_limit"] if labels["rule"] == "low"] == ["warning"]


def test_limits_are_where_they_were_set() -> None:
    """Each severity with a limit has it as a series, to be drawn beside the score; silence has none."""
    found = _samples(FakeWorker([FakeJudge(_plan(), known=[PHONE])]))["cx_limit"]
    assert {(labels["rule"], labels["severity"]): value for labels, value in found} == {
        ("low", "warning"): 80,
        ("low", "critical"): 50,
        ("fall", "critical"): 75,
    }


def test_limits_of_each_kind_of_rule() -> None:
    """Every kind of rule knows its severities, with limits where it has some."""
    low, fall, quiet = _plan().rulebook.rules
    assert limits(low) == {Severity.WARNING: 80, Severity.CRITICAL: 50}
    assert limits(fall) == {Severity.CRITICAL: 75}
    assert limits(quiet) == {Severity.CRITICAL: None}


def test_what_moved_away_is_gone() -> None:
    """A worker without judges shows no score, alert or watermark: their new owner does."""
    found = _samples(FakeWorker())
    for name in ("cx_score", "cx_limit", "cx_alert_firing", "tocsin_watermark_timestamp_seconds"):
        assert found[name] == []


def test_the_pipeline_tells_time_lag_and_size() -> None:
    """Watermarks in seconds per source, records to go, entries summed by kind, and readiness."""
    worker = FakeWorker(
        [FakeJudge(_plan(), shard=3, judged_through_ms=1500, sizes={"scopes": 2})],
        [
            FakeIntake(0, {Stream.FEEDBACK: 2000}, {"ids": 5}),
            FakeIntake(1, {Stream.FEEDBACK: 3000}, {"ids": 6}),
        ],
        {("cx.feedback", 1): 42},
        "assigned, not caught up",
    )
    found = _samples(worker)
    assert found["tocsin_watermark_timestamp_seconds"] == [
        ({"topic": "cx.feedback", "partition": "0"}, 2.0),
        ({"topic": "cx.feedback", "partition": "1"}, 3.0),
        ({"topic": "cx.tallies", "partition": "3"}, 1.5),
    ]
    for name in ("tocsin_lag_records", "tocsin_held_records"):
        assert found[name] == [({"topic": "cx.feedback", "partition": "1"}, 42)]
    assert found["tocsin_state_entries"] == [({"kind": "ids"}, 11), ({"kind": "scopes"}, 2)]
    assert found["tocsin_ready"] == [({}, 0.0)]


def test_budgets_are_ratios() -> None:
    """What is left of each error budget, below zero when it is overspent."""
    plan = _plan()
    found = _samples(FakeWorker([FakeJudge(plan, left=[(plan.rulebook.rules[0], PHONE, -0.25)])]))
    labels = {"rule": "low", "indicator": "csat", "channel": "phone"}
    assert found["cx_budget_remaining_ratio"] == [(labels, -0.25)]


def test_a_page_has_bounded_series() -> None:
    """What fires is there before anything else, and a gauge says how many series are not."""
    known = [(("channel", f"c{number}"),) for number in range(2 * MOST_ALERTS)]
    plan = _plan()
    low = plan.rulebook.rules[0]
    fires = [(low, Severity.CRITICAL, known[-1])]
    scores = [_score(50.0)] * (MOST_SCORES + 3)
    found = _samples(FakeWorker([FakeJudge(plan, scores=scores, known=known, fires=fires)]))
    assert len(found["cx_score"]) == MOST_SCORES
    assert len(found["cx_alert_firing"]) < 2 * MOST_ALERTS
    assert [labels["channel"] for labels, value in found["cx_alert_firing"] if value] == [known[-1][0][1]]
    out = {labels["metric"]: value for labels, value in found["tocsin_series_left_out"]}
    assert out["cx_score"] == 3
    assert out["cx_alert_firing"] > MOST_ALERTS
