"""`tocsin worker`: the Faust worker."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

import click
from aiokafka.errors import KafkaError

from alerts.errors import OperatorError, SettingsError
from alerts.receivers.settings import is_url
from stream.cli.command_key import command_key_option
from stream.cli.kafka_options import group_option, kafka_options
from stream.cli.terminal.announcing import announce
from stream.cli.terminal.finite import FiniteRange
from stream.cli.terminal.logs import log_level_option, log_to_stderr
from stream.cli.terminal.signals import AGAIN, ENDING, hold_back, on_signal
from stream.files import rule_files as rulefile
from stream.kafka.outbox import DeliveryError
from stream.kafka.reader import ReadError
from stream.kafka.settings import ClientSettings
from stream.monitoring.listening import base_url
from stream.monitoring.server import HOST
from stream.worker.app import LEAVE_S, Worker
from stream.worker.ending import Ending
from stream.worker.kept_rules import RulesInForce, begin_with
from stream.worker.log_lines import described
from stream.worker.settings import WorkerSettings

log = logging.getLogger("stream.worker")

DEFAULT_PORT: Final = 9108
DEFAULT_SESSION_TIMEOUT_S: Final = 15.0
DEFAULT_WATCHDOG_S: Final = 90.0
GRACE_S: Final = 5.0
FAILED_EXIT: Final = 1
OUTAGES: Final = (KafkaError, DeliveryError, ReadError)
"""Ways to say that the broker has been away for too long, or has refused."""
OTHERS: Final = ("faust", "mode", "aiokafka", "aiohttp")
"""Loggers of libraries, which say at every attempt what we say once; `--log-level debug` lets them speak."""


@click.command("worker")
@kafka_options
@click.option(
    "--rules",
    envvar="TOCSIN_RULES",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Rules file (YAML), read again when it changes or on SIGHUP.  Default: the starter rules.",
)
@group_option("Consumer group: workers of one group share the work, and its state.")
@click.option(
    "--host", envvar="TOCSIN_HOST", default=HOST, show_default=True, help="Address of the web server."
)
@click.option(
    "--port",
    envvar="TOCSIN_PORT",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port of the web server: /metrics, /healthz, /readyz.  0: any that is free.",
)
@click.option(
    "--session-timeout",
    envvar="TOCSIN_SESSION_TIMEOUT",
    type=FiniteRange(6, 300),
    default=DEFAULT_SESSION_TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="Silence after which the group takes a worker for dead.",
)
@click.option(
    "--watchdog",
    envvar="TOCSIN_WATCHDOG",
    type=FiniteRange(30, 3600),
    default=DEFAULT_WATCHDOG_S,
    show_default=True,
    metavar="SECONDS",
    help="Standstill with work to do after which the worker ends itself (exit code 75).",
)
@click.option(
    "--trim-snapshots/--no-trim-snapshots",
    envvar="TOCSIN_TRIM_SNAPSHOTS",
    default=True,
    show_default=True,
    help="Delete snapshots that newer ones have replaced.  Off for brokers without DeleteRecords, whose "
    "word on where a topic ends is then not relied on either.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    envvar="TOCSIN_DRY_RUN",
    help="Judge and publish, but tell no receiver: for rules on trial.",
)
@command_key_option
@click.option(
    "--token-file",
    envvar="TOCSIN_TOKEN_FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File with the token of those who may acknowledge and silence over HTTP; else $TOCSIN_TOKEN.",
)
@click.option(
    "--public-url",
    envvar="TOCSIN_PUBLIC_URL",
    metavar="URL",
    default="",
    callback=lambda _context, _option, url: _public_url(url),
    help="The web server as those who read notices reach it: notices then have a link to acknowledge.",
)
@log_level_option
def command(  # noqa: PLR0913, PLR0917  # one per option
    kafka: ClientSettings,
    rules: Path | None,
    group: str,
    host: str,
    port: int,
    session_timeout: float,
    watchdog: float,
    trim_snapshots: bool,  # noqa: FBT001  # click calls by name
    dry_run: bool,  # noqa: FBT001  # click calls by name
    keys: tuple[bytes, ...],
    token_file: Path | None,
    public_url: str,
    log_level: str,
) -> None:
    """Score events and judge alerts, together with the other workers of the group.

    Waits for its broker for ever.  SIGTERM and SIGINT: leave in good order, exit code 0.
    """
    log_to_stderr(log_level, OTHERS)
    settings = WorkerSettings(
        kafka=kafka,
        rules=rules,
        group=group,
        host=host,
        port=port,
        session_timeout_s=session_timeout,
        watchdog_s=watchdog,
        trim_snapshots=trim_snapshots,
        command_keys=keys,
        token=_token(token_file),
        public_url=public_url,
        dry_run=dry_run,
    )
    _work(settings, RulesInForce(rulefile.starter(), "") if rules is None else begin_with(rules))


def _work(settings: WorkerSettings, rules: RulesInForce) -> NoReturn:
    """Work until told to leave, then end the process, or begin it again with other rules."""
    try:
        ending = asyncio.run(_run(settings, rules))
    except OperatorError:
        raise
    except OUTAGES as error:
        log.error("worker ends without good order: %s", described(error))  # noqa: TRY400  # the broker's fault
        _exit(FAILED_EXIT)
    except (Exception, asyncio.CancelledError):  # the latter of a library that was cut off
        log.exception("worker ends without good order")
        _exit(FAILED_EXIT)
    if ending is Ending.RELOAD:
        rules.keep()
        _begin_again()
    log.info("worker has left in good order")
    _exit(0)


def _begin_again() -> NoReturn:
    """This command again, with the rules as they are now."""
    command = [sys.executable, *sys.orig_argv[1:]]
    for number in (AGAIN, signal.SIGTERM):
        hold_back(number)
    if os.name == "nt":  # where exec returns to the shell at once, and leaves an orphan
        _exit(subprocess.run(command, check=False).returncode)  # noqa: S603  # our own command
    os.execv(sys.executable, command)  # noqa: S606  # no shell is wanted


def _public_url(url: str) -> str:
    """The beginning of links; "" for none."""
    if url and not is_url(url):
        raise SettingsError(f"--public-url: want an http or https URL, got {url!r}")
    return url


def _token(file: Path | None) -> str:
    """The token of the API, from a file or the environment; "" for none."""
    if file is None:
        return os.environ.get("TOCSIN_TOKEN", "").strip()
    token = rulefile.read_text(file).strip()
    if not token:
        raise SettingsError(f"--token-file: {file}: want a token, got an empty file")
    return token


async def _run(settings: WorkerSettings, rules: RulesInForce) -> Ending:
    loop = asyncio.get_running_loop()
    worker = Worker(settings, rules, on_failing=lambda: _exit_after(GRACE_S))
    if rules.are_old:
        worker.look_at_rules()  # and say so
    for number in ENDING:
        on_signal(loop, number, partial(_stop, worker, number))
    on_signal(loop, AGAIN, worker.look_at_rules)
    return await worker.run(_say_where)


def _stop(worker: Worker, number: signal.Signals) -> None:
    """Leave in good order; if that does not end, leave anyway."""
    log.info("leaving signal=%s", number.name)
    _exit_after(LEAVE_S + GRACE_S)
    worker.end(Ending.STOPPED)


def _exit_after(seconds: float) -> None:
    """Whatever hangs by then is left behind."""
    hard = threading.Timer(seconds, _leave_behind, (seconds,))
    hard.daemon = True
    hard.start()


def _leave_behind(seconds: float) -> None:
    log.error("it did not come to an end within %g s: what was left will be done again", seconds)
    _exit(FAILED_EXIT)


def _say_where(host: str, port: int) -> None:
    announce(f"{base_url(host, port)}/{page}" for page in ("metrics", "healthz", "readyz"))


def _exit(code: int) -> NoReturn:
    """End now: threads of the Kafka client may not."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)
