"""What an alert says in one sentence, for somebody who runs customer service and not computers."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Final

from alerts.readings import Reading, Scope
from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Direction, Severity
from alerts.states import State

NAMES: Final[Mapping[str, str]] = {
    "csat": "CSAT",
    "csat_mean": "the mean CSAT score",
    "ces": "CES",
    "nps": "NPS",
    "fcr": "first contact resolution",
    "ttr": "the mean time to resolution",
    "ttr_median": "the median time to resolution",
    "ttr_p90": "the 90th percentile of the time to resolution",
    "ttr_within": "the share resolved within target",
    "abandonment": "the share of abandoned contacts",
    "wait": "the share answered within target",
    "sentiment": "the share of negative mentions",
    "contacts": "the number of contacts",
    "answers": "the number of answers",
    "mentions": "the number of mentions",
    "negative_mentions": "the number of negative mentions",
}
"""What people call the indicators; unlisted ones go by their own name."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sentence is made of.

    `window_ms` is None where no window was chosen, `limit` where there is none; `recover` is what a
    resolved alert had to get back to.
    """

    indicator: str
    unit: str
    direction: Direction
    state: State
    severity: Severity
    scope: Scope
    window_ms: int | None
    reading: Reading
    limit: float | None
    recover: float | None
    confidence: float


def summary(facts: Facts) -> str:
    """One sentence without a full stop: where, how bad, how sure, past what, from how much."""
    where = _upper(f"{NAMES.get(facts.indicator, facts.indicator)} {_scope_words(facts.scope)}")
    match facts.state:
        case State.STALE:
            return f"{where} cannot be judged: no answers{_window_words(facts)}; the alert stays open"
        case State.RESOLVED:
            back = _back_words(facts)
            return f"{where} has recovered: it is {_value_words(facts)}{back}{_source_words(facts)}"
        case State.PENDING:
            return f"{where} is {_value_words(facts)}{_limit_words(facts)}; waiting to see if it lasts"
        case State.FIRING | State.INACTIVE:
            return f"{where} is {_value_words(facts)}{_limit_words(facts)}{_source_words(facts)}"


def amount(value: float, unit: str) -> str:
    """A value as people read it: durations in their own units, the rest to one decimal at most."""
    if unit == "seconds":
        return duration_words(round(value * SECOND_MS))
    if unit == "points":
        return f"{_trimmed(value, 2)}"
    return f"{_trimmed(value, 1)}{' %' if unit == 'percent' else ''}"


def duration_words(duration_ms: int) -> str:
    """The two greatest units: `1 h 30 min`, `45 s`."""
    parts = []
    for unit_ms, name in ((DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "min"), (SECOND_MS, "s")):
        count, duration_ms = divmod(duration_ms, unit_ms)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def window_words(window_ms: int) -> str:
    """The window as the sentence's last words have it: `30 minutes`, `24 hours`, `90 seconds`."""
    for unit_ms, name in ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute")):
        count, rest = divmod(window_ms, unit_ms)
        if count and not rest and not (unit_ms == DAY_MS and count == 1):
            return f"{count} {name}s" if count > 1 else name
    return duration_words(window_ms) if window_ms % SECOND_MS else f"{window_ms // SECOND_MS} seconds"


def _value_words(facts: Facts) -> str:
    reading = facts.reading
    if reading.value is None:
        return "unknown"
    value = amount(reading.value, facts.unit)
    if reading.low is None or not facts.confidence or reading.low == reading.high == reading.value:
        return value
    sure = f"{_trimmed(100 * facts.confidence, 1)} % sure"
    if reading.high is None or not isfinite(reading.high):
        return f"{value} ({sure} at least {amount(reading.low, facts.unit)})"
    return (
        f"{value} ({sure} between {amount(reading.low, facts.unit)} and {amount(reading.high, facts.unit)})"
    )


def _limit_words(facts: Facts) -> str:
    if facts.limit is None:
        return ""
    side = "below" if facts.direction is Direction.LOW_IS_BAD else "above"
    return f", {side} the {facts.severity.value} limit {amount(facts.limit, facts.unit)}"


def _back_words(facts: Facts) -> str:
    if facts.recover is None:
        return ""
    side = "over" if facts.direction is Direction.LOW_IS_BAD else "under"
    return f", back {side} the limit of recovery, {amount(facts.recover, facts.unit)}"


def _source_words(facts: Facts) -> str:
    noun = _noun(facts.indicator, facts.reading.n)
    return f"{noun}{_window_words(facts)}" if noun else _window_words(facts)


def _window_words(facts: Facts) -> str:
    return "" if facts.window_ms is None else f" in the last {window_words(facts.window_ms)}"


def _noun(indicator: str, n: int) -> str:
    if indicator in {"contacts", "answers", "mentions", "negative_mentions"}:
        return ""
    if indicator in {"csat", "csat_mean", "ces", "nps"}:
        word = "answer"
    elif indicator == "sentiment":
        word = "mention"
    else:
        word = "resolved case" if indicator.startswith("ttr") else "contact"
    return f", from {n} {word}{'' if n == 1 else 's'}"


def _scope_words(scope: Scope) -> str:
    if not scope:
        return "over all channels"
    return "of " + ", ".join(f"{name}={value or '(none)'}" for name, value in scope)


def _trimmed(value: float, decimals: int) -> str:
    if value in {inf, -inf}:
        return "any number"
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
