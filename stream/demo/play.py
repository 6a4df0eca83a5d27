"""`tocsin demo`: a broker if one can be had, a worker, a day of traffic with an incident, a live board.

Nothing that is started listens outside 127.0.0.1, and all of it ends with us.
"""

import asyncio
import secrets
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from alerts.errors import OperatorError
from stream.demo import in_process, on_broker
from stream.demo.brokers.choice import NoBroker, chosen
from stream.demo.brokers.loopback import claimed_port
from stream.demo.demo_rules import RULES, demo_rules
from stream.demo.settings import GROUP, LOG_PORT, DemoSettings
from stream.demo.webhook_log import PATH, WebhookLog, new_secret, serving
from stream.files.rule_files import load
from stream.kafka.clients import BrokerError


class DemoError(OperatorError):
    """The broker fails while the demo plays on it."""


def play(settings: DemoSettings, say: Callable[[str], None]) -> None:
    """Run the demo to its end; `say` hears which broker it is, in one line.

    Raises:
        OperatorError: the rules are wrong, or the broker or worker does not start.
    """
    source = settings.rules or Path(__file__).parents[1] / RULES
    load(source)  # mistakes are told with their place in the user's file, before anything is started
    _end_as_by_ctrl_c()
    try:
        asyncio.run(_stage(settings, source, say))
    except BrokerError as error:
        raise DemoError(f"the broker failed: {error}") from error


def _end_as_by_ctrl_c() -> None:
    """At SIGTERM, and where the terminal is closed, so that nothing stays behind."""
    # Shells ignore it for what they start with `&`, and with it the two below would fall on deaf ears.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has one of them
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # by nohup
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))


async def _stage(settings: DemoSettings, source: Path, say: Callable[[str], None]) -> None:
    """Start everything, in the order in which it is needed; end it the other way round."""
    log, token = WebhookLog(new_secret()), secrets.token_urlsafe(12)
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(chosen(settings.kafka, settings.directory, say, GROUP))
        say(f"broker: {broker.about}")
        port = stack.enter_context(claimed_port(LOG_PORT))
        log_url = await stack.enter_async_context(serving(log, port))
        rules = demo_rules(source, settings.directory, log_url + PATH, log.secret, settings.speed)
        if isinstance(broker, NoBroker):
            await in_process.perform(settings, rules, log, log_url, token)
        else:
            await on_broker.perform(settings, broker, rules, log, log_url, token)
