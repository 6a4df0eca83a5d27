"""Rules files of the scale curves."""

from itertools import product
from typing import Final

from tests.bench.events import CHANNELS, STAGES, TOPICS

LIMITS: Final = {
    "csat": ("warning", 80, 50),
    "ces": ("warning", 5, 3),
    "nps": ("warning", 0, -40),
    "fcr": ("warning", 70, 40),
    "ttr_p90": ("warning", 172_800, 86_400),
    "abandonment": ("critical", 30, 10),
    "sentiment": ("critical", 60, 30),
}
"""Per indicator: severity, and between what limits its rules differ."""
WINDOWS: Final = ("30m", "15m", "1h", "4h")
EVERYWHERE: Final = (("channel",), ("channel", "stage"), ("channel", "topic"), ("stage", "topic"))
"""What company-wide rules tell apart: one in ten is such a rule."""
TEAMS: Final = (*product(("stage",), CHANNELS, STAGES), *product(("topic",), CHANNELS, TOPICS))
"""The other rules are a team's own, for one stage or topic on its channel."""


def same_rules(*dimensions: str) -> str:
    """Eight rules on seven indicators, all with the same scopes."""
    by = ", ".join(dimensions)
    shown = (("csat", "30m", "warning: 80, critical: 50"), ("csat", "1h", "critical: 50"),
             ("ces", "30m", "warning: 5"), ("nps", "1h", "warning: 0"), ("fcr", "1h", "warning: 60"),
             ("ttr_p90", "1h", "warning: 172800"), ("abandonment", "30m", "critical: 20"),
             ("sentiment", "30m", "critical: 40"))  # fmt: skip
    rules = [
        f"  - {{name: {indicator}-{window}, indicator: {indicator}, by: [{by}], window: {window}, {limits}}}"
        for indicator, window, limits in shown
    ]
    return "\n".join(["rules:", *rules, ""])


def mixture(count: int) -> str:
    """So many rules as a company has whose teams write their own: each different from all others."""
    return "\n".join(["rules:", *(f"  - {{{_rule(number)}}}" for number in range(count)), ""])


def same_readings(count: int) -> tuple[str, int]:
    """The first rule of `mixture(count)` for each reading, and how many they are.

    They make a worker count the same and read the same windows, so beside the whole mixture they tell what
    rules cost that read nothing new.  They alert on fewer scopes.
    """
    first: dict[tuple[str, ...], int] = {}
    for number in range(count):
        first.setdefault(_reading(number), number)
    return "\n".join(["rules:", *(f"  - {{{_rule(number)}}}" for number in first.values()), ""]), len(first)


def _rule(number: int) -> str:
    indicator = tuple(LIMITS)[number % len(LIMITS)]
    scope = f"by: [{', '.join(_dimensions(number))}]" + (_team(number) if number % 10 else "")
    return f"name: rule-{number}, indicator: {indicator}, {scope}, {_detect(number, indicator)}"


def _reading(number: int) -> tuple[str, ...]:
    """What a rule of the mixture reads: whose scopes it takes and its limit make no new reading."""
    return (
        tuple(LIMITS)[number % len(LIMITS)],
        ", ".join(_dimensions(number)),
        "sudden" if _is_sudden(number) else _window(number),
    )


def _dimensions(number: int) -> tuple[str, ...]:
    if number % 10 == 0:
        return EVERYWHERE[number // 10 % len(EVERYWHERE)]
    return "channel", TEAMS[number % len(TEAMS)][0]


def _is_sudden(number: int) -> bool:
    return number % 20 == 1 and tuple(LIMITS)[number % len(LIMITS)] in ("csat", "fcr")


def _window(number: int) -> str:
    return WINDOWS[number // 7 % len(WINDOWS)]


def _team(number: int) -> str:
    dimension, channel, value = TEAMS[number % len(TEAMS)]
    return f", where: {{channel: [{channel}], {dimension}: [{value}]}}"


def _detect(number: int, indicator: str) -> str:
    severity, first, last = LIMITS[indicator]
    limit = first + (last - first) * (number % 97) / 96
    if _is_sudden(number):
        return f"detect: sudden, floor: {limit:.2f}, false_pages: 1 per 30d"
    return f"window: {_window(number)}, {severity}: {limit:.2f}"
