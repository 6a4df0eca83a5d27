"""Which indicators and cells a grouping's windows read."""

from dataclasses import replace
from itertools import compress

from stream.indicators.cells import CELLS
from stream.indicators.needs import WindowSpan, cells_read, indicators_by_window
from stream.indicators.plan import Grouping
from tests.builders import plan_of

RULES = """
rules:
  - {name: stages, indicator: csat, by: [channel, stage], window: 1h, critical: 70}
  - {name: budget, detect: burn, indicator: csat, by: [channel, stage], target: 80, period: 30d}
"""
STAGES = Grouping(("channel", "stage"), ("channel", "stage"))
CHANNELS = Grouping(("channel",), ("channel",))


def test_every_window_of_a_rule_has_its_indicator() -> None:
    """A threshold reads one window, a burn rule its period and all of its pairs; the mean is published."""
    found = indicators_by_window(plan_of(RULES))[STAGES]
    assert found[WindowSpan(3_600_000)] == ("csat", "csat_mean")
    assert found[WindowSpan(30 * 86_400_000)] == ("csat",)
    assert len(found) > 2


def test_a_grouping_is_sent_what_it_reads_and_nothing_else() -> None:
    """Stages are judged by CSAT alone; everything else is published by channel."""
    plan = plan_of(RULES)
    stages = set(compress(CELLS, cells_read(plan)[STAGES]))
    assert {cell.split("/")[0] for cell in stages} == {"csat", "csat.further"}
    channels = set(compress(CELLS, cells_read(plan)[CHANNELS]))
    assert {"contacts", "fcr.failed", "ttr.sum_ms", "ttr.bucket/0", "wait.over"} <= channels
    assert not stages & channels


def test_whoever_reports_needs_everything() -> None:
    """Whatever the windows read."""
    assert cells_read(replace(plan_of(RULES), reports=True))[STAGES].all()
