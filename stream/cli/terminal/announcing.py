"""What a service says on stdout as it begins: it serves also where nobody reads, or the disk is full."""

import logging
import os
import sys
from collections.abc import Iterable

import click

log = logging.getLogger(__name__)


def announce(lines: Iterable[str]) -> None:
    """Say where it is; what cannot be said is a line in the log, and nothing more goes there."""
    try:
        for line in lines:
            click.echo(line)
        sys.stdout.flush()
    except OSError as error:
        log.warning("what is said on stdout is lost: %s", error.strerror)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
