"""Log lines that nobody from outside can forge, flood or fill.

Whatever makes a worker say something may come a million times a second, or hold a line break and a forged
line behind it.  So every line is one line of bounded length, and of lines that differ in their facts alone
some a minute are written; how many were not is said with the next one that is.
"""

import logging
import time
import traceback
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.errors import KafkaError

from alerts.errors import OperatorError
from alerts.foreign_text import printable
from stream.kafka.clients import BrokerError
from stream.kafka.outbox import DeliveryError
from stream.kafka.reader import ReadError

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
MOST_CHARS: Final = 4_000
"""Of a message; a traceback is as long again at most."""
FORBIDDEN: Final = "; the broker's ACLs forbid it, docs/operating.md has what each part may do"
MOST_A_MINUTE: Final = 20
"""Lines of one kind."""
MINUTE_S: Final = 60.0
MOST_KINDS: Final = 1_000


@dataclass(slots=True)
class _Kind:
    """Lines of one kind in the minute that began at `since_s`."""

    since_s: float
    written: int = 0
    kept_back: int = 0


class LineLimit(logging.Filter):
    """Lets some lines of each kind through a minute; a kind is a logger and a message without its facts."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[tuple[str, str], _Kind] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it may be written; adds how many like it were not."""
        now_s, key = time.monotonic(), (record.name, str(record.msg))
        kind = self._kinds.get(key)
        if kind is None or now_s - kind.since_s >= MINUTE_S:
            if len(self._kinds) >= MOST_KINDS:
                self._kinds.clear()
            before, kind = kind, _Kind(now_s)
            self._kinds[key] = kind
            if before is not None and before.kept_back:
                record.msg = f"{record.getMessage()} ({before.kept_back} more like it were not written)"
                record.args = ()
        kind.written += 1
        if kind.written > MOST_A_MINUTE:
            kind.kept_back += 1
            return False
        return True


class OneLine(logging.Formatter):
    """A message is one line, whatever is in it; only our own tracebacks have several."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """The line."""
        record.message = printable(record.message[:MOST_CHARS])
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """Where an error came from, and what kind it is; what it says, only if that can hold no payload."""
        _, error, trace = ei
        lines = "".join(traceback.format_tb(trace)).rstrip("\n").split("\n")
        return "\n".join([*map(printable, lines), described(error)])[-2 * MOST_CHARS :]


def described(error: BaseException) -> str:
    """What kind of error it is, and what it says if its words are the operator's, Kafka's or the system's.

    What other errors say may be what they were raised about: a customer's name that is not UTF-8, a key
    that is not there.
    """
    name = type(error).__name__
    if isinstance(error, (OperatorError, KafkaError, DeliveryError, ReadError, BrokerError, OSError)):
        text = printable(f"{name}: {error}"[:MOST_CHARS])
        return text + FORBIDDEN * ("AuthorizationFailed" in text)
    return name
