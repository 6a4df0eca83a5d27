"""The Alerts dashboard: their history, who took care and how soon, how good rules are, who was told."""

from typing import Final

from marks import OWN_ALERTS, alerts_of
from page import Page
from panels import bars, lines, stat, table, timeline
from series import OURS, RECORDED, quantile, rate
from variables import CHANNELS, RULES
from ways import ALERTS, CELL_TO_CHANNEL, SERIES_TO_CHANNEL

CHOSEN: Final = ',rule=~"$rule",channel=~"$channel"'
OF_RULE: Final = ',rule=~"$rule"'
BY_RULE: Final = OURS + OF_RULE
FIRING: Final = f"cx_alert_firing{{{OURS}{CHOSEN}}}"

RECORDED_FIRING: Final = f"rule:cx_alert_firing:sum{{{RECORDED}{CHOSEN}}}"


def _moved(state: str) -> str:
    return f'increase(tocsin_alert_transitions_total{{{BY_RULE},state="{state}"}}[$__range])'


NOW: Final = (
    stat("Firing now", "Alerts that fire now.", f"sum({FIRING})", "none", red=1),
    stat(
        "Fired",
        "Alerts that began to fire, or changed, in the chosen time.",
        f"sum({_moved('firing')})",
        "short",
    ),
    stat("Resolved", "Alerts that were over in the chosen time.", f"sum({_moved('resolved')})", "short"),
    stat("Stale", "Alerts whose answers ceased in the chosen time.", f"sum({_moved('stale')})", "short"),
    stat(
        "Alert latency, p99",
        "From the deciding event to the alert on its topic, over the last hour.",
        quantile(0.99, "tocsin_alert_latency_seconds"),
        "s",
        orange=60,
    ),
    stat(
        "Acknowledged",
        "Alerts that somebody has taken care of, as far back as cx.commands goes.",
        f"sum(max by (rule) (tocsin_alerts_acknowledged{{{BY_RULE}}}))",
        "short",
    ),
)

HISTORY: Final = (
    timeline(
        "History",
        "Each alert by rule, severity and channel: red while it fires.",
        (
            f"clamp_max(max by (rule, severity, channel) ({RECORDED_FIRING}), 1)",
            "{{channel}} {{rule}} {{severity}}",
        ),
        SERIES_TO_CHANNEL,
        width=24,
    ),
    table(
        "What fires",
        "Every alert that fires now, with its scope.",
        f"{FIRING} == 1",
        width=12,
        links=(("channel", CELL_TO_CHANNEL),),
    ),
    lines(
        "Transitions",
        "Changes of alert states per second; a rule that flaps stands out.",
        "ops",
        (
            f"sum by (rule, state) ({rate('tocsin_alert_transitions_total', OF_RULE)})",
            "{{rule}} {{state}}",
        ),
        width=12,
    ),
)

RULES_ROW: Final = (
    bars(
        "Time to acknowledge",
        "Median time from an alert's first firing to its first acknowledgement.",
        "s",
        (f"max by (rule) (tocsin_alert_acknowledge_seconds{{{BY_RULE}}})", "{{rule}}"),
        orange=900,
        red=3600,
    ),
    bars(
        "Precision",
        "Share of judged alerts that were worth it: `tocsin alerts verdict`, or the board.",
        "percentunit",
        (f"max by (rule) (tocsin_rule_precision_ratio{{{BY_RULE}}})", "{{rule}}"),
    ),
    bars(
        "Verdicts",
        "Alerts that people have judged, by what they turned out to be.",
        "short",
        (
            f"max by (rule, verdict) (tocsin_alert_verdicts{{{BY_RULE}}})",
            "{{rule}} {{verdict}}",
        ),
    ),
    bars(
        "Fired most",
        "Times that each rule's alerts began to fire, or changed, in the chosen time.",
        "short",
        (f"sum by (rule) ({_moved('firing')})", "{{rule}}"),
    ),
    bars(
        "Error budgets",
        "What is left of each burn rule's budget where it is least: below 0 it is overspent.",
        "percentunit",
        (f"min by (rule) (cx_budget_remaining_ratio{{{OURS}{CHOSEN}}})", "{{rule}}"),
    ),
)

DELIVERIES: Final = (
    lines(
        "Deliveries",
        "Notices settled per second, by receiver and outcome.",
        "ops",
        (
            f"sum by (receiver, outcome) ({rate('tocsin_deliveries_total')})",
            "{{receiver}} {{outcome}}",
        ),
    ),
    bars(
        "Notices",
        "Notices settled in the chosen time, by receiver and outcome.",
        "short",
        (
            f"sum by (receiver, outcome) (increase(tocsin_deliveries_total{{{OURS}}}[$__range])) > 0",
            "{{receiver}} {{outcome}}",
        ),
    ),
    lines(
        "Attempts and waiting",
        "Requests per second, and notices that are not settled yet.",
        "short",
        (
            f"sum by (receiver) ({rate('tocsin_delivery_attempts_total')})",
            "{{receiver}}: requests per second",
        ),
        (f"sum by (receiver) (tocsin_notices_waiting{{{OURS}}})", "{{receiver}}: waiting"),
    ),
)

CANARY: Final = lines(
    "Canary",
    "From the input to the receiver, since the last landed, and how often one is to; wants a heartbeat with "
    "`canary: true`.",
    "s",
    (f"max(tocsin_canary_seconds{{{OURS}}}) > 0", "input to receiver"),
    (f"time() - (max(tocsin_canary_timestamp_seconds{{{OURS}}}) > 0)", "since the last"),
    (f"max(tocsin_canary_interval_seconds{{{OURS}}}) > 0", "one is to land every"),
)

PAGE: Final = Page(
    uid=ALERTS,
    description="History of alerts, time to acknowledge, precision of rules, deliveries by receiver.",
    rows=(("Now", NOW), ("History", HISTORY), ("Rules", RULES_ROW), ("Deliveries", (*DELIVERIES, CANARY))),
    variables=(RULES, CHANNELS),
    annotations=(alerts_of(CHOSEN), OWN_ALERTS),
    since="now-24h",
)
