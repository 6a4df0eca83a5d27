"""Values of dimensions that look as if they were about a person, or were a secret.

A dimension's values become labels of scores, metrics, alerts and notices.  A producer that puts an e-mail
address into `channel` would publish it all over the company; so such a value counts as `(personal)`.  What it
looks like is a function of the text alone: a replay and another worker decide alike.

What is looked for: e-mail addresses; IBANs, by their check digits; payment cards, by theirs; telephone
numbers that are written as such (+33 6 12 34 56 78, 06 12 34 56 78, (212) 555-0100); secrets by the
beginnings that vendors give them.  A number alone, such as 4711 or 20261122, is none of these.
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from alerts.rulebook.shown import looks_secret, may_hold_secret

PERSONAL: Final = "(personal)"
"""The value that counts for all that look personal."""

_MAIL: Final = re.compile(r"[^\s@<>]@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE)
_IBAN: Final = re.compile(
    r"(?<![a-z0-9])[a-z]{2}\d{2}(?:[ -]?[a-z0-9]{4}){2,7}(?:[ -]?[a-z0-9]{1,3})?(?![a-z0-9])",
    re.ASCII | re.IGNORECASE,  # without, a search without case finds signs that are no digits to base 36
)
_GAP: Final = r"[ .\u00a0/-]?"
_PHONE: Final = re.compile(
    rf"(?<![\w+-])(?:(?:\+|00)[1-9]\d{{0,2}}{_GAP}(?:\(0\){_GAP})?\(?\d{{1,4}}\)?(?:{_GAP}\d{{2,4}}){{2,5}}"
    rf"|0[1-9](?:{_GAP}\d{{2}}){{4}}"  # 06 12 34 56 78
    rf"|0[1-9]\d{{1,4}}[ .\u00a0/-]\d{{3,4}}(?:{_GAP}\d{{3,4}})?"  # 020 7946 0958
    r"|\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4})(?!\w)"  # (212) 555-0100
)
_CARD: Final = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
LEAST_DIGITS: Final = 8
"""Of a telephone number."""


def personal_among(texts: Sequence[str]) -> list[bool]:
    """Which of some texts look personal.

    All of them are looked at together first, for what every such text has in it: mostly there is none.
    """
    together = "\n".join(texts)
    if may_hold_secret(together):
        return list(map(looks_personal, texts))
    suspect = _with_digits(together, texts)
    if "@" in together:
        suspect |= {place for place, text in enumerate(texts) if "@" in text}
    return [place in suspect and looks_personal(text) for place, text in enumerate(texts)]


def _with_digits(together: str, texts: Sequence[str]) -> set[int]:
    """The places of texts with enough digits, where whatever is not ASCII might be one."""
    characters = np.frombuffer(together.encode("utf-32-le", "surrogatepass"), np.uint32)
    digits = np.cumsum((characters - ord("0") < 10) | (characters > ord("\x7f")))  # below "0" wraps around
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1) - 1  # where the line ends
    through = np.concatenate([[0], digits, digits[-1:]])[ends]
    return set(np.flatnonzero(np.diff(through, prepend=0) >= LEAST_DIGITS).tolist())


def looks_personal(text: str) -> bool:
    """Whether a text has something in it that looks personal, or like a secret."""
    if "@" in text and _MAIL.search(text):
        return True
    digits = sum(character.isdigit() for character in text)
    if digits >= LEAST_DIGITS and (
        _PHONE.search(text)
        or any(map(_is_iban, _IBAN.findall(text)))
        or any(map(_is_card, _CARD.findall(text)))
    ):
        return True
    return looks_secret(text)


def _is_iban(text: str) -> bool:
    """ISO 13616: the first four characters to the end, letters as 10 to 35, remainder 1 modulo 97."""
    plain = text.replace(" ", "").replace("-", "")
    return int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1


def _is_card(text: str) -> bool:
    """Luhn's check: every second digit from the right doubled, the digits' sum a multiple of ten."""
    digits = [int(each) for each in reversed(text) if each.isdigit()]
    doubled = [sum(divmod(2 * each, 10)) for each in digits[1::2]]
    return len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0
