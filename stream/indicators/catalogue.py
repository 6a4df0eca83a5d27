"""The catalogue: every indicator that Tocsin can score, with its unit, direction, options and bands.

Formulas and bands are those of the CX literature, as docs/indicators.md gives them; defaults that are
ours are marked as such.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alerts.hours import ALWAYS
from alerts.rules import DAY_MS, SECOND_MS, Direction, Family, IndicatorInfo, OptionInfo
from stream.indicators.cells import SCALES_OF

LOW, HIGH = Direction.LOW_IS_BAD, Direction.HIGH_IS_BAD


NPS_SCALE: Final = (
    "NPS is asked on 0-10: its promoters (9-10) and detractors (0-6) have no meaning on another scale; "
    "ask on 0-10, or count these answers as csat"
)


def _scale(indicator: str, advice: str = "") -> OptionInfo:
    return OptionInfo("scale", SCALES_OF[indicator][0], SCALES_OF[indicator], advice)


_ONE_ANSWER: Final[Mapping[str, OptionInfo]] = {
    "one_answer_per": OptionInfo("duration", None),  # None: every answer counts
    "keep": OptionInfo("choice", "first", ("first", "last")),
}
"""Whether a customer's answers within a duration are one, and which of them that is."""

_HOURS: Final = OptionInfo("hours", ALWAYS)
"""When time counts: `open`, `holidays` and `time_zone` together."""

OPTIONS: Final[Mapping[str, Mapping[str, OptionInfo]]] = {
    "csat": {
        "scale": _scale("csat"),
        "positive_from": OptionInfo(
            "number", None
        ),  # None: the top two of four to seven, 8 of 10, 3 of 3, yes
        **_ONE_ANSWER,
    },
    "ces": {
        "scale": _scale("ces"),
        "direction": OptionInfo("choice", "effort", ("effort", "ease")),
        **_ONE_ANSWER,
    },
    "nps": {"scale": _scale("nps", NPS_SCALE), **_ONE_ANSWER},
    "sentiment": {"scale": _scale("sentiment")},
    "fcr": {
        "repeat_window": OptionInfo("duration", 7 * DAY_MS),  # ours: no published standard
        "match": OptionInfo("choice", "topic", ("topic", "case", "any")),
        "transfers": OptionInfo("choice", "fail", ("fail", "ignore")),
        "abandoned": OptionInfo("choice", "exclude", ("exclude", "include")),
        "satisfied": OptionInfo("choice", "ignore", ("ignore", "require")),
        "charge": OptionInfo("choice", "first", ("first", "repeat")),
    },
    "ttr": {
        "target": OptionInfo("duration", DAY_MS),
        "reopen_within": OptionInfo("duration", 7 * DAY_MS),  # ours
        "case_horizon": OptionInfo("duration", 365 * DAY_MS, most_ms=10 * 365 * DAY_MS),  # ours
        "open": _HOURS,
    },
    "wait": {
        "target": OptionInfo("duration", 20 * SECOND_MS),
        "open": _HOURS,
    },  # 80/20 is the usual service level
    "abandonment": {"ignore_under": OptionInfo("duration", 0)},
    "contacts": {},
}
"""Keys of the `indicators:` block and their options."""


def _info(  # noqa: PLR0913, PLR0917  # one column each of the table below
    name: str,
    family: Family,
    direction: Direction,
    unit: str,
    low: float | None,
    high: float | None,
    configured_by: str,
    limits: tuple[float | None, float | None] = (None, None),
) -> IndicatorInfo:
    return IndicatorInfo(
        name=name, family=family, direction=direction, unit=unit, low=low, high=high,
        configured_by=configured_by, default_limits=limits, options=OPTIONS[configured_by],
    )  # fmt: skip


CATALOGUE: Final[Mapping[str, IndicatorInfo]] = MappingProxyType(
    {
        info.name: info
        for info in (
            _info("csat", Family.SHARE, LOW, "percent", 0, 100, "csat", (80, 50)),
            _info("csat_mean", Family.MEAN, LOW, "points", 0, 10, "csat"),
            _info("ces", Family.MEAN, HIGH, "points", 1, 10, "ces", (5, None)),  # limit: ours
            _info("nps", Family.BALANCE, LOW, "points", -100, 100, "nps", (0, None)),
            _info("fcr", Family.SHARE, LOW, "percent", 0, 100, "fcr"),
            _info("ttr", Family.DURATION, HIGH, "seconds", 0, None, "ttr"),
            _info("ttr_median", Family.QUANTILE, HIGH, "seconds", 0, None, "ttr"),
            _info("ttr_p90", Family.QUANTILE, HIGH, "seconds", 0, None, "ttr"),
            _info("ttr_within", Family.SHARE, LOW, "percent", 0, 100, "ttr"),
            _info("abandonment", Family.SHARE, HIGH, "percent", 0, 100, "abandonment"),
            _info("wait", Family.SHARE, LOW, "percent", 0, 100, "wait"),
            _info("sentiment", Family.SHARE, HIGH, "percent", 0, 100, "sentiment"),
            _info("contacts", Family.COUNT, HIGH, "count", 0, None, "contacts"),
            _info("answers", Family.COUNT, HIGH, "count", 0, None, "csat"),
            _info("mentions", Family.COUNT, HIGH, "count", 0, None, "sentiment"),
            _info("negative_mentions", Family.COUNT, HIGH, "count", 0, None, "sentiment"),
        )
    }
)
"""`answers` counts csat, ces and nps answers; CES turns to LOW_IS_BAD under `direction: ease`."""

SCORED: Final = (
    "csat", "csat_mean", "ces", "nps", "fcr", "ttr", "ttr_median", "ttr_p90", "ttr_within",
    "abandonment", "wait", "sentiment", "contacts",
)  # fmt: skip
"""Scored by channel over 30 minutes when no rule asks for more (as long as their options are kept)."""


def direction(indicator: str, indicators: Mapping[str, Mapping[str, object]]) -> Direction:
    """Which way `indicator` gets worse under the options of a rulebook."""
    if indicator == "ces" and indicators["ces"]["direction"] == "ease":
        return LOW
    return CATALOGUE[indicator].direction
