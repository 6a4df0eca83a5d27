"""The CRM while the gateway runs: a file that is read again when it changes, a topic that is followed."""

import asyncio
import logging
from pathlib import Path
from typing import Final

from alerts.errors import OperatorError
from stream.gateway.customer_file import load_customers
from stream.gateway.customer_topic import CustomerTopic
from stream.gateway.customers import Customers, Directory
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import CUSTOMERS

log = logging.getLogger("stream.gateway")

LOOK_S: Final = 2.0


class Crm:
    """What is known of customers now.  Nothing, unless a file or the topic is named."""

    def __init__(self, file: Path | None = None, kafka: ClientSettings | None = None) -> None:
        """`kafka` follows cx.customers.

        Raises:
            OperatorError: the file is wrong.
        """
        self._file = file
        self.directory = Directory(None if file is None else load_customers(file))
        self._changed = None if file is None else _stamp(file)
        self._topic = None if kafka is None else CustomerTopic(kafka, self.directory.topic)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def unreadable(self) -> int:
        """Records of the topic that say nothing of a customer."""
        return 0 if self._topic is None else self._topic.unreadable

    def start(self) -> None:
        """Watch and follow."""
        if self._file is not None:
            self._tasks.append(asyncio.create_task(self._watch(self._file)))
        if self._topic is not None:
            self._tasks.append(asyncio.create_task(self._topic.follow()))

    async def stop(self) -> None:
        """Watch and follow no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def why_not_ready(self) -> str | None:
        """Why events would lack what the CRM knows."""
        if self._topic is not None and not self._topic.caught_up:
            return f"{CUSTOMERS} has not been read to its end"
        return None

    async def _watch(self, file: Path) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            stamp = _stamp(file)
            if stamp in (None, self._changed):
                continue
            self._changed = stamp
            try:
                found: Customers = await asyncio.to_thread(load_customers, file)
            except OperatorError as error:
                log.warning("the customers of before stay: %s", error)
            else:
                self.directory.file = found
                log.info("customers read again: %d", len(found))


def _stamp(file: Path) -> tuple[int, int] | None:
    """What tells one state of a file from the next; None while it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
