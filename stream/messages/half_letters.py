r"""Halves of letters: what is left of an emoji where a text was cut in the middle of it.

Programs whose letters are of 16 bits cut texts so, and write the rest as half of a pair: "so slow \ud83d".
It is JSON by its grammar, and most readers refuse all of it: an answer would be lost for a comment.
"""

import re
from typing import Final

_ESCAPES: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""Pairs, halves, and anything else that is escaped; linear in any input."""
_UNKNOWN: Final = rb"\ufffd"


def without_halves(json: bytes) -> bytes:
    """JSON with the sign for an unknown letter in place of each half; the same where it has none."""
    if b"\\ud" not in json.lower():
        return json
    return _ESCAPES.sub(lambda found: _UNKNOWN if found[1] else found[0], json)
