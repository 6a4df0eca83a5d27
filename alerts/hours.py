"""When something is open, in local time."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class OpenHours:
    """When a scope is open.  Without spans it always is, holidays excepted.

    `spans` are (weekday 0=Monday, from_minute, to_minute) of local time, to_minute ≤ 1440;
    `holidays` are ISO dates of local time.
    """

    time_zone: str = "UTC"
    spans: tuple[tuple[int, int, int], ...] = ()
    holidays: frozenset[str] = frozenset()
    rounded: bool = False
    """Whether the file says 23:59 where it must mean midnight."""


ALWAYS: Final = OpenHours()
"""Never closed."""
