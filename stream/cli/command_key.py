"""The option by which commands are told the key that commands on cx.commands are signed with."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from alerts.delivery.command_seal import read_keys

_OPTION: Final = click.option(
    "--commands-key-file",
    envvar="TOCSIN_COMMANDS_KEY_FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File with the key that signs commands (16 characters or more); or set TOCSIN_COMMANDS_KEY.",
)


def command_key_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option; the function gets `keys: tuple[bytes, ...]`, the first of which signs."""

    @functools.wraps(function)
    def with_keys(*, commands_key_file: Path | None, **rest: Any) -> Any:
        return function(keys=read_keys(commands_key_file), **rest)

    decorated: Callable[..., Any] = _OPTION(with_keys)
    return decorated
