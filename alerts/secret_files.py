"""Secrets in files of their own: read up to a length, as a device such as /dev/zero never ends."""

import errno
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 64 * 2**10
"""More than any key, token or list of addresses has."""


def read_secret(path: Path) -> str:
    """The text of a file, which must be UTF-8.

    Raises:
        OSError: it cannot be read, or has more than 64 KiB.
        UnicodeDecodeError: it is no text.
    """
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"more than {MOST_BYTES >> 10} KiB")
    return content.decode()
