"""Deletes what is no longer needed from the front of a log, on brokers that can."""

import logging
from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from stream.kafka.offsets import TP

log = logging.getLogger(__name__)


class Trimmer:
    """Best effort: a log that is not trimmed only takes more room.  `options` are aiokafka client options."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._able = True

    async def trim(self, before: Mapping[TP, int]) -> None:
        """Delete the records below these offsets."""
        wanted = {TopicPartition(*tp): RecordsToDelete(before_offset=at) for tp, at in before.items()}
        client = AIOKafkaAdminClient(**self._options)
        try:
            await client.start()
            await client.delete_records(wanted)
            self._able = True
        except (KafkaError, OSError) as error:
            if self._able:
                log.warning("old snapshots are left to the topic's retention: %r", error)
            self._able = False
        finally:
            await client.close()
