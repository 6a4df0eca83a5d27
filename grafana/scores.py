"""Panels of scores: value, confidence interval as a band, limits as dashed lines, the week before as dots."""

from dataclasses import dataclass
from typing import Final

from panels import lines
from series import BY_CHANNEL, ONE_CHANNEL, RECORDED_CHANNEL, split_by
from shapes import Json, Look, Panel, Query, override
from ways import TO_CHANNEL


@dataclass(frozen=True, slots=True)
class Indicator:
    """What a channel's panel shows of one indicator."""

    name: str
    title: str
    unit: str
    description: str


INDICATORS: Final = (
    Indicator(
        "csat",
        "CSAT",
        "percent",
        "Share of satisfied answers: 80 and more is very satisfying, below 50 is bad.",
    ),
    Indicator("ces", "CES", "none", "Mean effort on the scale of the survey: high is bad."),
    Indicator(
        "nps", "NPS", "none", "Promoters less detractors, from -100 to 100: below 0 is not satisfying."
    ),
    Indicator("fcr", "FCR", "percent", "Share of contacts after which the customer need not come back."),
)
OTHERS: Final = (
    Indicator("abandonment", "Abandonment", "percent", "Share of contacts that the customer gave up."),
    Indicator("wait", "Answered in time", "percent", "Share of contacts answered within the target."),
    Indicator("sentiment", "Negative mentions", "percent", "Share of public mentions that are negative."),
)
_READS: Final = "The band is the confidence interval; dashed lines are the limits of rules."


def overview_score(indicator: Indicator) -> Panel:
    """One indicator, a panel for each channel."""
    return Panel(
        title=f"$channel: {indicator.title}",
        description=f"{indicator.description} {_READS}",
        queries=_with_doubt(indicator, BY_CHANNEL, "channel, window"),
        unit=indicator.unit,
        width=4,
        height=6,
        look=_drawn(legend=False),
        links=(TO_CHANNEL,),
        repeat="channel",
    )


def channel_score(indicator: Indicator) -> Panel:
    """One indicator of the one channel, against the week before."""
    before = f'channel:cx_score:max{{{RECORDED_CHANNEL},indicator="{indicator.name}"}} offset 1w'
    return Panel(
        title=indicator.title,
        description=f"{indicator.description} {_READS} Dots are the week before (a recorded series).",
        queries=(
            *_with_doubt(indicator, ONE_CHANNEL, "window"),
            Query(f"max by (window) ({before})", "week before {{window}}"),
        ),
        unit=indicator.unit,
        width=12,
        height=8,
        look=_drawn(legend=True),
    )


def split_score(dimension: str) -> Panel:
    """CSAT of the one channel by another dimension."""
    expr = f'max by ({dimension}, window) (cx_score{{{split_by(dimension)},indicator="csat"}})'
    return lines(
        f"CSAT by {dimension}",
        f"Where it hurts; wants a rule `by: [channel, {dimension}]`.",
        "percent",
        (expr, f"{{{{{dimension}}}}} {{{{window}}}}"),
        width=12,
    )


def _with_doubt(indicator: Indicator, selector: str, labels: str) -> tuple[Query, ...]:
    def latest(metric: str) -> str:
        return f'max by ({labels}) ({metric}{{{selector},indicator="{indicator.name}"}})'

    limit = f'max by (rule, severity) (cx_limit{{{selector},indicator="{indicator.name}"}})'
    return (
        Query(latest("cx_score"), f"{indicator.title} {{{{window}}}}"),
        Query(latest("cx_score_low"), "low"),
        Query(latest("cx_score_high"), "high"),
        Query(limit, "limit {{rule}} {{severity}}"),
    )


def _drawn(*, legend: bool) -> Look:
    return Look(
        custom={"lineWidth": 2, "spanNulls": False, "showPoints": "never"},
        options={
            "legend": {"showLegend": legend, "displayMode": "list", "placement": "bottom", "calcs": []},
            "tooltip": {"mode": "multi", "sort": "none"},
        },
        overrides=(
            override("^(low|high)$", custom__lineWidth=0, color={"mode": "fixed", "fixedColor": "blue"}),
            override("^high$", custom__fillBelowTo="low", custom__fillOpacity=15),
            override("^limit .* warning$", **_dashed("orange")),
            override("^limit .* critical$", **_dashed("red")),
            override("^week before", custom__lineStyle={"fill": "dot", "dash": [0, 8]}, custom__lineWidth=1),
        ),
    )


def _dashed(colour: str) -> Json:
    return {
        "custom__lineStyle": {"fill": "dash", "dash": [6, 6]},
        "custom__lineWidth": 1,
        "color": {"mode": "fixed", "fixedColor": colour},
    }
