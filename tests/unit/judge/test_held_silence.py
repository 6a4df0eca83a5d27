"""A silence that `keep_firing_for` holds open: its end says what there is then, live as in a backtest."""

import pytest

from stream.judge.judge import Judge
from tests.builders import plan_of
from tests.judging import answers, both, fed

RULES = """
rules:
  - {name: hush, indicator: csat, by: [channel], detect: silence, at_least: 2 per 10m, keep_firing_for: 30m}
"""
DAY = 8640
PANES = {0: 2, 100: 2, 130: 2, 180: 2, 221: 2, 245: 1, 259: 1, 300: 2}
"""Answers by pane of 10 s.  The last that count at the end, in pane 280, are those of 221 and later."""


@pytest.mark.parametrize("step", [1, 7, 320])
def test_its_end_has_the_volume_of_then(step: int) -> None:
    """However many panes close at once; quiet was taken for granted beyond the end that was due."""
    judge, told = Judge(plan_of(RULES), 0), []
    for after in range(-1, 319, step):
        now = [pane for pane in PANES if after < pane <= after + step]
        come = [one for pane in now for one in answers(DAY + pane, PANES[pane], 0)]
        told += fed(judge, both(DAY + after + step, come))
    assert [(each.state, each.at[11:19], each.value) for each in told] == [
        ("firing", "00:10:10", 0),
        ("resolved", "00:46:50", 4),
    ]
