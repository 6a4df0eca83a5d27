"""Panels of the gateway: what vendors send, and what became of it."""

from typing import Final

from panels import lines
from series import OURS, quantile, rate

SOURCES: Final = (
    lines(
        "Requests",
        "Requests per second by source and answer.",
        "reqps",
        (
            f"sum by (source, status) ({rate('tocsin_gateway_requests_total')}) > 0",
            "{{source}} {{status}}",
        ),
    ),
    lines(
        "Events",
        "Events per second that are on Kafka.",
        "ops",
        (f"sum by (source, topic) ({rate('tocsin_gateway_events_total')})", "{{source}} {{topic}}"),
    ),
    lines(
        "Time to answer",
        "From a request's head to its answer, over the last hour.",
        "s",
        (quantile(0.5, "tocsin_gateway_request_seconds"), "p50"),
        (quantile(0.99, "tocsin_gateway_request_seconds"), "p99"),
    ),
    lines(
        "Dead letters",
        "Messages per second that became no event, by reason.",
        "ops",
        (
            f"sum by (source, reason) ({rate('tocsin_gateway_dead_letters_total')}) > 0",
            "{{source}} {{reason}}",
        ),
    ),
    lines(
        "Ignored",
        "Messages per second that are no events: tests, offers, previews.",
        "ops",
        (f"sum by (source, why) ({rate('tocsin_gateway_ignored_total')}) > 0", "{{source}} {{why}}"),
    ),
    lines(
        "Not believed",
        "Requests per second without a valid signature or token.",
        "reqps",
        (
            f"sum by (source, reason) ({rate('tocsin_gateway_refused_total')}) > 0",
            "{{source}} {{reason}}",
        ),
    ),
    lines(
        "Connections",
        "Open now, and ended per second to make room.",
        "short",
        (f"sum(tocsin_gateway_connections{{{OURS}}})", "open"),
        (f"sum({rate('tocsin_gateway_evicted_connections_total')})", "ended per second"),
    ),
    lines(
        "Waiting for Kafka",
        "Bytes that Kafka has not acknowledged.",
        "bytes",
        (f"sum by (instance) (tocsin_gateway_waiting_bytes{{{OURS}}})", "{{instance}}"),
    ),
    lines(
        "Known customers",
        "Customers of whom the CRM has told, and records of cx.customers that say nothing of one.",
        "short",
        (f"max by (instance) (tocsin_gateway_customers{{{OURS}}})", "{{instance}}"),
        (f"max by (instance) (tocsin_gateway_unreadable_customers{{{OURS}}})", "{{instance}} unreadable"),
    ),
)
