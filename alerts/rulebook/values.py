"""Parsers of single values of a rules file; each raises `Wrong` with what it wanted."""

import re
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from alerts import notation
from alerts.hours import OpenHours, Outside
from alerts.readings import as_carried
from alerts.rulebook.yaml_nodes import Fields, Node, Wrong
from alerts.rules import DAY_MS, DIMENSIONS, Budget, Severity

T = TypeVar("T")

VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
LONGEST_WINDOW_MS: Final = 90 * DAY_MS


def spelled(node: Node, parse: Callable[[str], T], want: str) -> T:
    """What `parse` makes of the text; its ValueError says what it wanted."""
    try:
        return parse(node.word(want))
    except ValueError as error:
        raise node.wrong(str(error)) from None


def given(
    node: Node, want: str, parse: Callable[[Node], T], names: Iterable[str] | None = None
) -> dict[str, T]:
    """What a mapping has under some names (None: under all that are there); what is wrong is noted."""
    fields = node.fields(want)
    found = {name: fields.get(name, parse) for name in (fields.names() if names is None else names)}
    fields.close()
    return {name: value for name, value in found.items() if value is not None}


def variable(node: Node) -> str:
    """The name of an environment variable; of anything else, which may be a secret, nothing is shown."""
    name = node.plain() or node.text()
    if VARIABLE.fullmatch(name):
        return name
    raise Wrong(node, "want the name of an environment variable, of letters, digits and _, as text")


def duration(least_ms: int, most_ms: int) -> Callable[[Node], int]:
    """A parser of durations between two bounds, both included."""

    def parse(node: Node) -> int:
        _see_unit(node)
        length_ms = spelled(node, notation.duration_ms, 'a duration such as "30m"')
        if not least_ms <= length_ms <= most_ms:
            bounds = f"{notation.duration_text(least_ms)} to {notation.duration_text(most_ms)}"
            raise node.wrong(f"a duration of {bounds}")
        return length_ms

    return parse


def count(most: int) -> Callable[[Node], int]:
    """A parser of whole numbers from 1 to `most`."""

    def parse(node: Node) -> int:
        want = f"a whole number from 1 to {most}"
        found = node.whole(want)
        if not 1 <= found <= most:
            raise node.wrong(want)
        return found

    return parse


def _see_unit(node: Node) -> None:
    """See that a duration has a unit, and no blank before it."""
    plain = node.plain() or ""
    if plain.isascii() and plain.isdigit() and int(plain[:9]):
        raise Wrong(
            node, f'want a duration such as "30m", got {plain[:9]}: seconds ({plain[:9]}s) or minutes?'
        )
    close = "".join(plain.split())
    if close != plain and len(close) < _LONGEST and notation.DURATION.fullmatch(close):
        raise Wrong(node, f'want a duration such as "30m", got "{plain}" (write {close})')


_LONGEST: Final = 40


def whole_panes(pane_ms: int, most_ms: int = LONGEST_WINDOW_MS) -> Callable[[Node], int]:
    """A parser of windows: whole panes, at least one."""

    def parse(node: Node) -> int:
        length_ms = duration(pane_ms, most_ms)(node)
        if length_ms % pane_ms:
            raise node.wrong(f"a multiple of the pane, {notation.duration_text(pane_ms)}")
        return length_ms

    return parse


def budget(node: Node) -> Budget:
    """`1 per 30d`."""
    return _count_per(node, 'a budget such as "1 per 30d"')


def rate(node: Node) -> Budget:
    """`5 per 1h`: of whole events, as that is what comes in."""
    found = _count_per(node, 'a rate such as "5 per 1h"')
    if not found.count.is_integer():
        raise node.wrong('a rate of whole events such as "5 per 1h"')
    return found


def _count_per(node: Node, want: str) -> Budget:
    try:
        return notation.budget(node.word(want))
    except ValueError:
        raise node.wrong(want) from None


def severity(node: Node) -> Severity:
    """`warning` or `critical`."""
    return Severity(node.choice([str(level) for level in Severity]))


def dimension(node: Node) -> str:
    """A dimension by name."""
    return node.choice(DIMENSIONS)


def dimensions(node: Node) -> tuple[str, ...]:
    """A list of dimensions, each once."""
    found: list[str] = []
    for item in node.items("a list of dimensions such as [channel]"):
        for name in item.attempt(dimension):
            if name in found:
                item.note(f'want each dimension once, got "{name}" again')
            else:
                found.append(name)
    return tuple(found)


def dimension_values(name: str) -> Callable[[Node], tuple[str, ...]]:
    """A parser of one value or a list of values, spelled as events carry them after they were read."""

    def value(node: Node) -> str:
        return as_carried(name, node.text().strip())

    return lambda node: tuple(dict.fromkeys(node.some(value)))


def open_hours(fields: Fields) -> OpenHours:
    """The fields `open`, `holidays`, `time_zone` and `outside` of a rule."""
    spans = fields.get("open", opening_spans) or ()
    holidays = fields.get("holidays", lambda node: node.each(_holiday)) or []
    zone = fields.get_or("time_zone", time_zone, "UTC")
    texts = fields.get("open", lambda node: node.one_or_each(Node.text)) if spans else None
    words = [each.value for each in Outside]
    outside = Outside(fields.get_or("outside", lambda node: node.choice(words), Outside.IGNORE.value))
    if "outside" in fields and "open" not in fields and "holidays" not in fields:
        fields.note("outside", "want open or holidays as well: without them there is nothing outside")
    rounded = any(text.rstrip().endswith("23:59") for text in texts or ())
    hours = OpenHours(zone, spans, frozenset(holidays), rounded, outside)
    if spans and not hours.week:
        fields.note("outside", "want hours that leave some time outside: these are around the clock")
    return hours


def opening_spans(node: Node) -> tuple[tuple[int, int, int], ...]:
    """Opening hours, one text or a list, as spans of local time."""
    return notation.joined([span for group in node.some(_opening) for span in group])


def _opening(node: Node) -> notation.Spans:
    return spelled(node, notation.opening, 'opening hours such as "Mon-Fri 08:00-20:00"')


def _holiday(node: Node) -> str:
    text = node.plain()  # YAML takes an unquoted date for a timestamp
    try:
        return notation.iso_date(node.text('a date such as "2026-04-02"') if text is None else text)
    except ValueError as error:
        raise node.wrong(str(error)) from None


def time_zone(node: Node) -> str:
    """The name of a time zone."""
    name = node.text('a time zone such as "Europe/Paris"')
    try:
        return notation.time_zone(name).key
    except ValueError as error:
        raise node.wrong(str(error)) from None
