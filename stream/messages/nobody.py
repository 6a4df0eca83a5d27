"""What stands where nobody knows who the customer is.

What telephone systems call `anonymous` or `0000000000` and databases `NULL`, or fill with blanks, would else
be one customer, who calls all day: each contact a repeat, and most answers further ones of the same person.
A short `0` is a customer: whoever numbers them from nought has one.  `+266696687` is ANONYMOUS on the keys of
a telephone, as Twilio and some networks have it; the others with a plus are RESTRICTED, BLOCKED, UNKNOWN and
UNAVAILABLE.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.columnar.hashing import hashed
from stream.columnar.hashtable import Keys

_NOBODY: Final = (
    "anonymous", "anonym", "anonyme", "anonimo", "anónimo", "anônimo", "guest", "unknown", "unknown caller",
    "unbekannt", "inconnu", "desconocido", "desconhecido", "sconosciuto", "onbekend", "private",
    "private number", "private caller", "withheld", "number withheld", "restricted", "unavailable", "blocked",
    "hidden", "no caller id", "null", "(null)", "<null>", "none", "(none)", "nil", "undefined", "n/a", "#n/a",
    "na", "nan", "not set", "(not set)", "not available", "(blank)", "(empty)", "empty", "no value",
    "(no value)", "-none-", "--none--", "<none>", "[none]", "[null]", "<na>", "-", "--", "---",
    "—", "–", "?", ".", "-1", "\\n", "{}", "[]", "00000000-0000-0000-0000-000000000000",
    "n.a.", "k.a.", "anonymous user", "anonymous customer", "anonymous caller", "guest user", "unknown user",
    "unknown customer", "unknown number", "walk-in", "walk-in customer", "[object object]", "匿名", "不明",
    "未知", "非通知", "非通知設定",
    "anonymous@anonymous.invalid", "sip:anonymous@anonymous.invalid", "sips:anonymous@anonymous.invalid",
    *(
        f"{scheme}:{name}"
        for scheme in ("tel", "sip")
        for name in ("anonymous", "unknown", "unavailable", "restricted", "private", "withheld", "blocked")
    ),
    "+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253",
    *("0" * count for count in range(7, 16)),
    *(" " * count for count in range(1, 129)),
)  # fmt: skip
NOBODY: Final = frozenset(
    spelled for name in _NOBODY for spelled in (name, name.upper(), name.capitalize(), name.title())
) | {"NaN", "(No value)", "k.A.", "No Caller ID", "[object Object]", "Walk-in Customer"}
"""What stands where no id is known."""

_HASHES: Final = hashed(sorted(NOBODY))
_BITS: Final = np.uint64((1 << 20) - 1)
_SIEVE: Final = np.zeros(1 << 20, bool)
"""By the last bits of a hash, whether it may be one of these: some two nanoseconds a customer."""
_SIEVE[(_HASHES & _BITS).astype(np.int64)] = True


def are_nobody(customers: Keys) -> NDArray[np.bool_]:
    """Which hashes are those of no customer."""
    found: NDArray[np.bool_] = _SIEVE[customers & _BITS]
    if found.any():
        found[found] = np.isin(customers[found], _HASHES)
    return found
