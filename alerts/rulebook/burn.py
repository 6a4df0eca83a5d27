"""The pairs of windows of a burn rule: as the file gives them, or the SRE workbook's."""

from collections.abc import Callable
from typing import Final

from alerts.measures import Measure
from alerts.notation import duration_text
from alerts.rulebook.values import severity, whole_panes
from alerts.rulebook.yaml_nodes import Node
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, BurnPair, Family, Severity

PERIOD_MS: Final = 30 * DAY_MS
SRE_PAIRS: Final = (
    BurnPair(HOUR_MS, 5 * MINUTE_MS, 14.4, Severity.CRITICAL),
    BurnPair(6 * HOUR_MS, 30 * MINUTE_MS, 6.0, Severity.CRITICAL),
    BurnPair(3 * DAY_MS, 6 * HOUR_MS, 1.0, Severity.WARNING),
)
"""Windows and rates for a period of 30 days, from the SRE workbook, chapter 5 (2 %, 5 % and 10 % of the
budget spent)."""
HALF: Final = 50
"""Percent: a share's target on the worse side of it was meant the other way round."""
FASTEST_SHARE: Final = 0.75
"""SRE rates suit a target of 99.9 %.  Where a rate is out of reach, as 14.4 is of a target of 80 %, which
all answers unhappy burn at 5, the pair asks for this share of the greatest possible rate (ours)."""


def fastest_rate(measure: Measure, target: float) -> float:
    """How many times the sustainable pace the budget burns at when every answer is the worst one."""
    worst, best = measure.worst, measure.best
    if worst is None or best is None:
        raise ValueError(f"{measure.info.name} has no ends")
    return (best - worst) / (best - target)


def healthy_target(measure: Measure, inner: Callable[[Node], float]) -> Callable[[Node], float]:
    """A parser of a target that `inner` takes: that of a share lies on the healthy half."""

    def parse(node: Node) -> float:
        value = inner(node)
        if measure.info.family is Family.SHARE and measure.worse(value, HALF):
            bad = "high" if measure.worse_word == "above" else "low"
            meant = 100 * value if value < 1 else 100 - value
            raise node.wrong(
                f"a target of {HALF} or {measure.better_word}: {bad} is bad for {measure.info.name}"
                f" (perhaps {meant:g})"
            )
        return value

    return parse


def default_pairs(period_ms: int, pane_ms: int, fastest: float) -> tuple[BurnPair, ...]:
    """The SRE workbook's pairs, scaled to the period, in whole panes, at rates that can be reached."""
    return tuple(
        BurnPair(
            _scaled(pair.long_ms, period_ms, pane_ms),
            _scaled(pair.short_ms, period_ms, pane_ms),
            min(pair.rate, max(1.0, round(FASTEST_SHARE * fastest, 2))),
            pair.severity,
        )
        for pair in SRE_PAIRS
    )


def _scaled(length_ms: int, period_ms: int, pane_ms: int) -> int:
    return max(1, round(length_ms * period_ms / PERIOD_MS / pane_ms)) * pane_ms


def pair(pane_ms: int, period_ms: int, fastest: float) -> Callable[[Node], BurnPair]:
    """A parser of one pair: windows within the period, a rate that can be reached."""
    window = whole_panes(pane_ms, max(period_ms, pane_ms))

    def rate(node: Node) -> float:
        value = node.number("a rate such as 14.4")
        if not 0 < value < fastest:
            raise node.wrong(f"a rate above 0 and below {fastest:g}, which the worst answers alone reach")
        return value

    def parse(node: Node) -> BurnPair:
        fields = node.fields("a pair of windows such as {long: 1h, short: 5m, rate: 3}")
        long_ms = fields.require("long", window, "the long window")
        short_ms = fields.require("short", window, "the short window")
        pace = fields.require("rate", rate, "how many times the sustainable pace")
        level = fields.get_or("severity", severity, Severity.CRITICAL)
        fields.close()
        if long_ms and short_ms and short_ms >= long_ms:
            fields.note("short", f"want less than long, {duration_text(long_ms)}")
        return BurnPair(long_ms or 0, short_ms or 0, pace or 0.0, level)

    return parse
