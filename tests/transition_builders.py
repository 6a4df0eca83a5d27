"""Builders of transitions, with everything defaulted that a test does not mention."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from alerts.episodes import alert_id
from alerts.readings import scope_text
from alerts.transitions import Transition, utc_text

MINUTE_MS: Final = 60_000

_BASE: Final = Transition(
    id="",
    seq=1,
    rule="low",
    severity="warning",
    state="firing",
    indicator="csat",
    definition={},
    scope={},
    window_s=600,
    at="",
    started_at="",
    value=40.0,
    n=20,
    low=30.0,
    high=45.0,
    limit=50.0,
    summary="CSAT is low",
    evidence={},
    cause=None,
)


def step(
    state: str,
    minute: float,
    rule: str = "low",
    scope: Mapping[str, str] | None = None,
    began: float | None = None,
    **fields: Any,
) -> Transition:
    """A transition of the episode that began at minute `began` of 1970 (None: now)."""
    started_ms = round((minute if began is None else began) * MINUTE_MS)
    scope = {"channel": "phone"} if scope is None else scope
    return msgspec.structs.replace(
        _BASE,
        id=alert_id(rule, scope_text(tuple(scope.items())), started_ms),
        rule=rule,
        scope=scope,
        state=state,
        at=utc_text(round(minute * MINUTE_MS)),
        started_at=utc_text(started_ms),
        **fields,
    )


def numbered(alert: str = "abcdef0123456789", seq: int = 1, state: str = "firing") -> Transition:
    """Transition `seq` of an alert of phone, a second after the one before."""
    return msgspec.structs.replace(
        _BASE,
        id=alert,
        seq=seq,
        severity="critical",
        state=state,
        scope={"channel": "phone"},
        window_s=1800,
        at=f"2026-11-22T10:00:{seq:02}Z",
        started_at="2026-11-22T10:00:00Z",
        value=41.0,
        n=40,
        high=49.0,
        summary="CSAT of phone is 41 %",
    )
