"""When something is open, in local time."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

DAY_MINUTES: Final = 24 * 60

Spans = tuple[tuple[int, int, int], ...]
"""(weekday 0=Monday, from_minute, to_minute) of local time, to_minute ≤ 1440."""


class Outside(StrEnum):
    """What a rule makes of the time outside its opening hours."""

    IGNORE = "ignore"  # it neither counts nor passes
    COUNT = "count"  # it counts like any other, as if there were no hours
    ONLY = "only"  # it alone counts


DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class OpenHours:
    """When a scope is open.  Without spans it always is, holidays excepted.

    `holidays` are ISO dates of local time.  What is open for a rule is what counts for it: `outside` says
    whether that is the hours, all time, or all time but the hours.
    """

    time_zone: str = "UTC"
    spans: Spans = ()
    holidays: frozenset[str] = frozenset()
    rounded: bool = field(default=False, compare=False)
    """Whether the file says 23:59 where it must mean midnight."""
    outside: Outside = Outside.IGNORE

    @property
    def limited(self) -> bool:
        """Whether there is any time that does not count."""
        return self.outside is not Outside.COUNT and bool(self.spans or self.holidays)

    @property
    def week(self) -> Spans:
        """The spans of an ordinary week that count; all of it is one span a day."""
        whole = tuple((day, 0, DAY_MINUTES) for day in range(7))
        if not self.spans or self.outside is Outside.COUNT:
            return () if self.outside is Outside.ONLY else whole
        return _others(self.spans) if self.outside is Outside.ONLY else self.spans

    @property
    def share(self) -> float:
        """Of an ordinary week, which part counts: 0 to 1."""
        return sum(end - start for _, start, end in self.week) / (7 * DAY_MINUTES)

    @property
    def text(self) -> str:
        """A name that only the same hours have; empty where all time counts."""
        if not self.limited:
            return ""
        spans = ";".join(f"{day}.{start}-{end}" for day, start, end in self.spans)
        return "|".join((self.time_zone, spans, ",".join(sorted(self.holidays)), self.outside))

    def in_words(self) -> str:
        """`open Mon-Fri/Sun 09:00-17:00; closed on 2026-12-25; Europe/Paris`; "" for what never closes."""
        days: dict[str, list[int]] = {}
        for day, start, end in self.spans:
            days.setdefault(f"{_clock(start)}-{_clock(end)}", []).append(day)
        spans = [f"{_days(which)} {clock}" for clock, which in days.items()]
        holidays = [f"closed on {', '.join(sorted(self.holidays))}"] if self.holidays else []
        opened = [f"open {', '.join(spans)}"] if spans else []
        if self.outside is not Outside.IGNORE:
            opened.append("only outside counts" if self.outside is Outside.ONLY else "outside counts as well")
        return "; ".join((*opened, *holidays, self.time_zone)) if spans or holidays else ""


def _days(which: list[int]) -> str:
    """`Mon-Fri`, `Sun-Thu`, `Mon/Wed`: the runs of days, which may go past the end of a week."""
    runs = []
    for first in [day for day in which if (day - 1) % 7 not in which] or which[:1]:
        last = first
        while (last + 1) % 7 in which and (last + 1) % 7 != first:
            last = (last + 1) % 7
        runs.append(DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}")
    return "/".join(runs)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


ALWAYS: Final = OpenHours()
"""Never closed."""


def counted(hours: OpenHours) -> OpenHours:
    """The same hours, and `ALWAYS` for all that leave no time out."""
    return hours if hours.limited else ALWAYS


def _others(spans: Spans) -> Spans:
    """What is left of each day; spans do not overlap."""
    found = []
    for day in range(7):
        last = 0
        for _, start, end in sorted(span for span in spans if span[0] == day):
            found += [(day, last, start)] if start > last else []
            last = end
        found += [(day, last, DAY_MINUTES)] if last < DAY_MINUTES else []
    return tuple(found)
