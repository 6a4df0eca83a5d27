"""What a time is that is not read, told without what it says."""

import re
from typing import Final

MICROSECONDS: Final = (1e14, 1e20)
"""From the year 5138 in milliseconds on, up to nanoseconds of that year."""
_LOOKS: Final = (
    (re.compile(r"-?[0-9]{9,19}(?:\.[0-9]*)?"), " (digits in quotation marks? write them as a number)"),
    (
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]*)?)?"),
        " (a time without its offset: Z behind it is UTC)",
    ),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), " (a day without a time)"),
    (
        re.compile(
            r"[0-9]{4}(?:-[0-9]{2}){2}[T ][0-9]{2}(?::[0-9]{2}){2}(?:\.[0-9]*)?(?:Z|[+-][0-9]{2}:?[0-9]{2})",
            re.IGNORECASE,
        ),
        " (no such day, time of day or offset)",
    ),
    (
        re.compile(r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}.{0,60}"),
        " (seconds, then Z or an offset such as +05:30, and nothing before or behind it)",
    ),
)


def odd_time(value: object) -> str:
    """What stands there instead of a time that is read, where that can be told."""
    if isinstance(value, (int, float)):
        least, most = MICROSECONDS
        return " (microseconds or nanoseconds? divide them)" if least <= value < most else ""
    return next((said for look, said in _LOOKS if look.fullmatch(str(value))), "")
