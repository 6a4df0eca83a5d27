"""Durations as people and systems write them: 90, 1:30, 1h 5m, 1h30, 1 day, 2:00:00, PT1M30S."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

from stream.importing.cells.text import NUMBER, decimal_number

_SPELLED: Final = {
    0.001: "ms msec msecs millisecond milliseconds millisekunden",
    1: "s sec secs second seconds seconde secondes sek sekunde sekunden segundo segundos secondo secondi "
    "seconden",
    60: "m mn min mins minute minutes minuten minuto minutos minuti minuut",
    3_600: "h hr hrs hour hours heure heures std stunde stunden hora horas ora ore u uur uren",
    86_400: "d day days j jour jours tag tage tagen dia dias día días giorno giorni dag dagen",
    604_800: "w week weeks semaine semaines woche wochen semana semanas settimana settimane weken",
}
_UNITS: Final = {word: length for length, words in _SPELLED.items() for word in words.split()}
_ISO: Final = re.compile(
    r"p(?=.)(?:([0-9.,]+)w)?(?:([0-9.,]+)d)?(?:t(?=.)(?:([0-9.,]+)h)?(?:([0-9.,]+)m)?(?:([0-9.,]+)s)?)?"
)
_ISO_UNITS: Final = (604_800, 86_400, 3_600, 60, 1)
_PIECE: Final = re.compile(r"([0-9][0-9.,]*) ?([a-zéí]+)\.?,? ?(?:and |et |und |e |y |en )?")
_BELOW: Final = {3_600: 60, 60: 1}
"""What a bare number behind a unit counts: 1h30, 2m30."""
_SIXTY: Final = 60
"""Those who round seconds write 0:60."""
_CLOCK: Final = re.compile("[^:-]+(?::[^:-]+){0,2}")
_DAYS: Final = re.compile(r"([0-9]+)[.: ]([0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?)")
"""Days before a time of day: 1.02:03:04, as Windows writes spans, 1:02:03:04, 1 02:03:04."""
_SINCE: Final = re.compile(r"(1970-0[1-9]-[0-2][0-9]|1899-12-3[01])[ t]([0-9]{2}:[0-9]{2}:[0-9]{2})z?")
_BEGINNINGS: Final = {"1970": "1970-01-01", "1899": "1899-12-30"}
"""Where the time begins of those who write a duration as a moment: ServiceNow, and spreadsheets."""
_HOURS_MINUTES: Final = re.compile(r"\[?\bh{1,2}\]?:mm\b(?!:)", re.IGNORECASE)
_ONE_COLON: Final = re.compile("[0-9]+:[0-9]{1,2}")
_CLOCK_OF: Final = re.compile(r"([0-9]+:[0-9]{2}) ?([a-z]+)\.?")
"""A clock whose unit is that of its first number: 12:05 hrs, 1:05 min."""
_NAMED: Final = re.compile(
    r"(?P<ms>(?:^|[\W_])(?:ms|msecs?)(?:$|[\W_])|milli(?:s|sek))"
    r"|(?P<min>minut\w*|[(\[_ ](?:mins?|mn)[)\]]?$)"
    r"|(?P<h>(?:^|(?<!business)(?<!working)(?<!opening)(?<!office)(?<!support)(?<!service)[\W_])(?:hours|hrs|heures|stunden|horas|ore|uren|uur)(?:$|[\W_])|[(\[]h(?:r|rs|our)?[)\]])"
    r"|(?P<d>(?:^|(?<!business)(?<!working)[\W_])(?:days|jours|tage|dias|días|giorni|dagen)(?:$|[\W_])|[(\[]d(?:ays)?[)\]])",
    re.IGNORECASE,
)
"""What a column is called that says in which unit it is, if not in seconds."""
_JOINED: Final = re.compile("(?<=[a-z])(?=[A-Z])")
"""Where words are parted by capitals alone: talkTimeMs."""
_CALLED: Final = {
    "ms": ("milliseconds", "0.001"),
    "min": ("minutes", "60"),
    "h": ("hours", "3600"),
    "d": ("days", "86400"),
}


@lru_cache(maxsize=1_000)
def unit_named(column: str) -> tuple[str, str] | None:
    """The unit that a column's name says, and its seconds; None where it says none, or seconds."""
    found = _NAMED.search(column) or _NAMED.search(_JOINED.sub(" ", column))
    return None if found is None or found.lastgroup is None else _CALLED[found.lastgroup]


def bare_number(text: str, decimal: str) -> float:
    """The number that stands there without a unit, however its country writes it; 0 where none does."""
    try:
        return decimal_number(text, decimal)
    except ValueError:
        return 0.0


def in_full(column: str, text: str) -> str:
    """A time such as 1:30 with its seconds, where the column's name says that it counts hours."""
    is_of_hours = _HOURS_MINUTES.search(column) or unit_named(column) == _CALLED["h"]
    return f"{text}:00" if is_of_hours and _ONE_COLON.fullmatch(text) else text


def duration_s(text: str, decimal: str) -> float:
    """Seconds; a bare number is seconds, with one colon minutes and seconds, with two, or after days, hours.

    Raises:
        ValueError: it is no duration, or has months or years, which are not all of one length.
    """
    if NUMBER.fullmatch(text) and text[0] not in "+-":
        return decimal_number(text, decimal)
    plain = text.lower()
    if since := _SINCE.fullmatch(plain):
        return _days_since(since[1]) * 86_400 + duration_s(since[2], decimal)
    if days := _DAYS.fullmatch(plain):
        return float(days[1]) * 86_400 + duration_s(days[2], decimal)
    iso = _ISO.fullmatch(plain)
    if iso:
        return sum(_part(part, unit) for part, unit in zip(iso.groups(), _ISO_UNITS, strict=True) if part)
    clock = _CLOCK_OF.fullmatch(plain)
    if clock and (unit := _UNITS.get(clock[2])) in _BELOW:
        return _clock_s(clock[1], decimal) * unit / 60
    total, unit, place = _in_units(plain, decimal)
    return total if place and place == len(plain) else total + _rest_s(plain[place:], unit, decimal)


def _rest_s(text: str, unit: float, decimal: str) -> float:
    """Seconds of what stands behind numbers with units, of which this is the last (0: there are none).

    Raises:
        ValueError: it is none, or it does not follow from the unit what it counts.
    """
    if not _CLOCK.fullmatch(text) or (unit and ":" not in text and unit not in _BELOW):
        raise ValueError(text)
    if ":" not in text:
        return decimal_number(text, decimal) * _BELOW.get(int(unit), 1)
    is_of_hours = unit > max(_BELOW) and _ONE_COLON.fullmatch(text)
    return _clock_s(f"{text}:00" if is_of_hours else text, decimal)


def _clock_s(text: str, decimal: str) -> float:
    """Seconds of m:s or h:m:s; only the last part has decimals, and only the first is more than 60.

    Raises:
        ValueError: it is none, as 12:75, which is perhaps 12.75 hours.
    """
    *larger, last = text.split(":")
    if not all(map(str.isdecimal, larger)):
        raise ValueError(text)
    parts = [decimal_number(part, decimal) for part in (*larger, last)]
    if max(parts[1:]) > _SIXTY:
        raise ValueError(text)
    return sum(part * 60.0**place for place, part in enumerate(reversed(parts)))


def _days_since(day: str) -> int:
    """Days from where time begins for whoever writes this day."""
    beginning = date.fromisoformat(_BEGINNINGS[day[:4]])
    return (date.fromisoformat(day) - beginning).days


def _in_units(plain: str, decimal: str) -> tuple[float, float, int]:
    """The seconds that numbers with units make, the last unit, and where they end; larger units first."""
    total, unit, place = 0.0, 0.0, 0
    while found := _PIECE.match(plain, place):
        larger, unit = unit, _UNITS.get(found[2], 0.0)
        if not unit or (larger and unit >= larger):
            raise ValueError(plain)
        total += decimal_number(found[1], decimal) * unit
        place = found.end()
    return total, unit, place


def _part(text: str, unit: int) -> float:
    """A number of ISO 8601, which may have a comma."""
    return decimal_number(text.replace(",", ".")) * unit
