"""Times of a foreign log: from its text, in its zone, to RFC 3339 in UTC.

Where clocks go back in autumn, an hour of local times comes twice.  In a log that is in order the rows tell
the two apart: times go up to 02:58, step back to 02:00, and go up once more.

    01:58  before                 02:58  still the first time
    02:00  the first time         02:00  a step back by half the hour or more: the second time from here on
    02:30  the first time         03:00  after
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache, partial
from typing import Final

from alerts.transitions import utc_text
from stream.columnar.timestamps import EARLIEST_MS
from stream.importing.cells.columns import FieldSource, Value
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.guesses import DOTNET, RANGES, hint
from stream.importing.cells.quick_times import offset_of
from stream.importing.cells.strptime import TimeFormat
from stream.importing.cells.text import Row, cell, exact_number
from stream.importing.cells.zones import UNKNOWN_ZONE, Comes, SeveralZonesError, comes, zone_of
from stream.messages.other_scripts import in_our_digits

Read = Callable[[str], datetime | int]
"""A text to a time, or to Unix milliseconds; raises ValueError."""

LATEST_MS: Final = 4_102_444_800_000
"""2100-01-01: a number that would be later is not the kind of time that the mapping says."""
EXCEL_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001  # Excel's days are local
"""Day 0 of Excel's serial numbers, as far as days after February 1900 are concerned."""
MAC_EPOCH: Final = datetime(1904, 1, 1)  # noqa: DTZ001  # as above
"""Day 0 of workbooks that count from 1904, as those begun on old Macs do."""
MOST_NEVER: Final = 1_000
"""Times that no clock has shown, which are remembered to be told."""
UNITS: Final = ((1e17, 1e-6), (1e14, 1e-3), (1e11, 1.0))
"""Unix times from here on are in nanoseconds, microseconds, milliseconds; below, in seconds."""


class UnknownZone(tzinfo):
    """The zone of a log that does not say where it was written, and whose mapping does not either."""

    def utcoffset(self, moment: datetime | None, /) -> timedelta:  # noqa: ARG002  # as every zone
        """There is none.

        Raises:
            ValueError: always.
        """
        raise ValueError("no time zone is in the log: give --time-zone, such as Europe/Paris")

    def dst(self, moment: datetime | None, /) -> timedelta | None:
        """As `utcoffset`."""
        return self.utcoffset(moment)

    def tzname(self, moment: datetime | None, /) -> str:  # noqa: ARG002
        """A word for messages."""
        return "unknown"


UNKNOWN: Final = UnknownZone()


class Twice(StrEnum):
    """Which of two an hour is that clocks repeat."""

    BY_ORDER = "order"  # as the order of the rows says
    FIRST = "first"
    SECOND = "second"
    REFUSE = "refuse"


@dataclass(slots=True)
class RowOrder:
    """What the rows so far tell about an hour that comes twice.

    `last` is the latest time of which an event was made: whoever makes events tells it, as rows of which none
    is made are read or not, depending on what else is wrong with them and on who reads.
    `never` are times that no clock of their zone has shown, as of the hour that is skipped in spring.
    """

    last: str = ""
    local: datetime | None = None
    second: bool = False
    falling: bool = False
    never: dict[datetime, tzinfo] = field(default_factory=dict)

    def is_second(self, local: datetime, zone: tzinfo) -> bool:
        """Whether this is the hour's second time; rows may be in order, or in reverse order."""
        first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        step = ((first.utcoffset() or timedelta()) - (second.utcoffset() or timedelta())) / 2
        if self.local is None or abs(local - self.local) > 4 * step:
            self.falling = self.last > _utc(second)
            self.second = self.falling
        elif not self.falling and self.local - local >= step:
            self.second = True
        elif self.falling and local - self.local >= step:
            self.second = False
        self.local = local
        return self.second


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """A time from one column, or from several put together with a space (a date and a time of day).

    `pattern` is strptime's, "iso" (RFC 3339), "unix" (seconds; milliseconds from 1e11), or "excel" or
    "excel-1904" (days).
    `zone` is that of times without one, unless the row names its own.
    """

    parts: Sequence[str]
    pattern: str
    zone: tzinfo
    nulls: frozenset[str]
    row_zone: FieldSource | None = None
    zones: Mapping[str, tzinfo] = field(default_factory=dict, hash=False)
    twice: Twice = Twice.BY_ORDER
    order: RowOrder = field(default_factory=RowOrder, compare=False, repr=False)

    @property
    def columns(self) -> Sequence[str]:
        """Those of the time, and that of its zone."""
        return (*self.parts, *(self.row_zone.columns if self.row_zone else ()))

    def read(self, row: Row) -> Value | None:
        """RFC 3339 in UTC."""
        parts = [cell(row, column, self.nulls) for column in self.parts]
        if None in parts:
            return None
        text = parts[0] if len(parts) == 1 else " ".join(part or "" for part in parts)
        named = None if self.row_zone is None else self.row_zone.read(row)
        try:
            found = self.understood(text or "", named)
        except (ValueError, OverflowError) as error:
            raise self._wrong(text or "", error) from None
        if not isinstance(found, str):
            found = self._of_two(*found)
        return found

    def understood(self, text: str, named: Value | None = None) -> str | tuple[datetime, tzinfo]:
        """RFC 3339 in UTC, or the local time and its zone where it comes twice, or never.

        `named` is the row's zone.

        Raises:
            ValueError: it is no such time, or there is no such zone.
            OverflowError: it is too far away.
        """
        zones = tuple(self.zones.items()) if self.zones else ()
        return _read(text, self.pattern, self.zone_named(named), zones)

    def zone_named(self, named: Value | None) -> tzinfo:
        """The zone of a row that names one, or that of all.

        Raises:
            ValueError: there is none of that name, or several.
        """
        if named is None:
            return self.zone
        return self.zones.get(str(named)) or zone_of(str(named))

    def _of_two(self, local: datetime, zone: tzinfo) -> str:
        never = comes(local, zone) is Comes.NEVER
        if self.twice is Twice.REFUSE:
            names, was = "+".join(self.parts), "never came" if never else "came twice"
            way_out = "is that the zone?" if never else "let the mapping say `ambiguous: first` or `second`"
            raise RowError(Fault.TIME, f'{names}: "{local}" {was} that night in {zone}: {way_out}')
        if never and len(self.order.never) < MOST_NEVER:
            self.order.never[local] = zone
        second = self.twice is Twice.SECOND
        if self.twice is Twice.BY_ORDER and not never:
            second = self.order.is_second(local, zone)
        return _utc(local.replace(tzinfo=zone, fold=int(second and not never)))

    def _wrong(self, text: str, error: Exception) -> RowError:
        names = "+".join(self.parts)
        said = error.in_log if isinstance(error, SeveralZonesError) else str(error)
        is_in_text = said.startswith(UNKNOWN_ZONE) and self.row_zone is None  # and is perhaps no zone at all
        why = "" if "zone" in said and not is_in_text else hint(self.pattern, in_our_digits(text))
        why = why or (f" ({said})" if "zone" in said or " is no " in said else "")
        wanted = f"want a time like {self.pattern}{RANGES.get(self.pattern, '')}"
        return RowError(Fault.TIME, f'{names}: {wanted}, got "{text}"{why}')


def _read(
    text: str, pattern: str, zone: tzinfo, zones: tuple[tuple[str, tzinfo], ...]
) -> str | tuple[datetime, tzinfo]:
    """RFC 3339 in UTC, or the local time and its zone where it does not come once."""
    moment = _reader(pattern, zones)(in_our_digits(text))
    if isinstance(moment, int):
        return utc_text(moment)
    if moment.tzinfo is not None:
        return _utc(moment)
    offset = offset_of(moment.replace(minute=0, second=0, microsecond=0), zone)
    if offset is not None:
        there = moment - offset
        return (
            utc_text(round((there - EPOCH) / MILLISECOND)) if there.microsecond else f"{there.isoformat()}Z"
        )
    return _utc(moment.replace(tzinfo=zone)) if comes(moment, zone) is Comes.ONCE else (moment, zone)


EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # in UTC
MILLISECOND: Final = timedelta(milliseconds=1)


@lru_cache(maxsize=1_000)
def _reader(pattern: str, zones: tuple[tuple[str, tzinfo], ...]) -> Read:
    named: Mapping[str, Read] = {
        "iso": _iso,
        "unix": _unix,
        "excel": partial(_excel, EXCEL_EPOCH),
        "excel-1904": partial(_excel, MAC_EPOCH),
    }
    return named.get(pattern) or TimeFormat(pattern, dict(zones))


def _utc(moment: datetime) -> str:
    return utc_text(round(moment.timestamp() * 1000))


def _iso(text: str) -> datetime:
    """RFC 3339, with a blank where there should be a T or none, or the name of a zone.

    24:00 is the end of the day, and a leap second the first of the next minute: Python takes neither.
    """
    if not _ISO.match(text) or "\0" in text:
        raise ValueError(text)
    if text.endswith("]"):
        return _of_java(text)
    edge = _EDGE.fullmatch(text)
    if edge:
        end = timedelta(days=1) if edge["end"] else timedelta(seconds=1)
        sooner = f"{edge['day']}T00:00" if edge["end"] else f"{edge['day']}T{edge['minute']}:59"
        return _iso(sooner + (edge["zone"] or "")) + end
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        time, _, zone = text.rpartition(" ")
        if not time or _NO_ZONE.fullmatch(zone):
            return datetime.fromisoformat(text.upper())
        moment = datetime.fromisoformat(time)
        if moment.tzinfo is not None:
            raise
        return moment.replace(tzinfo=zone_of(zone))


def _of_java(text: str) -> datetime:
    found = _JAVA.fullmatch(text)
    if found is None:
        raise ValueError(text)
    moment = _iso(found["time"])
    return moment if moment.tzinfo else moment.replace(tzinfo=zone_of(found["zone"]))


_ISO: Final = re.compile(
    r"(?!.*[+-][0-9]{2}:?[6-9][0-9]$)[0-9]{4}-?[0-9]{2}-?[0-9]{2}(?:$|[Tt\s_:])", re.DOTALL
)
"""How a time begins, and not ends.  Python takes any character between date and time, and so the zone of a
day, as in 2026-03-02+01:00, for a time of day; it also takes weeks for their Mondays, an offset of 99
minutes, and reads past a NUL."""
_NO_ZONE: Final = re.compile(r"[ap]\.?m\.?|[0-9:.,]+", re.IGNORECASE)
_JAVA: Final = re.compile(r"(?P<time>[^\[\]]+)\[(?P<zone>[A-Za-z0-9_/+:-]+)\]")
"""As Java prints a time with its zone: 2026-03-02T09:15:00+01:00[Europe/Paris]."""
_EDGE: Final = re.compile(
    r"(?P<day>[0-9-]{8,10})[T ](?:(?P<end>24:00(?::00(?:\.0+)?)?)|(?P<minute>[0-9]{2}:[0-9]{2}):60(?:\.0+)?)"
    r"(?P<zone>(?:[Zz+-]| \S).*)?"
)


def _unix(text: str) -> int:
    of_dotnet = DOTNET.fullmatch(text)
    value = exact_number(of_dotnet[1] if of_dotnet else text)
    factor = next((factor for least, factor in UNITS if abs(value) >= least), 1000.0)
    at_ms = round(value * factor)
    if not EARLIEST_MS <= at_ms < LATEST_MS:
        raise ValueError(text)
    return at_ms


def _excel(epoch: datetime, text: str) -> datetime:
    """Days since `epoch`, to the second: what Excel writes of a fraction is no more exact."""
    days = exact_number(text.replace(",", "."))
    if not 0 <= days < _EXCEL_MOST:
        raise ValueError(text)
    found = epoch + timedelta(seconds=round(days * 86_400))
    if not _EXCEL_FROM <= found.year < _EXCEL_BEFORE:
        raise ValueError(text)
    return found


_EXCEL_FROM: Final = 1990
_EXCEL_BEFORE: Final = 2100
_EXCEL_MOST: Final = 100_000
"""Days that are worth adding up: some 270 years."""
