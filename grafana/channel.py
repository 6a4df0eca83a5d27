"""The Channel dashboard: one channel's scores against last week, its stages, topics, volumes and times."""

from typing import Final

from marks import alerts_of
from page import Page
from panels import lines, stat, table, timeline
from scores import INDICATORS, OTHERS, channel_score, split_score
from series import ONE_CHANNEL, OURS, RECORDED_CHANNEL, split_by
from shapes import Panel
from variables import CHANNEL as CHOSEN
from ways import CELL_TO_RULE, CHANNEL, SERIES_TO_RULE

FIRING: Final = f'cx_alert_firing{{{OURS},channel="$channel"}}'


def _answers(part: str) -> tuple[str, str]:
    expr = f'max by ({part}, window) (cx_answers{{{split_by(part)},indicator="csat"}})'
    return expr, f"{{{{{part}}}}} {{{{window}}}}"


def _latest(title: str, description: str, unit: str) -> Panel:
    """An indicator's latest score, of each window: of the greatest nobody knows which it is."""
    indicator = title.lower()
    expr = f'max by (window) (cx_score{{{ONE_CHANNEL},indicator="{indicator}"}})'
    return stat(title, description, expr, unit, "{{window}}")


NOW: Final = (
    stat(
        "Alerts firing",
        "Alerts of this channel, or of a part of it, that fire now.",
        f"sum({FIRING})",
        "none",
        red=1,
    ),
    _latest("CSAT", "Share of satisfied answers, by window.", "percent"),
    _latest("CES", "Mean effort, by window.", "none"),
    _latest("NPS", "Promoters less detractors, by window.", "none"),
    _latest("FCR", "Share of contacts after which the customer need not come back, by window.", "percent"),
    _latest("Contacts", "Contacts in each window.", "short"),
)

ALERTING: Final = (
    table(
        "What fires",
        "Alerts of this channel that fire now.",
        f"{FIRING} == 1",
        width=10,
        links=(("rule", CELL_TO_RULE),),
    ),
    timeline(
        "Alerts over time",
        "Each alert of this channel: red while it fires, in one part of it or in several.",
        (
            f"clamp_max(max by (rule, severity) (rule:cx_alert_firing:sum{{{RECORDED_CHANNEL}}}), 1)",
            "{{rule}} {{severity}}",
        ),
        SERIES_TO_RULE,
        width=14,
    ),
)

VOLUMES: Final = (
    lines(
        "Contacts",
        "Contacts in the window, and a week before (a recorded series).",
        "short",
        (f'max by (window) (cx_score{{{ONE_CHANNEL},indicator="contacts"}})', "contacts {{window}}"),
        (
            f'max by (window) (channel:cx_score:max{{{RECORDED_CHANNEL},indicator="contacts"}} offset 1w)',
            "week before {{window}}",
        ),
        width=12,
    ),
    lines(
        "Answers",
        "Answers in the window of each indicator: few of them make a wide interval.",
        "short",
        (
            f"max by (indicator, window) (cx_answers{{{ONE_CHANNEL}}})",
            "{{indicator}} {{window}}",
        ),
        width=12,
    ),
)

TIMES: Final = (
    lines(
        "Time to resolution",
        "Mean, median and the nine in ten that are no longer.",
        "s",
        (f'max by (window) (cx_score{{{ONE_CHANNEL},indicator="ttr"}})', "mean {{window}}"),
        (f'max by (window) (cx_score{{{ONE_CHANNEL},indicator="ttr_median"}})', "median {{window}}"),
        (f'max by (window) (cx_score{{{ONE_CHANNEL},indicator="ttr_p90"}})', "p90 {{window}}"),
        (
            f'max by (window) (channel:cx_score:max{{{RECORDED_CHANNEL},indicator="ttr_median"}} offset 1w)',
            "week before, median {{window}}",
        ),
        width=12,
    ),
    lines(
        "Resolved in time",
        "Share of cases resolved within the target.",
        "percent",
        (f'max by (window) (cx_score{{{ONE_CHANNEL},indicator="ttr_within"}})', "in time {{window}}"),
        width=12,
    ),
)

PARTS: Final = (
    split_score("stage"),
    split_score("topic"),
    lines(
        "Answers by stage",
        "How many answers each stage's score is of; wants a rule `by: [channel, stage]`.",
        "short",
        _answers("stage"),
        width=12,
    ),
    lines(
        "Answers by topic",
        "How many answers each topic's score is of; wants a rule `by: [channel, topic]`.",
        "short",
        _answers("topic"),
        width=12,
    ),
)

PAGE: Final = Page(
    uid=CHANNEL,
    description="One channel: scores against the week before, alerts, stages, topics, volumes, times.",
    rows=(
        ("Now", NOW),
        ("Alerts", ALERTING),
        ("Scores", tuple(channel_score(indicator) for indicator in (*INDICATORS, *OTHERS))),
        ("Stages and topics", PARTS),
        ("Volumes", VOLUMES),
        ("Time to resolution", TIMES),
    ),
    variables=(CHOSEN,),
    annotations=(alerts_of(',channel="$channel"'),),
    since="now-6h",
)
