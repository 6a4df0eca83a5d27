"""The values of cx.alerts and cx.scores, as they go over the wire."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import orjson

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DECIMALS: Final = 4
"""Scores are published to four decimals: far finer than any limit, and the same text everywhere."""


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """A change of an alert's state.  The field order is the order on the wire.

    `id` is a function of rule, scope and start of the episode; `seq` counts its transitions from 1.
    `at` is the end of the pane that decided, `started_at` the end of the pane with the first breach.
    `evidence` and `cause` hold counts and dimension values only: no customer data.
    """

    id: str
    seq: int
    rule: str
    severity: str
    state: str
    indicator: str
    definition: Mapping[str, Any]
    scope: Mapping[str, str]
    window_s: float | None
    at: str
    started_at: str
    value: float | None
    n: int
    low: float | None
    high: float | None
    limit: float | None
    summary: str
    evidence: Mapping[str, Any]
    cause: Mapping[str, Any] | None


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The latest reading of one indicator, scope and window."""

    indicator: str
    definition: Mapping[str, Any]
    scope: Mapping[str, str]
    window_s: float
    at: str
    value: float | None
    n: int
    low: float | None
    high: float | None
    status: str


def encode(value: Transition | Score) -> bytes:
    """JSON, fields in declared order."""
    return orjson.dumps(msgspec.to_builtins(value))


FIRST_MS: Final = -62_135_596_800_000
LAST_MS: Final = 253_402_300_799_999
"""The ends of the years that RFC 3339 and `datetime` can write, in Unix ms."""


def utc_text(at_ms: int) -> str:
    """RFC 3339 in UTC; milliseconds only where they are not zero: `2026-11-22T10:00:00Z`.

    What lies outside the years 1 to 9999, as Kafka's timestamps may, is the nearest moment in them.
    """
    at_ms = min(max(at_ms, FIRST_MS), LAST_MS)
    moment = EPOCH + timedelta(milliseconds=at_ms)
    timespec = "milliseconds" if at_ms % 1000 else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def unix_ms(text: str) -> int:
    """Milliseconds of a time as `utc_text` writes it."""
    return round((datetime.fromisoformat(text) - EPOCH).total_seconds() * 1000)


def unix_s(text: str) -> float:
    """Unix time of what somebody has written as a time; 0 for what is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


def rounded(value: float | None) -> float | None:
    """As published: `DECIMALS` decimals, never a negative zero."""
    return None if value is None else round(value, DECIMALS) + 0.0


def seconds(duration_ms: int) -> float:
    """Whole seconds as int, so that JSON shows 1800 and not 1800.0."""
    whole, rest = divmod(duration_ms, 1000)
    return duration_ms / 1000 if rest else whole
