"""The Overview dashboard, Grafana's home: what fires, every channel's scores, whether Tocsin is well."""

from typing import Final

from marks import OWN_ALERTS, alerts_of
from page import Page
from panels import stat, table, timeline
from pipeline import HEALTH
from scores import INDICATORS, overview_score
from series import OURS, rate
from variables import CHANNELS
from ways import CELL_TO_CHANNEL, CELL_TO_RULE, OVERVIEW, SERIES_TO_CHANNEL

REJECTED: Final = ',outcome="rejected"'
FIRING: Final = f"cx_alert_firing{{{OURS}}}"

NOW: Final = (
    stat("Alerts firing", "Alerts that fire now.", f"sum({FIRING})", "none", red=1),
    stat("Events per second", "Input records read.", f"sum({rate('tocsin_events_total')})", "ops"),
    stat(
        "Rejected",
        "Share of input records that were refused; they are on cx.dead-letters.",
        f"sum({rate('tocsin_events_total', REJECTED)}) / sum({rate('tocsin_events_total')})",
        "percentunit",
        orange=0.01,
        red=0.05,
    ),
    stat(
        "Lag",
        "Records written but not yet worked off.",
        f"sum(tocsin_lag_records{{{OURS}}})",
        "short",
        orange=1e5,
    ),
    stat(
        "Behind",
        "How far the judged event time is behind the clock; large while old events are played.",
        f'time() - min(tocsin_watermark_timestamp_seconds{{{OURS},topic="cx.tallies"}})',
        "s",
        orange=120,
    ),
    stat("Workers ready", "Workers that are assigned and caught up.", f"sum(tocsin_ready{{{OURS}}})", "none"),
)

ALERTING: Final = (
    table(
        "What fires",
        "Every alert that fires now, with its scope.",
        f"{FIRING} == 1",
        width=10,
        links=(("channel", CELL_TO_CHANNEL), ("rule", CELL_TO_RULE)),
    ),
    timeline(
        "Alerts over time",
        "Each alert that the rules can raise: red while it fires.",
        (f"max by (rule, severity, channel) ({FIRING})", "{{channel}} {{rule}} {{severity}}"),
        SERIES_TO_CHANNEL,
        width=14,
    ),
)

PAGE: Final = Page(
    uid=OVERVIEW,
    description="Every channel's scores with interval and limits, what fires, pipeline health.",
    rows=(
        ("Now", NOW),
        ("Alerts", ALERTING),
        *((indicator.title, (overview_score(indicator),)) for indicator in INDICATORS),
        ("Pipeline", HEALTH),
    ),
    variables=(CHANNELS,),
    annotations=(alerts_of(',channel=~"$channel"'), OWN_ALERTS),
)
