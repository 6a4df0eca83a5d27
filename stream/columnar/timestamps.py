"""Times as senders write them, read into Unix milliseconds: whole columns at once where they look alike."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

NO_TIME: Final = -(2**62)
"""Stands for "no event yet" and for a time that cannot be read; below every real time."""
EARLIEST_MS: Final = 631_152_000_000
"""1990-01-01: an older event is a broken clock or a missing field that became zero."""
UNTIL_MS: Final = 4_102_444_800_000
"""2100-01-01: an event from then on is a broken clock, or seconds that were sent as something else."""
LATEST_MS: Final = 253_402_300_799_999
"""The end of the year 9999, the last that RFC 3339 can write."""
LEAST_CHARS: Final = 20
"""Of a date, a time of day and an offset."""
MOST_CHARS: Final = 64
"""Of a time's text: RFC 3339 allows any number of digits after the point, and each of them costs."""
MILLIS_FROM: Final = 1e11
"""Numbers from here on are milliseconds; as seconds they would be after the year 5138."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME: Final = Annotated[datetime, msgspec.Meta(tz=True)]
_PUNCTUATION: Final = ((4, "-"), (7, "-"), (13, ":"), (16, ":"))
_DIGITS: Final = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_BEYOND_MS: Final = re.compile(r"(?<=.{19}\.[0-9]{3})[0-9]+")
"""Digits after the milliseconds of `2026-11-22T10:00:00.123`."""
_END: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ])(?:24:00:00|(?P<minute>[0-9]{2}:[0-9]{2}):60)(?:\.0+)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
"""What ISO 8601 (24:00:00) and RFC 3339 (a leap second) write, and clocks of computers have no place for."""
_LOWER: Final = np.uint8(0x20)
"""The bit that tells small letters from capitals."""
_MONTH_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int32)


def read_time(text: str | float) -> int:
    """Unix milliseconds, or `NO_TIME` where `text` is not a time.  Fractions of a millisecond are cut off.

    24:00:00 is the next day's 00:00:00, and a second 60 the next minute's first.
    """
    if not isinstance(text, str):
        at_ms = text if abs(text) >= MILLIS_FROM else text * 1000
        return round(at_ms) if abs(at_ms) <= LATEST_MS else NO_TIME
    if len(text) > MOST_CHARS:
        return NO_TIME
    try:
        return _read(text)
    except msgspec.ValidationError:
        return _read_end(text)
    except UnicodeEncodeError:  # halves of characters
        return NO_TIME


def _read(text: str) -> int:
    # msgspec rounds to microseconds and columns are cut to milliseconds: what is read must not depend on
    # which texts stand beside it.
    moment: datetime = msgspec.convert(_BEYOND_MS.sub("", text, count=1), _TIME)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _read_end(text: str) -> int:
    """The end of a day written 24:00:00, or of a minute written :60 (a leap second), as the instant it is."""
    found = _END.fullmatch(text)
    if found is None:
        return NO_TIME
    day, minute, zone = found["day"], found["minute"], found["zone"]
    try:
        if minute is None:
            return _read(f"{day}00:00:00{zone}") + 86_400_000
        return _read(f"{day}{minute}:59{zone}") + 1000
    except msgspec.ValidationError:
        return NO_TIME


def read_times(texts: Sequence[str | float | None]) -> Ints:
    """`read_time` of each: a column of plain RFC 3339, or of numbers, costs a few numpy passes.

    None is no time.
    """
    try:
        lengths = set(map(len, texts))  # type: ignore[arg-type]  # numbers raise
    except TypeError:
        return _with_numbers(texts)
    return _of_lengths(texts, lengths)  # type: ignore[arg-type]  # all have a length: all are text


def _of_lengths(texts: Sequence[str], lengths: set[int]) -> Ints:
    """Texts of several lengths, or mostly one: each length on its own."""
    out = np.full(len(texts), NO_TIME, np.int64)
    readable = [length for length in lengths if LEAST_CHARS <= length <= MOST_CHARS]
    if len(lengths) == len(readable) == 1:
        return _alike(texts, readable[0])
    each = np.fromiter(map(len, texts), np.int64, len(texts))
    for length in readable:
        places = np.flatnonzero(each == length)
        out[places] = _alike([texts[place] for place in places.tolist()], length)
    return out


def _with_numbers(texts: Sequence[str | float | None]) -> Ints:
    """Numbers, and texts between them."""
    if str not in set(map(type, texts)):
        return _of_numbers(texts)  # type: ignore[arg-type]  # no text among them
    out = np.full(len(texts), NO_TIME, np.int64)
    is_text = np.array([isinstance(text, str) for text in texts], bool)
    out[is_text] = read_times([text for text in texts if isinstance(text, str)])
    out[~is_text] = _of_numbers([text for text in texts if not isinstance(text, str)])
    return out


def _of_numbers(numbers: Sequence[float | None]) -> Ints:
    """Seconds or milliseconds."""
    times = np.array(numbers, np.float64)  # None becomes NaN
    with np.errstate(over="ignore"):  # what is too large as seconds are milliseconds, or no time at all
        at_ms = np.where(np.abs(times) >= MILLIS_FROM, times, times * 1000)
    known = np.abs(at_ms) <= LATEST_MS
    return np.where(known, np.rint(np.where(known, at_ms, 0)), NO_TIME).astype(np.int64)


def _alike(texts: Sequence[str], length: int) -> Ints:
    """Texts of one length: those in the common form all at once, the rest one by one."""
    joined = "".join(texts)
    if not joined.isascii():
        return np.array([read_time(text) for text in texts], np.int64)
    chars = np.frombuffer(joined.encode("ascii"), np.uint8).reshape(len(texts), length)
    at_ms, plain = _plain(np.ascontiguousarray(chars.T))
    if not plain.all():
        for place in np.flatnonzero(~plain).tolist():
            at_ms[place] = read_time(texts[place])
    return at_ms


def _plain(chars: NDArray[np.uint8]) -> tuple[Ints, Mask]:
    """Milliseconds of `2026-11-22T10:00:00[.fraction](Z|±hh:mm)`, one text a column, and which are such."""
    zulu = (chars[-1] | _LOWER) == ord("z")
    zone = 1 if zulu.all() else 6
    if zone == 6 and (zulu.any() or len(chars) < 25):
        return np.full(chars.shape[1], NO_TIME, np.int64), np.zeros(chars.shape[1], bool)
    digits = chars - np.uint8(ord("0"))  # what is below "0" wraps round, far above 9
    ok = ((chars[10] | _LOWER) == ord("t")) | (chars[10] == ord(" "))
    for place, char in _PUNCTUATION:
        ok &= chars[place] == ord(char)
    for place in (*_DIGITS, *range(20, len(chars) - zone)):
        ok &= digits[place] <= 9
    one_day = bool((chars[:10] == chars[:10, :1]).all())  # as a rule, where events come in order
    day, day_ok = _days(digits[:, :1] if one_day else digits)
    clock_s, clock_ok = _clock(digits)
    fraction_ms, fraction_ok = _fraction(chars[19 : len(chars) - zone], digits[20 : len(chars) - zone])
    ok &= day_ok & clock_ok & fraction_ok
    if zone == 6:
        offset_s, offset_ok = _offset(chars, digits)
        clock_s, ok = clock_s - offset_s, ok & offset_ok
    seconds: Ints = day.astype(np.int64) * 86_400 + clock_s
    at_ms: Ints = seconds * 1000 + fraction_ms
    return at_ms, ok


def _number(digits: NDArray[np.uint8], first: int, last: int) -> NDArray[np.int32]:
    """The number that the digits at `first` to `last` write."""
    number: NDArray[np.int32] = digits[first].astype(np.int32)
    for place in range(first + 1, last + 1):
        number = number * 10 + digits[place]
    return number


def _days(digits: NDArray[np.uint8]) -> tuple[NDArray[np.int32], Mask]:
    """Days from 1970 (proleptic Gregorian calendar), and whether there is such a day."""
    year, month, day = _number(digits, 0, 3), _number(digits, 5, 6), _number(digits, 8, 9)
    ok = (year >= 1970) & (month >= 1) & (month <= 12) & (day >= 1)
    month = np.where(ok, month, 1)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    ok &= day <= _MONTH_DAYS[month] + (leap & (month == 2))
    shifted = year - (month <= 2)  # years that begin in March, so that the leap day comes last
    in_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = 365 * shifted + shifted // 4 - shifted // 100 + shifted // 400 + in_year - 719_468
    return days, ok


def _clock(digits: NDArray[np.uint8]) -> tuple[NDArray[np.int32], Mask]:
    """Seconds since midnight, and whether a clock can show it."""
    hour, minute, second = _number(digits, 11, 12), _number(digits, 14, 15), _number(digits, 17, 18)
    return (hour * 60 + minute) * 60 + second, (hour <= 23) & (minute <= 59) & (second <= 59)


def _fraction(
    point: NDArray[np.uint8], digits: NDArray[np.uint8]
) -> tuple[NDArray[np.int32] | int, Mask | bool]:
    """Milliseconds after the full second; either nothing at all, or a point and at least one digit."""
    if not len(point):
        return 0, True
    if not len(digits):
        return 0, False
    shown = min(len(digits), 3)
    return _number(digits, 0, shown - 1) * (100, 10, 1)[shown - 1], point[0] == ord(".")


def _offset(chars: NDArray[np.uint8], digits: NDArray[np.uint8]) -> tuple[NDArray[np.int32], Mask]:
    """Seconds east of UTC of the `±hh:mm` at the end."""
    end = len(chars)
    hour, minute = _number(digits, end - 5, end - 4), _number(digits, end - 2, end - 1)
    ok = ((chars[-6] == ord("-")) | (chars[-6] == ord("+"))) & (chars[-3] == ord(":"))
    for place in (end - 5, end - 4, end - 2, end - 1):
        ok &= digits[place] <= 9
    sign = np.where(chars[-6] == ord("-"), -1, 1).astype(np.int32)
    return sign * (hour * 60 + minute) * 60, ok & (hour <= 23) & (minute <= 59)
