"""The same as others write it: ٤, ۴ and ४ are 4, and marks that nobody sees are nothing.

Phones and programs set to Arabic, Persian or Hindi write numbers so, in answers as well as in times.
"""

import unicodedata
from typing import Final

from alerts.foreign_text import UNSEEN

_UNSEEN: Final = dict.fromkeys(map(ord, UNSEEN))
_SIGNS: Final = {ord("\u2212"): "-", ord("\u066a"): "%", ord("\u066c"): "’"}
"""A minus, and of Arabic the sign of percents and what parts thousands."""
_POINT: Final = "\u066b"
"""Between a whole number and its decimals in Arabic; nothing else."""


def seen(text: str) -> str:
    """The text without what is not to be seen of it."""
    return text if text.isascii() else text.translate(_UNSEEN)


def in_our_digits(text: str, point: str = ".") -> str:
    """What is seen of the text, with its numbers in 0 to 9, and `point` where Arabic has its own."""
    if text.isascii():
        return text
    digits = (str(unicodedata.decimal(char, char)) for char in seen(text).translate(_SIGNS))
    return "".join(digits).replace(_POINT, point)
