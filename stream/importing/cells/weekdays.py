"""Names of the days of the week, which tell a date whose day and month were taken for each other.

`Mon 03/02/2026` is the second of March; the third of February was a Tuesday.
"""

import unicodedata
from datetime import date
from functools import lru_cache
from typing import Final

_NAMES: Final = tuple(
    unicodedata.normalize("NFKD", names).split()
    for names in (
        "monday lundi montag lunes segunda lunedi maandag 月 월",
        "tuesday mardi dienstag martes terca martedi dinsdag 火 화",
        "wednesday mercredi mittwoch miercoles quarta mercoledi woensdag 水 수",
        "thursday jeudi donnerstag jueves quinta giovedi donderdag 木 목",
        "friday vendredi freitag viernes sexta venerdi vrijdag 金 금",
        "saturday samedi samstag sonnabend sabado sabato zaterdag 土 토",
        "sunday dimanche sonntag domingo domenica zondag 日 일",
    )
)
"""From Monday on: English, French, German, Spanish, Portuguese, Italian, Dutch, Japanese, Korean."""
_FEWEST: Final = 2
"""Letters of a name that is cut short, of those that are Latin."""


@lru_cache(maxsize=1_000)
def days_called(name: str) -> frozenset[int]:
    """The days that a name may be of, 0 for Monday, whole or cut short; none where it is not known."""
    plain = unicodedata.normalize("NFKD", name.casefold().removesuffix("."))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).partition("-")[0]
    if plain.isascii() and len(plain) < _FEWEST:
        return frozenset()
    return frozenset(day for day, names in enumerate(_NAMES) if any(full.startswith(plain) for full in names))


def check_day(name: str, day: date) -> None:
    """See that a date is on the day of the week that is named, if that is known.

    Raises:
        ValueError: it is not.
    """
    known = days_called(name)
    if known and day.weekday() not in known:
        raise ValueError(f"{day:%Y-%m-%d} is no {name}")
