"""Numbers of a detector's fields, and what they are judged against."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from alerts import notation
from alerts.measures import Measure
from alerts.rulebook.yaml_nodes import NUMBER, Node, Wrong
from alerts.rules import Timing

LONGEST: Final = 20
"""Characters of a limit that may have been meant as a duration."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the fields of a detector are judged against."""

    measure: Measure
    timing: Timing


def limit(measure: Measure) -> Callable[[Node], float]:
    """A parser of values that the indicator can take."""

    def parse(node: Node) -> float:
        _see_kind(node, measure)
        value = node.number("a number")
        if not measure.contains(value):
            raise node.wrong(f"a limit within {measure.info.name}'s range, {measure.range_text}")
        return value

    return parse


def _see_kind(node: Node, measure: Measure) -> None:
    """See that a limit is not written as a duration or with a sign for percent.

    Raises:
        Wrong: it is; says how to write it.
    """
    plain = node.shown.strip('"')
    digits = plain.removesuffix("%").strip()
    if digits != plain and NUMBER.fullmatch(digits):
        raise Wrong(node, f'want a number, got "{plain}" (write {digits})')
    if measure.info.unit == "seconds" and len(plain) < LONGEST and notation.DURATION.fullmatch(plain):
        seconds = notation.duration_ms(plain) / 1000
        raise Wrong(node, f'want a number of seconds, got "{plain}" (write {seconds:g})')


def inner(measure: Measure) -> Callable[[Node], float]:
    """A parser of values between the indicator's ends."""

    def parse(node: Node) -> float:
        value = node.number("a number")
        if not measure.contains(value) or value in {measure.low, measure.high}:
            raise node.wrong(
                f"a number inside {measure.info.name}'s range, {measure.range_text}, ends excluded"
            )
        return value

    return parse


def confidence(node: Node) -> float:
    """0 for none, or below 1."""
    value = node.number("a confidence such as 0.95")
    if not 0 <= value <= SUREST:
        raise node.wrong(f"a confidence from 0 to {SUREST:g}, below 1")
    return value


SUREST: Final = 0.999999
"""The highest confidence: a number nearer to 1 than a machine can halve would have no interval."""


def at_least_one(node: Node) -> int:
    """A whole number, such as of answers."""
    want = "a whole number of at least 1"
    value = node.whole(want)
    if value < 1:
        raise node.wrong(want)
    if value > MOST:
        raise node.wrong(f"a whole number of at most {MOST:,}")
    return value


MOST: Final = 10**9
"""More answers than anybody waits for."""
