"""Causes."""

from collections.abc import Sequence

import pytest

from stream.indicators.formulas import Ints
from stream.judge.judge import Judge
from stream.judge.windows import sliding
from stream.judge.windows.row_sums import summed_up
from stream.judge.windows.slotted import Kept
from tests.builders import Counted, plan_of
from tests.judging import PHONE, RULES, answers, both, fed


def test_cause_is_the_finer_scope_with_most_of_the_shortfall() -> None:
    """A firing alert names the value that explains most of what is missing."""
    judge = Judge(plan_of(RULES.replace("explain: []", "explain: [topic]")), 0)
    finer = [("channel,topic|channel", ("phone", topic)) for topic in ("billing", "delivery", "other")]
    counted = [
        *answers(0, 20, 20),
        *answers(0, 2, 15, finer[0]),
        *answers(0, 5, 5, finer[1]),
        *answers(0, 13, 0, finer[2]),
    ]
    (told,) = fed(judge, both(0, counted))
    assert told.cause is not None
    assert (told.cause["dimension"], told.cause["value"], told.cause["n"]) == ("topic", "billing", 17)
    assert told.cause["share_of_shortfall"] == pytest.approx(
        (17 * 70 - 200) / (17 * 70 - 200 + 200), abs=1e-4
    )


def test_no_cause_where_nothing_stands_out() -> None:
    """One value alone explains nothing, and neither do values that nobody answered for."""
    plan = plan_of(RULES.replace("explain: []", "explain: [topic, stage]"))
    finer = ("channel,topic|channel", ("phone", "billing"))
    (told,) = fed(Judge(plan, 0), both(0, answers(0, 2, 8) + answers(0, 2, 8, finer)))
    assert told.cause is None


def test_nobody_is_named_where_all_fell_alike() -> None:
    """Some value always has most of the shortfall: of 20 answers 3 of 10 and 5 of 10 are alike."""
    finer = [("channel,topic|channel", ("phone", topic)) for topic in ("billing", "delivery")]
    counted = [*answers(0, 8, 12), *answers(0, 3, 7, finer[0]), *answers(0, 5, 5, finer[1])]
    (told,) = fed(Judge(plan_of(RULES.replace("explain: []", "explain: [topic]")), 0), both(0, counted))
    assert (told.state, told.cause) == ("firing", None)


def test_cause_of_a_volume_is_the_greatest_part() -> None:
    """What came in most is what there is too much of."""
    rules = """
indicators: {csat: false, ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false}
rules:
  - {name: many, indicator: contacts, by: [channel], window: 1m, critical: 10,
     confidence: 0, explain: [topic]}
"""
    counted = [
        Counted(0, PHONE, "contacts", 16),
        *(
            Counted(0, ("channel,topic|channel", ("phone", topic)), "contacts", count)
            for topic, count in (("a", 12), ("b", 4))
        ),
    ]
    (told,) = fed(Judge(plan_of(rules), 0), both(0, counted))
    assert told.cause == {
        "dimension": "topic",
        "value": "a",
        "value_score": 12.0,
        "n": 12,
        "share_of_shortfall": 0.75,
    }


def test_cause_of_a_burn_is_of_the_window_that_burns() -> None:
    """What was bad hours ago, and burns a long window, is not laid at the door of the last minutes."""
    rules = """
timing: {pane: 1m}
indicators: {ces: false, nps: false, sentiment: false, fcr: false, ttr: false, wait: false}
rules:
  - {name: slow, detect: burn, indicator: csat, by: [channel], target: 80, period: 30d, explain: [topic],
     windows: [{long: 10m, short: 5m, rate: 4.5}, {long: 5h, short: 5m, rate: 1, severity: warning}]}
"""

    def about(topic: str, pane: int, happy: int, unhappy: int) -> list[Counted]:
        finer = ("channel,topic|channel", ("phone", topic))
        return [*answers(pane, happy, unhappy), *answers(pane, happy, unhappy, finer)]

    judge = Judge(plan_of(rules), 0)
    assert fed(judge, both(0, [*about("old", 0, 2, 9), *about("rest", 0, 6, 0)])) == []
    late = [*about("old", 120, 1, 0), *about("new", 120, 0, 5), *about("rest", 120, 6, 0)]
    (told,) = fed(judge, both(130, late))
    assert (told.state, told.window_s) == ("firing", 5 * 3600)
    assert told.cause is not None
    assert (told.cause["value"], told.cause["n"]) == ("old", 12)
    counts = told.evidence["1-5"]
    assert isinstance(counts, dict)
    assert sum(counts.values()) == told.n


def test_causes_of_many_alerts_are_summed_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sum goes through all that a window keeps, and a storm is thousands of alerts."""
    asked: list[int] = []

    def counted(kept: Sequence[Kept], rows: Ints, columns: int, width: int) -> Ints:
        asked.append(len(rows))
        return summed_up(kept, rows, columns, width)

    monkeypatch.setattr(sliding, "summed_up", counted)
    channels = [f"c{number}" for number in range(30)]
    came = [each for name in channels for each in answers(0, 20, 20, ("channel|channel", (name,)))]
    for name in channels:
        came += answers(0, 2, 15, ("channel,topic|channel", (name, "billing")))
        came += answers(0, 18, 5, ("channel,topic|channel", (name, "delivery")))
    told = fed(Judge(plan_of(RULES.replace("explain: []", "explain: [topic]")), 0), both(0, came))
    assert [each.cause and each.cause["value"] for each in told] == ["billing"] * 30
    assert asked == [60]
