"""The Pipeline dashboard: rates, lag, watermark, rejects, latency, memory, and the gateway's sources."""

from typing import Final

from marks import OWN_ALERTS
from page import Page
from panels import lines, stat
from series import OURS, quantile, rate
from sources import SOURCES
from ways import PIPELINE

RATES: Final = (
    lines(
        "Events by outcome",
        "Input records per second: accepted, duplicate, late (counted, but past its pane), rejected.",
        "ops",
        (f"sum by (topic, outcome) ({rate('tocsin_events_total')})", "{{topic}} {{outcome}}"),
    ),
    lines(
        "Rejected by reason",
        "Input records refused per second.",
        "ops",
        (f"sum by (reason) ({rate('tocsin_rejected_total')})", "{{reason}}"),
    ),
)
BEHIND: Final = (
    lines(
        "Lag",
        "Records written but not yet worked off, by topic.",
        "short",
        (f"sum by (topic) (tocsin_lag_records{{{OURS}}})", "{{topic}}"),
    ),
    lines(
        "Watermark delay",
        "How far the slowest partition's complete event time is behind the clock, by topic.",
        "s",
        (f"time() - min by (topic) (tocsin_watermark_timestamp_seconds{{{OURS}}})", "{{topic}}"),
    ),
)
LATENCY: Final = lines(
    "Alert latency",
    "From the deciding event to the alert on its topic, over the last hour.",
    "s",
    (quantile(0.5, "tocsin_alert_latency_seconds"), "p50"),
    (quantile(0.99, "tocsin_alert_latency_seconds"), "p99"),
)
TOLD: Final = (
    lines(
        "Transitions",
        "Changes of alert states in the last five minutes.",
        "none",
        (
            f"sum by (rule, state) (increase(tocsin_alert_transitions_total{{{OURS}}}[5m]))",
            "{{rule}} {{state}}",
        ),
    ),
    lines(
        "Deliveries",
        "Notices settled in the last five minutes, by receiver and outcome; empty without receivers.",
        "none",
        (
            f"sum by (receiver, outcome) (increase(tocsin_deliveries_total{{{OURS}}}[5m]))",
            "{{receiver}} {{outcome}}",
        ),
    ),
)
KEPT: Final = (
    lines(
        "State",
        "Entries kept in memory, by kind.",
        "short",
        (f"sum by (kind) (tocsin_state_entries{{{OURS}}})", "{{kind}}"),
    ),
    lines(
        "Memory",
        "Resident memory of each process.",
        "bytes",
        (f"process_resident_memory_bytes{{{OURS}}}", "{{instance}}"),
    ),
)
HEALTH: Final = (*RATES, *BEHIND, LATENCY, *TOLD, *KEPT)
"""What the Overview shows at its end."""

NOW: Final = (
    stat("Workers ready", "Workers that are assigned and caught up.", f"sum(tocsin_ready{{{OURS}}})", "none"),
    stat(
        "Partitions without a worker",
        "Partitions of the group that no worker has.",
        f"max(tocsin_unowned_partitions{{{OURS}}})",
        "none",
        red=1,
    ),
    stat(
        "Rules in force",
        "1: the latest rules file was sound; 0: it was refused and the old one stays.",
        f"min(tocsin_rules_reload_success{{{OURS}}})",
        "none",
    ),
    stat("Lag", "Records not yet worked off.", f"sum(tocsin_lag_records{{{OURS}}})", "short", orange=1e5),
    stat(
        "Missed",
        "Records that were deleted before they were read, in the chosen time.",
        # What a worker finds when it starts was counted before the first scrape: it rises from nothing.
        f"sum((tocsin_missing_records_total{{{OURS}}} and on (job, instance) "
        f"time() - process_start_time_seconds{{{OURS}}} < $__range_s) "
        f"or increase(tocsin_missing_records_total{{{OURS}}}[$__range]))",
        "short",
        red=1,
    ),
    stat(
        "Series left out",
        "Series that are too many for /metrics.",
        f"sum(tocsin_series_left_out{{{OURS}}})",
        "short",
        orange=1,
    ),
)

BY_PARTITION: Final = (
    lines(
        "Lag by partition",
        "One partition that stands out has a slow worker, or one customer too many; what is held back waits "
        "for the end of a producer's transaction.",
        "short",
        (f"sum by (topic, partition) (tocsin_lag_records{{{OURS}}})", "{{topic}} {{partition}}"),
        (f"sum by (topic) (tocsin_held_records{{{OURS}}})", "{{topic}} held back"),
    ),
    lines(
        "Watermark delay by partition",
        "How far each partition's complete event time is behind the clock.",
        "s",
        (
            f"time() - max by (topic, partition) (tocsin_watermark_timestamp_seconds{{{OURS}}})",
            "{{topic}} {{partition}}",
        ),
    ),
)

INPUT: Final = (
    lines(
        "Clocks ahead",
        "Events per second whose clocks are ahead of the others: they do not move the watermark.",
        "ops",
        (f"sum by (topic) ({rate('tocsin_clock_ahead_total')})", "{{topic}}"),
    ),
    lines(
        "Folded values",
        "Events per second that count as `(other)`, as a dimension has more values than the limit.",
        "ops",
        (f"sum by (topic, dimension) ({rate('tocsin_values_folded_total')})", "{{topic}} {{dimension}}"),
    ),
    lines(
        "Remarks",
        "Records per second taken with a remark: older than ids are remembered, or without a start.",
        "ops",
        (f"sum by (topic, remark) ({rate('tocsin_remarks_total')})", "{{topic}} {{remark}}"),
    ),
    lines(
        "Keys",
        "Looked-at records per second by key: FCR wants the customer as key.",
        "ops",
        (f"sum by (topic, key) ({rate('tocsin_sampled_keys_total')})", "{{topic}} {{key}}"),
    ),
    lines(
        "Foreign records",
        "Records per second in Tocsin's own topics that are not Tocsin's.",
        "ops",
        (f"sum by (topic) ({rate('tocsin_unreadable_records_total')})", "{{topic}}"),
    ),
    lines(
        "Commands",
        "Commands per second by what became of them; every worker hears each.",
        "ops",
        (f"max by (outcome) ({rate('tocsin_commands_total')})", "{{outcome}}"),
    ),
)

PROCESS: Final = (
    *KEPT,
    lines(
        "CPU",
        "Cores used by each process.",
        "none",
        (rate("process_cpu_seconds_total"), "{{instance}}"),
    ),
    lines(
        "Open files",
        "Sockets and files of each process.",
        "short",
        (f"process_open_fds{{{OURS}}}", "{{instance}}"),
    ),
    lines(
        "Up since",
        "Age of each process: what falls to 0 has started again.",
        "s",
        (f"time() - process_start_time_seconds{{{OURS}}}", "{{instance}}"),
    ),
    lines(
        "Versions",
        "Processes by version.",
        "none",
        (f"count by (version, python) (tocsin_build_info{{{OURS}}})", "{{version}}, Python {{python}}"),
    ),
)

PAGE: Final = Page(
    uid=PIPELINE,
    description="Rates, lag, watermarks, rejects, latency, memory; the gateway's sources.",
    rows=(
        ("Now", NOW),
        ("Rates and lag", (*RATES, LATENCY, *BEHIND, *BY_PARTITION, *TOLD)),
        ("What comes in", INPUT),
        ("Processes", PROCESS),
        ("Gateway: sources", SOURCES),
    ),
    variables=(),
    annotations=(OWN_ALERTS,),
    since="now-1h",
)
