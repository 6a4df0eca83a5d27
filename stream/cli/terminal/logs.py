"""What processes log: one line an event on stderr, bounded, without what clients say of themselves."""

import logging
import sys
from collections.abc import Callable
from typing import Any, Final

import click

from stream.worker.log_lines import FORMAT, LineLimit, OneLine

PAYLOADS: Final = ("aiokafka.producer.producer",)
"""Loggers that at `debug` write down whole records, with whatever customers have said in them."""
LEVELS: Final = ("debug", "info", "warning", "error")


def log_level_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--log-level`, which comes as `log_level`."""
    decorated: Callable[..., Any] = click.option(
        "--log-level",
        envvar="TOCSIN_LOG_LEVEL",
        type=click.Choice(LEVELS),
        default="info",
        show_default=True,
        help="What is logged to stderr.",
    )(function)
    return decorated


def log_to_stderr(level: str, others: tuple[str, ...]) -> None:
    """Log from this level on; of the loggers of `others` only what is critical, unless at `debug`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(FORMAT))
    handler.addFilter(LineLimit())
    logging.basicConfig(handlers=[handler], level=level.upper())
    if level != "debug":
        for name in others:
            logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in PAYLOADS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
