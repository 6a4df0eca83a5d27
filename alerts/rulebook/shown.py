"""Values of an operator's file as messages show them: short, printable, and without secrets.

A secret may stand in a place where nobody expects one: a webhook's address as a receiver's name, a token as a
window.  So what looks like a secret is not shown wherever it was written, and what a secret's own field holds
is not shown whatever it looks like.
"""

import re
from typing import Final

SHOWN_CHARACTERS: Final = 60
SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""Halves of characters, which YAML can write and nothing can encode."""

_UNPRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SECRET_FIELD: Final = re.compile(
    r"(^|[._])(\w*secret|\w*token|\w*password|passwd|\w*_key|key|apikey|routing_key|signing_key|credentials?|headers?)"
    r"(\[\d+\])?$",
    re.IGNORECASE,
)
_KNOWN: Final = re.compile(
    r"(?i:whsec_|whsk_|sk_|pk_|rk_|xox[a-z]-|xapp-|gh[pousr]_|github_pat_|glpat-|AKIA|ASIA|AIza|SG\.|eyJ"
    r"|Bearer |Basic )\S+"
)
_IN_KNOWN: Final = (
    "whsec_", "whsk_", "sk_", "pk_", "rk_", "xox", "xapp-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_",
    "github_pat_", "glpat-", "akia", "asia", "aiza", "sg.", "eyj", "bearer ", "basic ",
)  # fmt: skip
"""One of these is in everything that `_KNOWN` finds, in lower case."""
_ODD_CASE: Final = "\u0130\u0131\u017f\u212a"
"""Characters that are an i, s or k to a search without case, but not in lower case."""
_URL: Final = re.compile(r"([a-z][a-z0-9+.-]*://)(?:[^/\s@]*@)?([^/\s?#]*)[/?#]?\S*", re.IGNORECASE)
_RUN: Final = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_HIDDEN: Final = "…"


def shown(value: str, path: str = "") -> str:
    """The value, at most 60 characters of it; what is or looks like a secret is left out."""
    if _SECRET_FIELD.search(path):
        return _HIDDEN
    short = value[: 4 * SHOWN_CHARACTERS]
    short = _KNOWN.sub(_HIDDEN, _URL.sub(_address, short))
    short = _RUN.sub(_run, short)
    short = _UNPRINTABLE.sub("\ufffd", short)
    return short if len(short) <= SHOWN_CHARACTERS else short[:SHOWN_CHARACTERS] + _HIDDEN


def looks_secret(value: str) -> bool:
    """Whether a text has something in it that begins as vendors' secrets do."""
    return may_hold_secret(value) and _KNOWN.search(value) is not None


def may_hold_secret(value: str) -> bool:
    """Whether it is worth while to search a text for secrets: a tenth of that work."""
    lower = value.lower()
    return any(each in lower for each in _IN_KNOWN) or (
        not value.isascii() and any(each in value for each in _ODD_CASE)
    )


def _address(found: re.Match[str]) -> str:
    """An address without what comes before and behind its host: there tokens stand."""
    return f"{found[1]}{found[2]}/{_HIDDEN}"


def _run(found: re.Match[str]) -> str:
    """A long run of letters and digits, hidden where it has the look of chance."""
    text = found[0]
    kinds = sum(bool(re.search(kind, text)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    digits = sum(letter.isdigit() for letter in text)
    return (
        _HIDDEN if (kinds == _ALL_KINDS and digits >= _MANY) or (digits >= 2 * _MANY and kinds > 1) else text
    )


_ALL_KINDS: Final = 3
_MANY: Final = 3
