"""The command line.  Each command lives in a module of its own, imported when it is called."""

import os
import sys

try:
    from collections.abc import Sequence
    from importlib import import_module
    from typing import Any, Final, NamedTuple

    import click

    from alerts.errors import OperatorError
    from stream import __version__
    from stream.cli.terminal.complaints import complaint
    from stream.cli.terminal.endings import open_closed_streams, outer_endings, write_whatever_comes
    from stream.cli.terminal.signals import AGAIN, heed_sigterm, hold_back
except KeyboardInterrupt:  # a tenth of a second in which `outer_endings` is not there yet
    sys.exit(130)


class CommandEntry(NamedTuple):
    """A command: the module `stream.cli.…` whose `command` runs it, and what `tocsin --help` says of it."""

    module: str
    summary: str


COMMANDS: Final = {
    "demo": CommandEntry("demo", "Play a day in 75 seconds, and phone falls at noon."),
    "worker": CommandEntry("worker", "Score events and judge alerts, beside the other workers."),
    "gateway": CommandEntry("gateway", "Take webhooks, and write them to Kafka as events."),
    "sources": CommandEntry("sources", "Check a sources file, try what a webhook becomes."),
    "check": CommandEntry("check", "Check rules files: every problem, with file and line."),
    "test": CommandEntry("test", "Run scenario files: events in, alert states out."),
    "backtest": CommandEntry("backtest", "Replay events through rules, as the worker would."),
    "diff": CommandEntry("diff", "Replay events through two sets of rules: who pages when?"),
    "simulate": CommandEntry("simulate", "How often would a rule page for nothing, and how late?"),
    "import": CommandEntry("importing", "Turn a foreign log into events."),
    "send": CommandEntry("send", "Generate traffic: six channels, nine stages."),
    "alerts": CommandEntry("alerts", "Follow alerts, acknowledge them, silence them."),
    "dead-letters": CommandEntry("dead_letters", "List rejected records, or send them again."),
    "topics": CommandEntry("topics", "Create Kafka topics, or check those that exist."),
    "routes": CommandEntry("routes", "Look at the tree of routes: who is told of what?"),
    "receivers": CommandEntry("receivers", "Look at receivers, and try them."),
    "doctor": CommandEntry("doctor", "Check rules, receivers, broker, topics, clock and keys."),
}

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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """A line each, for which no command's module is read: together they take seconds."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        if cmd_name == "worker":  # whose imports alone take most of a second
            hold_back(AGAIN)
        command: click.Command = import_module(f"stream.cli.{COMMANDS[cmd_name].module}").command
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
