"""Faust's own producer, let in where the broker wants TLS or a login.

It sends nothing of ours: what leaves goes through the outbox.  But Faust starts it all the same, and a worker
whose producer is turned away does not start.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from faust.transport.drivers import aiokafka as stock

from stream.kafka.connecting import persistently

LETS_IN: Final = (
    "security_protocol",
    "ssl_context",
    "sasl_mechanism",
    "sasl_plain_username",
    "sasl_plain_password",
)
"""The client's options for TLS and login."""


class Producer(stock.Producer):  # type: ignore[misc]
    """Gets in as the group's consumer does."""

    logger = logging.getLogger("faust.tocsin")

    async def on_start(self) -> None:
        """Connect; while no broker is there, tries again."""
        await persistently(super().on_start, self._give_up)

    async def _give_up(self) -> None:
        producer, self._producer = self._producer, None  # type: ignore[has-type]
        if producer is not None:
            await producer.stop()

    def _settings_auth(self) -> Mapping[str, Any]:
        options = self.app.link.consumer_options
        return {name: options[name] for name in LETS_IN if name in options}
