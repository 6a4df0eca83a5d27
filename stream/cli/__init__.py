"""The command line.  Each command lives in a module of its own, imported when it is called."""

import os
import sys

try:
    from collections.abc import Sequence
    from importlib import import_module
    from typing import Any, Final

    import click

    from alerts.errors import OperatorError
    from stream import __version__
    from stream.cli.terminal.complaints import complaint
    from stream.cli.terminal.endings import open_closed_streams, outer_endings, write_whatever_comes
    from stream.cli.terminal.signals import AGAIN, heed_sigterm, hold_back
except KeyboardInterrupt:  # a tenth of a second in which `outer_endings` is not there yet
    sys.exit(130)

COMMANDS: Final = {
    "demo": "demo",
    "worker": "worker",
    "gateway": "gateway",
    "sources": "sources",
    "check": "check",
    "test": "test",
    "backtest": "backtest",
    "diff": "diff",
    "simulate": "simulate",
    "import": "importing",
    "send": "send",
    "alerts": "alerts",
    "dead-letters": "dead_letters",
    "topics": "topics",
    "routes": "routes",
    "receivers": "receivers",
    "doctor": "doctor",
}
"""Command to the module `stream.cli.…` whose `command` runs it."""

OPERATOR_ERROR_EXIT: Final = 2


class _Lazy(click.Group):
    """Imports a command's module when it is asked for, so that `--help` and `check` start at once."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """As click has it, but that Ctrl-C, a reader that has gone and a full disk end all commands alike."""
        with outer_endings():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """As `make_context`."""
        with outer_endings():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        if cmd_name == "worker":  # whose imports alone take most of a second
            hold_back(AGAIN)
        command: click.Command = import_module(f"stream.cli.{COMMANDS[cmd_name]}").command
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tocsin")
def tocsin() -> None:
    """Tocsin rings before a bad buzz spreads: CX scores in event time, alerts when the evidence is in."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an operator's mistake is a message on stderr and exit code 2."""
    heed_sigterm()
    open_closed_streams()
    write_whatever_comes()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads would wait busily for nothing to do
    try:
        tocsin.main(args=arguments, prog_name="tocsin")
    except OperatorError as error:
        click.echo(complaint(error), err=True)
        sys.exit(OPERATOR_ERROR_EXIT)
