"""Time formats in strptime's letters, compiled: faster than strptime, and the same on every machine.

`%d/%m/%Y %H:%M` becomes a regular expression whose groups are the numbers.  Names of months are
those of seven languages whatever the locale, and so are those of days, which must be the date's; `%Z` is
the name of a zone, which `zones` knows, or refuses.

24:00 is the next day's 00:00, a second 60 the next minute's first, and a narrow blank is a blank.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

from stream.importing.cells.weekdays import check_day
from stream.importing.cells.zones import zone_of

_MONTHS: Final = (
    "jan(?:uar[yi]?|v(?:ier)?|eiro)?|j[äÄ]n(?:ner)?|ene(?:ro)?|gen(?:naio)?",
    "feb(?:ruar[yi]?|rero|braio)?|f[éÉe]v(?:r(?:ier)?|ereiro)?",
    "mar(?:ch|s|t|zo|[çÇc]o)?|m[äÄ]r(?:z)?|maerz|mrz|maart|mrt", "apr(?:ile?)?|avr(?:il)?|abr(?:il)?",
    "mayo?|maio?|mei|mag(?:gio)?", "jun[ei]?|juin|junio|junho|giu(?:gno)?",
    "jul[yi]?|juil(?:let)?|julio|julho|lug(?:lio)?", "aug(?:ust(?:us)?)?|ao[ûÛu]t?|ago(?:sto)?",
    "sept?(?:ember|embre|iembre)?|set(?:embro|tembre|iembre)?",
    "o[ck]t(?:ober|obre|ubre)?|out(?:ubro)?|ott(?:obre)?", "nov(?:ember|embre|iembre|embro)?",
    "de[cz](?:ember|embre|embro)?|d[éÉ]c(?:embre)?|dic(?:iembre|embre)?",
)  # fmt: skip
"""Names of the months, whole or cut short: English, French, German, Spanish, Portuguese, Italian, Dutch."""
_MONTH: Final = "|".join(f"(?:{names})\\.?" for names in _MONTHS)
_DAY: Final = "[A-Za-z\u00c0-\u017f]{2,12}(?:-feira)?\\.?|[月火水木金土日월화수목금토일]"
"""Any word, or a letter of Japan or Korea; one that is known as a day's must be the date's (`weekdays`)."""
_TWO_DIGITS: Final = "3[01]|[12][0-9]|0[1-9]|[1-9]| [1-9]"
HALVES: Final = "[ap]\\.?[ ]?m\\.?|[上下]午|午[前後]|오[전후]|[πμ]\\.?[ ]?μ\\.?|(?:vorm|nachm)\\.?|[صم]"
"""Before noon and after it: English and Spanish, Chinese, Japanese, Korean, Greek, German, Arabic."""
_AFTERNOONS: Final = ("p", "下", "午後", "오후", "μ", "nachm", "م")
_LETTERS: Final[Mapping[str, str]] = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "m": "1[0-2]|0[1-9]|[1-9]",
    "d": _TWO_DIGITS,
    "e": _TWO_DIGITS,
    "b": _MONTH,
    "B": _MONTH,
    "h": _MONTH,
    "a": _DAY,
    "A": _DAY,
    "j": "36[0-6]|3[0-5][0-9]|[12][0-9]{2}|0[1-9][0-9]|00[1-9]|[1-9][0-9]|0[1-9]|[1-9]",
    "H": "2[0-4]|[01][0-9]|[0-9]",
    "I": "1[0-2]|0[1-9]|[1-9]| [1-9]",
    "p": HALVES,
    "M": "[0-5][0-9]|[0-9]",
    "S": "60|[0-5][0-9]|[0-9]",
    "f": "[0-9]{1,9}",
    "z": "Z|[+-][0-9]{2}(?::?[0-5][0-9])?",
    "Z": "[A-Za-z][A-Za-z0-9_/+:-]{0,40}",
}
"""Letters and what may stand for them."""
_BESIDE: Final = "[^0-9()]{1,40}"
"""What a zone is called beside its offset, which tells all: `+0100 (Central European Standard Time)`."""
_DIGITS: Final = frozenset("YymdejHIMSf")
_NARROW: Final = frozenset({"[0-9]", "[1-9]", " [1-9]"})
_WIDE: Final = {
    letter: "|".join(each for each in _LETTERS[letter].split("|") if each not in _NARROW)
    for letter in "mdeHIMS"
}
"""Letters right behind others of digits have both of theirs: `111` is 1:11, and 2026111 no date."""
_SHORT: Final[Mapping[str, str]] = {
    "T": "%H:%M:%S", "R": "%H:%M", "F": "%Y-%m-%d", "D": "%m/%d/%y", "X": "%H:%M:%S", "x": "%m/%d/%y",
    "c": "%a %b %e %H:%M:%S %Y",
}  # fmt: skip
_SAME: Final[Mapping[str, str]] = {"e": "d", "B": "b", "h": "b", "A": "a"}

MIDNIGHT: Final = 24
"""The hour at which a day ends."""
_ORDINALS: Final = "(?:st|nd|rd|th)"
_ORDINAL: Final = re.compile(f"^{_ORDINALS}(?![a-z])")
"""What is behind a day in English, of which a format names one: `%dth`."""
_BLANKS: Final = re.compile("[\u00a0\u2007\u2009\u202f]")
"""Blanks that browsers and spreadsheets write, as between a time of day and its AM."""
TURN_OF_CENTURY: Final = 69
"""Years of two digits from here on are in the 20th century, as POSIX has it."""

Zones = Mapping[str, tzinfo]
"""Abbreviations with a meaning that the mapping gives them."""


class FormatError(ValueError):
    """A format that cannot tell a time; says what is missing."""


class TimeFormat:
    """A compiled format."""

    def __init__(self, text: str, zones: Zones | None = None) -> None:
        """Compiles it.

        Raises:
            FormatError: it has letters that are not known, or cannot tell one date and time of day.
        """
        self._zones = zones or {}
        letters, expression = _compiled(unicodedata.normalize("NFC", text))
        _check(letters)
        self._expression = re.compile(expression, re.IGNORECASE | re.ASCII)
        self._place = {letter: place for place, letter in enumerate(letters)}
        plain = [self._place.get(letter) for letter in "YmdHMS"]
        whole = [place for place in plain if place is not None]
        self._quick = tuple(whole) if set(letters) == set("YmdHMS"[: len(whole)]) else None

    def __call__(self, text: str) -> datetime:
        """The time, with a zone if the text has one.

        Raises:
            ValueError: the text is not in the format, or no such time is.
        """
        found = self._expression.fullmatch(text if text.isascii() else _as_coded_here(text))
        if found is None:
            raise ValueError(text)
        groups = found.groups()
        if self._quick:
            numbers = [int(groups[place]) for place in self._quick]
            if numbers[3:4] != [MIDNIGHT] and numbers[5:] != [60]:
                return datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001  # the caller knows the zone; six numbers at most
        return self._moment(groups)

    def _moment(self, groups: Sequence[str]) -> datetime:
        part = {letter: groups[place].strip() for letter, place in self._place.items()}
        hour = int(part.get("H", "0"))
        if "p" in part:
            is_afternoon = part["p"].casefold().startswith(_AFTERNOONS)
            hour = int(part["I"]) % 12 + (12 if is_afternoon else 0)
        day = _date(part)
        if "a" in part:
            check_day(part["a"], day)
        fraction = int(part.get("f", "0")[:6].ljust(6, "0"))
        minute, second = int(part.get("M", "0")), int(part.get("S", "0"))
        if hour == MIDNIGHT and (minute or second or fraction):
            raise ValueError(part["H"])
        since = timedelta(hours=hour, minutes=minute, seconds=second, microseconds=fraction)
        return (day + since).replace(tzinfo=self._zone(part))

    def _zone(self, part: Mapping[str, str]) -> tzinfo | None:
        if "z" in part:
            sign, digits = part["z"][0], part["z"][1:].replace(":", "")
            if not digits:
                return zone_of("UTC")
            offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or "0"))
            return timezone(-offset if sign == "-" else offset)
        if "Z" not in part:
            return None
        return self._zones.get(part["Z"]) or zone_of(part["Z"])


def _as_coded_here(text: str) -> str:
    """The text with plain blanks and each letter with its accent in one, as names of months are here."""
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", text))


def _date(part: Mapping[str, str]) -> datetime:
    year = int(part["Y"]) if "Y" in part else int(part["y"]) + 1900
    if "Y" not in part and year < 1900 + TURN_OF_CENTURY:
        year += 100
    if "j" in part:
        found = datetime(year, 1, 1) + timedelta(days=int(part["j"]) - 1)  # noqa: DTZ001  # only a date
        if found.year != year:
            raise ValueError(part["j"])
        return found
    month = int(part["m"]) if "m" in part else month_of(part["b"])
    return datetime(year, month, int(part["d"]))  # noqa: DTZ001  # only a date


def month_of(name: str) -> int:
    """1 to 12; 0 where it is none's."""
    plain = name.removesuffix(".")
    return next(
        (number for number, names in enumerate(_MONTHS, 1) if re.fullmatch(names, plain, re.IGNORECASE)), 0
    )


def _compiled(text: str) -> tuple[list[str], str]:
    """The letters of a format in their order, and its expression."""
    for letter, long in _SHORT.items():
        text = text.replace(f"%{letter}", long)
    letters: list[str] = []
    expression: list[str] = []
    after_digits = False
    pieces = re.split(r"(%.?|\s+)", text)
    for piece in pieces:
        if not piece.startswith("%"):
            literal = r"\s+" if piece.isspace() else re.escape(piece)
            expression.append(_ORDINAL.sub(_ORDINALS, literal) if after_digits else literal)
        elif piece == "%%":
            expression.append("%")
        else:
            letter = piece[1:]
            if letter not in _LETTERS:
                raise FormatError(f"{piece} is not known: it may be made of %{' %'.join(sorted(_LETTERS))}")
            letters.append(_SAME.get(letter, letter))
            form = _WIDE[letter] if after_digits and letter in _WIDE else _LETTERS[letter]
            expression.append(f"({_BESIDE if letter == 'Z' and '%z' in pieces else form})")
        after_digits = piece[1:] in _DIGITS if piece else after_digits
    return letters, "".join(expression)


_RULES: Final[Sequence[tuple[Callable[[set[str]], bool], str]]] = (
    (lambda has: len(has & {"Y", "y"}) == 1, "want a year, %Y or %y"),
    (
        lambda has: "j" in has or ("d" in has and len(has & {"m", "b"}) == 1),
        "want a month and a day, such as %m and %d",
    ),
    (lambda has: "I" not in has or "p" in has, "%I (12 hours) needs %p (AM or PM), or else %H"),
    (lambda has: "p" not in has or "I" in has, "%p (AM or PM) needs %I (12 hours), not %H (24)"),
    (lambda has: len(has & {"H", "I"}) < 2, "want one of %H (24 hours) and %I (12)"),
    (lambda has: "M" not in has or bool(has & {"H", "I"}), "%M (minutes) needs %H or %I"),
    (lambda has: not has & {"S", "f"} or "M" in has, "%S (seconds) needs %M"),
)
"""What the letters of a format must be, and what to say where they are not."""


def _check(letters: Sequence[str]) -> None:
    has = set(letters)
    for holds, want in _RULES:
        if not holds(has):
            raise FormatError(want)
    if len(has) < len(letters):
        twice = next(letter for letter in letters if letters.count(letter) > 1)
        raise FormatError(f"want each letter once, got %{twice} twice")
