"""How a command ends that something outside ends: Ctrl-C, a reader that has read enough, a full disk."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from alerts.errors import SettingsError

INTERRUPTED_EXIT: Final = 130
"""As shells tell of what SIGINT ended."""
READER_GONE_EXIT: Final = 141
"""As shells tell of what SIGPIPE ended: `tocsin … | head`."""
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def open_closed_streams() -> None:
    """What the shell closed (`>&-`) reads and writes nothing; no file that is opened gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115  # open until the process ends


def write_whatever_comes() -> None:
    """A terminal may lack letters: it gets their numbers, as stderr does, and none ends a command."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


@contextmanager
def outer_endings() -> Iterator[None]:
    """Ends in silence with the code that a shell expects, or tells that there was no room for the output.

    Raises:
        SystemExit: Ctrl-C, or nobody reads any more.
        SettingsError: what is written has no room.
    """
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED_EXIT) from None
    except BrokenPipeError:
        _write_no_more()
        raise SystemExit(READER_GONE_EXIT) from None
    except OSError as error:
        if error.errno not in NO_ROOM or error.filename is not None:  # writing knows no name
            raise
        _write_no_more()
        raise SettingsError(f"stdout: want room for what is written, got: {error.strerror}") from None


def _write_no_more() -> None:
    """What is still in buffers goes nowhere, or it would be tried again as Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
