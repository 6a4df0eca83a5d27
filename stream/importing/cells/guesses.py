"""Formats that read a time which is written otherwise than the mapping says, so that a message can name one.

02.03.2026 9:15    %d.%m.%Y %H:%M or %m.%d.%Y %H:%M
Mar 13, 2026 9:15 AM    %b %d, %Y %I:%M %p
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC
from itertools import chain
from typing import Final

from stream.importing.cells.strptime import HALVES, FormatError, TimeFormat, month_of
from stream.importing.cells.weekdays import days_called
from stream.importing.cells.zones import ONE, SEVERAL

LONGEST: Final = 80
_REST: Final = (
    r"(?P<half>\s*(?:[ap]\.?\s?m\b\.?|(?![ap])(?:" + HALVES + r")))?"
    r"(?P<zone>\s*(?:Z\b|[+-][0-9]{2}:?[0-9]{2})|\s+(?P<base>GMT|UTC)[+-][0-9]{1,2}(?::?[0-9]{2})?)?"
    r"(?(zone)(?P<beside>\s+(?:[A-Z]{2,5}\b|\([^0-9()]{2,40}\)))?)"
)
_CLOCKS: Final = tuple(
    re.compile(
        rf"{before}(?<![0-9])(?P<half_before>(?:{HALVES})\s*)?(?P<hour>[0-9]{{1,2}})(?P<mark>{mark})[0-9]{{2}}"
        rf"(?P<second>(?P<mark2>{mark2})[0-9]{{2}}(?P<point>[.,])?(?(point)[0-9]{{1,9}}))?{_REST}",
        re.IGNORECASE,
    )
    for before, mark, mark2 in (
        ("", ":", ":"),
        ("", r"\s?h\s?", r"\s?m(?:in)?\s?"),
        ("", r"[時时点點]\s?|시\s?", r"분\s?|分\s?"),
        (r"(?:(?<=[ ,T])|(?<=[0-9]-))", r"\.", r"\."),
    )
)
"""A time of day with colons, as 9h15 and 9 h 15, in Chinese, Japanese and Korean, and with points."""
_PIECE: Final = re.compile(r"(?<=\s)[+-][0-9]{4}$|[0-9]+|[^\W\d_]+|.", re.DOTALL)
_DAY_IN_BRACKETS: Final = re.compile(r"(?<=[(（])[月火水木金土日월화수목금토일](?=[)）])")
_WHOLE_DAY: Final = 8
_YEAR: Final = 4
_SHORT: Final = 2


def formats(text: str) -> list[str]:
    """Those in which the text is a date, or a date and a time; several where any may be the month."""
    if len(text) > LONGEST or "%" in text:
        return []
    text = unicodedata.normalize("NFC", text)
    clocks = (*filter(None, (look.search(text) for look in _CLOCKS)), None)
    return next(filter(None, (_formats(text, clock) for clock in clocks)), [])


def _formats(text: str, clock: re.Match[str] | None) -> list[str]:
    """Those with this time of day, or none."""
    parts = (text, "") if clock is None else (text[: clock.start()], text[clock.end() :])
    if not (clock and _half(clock)) and any(map(_may_be_half_a_day, parts)):
        return []
    orders = ("dm", "md", "ymd") if _YEAR_FIRST.match(text) else ("dm", "md")
    found = (_dated(parts, order, "" if clock is None else _clocked(clock)) for order in orders)
    return [each for each in dict.fromkeys(found) if _reads(each, text)]


_YEAR_FIRST: Final = re.compile(r"[0-9]{2}-[0-9]{2}-[0-9]{2}(?![0-9])")
"""A date that may have its year in front: 26-03-02."""


def _half(clock: re.Match[str]) -> str:
    return clock["half"] or clock["half_before"] or ""


def _may_be_half_a_day(part: str) -> bool:
    """Whether a word stands there that is perhaps AM or PM, or a week's W, which a format would read past."""
    return any(piece.isalpha() and not _is_of_dates(piece) for piece in _PIECE.findall(part))


def _is_of_dates(word: str) -> bool:
    plain = word.casefold()
    named = month_of(word) or word in SEVERAL or word in ONE
    return bool(named) or plain in _HARMLESS or _is_day(word)


def _is_day(word: str) -> bool:
    """Whether it is of the days of the week, as the Fr of Freitag, and no other word of dates."""
    plain = word.casefold()
    return plain not in _HARMLESS and (plain[:3] in _DAYS or bool(days_called(word)))


_HARMLESS: Final = frozenset({
    "t", "z", "at", "de", "del", "à", "um", "uhr", "h", "le", "of", "om", "às", "den", "the", "st", "nd",
    "rd", "th", "year", "on", "alle", "ore", "las", "a", "utc", "gmt", "klo", "kl", "年", "月", "日", "년",
    "월", "일", "分", "秒", "분", "초",
})  # fmt: skip
"""Words that dates have in them and that are none of the halves of a day."""


def _clocked(clock: re.Match[str]) -> str:
    """The letters of a time of day."""
    hour = f"{'%I' if _half(clock) else '%H'}{clock['mark']}%M"
    if clock["second"]:
        hour += f"{clock['mark2']}%S" + (f"{clock['point']}%f" if clock["point"] else "")
    if clock["half"]:
        hour += " %p" if clock["half"][0].isspace() else "%p"
    elif clock["half_before"]:
        hour = ("%p " if clock["half_before"][-1].isspace() else "%p") + hour
    return hour + _zoned(clock["zone"] or "", clock["beside"] or "", clock["base"] or "")


def _zoned(zone: str, beside: str, base: str) -> str:
    """The letters of a zone: an offset, that from GMT or UTC (`base`), what it is called `beside`."""
    if not zone:
        return ""
    blank = " " if zone[0].isspace() else ""
    if beside:
        return f"{blank}{base}%z {'(%Z)' if '(' in beside else '%Z'}"
    return blank + ("%Z" if "T" in zone.upper() else "%z")


def _dated(parts: tuple[str, str], order: str, clock: str) -> str:
    """The format of what stands around a time of day; `order` is that of the numbers of a date."""
    pieces = [_PIECE.findall(part) for part in parts]
    named = any(month_of(piece) for piece in chain(*pieces))
    letters = iter(("d", "y") if named else (*_in_order(pieces, order), "y"))
    before, after = ("".join(_letter(piece, letters) for piece in some) for some in pieces)
    return _DAY_IN_BRACKETS.sub("%a", f"{before}{clock}{after}")


def _in_order(pieces: list[list[str]], order: str) -> str:
    first = next((piece for piece in chain(*pieces) if piece.isdecimal()), "")
    return "md" if len(first) == _YEAR else order


def _letter(piece: str, letters: Iterator[str]) -> str:
    if piece.isdecimal():
        if len(piece) == _WHOLE_DAY:
            return "%Y%m%d"
        return "%Y" if len(piece) == _YEAR else f"%{next(letters, 'f')}" if len(piece) <= _SHORT else piece
    if month_of(piece):
        return "%b"
    if piece[0] in "+-" and len(piece) > 1:
        return "%z"
    if piece in SEVERAL or piece in ONE:
        return "%Z"
    return "%a" if _is_day(piece) else piece


_DAYS: Final = frozenset({
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "lun", "mar", "mer", "jeu", "ven", "sam", "dim",
    "mié", "jue", "vie", "sáb", "dom", "mit", "don", "die", "fre", "son",
})  # fmt: skip


def _reads(pattern: str, text: str) -> bool:
    try:
        return _YEARS[0] <= TimeFormat(pattern, _ANY)(text).year <= _YEARS[1]
    except (FormatError, ValueError, OverflowError):
        return False


_ANY: Final = dict.fromkeys(SEVERAL, UTC)
"""Abbreviations of several zones: which one is meant is asked for once the format is known."""
_YEARS: Final = (1990, 2099)


DOTNET: Final = re.compile(r"\\?/?Date\((-?[0-9]+)(?:[+-][0-9]{4})?\)\\?/?")
"""Milliseconds as .NET writes them; the offset behind them is of where they were shown."""
_LOOKS: Final = (
    (
        "-",
        re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]+"),
        "rounded by a spreadsheet: export the log anew, and do not open it there",
    ),
    (
        "%Y-%m-%d%z",
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:Z|[+-][0-9]{2}:?[0-9]{2})"),
        'a day and its zone? `format: "%Y-%m-%d%z"` reads it',
    ),
    ("excel", re.compile(r"[3-6][0-9]{4}(?:[.,][0-9]+)?"), "one of Excel's days? `format: excel` reads them"),
    (
        "%Y%m%d%H%M%S",
        re.compile(r"(?:19|20)[0-9]{12}"),
        '`format: "%Y%m%d%H%M%S"` reads it',
    ),
    (
        "unix",
        re.compile(rf"[0-9]{{9,10}}(?:[.,][0-9]+)?|[0-9]{{12,13}}|[0-9]{{16}}|[0-9]{{19}}|{DOTNET.pattern}"),
        "Unix time? `format: unix` reads it",
    ),
)
"""What a time looks like that is not of the kind that the mapping says, and what to do."""
RANGES: Final = {
    "unix": ", seconds or milliseconds from 1990 to 2100",
    "excel": ", days from 1990 to 2100",
    "excel-1904": ", days from 1990 to 2100",
}


def hint(pattern: str, text: str) -> str:
    """What to do about a text that is no time of a format."""
    for kind, look, what in _LOOKS:
        if not pattern.startswith(kind) and look.fullmatch(text):
            return f" ({what})"
    found = formats(text)
    if not found:
        return " (`%p` reads it, before or behind `%I`)" if _HALF.search(text) else ""
    if len(found) > 1 and "%d" in pattern and "%m" in pattern:
        order = pattern.index("%d") < pattern.index("%m")
        found = [each for each in found if (each.index("%d") < each.index("%m")) is order]
    if len(found) > 1:
        return f' (say which comes first: `format: "{found[0]}"` or `"{found[1]}"`)'
    swapped = found[0].translate(_SWAPPED) == pattern
    more = ": days up to the 12th were taken for months" if swapped else ""
    return f' (`format: "{found[0]}"` reads it{more})'


_HALF: Final = re.compile(HALVES.partition("|")[2], re.IGNORECASE)  # not the am in Samstag
_SWAPPED: Final = str.maketrans("dm", "md")
