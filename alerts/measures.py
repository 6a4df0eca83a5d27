"""An indicator as a rulebook has configured it: between which ends its values lie, and which way is bad."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alerts.rules import Direction, Family, IndicatorInfo

SCALE_ENDS: Final = {"yes-no": (0.0, 1.0), "thumbs": (0.0, 1.0), "neg-neu-pos": (-1.0, 1.0)}
"""Lowest and highest level of the scales that are not written as numbers."""

Options = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Measure:
    """`low` and `high` bound the values, None where they are open; `limits` are (warning, critical)."""

    info: IndicatorInfo
    direction: Direction
    low: float | None
    high: float | None
    limits: tuple[float | None, float | None]

    def worse(self, value: float, than: float) -> bool:
        """Whether `value` is strictly worse than the other."""
        return value < than if self.direction is Direction.LOW_IS_BAD else value > than

    def contains(self, value: float) -> bool:
        """Whether the indicator can take the value."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    @property
    def worst(self) -> float | None:
        """The worst value that there is; None where there is no end to it."""
        return self.low if self.direction is Direction.LOW_IS_BAD else self.high

    @property
    def best(self) -> float | None:
        """The best value that there is; None where there is no end to it."""
        return self.high if self.direction is Direction.LOW_IS_BAD else self.low

    @property
    def range_text(self) -> str:
        """The range as a message shows it."""
        low = "" if self.low is None else f"{self.low:g}"
        high = "" if self.high is None else f"{self.high:g}"
        return f"{low} to {high}" if low and high else f"at least {low}" if low else "any number"

    @property
    def worse_word(self) -> str:
        """On which side of a limit the bad values are."""
        return "below" if self.direction is Direction.LOW_IS_BAD else "above"

    @property
    def better_word(self) -> str:
        """On which side of a limit the good values are."""
        return "above" if self.direction is Direction.LOW_IS_BAD else "below"


def yardstick(info: IndicatorInfo, options: Options) -> Measure:
    """The indicator under its options: a mean lies on the chosen scale, an ease scale turns CES round."""
    low, high = info.low, info.high
    ends = scale_ends(options.get("scale"))
    if info.family is Family.MEAN and ends is not None:
        low, high = ends
    turned = options.get("direction") == "ease"
    direction = Direction.LOW_IS_BAD if turned else info.direction
    measure = Measure(info, direction, low, high, (None, None))
    if turned or not all(limit is None or _can_be_crossed(measure, limit) for limit in info.default_limits):
        return measure
    return Measure(info, direction, low, high, info.default_limits)


def scale_ends(scale: object) -> tuple[float, float] | None:
    """Lowest and highest level of a scale such as `1-5` or `yes-no`."""
    if not isinstance(scale, str):
        return None
    low, _, high = scale.partition("-")
    if low.isdigit() and high.isdigit():
        return float(low), float(high)
    return SCALE_ENDS.get(scale)


def _can_be_crossed(measure: Measure, limit: float) -> bool:
    return measure.contains(limit) and (measure.worst is None or measure.worse(measure.worst, limit))
