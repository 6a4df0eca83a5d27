"""How people read names, amounts and times: the same words in notices, timelines and reports."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from math import floor
from typing import Final

from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

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


def amount(value: float, unit: str, beside: float | None = None) -> str:
    """A value as people read it: durations in their own units, scores to one or two decimals.

    Where it would read the same as another value `beside` it, which it is not, it has more decimals.
    """
    text = _amount(value, unit, 0)
    if beside is None or value == beside:
        return text
    shown = ((_amount(value, unit, more), _amount(beside, unit, more)) for more in range(4))
    return next((each for each, other in shown if each != other), text)


def _amount(value: float, unit: str, more: int) -> str:
    if unit == "seconds":
        return f"{trimmed(value, more)} s" if more > FINEST else duration_words(value * SECOND_MS, more)
    if unit == "percent":
        return f"{trimmed(value, 1 + more)} %"
    return trimmed(value, (2 if unit == "points" else 0) + more)


def since_words(since: datetime, at: datetime | None, zone: tzinfo = UTC) -> str:
    """` since 14:00 UTC`; with the date where it is more than a day before `at`, or after it."""
    there = since.astimezone(zone)
    near = at is not None and timedelta(0) <= at - since <= timedelta(days=1)
    when = f"{there:%H:%M}" if near else f"{there.day} {there:%b %Y %H:%M}"
    return f" since {when}{' UTC' if zone is UTC else ''}"


def times_words(times: int) -> str:
    """`2nd time in 24 h`."""
    ending = "th" if times % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(times % 10, "th")
    return f"{times}{ending} time in 24 h"


MANY: Final = 100
"""Of a unit, so many are told in greater ones as well."""


def window_words(window_ms: int) -> str:
    """A length of time in words: `30 minutes`, `24 hours`, `90 seconds`, `16 hours 48 minutes`."""
    if window_ms == DAY_MS:
        return "24 hours"
    parts, rest = [], window_ms
    for unit_ms, name in ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute"), (SECOND_MS, "second")):
        whole, beyond = divmod(window_ms, unit_ms)
        if 0 < whole < MANY and not beyond:
            return f"{whole} {name}s" if whole > 1 else name
        count, rest = divmod(rest, unit_ms)
        if count:
            parts.append(f"{count} {name}s" if count > 1 else f"1 {name}")
    return f"{window_ms / SECOND_MS:g} seconds" if rest else " ".join(parts)


FINEST: Final = 2
"""Units beyond the usual two, with which days are told to the second."""


def duration_words(span_ms: float, finer: int = 0) -> str:
    """A duration as people read it, rounded to its greatest unit and the next: `2 d 3 h`, `12 min 30 s`.

    With `finer` so many units more.
    """
    units = ((DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "min"), (SECOND_MS, "s"))
    rounded_ms = _to_whole(span_ms, SECOND_MS)
    largest = next((place for place, (unit_ms, _) in enumerate(units) if rounded_ms >= unit_ms), len(units))
    rounded_ms = _to_whole(span_ms, units[min(largest + 1 + finer, len(units) - 1)][0])
    parts = []
    for unit_ms, name in units:
        count, rounded_ms = divmod(rounded_ms, unit_ms)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts) or "0 s"


def _to_whole(span_ms: float, unit_ms: int) -> int:
    """The nearest multiple of a unit, halves upwards."""
    return floor(span_ms / unit_ms + 0.5) * unit_ms


def trimmed(value: float, decimals: int) -> str:
    """A number with so many decimals at most, without trailing zeros or a negative nought."""
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def figures(value: float, most: int = 3) -> str:
    """A number with so many figures at most: `0.035`, `24.5`, and `1,600`, not as a power of ten."""
    text = f"{value:.{most}g}"
    return f"{float(text):,.0f}" if "e+" in text else text


def pace_words(rate: object) -> str:
    """How many times as fast as is allowed, told apart from once: `3.25`, `1.003`."""
    return amount(rate, "points", 1) if isinstance(rate, int | float) else "unknown"


def budget_words(left: object) -> str:
    """How many percent of a period's budget are left, or are overspent; "" where nobody knows."""
    if not isinstance(left, int | float):
        return ""
    if left < 0:
        return f"; the budget is overspent by {trimmed(-left, 1)} %"
    return f"; {trimmed(left, 1)} % of the budget is left"


def were(count: str) -> str:
    """The verb that belongs to a count as it is written: one was, 0.5 and two were."""
    return "was" if count == "1" else "were"


def new_volume_words(level: object) -> str:
    """That what was too much or too little has lasted until it was learned."""
    found = _was_and_is(level)
    if found is None:
        return "has a new level, which is learned"
    usual = trimmed(found[0], 1)
    was = f"where {usual} {were(usual)} usual"
    return f"has a new level: some {trimmed(found[1], 1)} an hour, {was}; it is learned, and no longer news"


def new_score_words(level: object, unit: str) -> str:
    """That a score has been worse for so long that it is usual by now."""
    found = _was_and_is(level)
    if found is None:
        return "has a new level, which is learned"
    was = f"{amount(found[1], unit)} is usual by now, where {amount(found[0], unit)} was"
    return f"has a new level: {was}; it is learned, and no longer news"


def _was_and_is(level: object) -> tuple[float, float] | None:
    """What was usual, and what is now."""
    usual, now = (level.get("usual"), level.get("now")) if isinstance(level, Mapping) else (None, None)
    return (usual, now) if isinstance(usual, int | float) and isinstance(now, int | float) else None


def columns(text: str) -> int:
    """How many columns a terminal shows a text in: two for a Chinese sign or an emoji, none for an accent.

    A sign that a joiner ties to the one before is shown within it.
    """
    wide = {"W": 2, "F": 2}
    shown, tied = 0, False
    for sign in text:
        if unicodedata.category(sign) not in {"Mn", "Me", "Cf"} and not tied:
            shown += wide.get(unicodedata.east_asian_width(sign), 1)
        tied = sign == "\u200d"
    return shown


def padded(text: str, width: int, *, right: bool = False) -> str:
    """A text with blanks after it, or before it, up to so many columns."""
    blanks = " " * max(width - columns(text), 0)
    return blanks + text if right else text + blanks
