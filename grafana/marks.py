"""What is marked on the courses: when alerts fired, and when Tocsin itself was in trouble."""

from typing import Final

from page import Annotation
from series import OURS, RECORDED


def alerts_of(matcher: str) -> Annotation:
    """Times at which alerts fired, by rule, severity and channel."""
    return Annotation(
        "Alerts",
        f"max by (rule, severity, channel) (cx_alert_firing{{{OURS}{matcher}}}) == 1",
        "{{rule}}",
        "{{severity}} {{channel}}",
        "rule,severity,channel",
    )


OWN_ALERTS: Final = Annotation(
    "Tocsin itself",
    f'max by (alertname, severity) (ALERTS{{{RECORDED},alertname=~"Tocsin.*",alertstate="firing"}})',
    "{{alertname}}",
    "{{severity}}",
    "alertname,severity",
)
