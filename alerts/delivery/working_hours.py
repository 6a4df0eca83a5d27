"""When news may be told: active and muted hours, maintenance windows, in local time."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from alerts.delivery.grouping.groups import GroupRule
from alerts.delivery.mutes import Mute
from alerts.detect.opening_hours import Calendar
from alerts.hours import OpenHours
from alerts.paging import Maintenance
from alerts.rules import DAY_MS

AHEAD_MS = 8 * DAY_MS
"""How far the end of a closed time is looked for; a week with its holidays has one."""


@lru_cache(maxsize=64)
def calendar(hours: OpenHours) -> Calendar:
    """The calendar of some hours."""
    return Calendar(hours)


def is_open(hours: OpenHours, at_s: float) -> bool:
    """Whether an instant (Unix time) lies within."""
    return calendar(hours).stretch(int(at_s * 1000)).open


def opens_in_s(rule: GroupRule, at_s: float) -> float:
    """How long until a group may tell; 0: now.  The end of muted hours is looked for again and again."""
    if rule.muted is not None and is_open(rule.muted, at_s):
        stretch = calendar(rule.muted).stretch(int(at_s * 1000))
        return max(1.0, stretch.end_ms / 1000 - at_s)
    if rule.active is not None and not is_open(rule.active, at_s):
        at_ms = calendar(rule.active).next_opening_ms(int(at_s * 1000), AHEAD_MS)
        return AHEAD_MS / 1000 if at_ms is None else max(1.0, at_ms / 1000 - at_s)
    return 0.0


def in_maintenance(windows: Iterable[Maintenance], labels: Mapping[str, str], at_s: float) -> Mute | None:
    """The window that an alert with these labels lies in, as a mute."""
    for window in windows:
        if all(each.holds(labels) for each in window.matchers) and is_open(window.hours, at_s):
            until_s = calendar(window.hours).stretch(int(at_s * 1000)).end_ms / 1000
            return Mute(f"in maintenance: {window.name}", until_s)
    return None
