"""JSON with its long integers as they stand.

The fast reader makes floats of those that 64 bits do not hold, and different ids become the same.  It is the
other reader's turn only where a member has one, as that takes longer.
"""

import re
from contextlib import suppress
from typing import Any, Final

import msgspec
import orjson

_LONG: Final = re.compile(":[ ]*(?:-[0-9]|[0-9]{2})[0-9]{18}")
"""A member whose number has as many digits as the greatest of 64 bits, or the least; most ids have fewer."""
_LONG_BYTES: Final = re.compile(_LONG.pattern.encode())


def exactly(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        orjson.JSONDecodeError: it is none.
    """
    found = orjson.loads(text)
    if (_LONG.search(text) if isinstance(text, str) else _LONG_BYTES.search(text)) is not None:
        with suppress(msgspec.DecodeError, RecursionError):
            return msgspec.json.decode(text)
    return found
