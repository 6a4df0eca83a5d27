"""What an alert says in one sentence, for somebody who runs customer service and not computers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Final

from alerts.readings import Reading, Scope
from alerts.rules import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    Burn,
    Detect,
    Direction,
    Gap,
    Severity,
    Silence,
    Sudden,
    Surge,
    Threshold,
)
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

NOUNS: Final[Mapping[str, str]] = {
    "contacts": "contacts",
    "answers": "answers",
    "mentions": "mentions",
    "negative_mentions": "negative mentions",
    "csat": "answers",
    "csat_mean": "answers",
    "ces": "answers",
    "nps": "answers",
    "sentiment": "mentions",
    "ttr": "resolved cases",
    "ttr_median": "resolved cases",
    "ttr_p90": "resolved cases",
    "ttr_within": "resolved cases",
}
"""What an indicator is computed from; contacts unless listed."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sentence is made of.

    `window_ms` is None where no window was chosen, `limit` where there is none; `recover` is what a
    resolved alert had to get back to.  `evidence` is what the detector of the rule saw.
    """

    indicator: str
    unit: str
    direction: Direction
    detect: Detect
    state: State
    severity: Severity
    scope: Scope
    window_ms: int | None
    reading: Reading
    limit: float | None
    recover: float | None
    confidence: float
    evidence: Mapping[str, object] = field(default_factory=dict)

    @property
    def low_is_bad(self) -> bool:
        """Whether less is worse."""
        return self.direction is Direction.LOW_IS_BAD


def summary(facts: Facts) -> str:
    """One sentence without a full stop: where, how bad, how sure, past what, from how much."""
    text = f"{_subject(facts)} {_told(facts)}"
    return text[:1].upper() + text[1:]


def amount(value: float, unit: str) -> str:
    """A value as people read it: durations in their own units, scores to one or two decimals."""
    if unit == "seconds":
        return duration_words(round(value * SECOND_MS))
    if unit == "percent":
        return f"{_trimmed(value, 1)} %"
    return _trimmed(value, 2 if unit == "points" else 0)


def duration_words(duration_ms: int) -> str:
    """The two greatest units: `1 h 30 min`, `45 s`."""
    parts = []
    for unit_ms, name in ((DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "min"), (SECOND_MS, "s")):
        count, duration_ms = divmod(duration_ms, unit_ms)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def window_words(window_ms: int) -> str:
    """A length of time in words: `30 minutes`, `24 hours`, `90 seconds`."""
    if window_ms == DAY_MS:
        return "24 hours"
    for unit_ms, name in ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute"), (SECOND_MS, "second")):
        count, rest = divmod(window_ms, unit_ms)
        if count and not rest:
            return f"{count} {name}s" if count > 1 else name
    return f"{window_ms / SECOND_MS:g} seconds"


def _subject(facts: Facts) -> str:
    scope = ", ".join(f"{name}={value or '(none)'}" for name, value in facts.scope)
    if isinstance(facts.detect, Silence):
        return scope or "everything together"
    name = NAMES.get(facts.indicator, facts.indicator)
    return f"{name} of {scope}" if scope else f"{name} over all"


def _told(facts: Facts) -> str:
    match facts.state:
        case State.STALE:
            few = f"no {_nouns(facts)}{_window_words(facts)}" if not facts.reading.n else "nothing comes in"
            return f"cannot be judged: {few}; the alert stays open"
        case State.RESOLVED:
            return _recovered(facts)
        case State.PENDING:
            return f"{_breach(facts)}; waiting to see if it lasts"
        case State.FIRING | State.INACTIVE:
            return _breach(facts)


def _breach(facts: Facts) -> str:
    match facts.detect:
        case Threshold():
            side = "below" if facts.low_is_bad else "above"
            limit = f", {side} the {facts.severity.value} limit {_limit(facts)}"
            if _is_volume(facts):
                return f"is {_value_words(facts)}{_window_words(facts)}{limit}"
            return f"is {_value_words(facts)}{limit}{_source_words(facts)}"
        case Sudden():
            fell, bound = ("fallen", "floor") if facts.low_is_bad else ("risen", "ceiling")
            against = f", against a {bound} of {_limit(facts)}"
            return (
                f"has suddenly {fell} to {_value_words(facts)}{against}{_source_words(facts)}{_since(facts)}"
            )
        case Burn():
            pace = f"spends what the target allows {_evidence(facts, 'long_rate')} times too fast"
            return f"is {_value_words(facts)}: that {pace}{_source_words(facts)}"
        case Gap():
            others = f"clearly worse than the others' {_limit(facts)}"
            return f"is {_value_words(facts)}, {others}{_source_words(facts)}"
        case Surge():
            expected = f"{_evidence(facts, 'expected')} were expected"
            return f"surges: {facts.reading.n}{_since(facts)}, where {expected}"
        case Silence():
            return _silence(facts)


def _silence(facts: Facts) -> str:
    if "at_least" in facts.evidence:
        wanted = f"at least {_evidence(facts, 'at_least')} were wanted"
        length_s = facts.evidence.get("per_s")
        length = window_words(int(length_s * SECOND_MS)) if isinstance(length_s, int | float) else "window"
        return f"hears too little: {facts.reading.n} {_nouns(facts)} in the last {length}, where {wanted}"
    expected = f"{_evidence(facts, 'expected')} were expected"
    return f"hears too little: {facts.reading.n} {_nouns(facts)}{_since(facts)}, where {expected}"


def _recovered(facts: Facts) -> str:
    match facts.detect:
        case Threshold():
            back = f"back {'over' if facts.low_is_bad else 'under'} the limit of recovery"
            recover = "" if facts.recover is None else f", {back}, {amount(facts.recover, facts.unit)}"
            return f"has recovered: it is {_value_words(facts)}{recover}{_source_words(facts)}"
        case Sudden():
            bound = "floor" if facts.low_is_bad else "ceiling"
            return f"has recovered: it is back at its {bound}, {_limit(facts)}"
        case Burn():
            return "no longer spends what the target allows too fast"
        case Gap():
            return (
                f"is no longer clearly worse than the others: {_value_words(facts)} against {_limit(facts)}"
            )
        case Surge():
            return "is back to its usual volume"
        case Silence():
            return f"hears enough {_nouns(facts)} again"


def _value_words(facts: Facts) -> str:
    reading = facts.reading
    if reading.value is None:
        return "unknown"
    value = amount(reading.value, facts.unit)
    if reading.low is None or not facts.confidence or reading.low == reading.high == reading.value:
        return value
    sure = f"{_trimmed(100 * facts.confidence, 1)} % sure"
    low = amount(reading.low, facts.unit)
    if reading.high is None or not isfinite(reading.high):
        return f"{value} ({sure} at least {low})"
    return f"{value} ({sure} between {low.removesuffix(' %')} and {amount(reading.high, facts.unit)})"


def _limit(facts: Facts) -> str:
    return "unknown" if facts.limit is None else amount(facts.limit, facts.unit)


def _source_words(facts: Facts) -> str:
    if _is_volume(facts):
        return _window_words(facts)
    noun = _nouns(facts).removesuffix("s") if facts.reading.n == 1 else _nouns(facts)
    return f", from {facts.reading.n} {noun}{_window_words(facts)}"


def _is_volume(facts: Facts) -> bool:
    """Whether the indicator is what it is counted from."""
    return facts.unit == "count"


def _window_words(facts: Facts) -> str:
    return "" if facts.window_ms is None else f" in the last {window_words(facts.window_ms)}"


def _nouns(facts: Facts) -> str:
    return NOUNS.get(facts.indicator, "contacts")


def _evidence(facts: Facts, name: str) -> str:
    found = facts.evidence.get(name)
    return _trimmed(found, 1) if isinstance(found, int | float) else "unknown"


def _since(facts: Facts) -> str:
    since = facts.evidence.get("since")
    return f" since {datetime.fromisoformat(since):%H:%M} UTC" if isinstance(since, str) else ""


def _trimmed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
