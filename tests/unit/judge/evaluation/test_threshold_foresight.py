"""What threshold rules tell of a block at one look, against what they say of each reading."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rules import Threshold
from alerts.states import Verdict
from stream.indicators.cells import CELL, time_code
from stream.indicators.formulas import BUCKET_SECONDS, formula
from stream.intake.history.cases import bucket
from stream.judge.evaluation.threshold_foresight import ThresholdForesight
from stream.judge.evaluation.threshold_scale import ThresholdScale
from stream.judge.windows.layout import Layout
from stream.judge.windows.lookahead import Ahead
from stream.judge.windows.sliding import Window
from tests.builders import DEFAULTS

PANE_MS = 10_000
LAST_PANE = 12
SCOPES = 2
LIMITS_S = (*BUCKET_SECONDS[[0, 1, 350, 351, 959]].tolist(), 0.0, 1.0, 1_000.0, 1e9)
TIMES_MS = (0, 1, 1_000, 1_001, 990_000, 1_000_000, 1_000_001, 1_020_000, 10**13)

cases = st.lists(
    st.tuples(
        st.integers(0, LAST_PANE),
        st.integers(0, SCOPES - 1),
        st.sampled_from(TIMES_MS),
        st.sampled_from([1, 1, 1, 2, 20, 600, -1]),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(
    cases=cases,
    limit=st.sampled_from(LIMITS_S),
    confidence=st.sampled_from([0.0, 0.9]),
    indicator=st.sampled_from(["ttr_median", "ttr_p90"]),
    judged=st.integers(-1, LAST_PANE),
    slots=st.sampled_from([1, 3, 12]),
)
def test_where_no_breach_is_foreseen_none_is_found(
    cases: list[tuple[int, int, int, int]],
    limit: float,
    confidence: float,
    indicator: str,
    judged: int,
    slots: int,
) -> None:
    """Of few cases, whose times are known, and of many; whatever was taken away again."""
    window = Window(slots * PANE_MS, PANE_MS, Layout([formula(indicator, DEFAULTS)]))
    window.grow(SCOPES)
    _add(window, [each for each in cases if each[0] <= judged])
    window.advance(judged)
    _add(window, [each for each in cases if each[0] > judged])
    rule = Threshold(
        window_ms=window.window_ms, warning=limit, critical=None, confidence=confidence, min_answers=2
    )
    scale = ThresholdScale(window.layout.formulas[indicator], [rule])
    ahead = Ahead(LAST_PANE)
    if ThresholdForesight(scale, window.layout).surely_none(window, ahead):
        grid = ahead.grid(window)
        assert grid is not None
        # A slot is a pane here, and before the first one everything is as it was judged.
        assert not any(_breaches(window, scale, pane) for pane in range(grid.first, LAST_PANE + 1))


def test_long_times_of_few_are_no_breach() -> None:
    """Of a hundred cases one that took longer than the limit decides no quantile: it is told at one look."""
    window = Window(3 * PANE_MS, PANE_MS, Layout([formula("ttr_p90", DEFAULTS)]))
    window.grow(SCOPES)
    _add(window, [(pane, 0, 60_000, 100) for pane in range(LAST_PANE)] + [(2, 0, 10**7, 1)])
    rule = Threshold(window_ms=window.window_ms, warning=1_000.0, critical=None)
    scale = ThresholdScale(window.layout.formulas["ttr_p90"], [rule])
    assert ThresholdForesight(scale, window.layout).surely_none(window, Ahead(LAST_PANE))


def _breaches(window: Window, scale: ThresholdScale, pane: int) -> bool:
    window.advance(pane)
    sums = window.read(np.arange(SCOPES)).of(scale.formula.name)
    judged = scale.judged(scale.formula, sums, *scale.scored(scale.formula, sums))
    return bool((judged.verdict == Verdict.BREACH).any())


def _add(window: Window, cases: list[tuple[int, int, int, int]]) -> None:
    """Add cases in the order of their panes, each with its bucket and its time."""
    for pane, row, took_ms, count in sorted(cases):
        took, due = np.array([took_ms]), np.array([pane])
        cells = [CELL["ttr.within"], CELL[f"ttr.bucket/{int(bucket(took)[0])}"]]
        rows = np.array([row, row])
        kept, places, counts = window.layout.project(rows, np.array(cells), np.array([count, count]))
        assert len(kept) == 2
        window.add(due.repeat(2), due.repeat(2), places, counts)
        window.add_times(due, due, (np.array([row]), time_code(took), np.array([count])))
