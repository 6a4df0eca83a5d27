"""Lanes: panes judged together come out as panes judged one by one."""

from collections.abc import Mapping, Sequence
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.transitions import Transition
from stream.intake.history.cases import bucket as bucket_of
from stream.judge.evaluation.threshold_foresight import MOST_EDGES
from stream.judge.judge import Judge
from stream.messages.tallies import ScopeKey, TallyMessage
from tests.builders import Counted, plan_of, section_of

RULES = """
indicators: {ces: false, nps: false, sentiment: false, fcr: false, wait: false}
timing: {pane: 10s}
rules:
  - {name: plain, indicator: csat, by: [channel], window: 1m, warning: 70, critical: 40, confidence: 0,
     min_answers: 2, explain: [topic]}
  - {name: sure, indicator: csat, by: [channel], window: 2m, warning: 80, min_answers: 3, for: 30s,
     recover: 90}
  - {name: coarse, indicator: csat, by: [channel], window: 1h, critical: 60, confidence: 0.5, for: 1m}
  - {name: only, indicator: csat, by: [channel], window: 1m, critical: 90, confidence: 0, min_answers: 1,
     where: {channel: [chat]}}
  - {name: many, indicator: contacts, by: [], window: 1m, critical: 9}
  - {name: slow, indicator: ttr_p90, by: [channel], window: 1m, critical: 100, confidence: 0, min_answers: 2}
  - {name: slower, indicator: ttr_p90, by: [channel], window: 1m, warning: 60, critical: 200, recover: 20,
     confidence: 0, min_answers: 1}
  - {name: slowest, indicator: ttr_p90, by: [channel], window: 2m, critical: 90, confidence: 0.8}
  - {name: mean, indicator: ttr, by: [channel], window: 1m, warning: 50, confidence: 0.8, min_answers: 2}
  - {name: fall, indicator: csat, by: [channel], detect: sudden, floor: 70, false_pages: 1 per 1h}
  - {name: chats, indicator: csat, by: [channel], detect: sudden, floor: 80, false_pages: 1 per 1h,
     where: {channel: [chat]}}
  - {name: hush, indicator: csat, by: [channel], detect: silence, at_least: 1 per 2m}
  - {name: burn, indicator: csat, by: [channel], detect: burn, target: 80, period: 1d,
     windows: [{long: 10m, short: 1m, rate: 2}]}
  - {name: gap, indicator: csat, by: [], across: channel, detect: gap, window: 5m}
"""

CELLS = {
    "channel|channel": (
        "csat/1-5/5",
        "csat/1-5/1",
        "ttr.slow",
        "ttr.limit",
        "ttr.near",
        "ttr.quick",
        *(f"ttr.time/{took_ms}" for took_ms in (99_999, 100_000, 100_001, 99_000, 60_001, 20_000, 300_000)),
    ),
    "channel,topic|channel": ("csat/1-5/1", "csat/1-5/5"),
    "|": ("contacts",),
    "channel|": ("csat/1-5/5", "csat/1-5/1"),
}
VALUES: dict[str, list[tuple[str, ...]]] = {
    "channel|channel": [("phone",), ("chat",)],
    "channel,topic|channel": [("phone", "a"), ("phone", "b"), ("chat", "a")],
    "|": [()],
    "channel|": [("phone",), ("chat",)],
}

TOOK = {
    "ttr.slow": (300, 380_000),
    "ttr.limit": (233, 100_000),
    "ttr.near": (232, 98_500),
    "ttr.quick": (50, 2_700),
}
"""Bucket, and milliseconds."""

Event = tuple[int, ScopeKey, str, int, int]
"""Pane, scope, what, how many, and how many panes late."""


@st.composite
def event(draw: st.DrawFn, scopes: Mapping[str, Sequence[tuple[str, ...]]] = VALUES) -> Event:
    """Counts of one scope, mostly in time."""
    grouping = draw(st.sampled_from(sorted(CELLS)))
    values = draw(st.sampled_from(scopes[grouping]))
    late = draw(st.sampled_from([0, 0, 0, 0, 3, 30]))
    pane = draw(st.integers(0, 130))
    return pane, (grouping, values), draw(st.sampled_from(CELLS[grouping])), draw(st.integers(1, 9)), late


def counted(of: Event) -> list[Counted]:
    """An event's rows."""
    pane, key, what, count, late = of
    closing = pane + late
    if not what.startswith("ttr"):
        return [Counted(pane, key, what, count, closing)]
    bucket, took_ms = TOOK.get(what, (0, 0))
    single = what.startswith("ttr.time/")
    if single:
        took_ms = int(what.removeprefix("ttr.time/"))
        bucket = int(bucket_of(np.array([took_ms]))[0])
    cells = {"ttr.within": count, f"ttr.bucket/{bucket}": count, "ttr.sum_ms": count * took_ms}
    if single:  # of some cases the times are not told, as by workers of an older version
        cells[what] = count
    return [Counted(pane, key, cell, each, closing) for cell, each in cells.items()]


def told(
    events: Sequence[Event], cuts: Sequence[int], rules: str = RULES, *, restart: bool = False
) -> list[Transition]:
    """Everything that a judge tells when sections close panes up to each cut."""
    plan = plan_of(rules)
    judge, found, last = Judge(plan, 0), [], 999
    rows = [row for each in events for row in counted(each)]
    shifted = [
        Counted(1000 + row.pane, row.key, row.cell, row.count, 1000 + (row.closing or 0)) for row in rows
    ]
    for cut in [*cuts, 400]:
        through = 1000 + cut
        due = [row for row in shifted if last < (row.closing or 0) <= through]
        for section in _closing(through, due):
            found += judge.feed(section, 0)
        last = through
        if restart:
            judge = Judge.restore(plan, 0, judge.snapshot())
    return found


def _closing(through: int, due: list[Counted]) -> list[TallyMessage]:
    return [
        section_of("interactions/0", through, position=through),
        section_of("feedback/0", through, due, position=through),
    ]


def test_a_quantile_of_few_cases_is_on_its_side_of_the_limit_by_a_millisecond() -> None:
    """Buckets of two percent cannot tell 100.000 s from 100.001 s; with the times known, alerts do."""
    phone = ("channel|channel", ("phone",))
    at_limit: list[Event] = [(pane, phone, "ttr.time/100000", 5, 0) for pane in range(0, 40, 2)]
    above: list[Event] = [(pane, phone, "ttr.time/100001", 5, 0) for pane in range(0, 40, 2)]
    every: list[Sequence[int]] = [(), range(400)]
    for cuts in every:
        assert "slow" not in {each.rule for each in told(at_limit, cuts)}
        fired = [each for each in told(above, cuts) if each.rule == "slow" and each.state == "firing"]
        assert [each.value for each in fired] == [100.001]


@settings(deadline=None, max_examples=60)
@given(st.lists(event(), max_size=80), st.sets(st.integers(0, 399), max_size=8))
def test_panes_judged_together_are_judged_alike(events: list[Event], cuts: set[int]) -> None:
    """Whether a judge hears of panes one by one or of hundreds at once, it tells the same."""
    one_by_one = told(events, range(400))
    assert told(events, sorted(cuts)) == one_by_one


UNHEARD = "\n".join(line for line in RULES.splitlines() if "name: hush" not in line)
"""Where nobody listens for silence, scopes out of reach of every limit are left out."""
CHANNELS: dict[str, list[tuple[str, ...]]] = {
    **VALUES,
    "channel|channel": [(f"line {number}",) for number in range(6)],
}


@settings(deadline=None, max_examples=60)
@given(st.lists(event(CHANNELS), max_size=80), st.sets(st.integers(0, 399), max_size=4))
def test_scopes_out_of_reach_are_left_out_alike(events: list[Event], cuts: set[int]) -> None:
    """Of several scopes those alone are read beforehand that can come past a limit."""
    one_by_one = told(events, range(400), UNHEARD)
    with patch("stream.judge.windows.lookahead.grid", return_value=None):
        assert told(events, sorted(cuts), UNHEARD) == one_by_one


HELD = """
indicators: {ces: false, nps: false, sentiment: false, fcr: false, wait: false}
timing: {pane: 10s}
rules:
  - {name: fall, indicator: csat, by: [channel], detect: sudden, floor: 70, false_pages: 1 per 1h}
  - {name: quota, indicator: contacts, by: [channel], detect: silence, at_least: 1 per 2m}
"""


@given(st.integers(95, 112), st.integers(113, 126), st.integers(90, 104))
@settings(deadline=None, max_examples=60)
def test_what_waits_for_a_rule_of_silence_goes_on_though_that_is_not_judged(
    latest: int, cut: int, again: int
) -> None:
    """An alert waits for a quota that may mute it; the quota's moment is put off, as something came in.

    That is found out while another scope is judged, which is heard again.
    """
    phone, chat = ("channel|channel", ("phone",)), ("channel|channel", ("chat",))
    calls = [(pane, phone, "contacts", 1, 0) for pane in (*range(20, 100, 6), latest)]
    chats = [(pane, chat, "contacts", 1, 0) for pane in (*range(20, 62, 6), again)]
    bad = [(pane, phone, "csat/1-5/1", 1, 0) for pane in (*range(50, 60), *range(105, 125))]
    good = [(pane, phone, "csat/1-5/5", 5, 0) for pane in range(130, 160)]
    events = [*calls, *chats, *bad, *good]
    found = told(events, [90, cut], HELD)
    assert {(each.rule, each.state) for each in found} >= {("fall", "resolved"), ("quota", "firing")}
    assert found == told(events, range(400), HELD)


MANY = "\n".join([
    RULES,
    *(
        f"  - {{name: limit-{limit}, indicator: ttr_p90, by: [channel], window: 1m, critical: {limit}, "
        f"recover: {limit - 0.5}, confidence: 0.8, min_answers: 2}}"
        for limit in range(80, 120)
    ),
])  # fmt: skip
"""With more limits on one quantile than are told apart beforehand."""


@settings(deadline=None, max_examples=10)
@given(st.lists(event(), max_size=40), st.sets(st.integers(0, 399), max_size=8))
def test_very_many_limits_on_a_quantile_are_judged_alike(events: list[Event], cuts: set[int]) -> None:
    """Then every reading past the mildest one is judged."""
    assert MOST_EDGES < 2 * 40
    assert told(events, sorted(cuts), MANY) == told(events, range(400), MANY)


@settings(deadline=None, max_examples=20)
@given(st.lists(event(), max_size=60), st.sets(st.integers(0, 399), min_size=1, max_size=8))
def test_restarts_between_blocks_change_nothing(events: list[Event], cuts: set[int]) -> None:
    """A judge restored from its snapshot foresees what it would have."""
    assert told(events, sorted(cuts), restart=True) == told(events, [])


def test_something_happens() -> None:
    """The rules of these tests do fire on such events."""
    events: list[Event] = [
        (pane, ("channel|channel", ("phone",)), "csat/1-5/1", 6, 0) for pane in range(0, 40, 2)
    ]
    events += [(pane, ("channel|channel", ("phone",)), "ttr.slow", 6, 0) for pane in range(0, 40, 2)]
    events += [(5, ("|", ()), "contacts", 60, 0)]
    found = told(events, [])
    assert {each.rule for each in found} >= {
        "plain",
        "sure",
        "coarse",
        "many",
        "slow",
        "slower",
        "slowest",
        "mean",
        "fall",
        "hush",
    }
    assert {each.state for each in found} == {"pending", "firing", "stale"}
