"""Writes the Overview dashboard: `python grafana/dashboard.py > grafana/dashboards/overview.json`.

Classic JSON, which Grafana 11 to 13 provision from files.  A test keeps the file equal to what this prints,
every metric to what the worker exports, and every expression to what a real Prometheus answers.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shapes import Json, Panel, Query, override, placed_panels, stat, variable

SCHEMA_VERSION: Final = 41
OURS: Final = 'job=~"$job",instance=~"$instance"'
BY_CHANNEL: Final = (
    f'{OURS},channel=~"$channel",stage="",segment="",topic="",team="",product="",country="",variant=""'
)
"""Scores and alerts of whole channels: an absent label counts as empty."""


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


def score_panel(indicator: Indicator) -> Panel:
    """One indicator of one channel: value, interval as a band, limits as dashed lines."""

    def latest(metric: str) -> str:
        return f'max by (channel, window) ({metric}{{{BY_CHANNEL},indicator="{indicator.name}"}})'

    limit = f'max by (rule, severity) (cx_limit{{{BY_CHANNEL},indicator="{indicator.name}"}})'
    return Panel(
        f"$channel: {indicator.title}",
        f"{indicator.description} The band is the confidence interval; dashed lines are the limits of rules.",
        (
            Query(latest("cx_score"), f"{indicator.title} {{{{window}}}}"),
            Query(latest("cx_score_low"), "low"),
            Query(latest("cx_score_high"), "high"),
            Query(limit, "limit {{rule}} {{severity}}"),
        ),
        indicator.unit,
        width=4,
        height=6,
        custom={"lineWidth": 2, "spanNulls": False, "showPoints": "never"},
        options={"legend": {"showLegend": False}, "tooltip": {"mode": "multi"}},
        overrides=(
            override("^(low|high)$", custom__lineWidth=0, color={"mode": "fixed", "fixedColor": "blue"}),
            override("^high$", custom__fillBelowTo="low", custom__fillOpacity=15),
            override("^limit .* warning$", **_dashed("orange")),
            override("^limit .* critical$", **_dashed("red")),
        ),
        repeat="channel",
    )


def _dashed(colour: str) -> Json:
    return {
        "custom__lineStyle": {"fill": "dash", "dash": [6, 6]},
        "custom__lineWidth": 1,
        "color": {"mode": "fixed", "fixedColor": colour},
    }


FIRING: Final = f"cx_alert_firing{{{OURS}}}"

NOW: Final = (
    stat("Alerts firing", "Alerts that fire now.", f"sum({FIRING})", "none", red=1),
    stat(
        "Events per second",
        "Input records read.",
        f"sum(rate(tocsin_events_total{{{OURS}}}[$__rate_interval]))",
        "ops",
    ),
    stat(
        "Rejected",
        "Share of input records that were refused; they are on cx.dead-letters.",
        f'sum(rate(tocsin_events_total{{{OURS},outcome="rejected"}}[$__rate_interval]))'
        f" / sum(rate(tocsin_events_total{{{OURS}}}[$__rate_interval]))",
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

HIDDEN: Final = ("Time", "Value", "__name__", "job", "instance")
"""Columns of the alert table that tell nothing."""

ALERTING: Final = (
    Panel(
        "What fires",
        "Every alert that fires now, with its scope.",
        (Query(f"{FIRING} == 1", "", instant=True),),
        "none",
        kind="table",
        width=10,
        height=8,
        options={"showHeader": True},
        transformations=(
            {
                "id": "organize",
                "options": {"excludeByName": dict.fromkeys(HIDDEN, True)},
            },
        ),
    ),
    Panel(
        "Alerts over time",
        "Each alert that the rules can raise: red while it fires.",
        (Query(f"max by (rule, severity, channel) ({FIRING})", "{{channel}} {{rule}} {{severity}}"),),
        "none",
        kind="state-timeline",
        width=14,
        height=8,
        defaults={
            "mappings": [
                {
                    "type": "value",
                    "options": {
                        "0": {"text": "quiet", "color": "green"},
                        "1": {"text": "firing", "color": "red"},
                    },
                }
            ]
        },
        options={"showValue": "never", "mergeValues": True, "legend": {"showLegend": False}},
    ),
)

PIPELINE: Final = (
    Panel(
        "Events by outcome",
        "Input records per second: accepted, duplicate, late (counted, but past its pane), rejected.",
        (
            Query(
                f"sum by (topic, outcome) (rate(tocsin_events_total{{{OURS}}}[$__rate_interval]))",
                "{{topic}} {{outcome}}",
            ),
        ),
        "ops",
    ),
    Panel(
        "Rejected by reason",
        "Input records refused per second.",
        (Query(f"sum by (reason) (rate(tocsin_rejected_total{{{OURS}}}[$__rate_interval]))", "{{reason}}"),),
        "ops",
    ),
    Panel(
        "Lag",
        "Records written but not yet worked off, by topic.",
        (Query(f"sum by (topic) (tocsin_lag_records{{{OURS}}})", "{{topic}}"),),
        "short",
    ),
    Panel(
        "Watermark delay",
        "How far the slowest partition's complete event time is behind the clock, by topic.",
        (
            Query(
                f"time() - min by (topic) (tocsin_watermark_timestamp_seconds{{{OURS}}})",
                "{{topic}}",
            ),
        ),
        "s",
    ),
    Panel(
        "Alert latency",
        "From the deciding event to the alert on its topic, over the last hour.",
        tuple(
            Query(
                f"histogram_quantile({share},"
                f" sum by (le) (increase(tocsin_alert_latency_seconds_bucket{{{OURS}}}[1h])))",
                f"p{share * 100:g}",
            )
            for share in (0.5, 0.99)
        ),
        "s",
    ),
    Panel(
        "Transitions",
        "Changes of alert states in the last five minutes.",
        (
            Query(
                f"sum by (rule, state) (increase(tocsin_alert_transitions_total{{{OURS}}}[5m]))",
                "{{rule}} {{state}}",
            ),
        ),
        "none",
    ),
    Panel(
        "Deliveries",
        "Notices settled in the last five minutes, by receiver and outcome; empty without receivers.",
        (
            Query(
                f"sum by (receiver, outcome) (increase(tocsin_deliveries_total{{{OURS}}}[5m]))",
                "{{receiver}} {{outcome}}",
            ),
        ),
        "none",
    ),
    Panel(
        "State",
        "Entries kept in memory, by kind.",
        (Query(f"sum by (kind) (tocsin_state_entries{{{OURS}}})", "{{kind}}"),),
        "short",
    ),
    Panel(
        "Memory",
        "Resident memory of each worker.",
        (Query(f"process_resident_memory_bytes{{{OURS}}}", "{{instance}}"),),
        "bytes",
    ),
)


def rows() -> Sequence[tuple[str, Sequence[Panel]]]:
    """The dashboard from top to bottom."""
    return (
        ("Now", NOW),
        ("Alerts", ALERTING),
        *((indicator.title, (score_panel(indicator),)) for indicator in INDICATORS),
        ("Pipeline", PIPELINE),
    )


def dashboard() -> Json:
    """The whole dashboard."""
    datasource = {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "current": {"text": "Prometheus", "value": "prometheus"},
    }
    return {
        "uid": "tocsin-overview",
        "title": "Tocsin: Overview",
        "description": "Every channel's scores with interval and limits, what fires, pipeline health.",
        "tags": ["tocsin"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "5s",
        "time": {"from": "now-30m", "to": "now"},
        "timezone": "browser",
        "templating": {
            "list": [
                datasource,
                variable("job", "Job", "label_values(tocsin_build_info, job)"),
                variable("instance", "Worker", 'label_values(tocsin_build_info{job=~"$job"}, instance)'),
                variable("channel", "Channel", 'label_values(cx_answers{job=~"$job"}, channel)'),
            ]
        },
        "annotations": {"list": []},
        "links": [],
        "panels": placed_panels(rows()),
    }


if __name__ == "__main__":
    json.dump(dashboard(), sys.stdout, indent=2)
    sys.stdout.write("\n")
