"""Customers from `cx.customers`: a compacted topic, customer id to dimensions, followed all the time.

Key: the customer's id.  Value: a JSON object such as {"segment": "business", "country": "FR"}; null
forgets him.  What cannot be read is passed over, and counted.
"""

import asyncio
import logging
from typing import Any

import msgspec
from aiokafka.errors import KafkaError

from alerts.errors import UNREADABLE
from stream.gateway.customers import FILLED, VALUE_CHARS, Customers
from stream.intake.decoding.limits import REF_CHARS
from stream.kafka.clients import BrokerError, reading
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import CUSTOMERS

log = logging.getLogger("stream.gateway")

POLL_MS = 500
RETRY_S = 1.0


class CustomerTopic:
    """Follows the topic into `customers`; `caught_up` once all that was there at the start has been read."""

    def __init__(self, kafka: ClientSettings, customers: Customers) -> None:
        self.caught_up = False
        self.unreadable = 0
        self._kafka = kafka
        self._customers = customers

    async def follow(self) -> None:
        """For ever; starts anew, from the beginning, when the broker has been away."""
        while True:
            try:
                await self._read()
            except (BrokerError, KafkaError, OSError) as error:
                log.warning("%s is not read: %s", CUSTOMERS, error)
                await asyncio.sleep(RETRY_S)

    async def _read(self) -> None:
        async with reading(self._kafka, CUSTOMERS) as consumer:
            ends = await consumer.end_offsets(consumer.assignment())
            while True:
                fetched = await consumer.getmany(timeout_ms=POLL_MS)
                for records in fetched.values():
                    for record in records:
                        self.take(record)
                if not self.caught_up:
                    places = [await consumer.position(tp) >= end for tp, end in ends.items()]
                    self.caught_up = all(places)

    def take(self, record: Any) -> None:
        """One record of the topic."""
        customer = (record.key or b"").decode("utf-8", "replace")
        if not customer or len(customer) > REF_CHARS:
            self.unreadable += 1
        elif record.value is None:
            self._customers.forget(customer)
        else:
            try:
                known = msgspec.json.decode(record.value, type=dict[str, Any])
            except UNREADABLE:
                self.unreadable += 1
                return
            fields = {name: known[name] for name in FILLED if _is_value(known.get(name))}
            self._customers.put(customer, fields)


def _is_value(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= VALUE_CHARS
