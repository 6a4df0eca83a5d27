"""Time zones as logs name them: `Europe/Paris`, `+02:00`, and abbreviations where they mean one zone.

An abbreviation that several zones share is refused, on every machine alike: Python's own `%Z` takes whatever
the machine's zone happens to be called.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

SEVERAL: Final[Mapping[str, str]] = {
    "ACT": "America/Rio_Branco or Australia/Darwin",
    "ADT": "America/Halifax or Asia/Baghdad",
    "AMT": "America/Manaus or Asia/Yerevan",
    "AST": "America/Halifax or Asia/Riyadh",
    "BST": "Europe/London or Asia/Dhaka",
    "CDT": "America/Chicago or America/Havana",
    "CST": "America/Chicago or Asia/Shanghai",
    "ECT": "America/Guayaquil or America/Martinique",
    "EST": "America/New_York or Australia/Sydney",
    "GST": "Asia/Dubai or Atlantic/South_Georgia",
    "IST": "Asia/Kolkata, Asia/Jerusalem or Europe/Dublin",
    "LMT": "any place",
    "MST": "America/Denver or Asia/Kuala_Lumpur",
    "PST": "America/Los_Angeles or Asia/Manila",
    "SST": "Pacific/Pago_Pago or Asia/Singapore",
    "WST": "Australia/Perth or Pacific/Apia",
}
"""Abbreviations that mean several zones, with some that they mean."""

ONE: Final[Mapping[str, int]] = {
    "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "MEZ": 60, "MESZ": 120,
    "EET": 120, "EEST": 180, "MSK": 180, "SAST": 120, "EAT": 180, "CAT": 120, "WAT": 60, "PKT": 300,
    "WIB": 420, "HKT": 480, "SGT": 480, "AWST": 480, "JST": 540, "KST": 540, "ACST": 570, "ACDT": 630,
    "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "BRT": -180, "NDT": -150, "EDT": -240, "MDT": -360,
    "PDT": -420, "AKDT": -480, "AKST": -540, "HST": -600,
}  # fmt: skip
"""Minutes east of Greenwich of abbreviations that mean one offset."""

OFFSET: Final = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?([0-5][0-9]))?")
LONGEST: Final = 64
UNKNOWN_ZONE: Final = "want a time zone such as Europe/Paris or +02:00"


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


class SeveralZonesError(ValueError):
    """An abbreviation means several zones.  Says what to write; `in_log`, what helps where a log has it."""

    def __init__(self, name: str) -> None:
        several, instead = f"{name} means several zones", SEVERAL[name]
        super().__init__(f"{several}: write {instead}")
        self.in_log: Final = f"{several}: `zones: {{{name}: …}}` says which, {instead}"


def zone_of(name: str) -> tzinfo:
    """The zone that a text names.

    Raises:
        SeveralZonesError: it names several.
        ValueError: it names none.
    """
    if name in SEVERAL:
        raise SeveralZonesError(name)
    if name in ONE:
        return UTC if not ONE[name] else timezone(timedelta(minutes=ONE[name]), name)
    offset = OFFSET.fullmatch(name) if len(name) <= LONGEST else None
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if minutes < 24 * 60:
            return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    if name in _names():
        return ZoneInfo(name)
    raise ValueError(f'{UNKNOWN_ZONE}, got "{name[:LONGEST]}"')


class Comes(StrEnum):
    """How often the clocks of a zone show a local time."""

    NEVER = "never"  # it is skipped in spring
    ONCE = "once"
    TWICE = "twice"  # they go back in autumn


def comes(local: datetime, zone: tzinfo) -> Comes:
    """How often a time without a zone comes in one."""
    before, after = (local.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return Comes.ONCE if before == after else Comes.TWICE if before > after else Comes.NEVER
