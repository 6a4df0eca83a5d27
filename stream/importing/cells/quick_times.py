"""Times in forms of fixed width, read by slicing: what most rows of most logs have.

    %y%m%d %H:%M:%S   990104 13:26:33   is 1999-01-04T13:26:33 where it was written, and as 13 o'clock was
                                        11 in UTC that day, 1999-01-04T11:26:33Z

An hour's offset is looked up once.  What is written in another way, is no time, or lies near a change of
clocks is left to `times`, which reads anything and says what is wrong.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from stream.importing.cells.strptime import TURN_OF_CENTURY

HOUR: Final = timedelta(hours=1)
HOURS: Final = 50_000
"""Hours whose offset is remembered: five years."""

WITHIN_HOUR: Final = 6
WITHIN_HOURS: Final = frozenset(f":{minute:02}:{second:02}" for minute in range(60) for second in range(60))
"""What a text ends with whose other characters tell the hour: of these the first is looked at, no other."""

Cut = Callable[[str], str | None]
"""A text to `1999-01-04T13:26:33`, or with a Z; None where it is not of this form."""

_LETTER: Final = re.compile("%(.)")
_DIGITS: Final = {"Y": "([0-9]{4})", **dict.fromkeys("ymdHMS", "([0-9]{2})")}
_SETS: Final = tuple({year, "m", "d", *clock} for year in "Yy" for clock in ("", "HM", "HMS"))
_ISO: Final = re.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2}Z?)")


class QuickTimes:
    """Reads one format in one zone."""

    def __init__(self, pattern: str, zone: tzinfo) -> None:
        self._cut = _iso if pattern == "iso" else _cut_of(pattern)
        self._zone = zone
        self._hours: dict[str, str | None] = {}
        self._ends_alike = pattern == "iso" or pattern.endswith(":%M:%S")
        self._begun: dict[str, str] = {}

    def __call__(self, text: str) -> str | None:
        """RFC 3339 in UTC; None where the text is not of the form, or it takes more to tell."""
        hour = self._begun.get(text[:-WITHIN_HOUR])
        if hour is None or text[-WITHIN_HOUR:] not in WITHIN_HOURS:
            return self._looked_at(text)
        return f"{hour}{text[-WITHIN_HOUR:]}Z"

    def _looked_at(self, text: str) -> str | None:
        """The same of the first text of an hour, and of those that end in another way."""
        local = None if self._cut is None else self._cut(text)
        if local is None:
            return None
        try:
            moment = datetime.fromisoformat(local)
        except ValueError:
            return None
        if moment.tzinfo is not None:
            return local
        hour = local[:13]
        there = self._hours.get(hour, "")
        if there == "":
            there = self._hours[hour] = self._in_utc(moment.replace(minute=0, second=0))
        if there is None:
            return None
        if self._ends_alike and text[-WITHIN_HOUR:] in WITHIN_HOURS:
            if len(self._begun) >= HOURS:
                self._begun.clear()
            self._begun[text[:-WITHIN_HOUR]] = there
        return f"{there}{local[13:]}Z"

    def _in_utc(self, hour: datetime) -> str | None:
        """What a local hour is called in UTC; None where it is none of UTC's, or clocks change near it."""
        if len(self._hours) >= HOURS:
            self._hours.clear()
        try:
            offset = offset_of(hour, self._zone)
            return None if offset is None or offset % HOUR else (hour - offset).isoformat()[:13]
        except (ValueError, OverflowError):
            return None


@lru_cache(maxsize=HOURS)
def offset_of(hour: datetime, zone: tzinfo) -> timedelta | None:
    """How far east a local hour is; None where clocks change in it, or within an hour of it."""
    found = {
        moment.replace(tzinfo=zone, fold=fold).utcoffset()
        for moment in (hour - HOUR, hour, hour + HOUR, hour + 2 * HOUR)
        for fold in (0, 1)
    }
    return found.pop() if len(found) == 1 else None


def _iso(text: str) -> str | None:
    found = _ISO.fullmatch(text)
    return None if found is None else "T".join(found.groups())


def _cut_of(pattern: str) -> Cut | None:
    """What cuts texts of a format; None where its texts have not all one width."""
    around, letters = _LETTER.split(pattern)[::2], _LETTER.findall(pattern)
    if len(set(letters)) < len(letters) or set(letters) not in _SETS:
        return None
    pieces = [_DIGITS[letter] for letter in letters]
    expression = re.escape(around[0]) + "".join(
        piece + re.escape(text) for piece, text in zip(pieces, around[1:], strict=True)
    )
    order = [letters.index(letter) + 1 for letter in "YymdHMS" if letter in letters]
    match, written = re.compile(expression).fullmatch, _WRITTEN[len(order)]
    turn = f"{TURN_OF_CENTURY:02}" if "y" in letters else ""

    def cut(text: str) -> str | None:
        matched = match(text)
        if matched is None:
            return None
        found: tuple[str, ...] = matched.group(*order)
        if not turn:
            return written % found
        return ("20" if found[0] < turn else "19") + written % found

    return cut


_WRITTEN: Final = {3: "%s-%s-%sT00:00:00", 5: "%s-%s-%sT%s:%s:00", 6: "%s-%s-%sT%s:%s:%s"}
