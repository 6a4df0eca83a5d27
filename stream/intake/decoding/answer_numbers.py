"""Numbers in the text of an answer: `4`, `4.0`, `4/5`, `5 - Very satisfied`, `★★★★☆`, `4 stars`."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from alerts.foreign_text import UNSEEN
from stream.messages.other_scripts import in_our_digits

_LOOKS: Final = re.compile(f"[\ufe0e\ufe0f\u200d\u20e3{UNSEEN}]")
_RAISED: Final = re.compile("[\u00b2\u00b3\u00b9\u2070-\u2089]")
"""Marks of footnotes and powers, which would become digits beside the others: a 4 with a note 1 is not 41."""
_NUMBER: Final = r"([-+]?[0-9]{1,3})(?:[.,]0{1,6})?"
_PLAIN: Final = re.compile(_NUMBER)
_UNIT: Final = (
    "(?:stars?|etoiles?|sternen?|estrellas?|estrelas?|stell[ae]|sterren|[★⭐🌟]"
    "|points?|pts?|puntos?|punkten?)"
)
_OF: Final = re.compile(rf"{_NUMBER} ?{_UNIT}? ?(?:/|of|out of|sur|von|de|su|van) ?([0-9]{{1,3}}) ?{_UNIT}?")
_STARS: Final = re.compile(rf"{_NUMBER} ?{_UNIT}")
_LABELLED: Final = re.compile(rf"{_NUMBER} ?[-–—:.)=|] ?(\D.*)")
_BRACKETED: Final = re.compile(rf"{_NUMBER} ?\((\D[^()]*)\)|[(\[]{_NUMBER}[)\]] ?(\D.*)")
_NAMED: Final = re.compile(rf"(\D*?[^\W\d_]\W?) ?(?:[(\[]{_NUMBER}[)\]]|[-–—:=|] ?([0-9]{{1,2}}))")
_IN_WORDS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
)  # fmt: skip
_DIGITS: Final = {word: str(number) for number, word in enumerate(_IN_WORDS)}
_SPELLED: Final = re.compile(rf"^({'|'.join(_DIGITS)})([ _]stars?)?(?= out of |$)")
"""Numbers in words, as Google writes the stars of a review: FIVE."""
_MONTHS: Final = frozenset({
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mrz",
    "mär", "mai", "okt", "dez", "janv", "févr", "fév", "mars", "avr", "juin", "juil", "août",
    "sept", "déc", "ene", "abr", "ago", "dic", "gen", "mag", "giu", "lug", "set", "ott", "fev",
    "out", "mrt", "mei",
})  # fmt: skip
"""What a spreadsheet makes of 4/5 and 8-10: `5-Apr`, `05. Apr`, `08-Oct`, `05-avr.`"""
_FULL: Final = "★⭐🌟✭✮"
_HOLLOW: Final = "☆✩"
_SIGNS: Final = re.compile(f"([{_FULL}]*)([{_HOLLOW}]*)")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number that a text says, the top of the scale that it is of, if said, and the words beside it."""

    level: float
    top: float | None = None
    words: str = ""
    is_stars: bool = False


def numbered(text: str) -> Numbered | None:
    """The number that an answer's text says; None where it says none, half a level, or a date."""
    if _RAISED.search(text):
        return None
    plain = in_our_digits(unicodedata.normalize("NFKC", _LOOKS.sub("", text)).strip().casefold())
    plain = _in_digits(plain)
    signs = _SIGNS.fullmatch(plain.replace(" ", ""))
    if signs and plain:
        full, hollow = len(signs[1]), len(signs[2])
        return Numbered(float(full), float(full + hollow) if hollow else None, is_stars=True)
    if found := _PLAIN.fullmatch(plain):
        return Numbered(float(found[1]) + 0.0)
    if found := _OF.fullmatch(plain.replace("é", "e")):
        return Numbered(float(found[1]), float(found[2]))
    if found := _STARS.fullmatch(plain.replace("é", "e")):
        return Numbered(float(found[1]), is_stars=True)
    if found := _LABELLED.fullmatch(plain):
        return _labelled(found[1], found[2])
    if found := _BRACKETED.fullmatch(plain):
        return _labelled(found[1] or found[3], found[2] or found[4])
    if found := _NAMED.fullmatch(plain):
        return _labelled(found[2] or found[3], found[1])
    return None


def _labelled(number: str, words: str) -> Numbered | None:
    return None if words.rstrip(". ") in _MONTHS else Numbered(float(number), None, words)


def _in_digits(plain: str) -> str:
    return _SPELLED.sub(lambda found: _DIGITS[found[1]] + (" stars" if found[2] else ""), plain)
