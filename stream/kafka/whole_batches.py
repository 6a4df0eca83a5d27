"""Unpacking: what a fetch brought, a whole Kafka batch at a time.

Aiokafka takes every record through two generators and copies it from its C extension into a dataclass:
more work than decoding the JSON in it.  Here a list of the extension's own records is made by C.
"""

from collections import OrderedDict
from inspect import GEN_CREATED, getgeneratorstate
from typing import Any, Final
from weakref import ref

from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException

MOST_BYTES: Final = 2 * 2**20
"""What is taken of one fetch at a time, unfolded: a fetch of two megabytes may unfold to a hundred times as
much, of which several would be in work.  The rest waits as it came."""
MOST_RECORDS: Final = 16_000
"""Records that are taken at a time unless the caller says how many: events of common sizes fill `MOST_BYTES`
before."""


class WholeBatches:
    """Takes the place of a fetch result's `getall`; nobody may have read from the result yet.

    The records have `offset`, `timestamp`, `timestamp_type`, `key`, `value` and `headers`.  A consumer that
    reads only what is committed gets no record of a transaction that was aborted.
    """

    def __init__(self, result: FetchResult) -> None:
        # The result holds this in turn, and the client's generator its records: in cycles the two megabytes
        # of every fetch would stay until the garbage collector comes by.
        self._result: Final = ref(result)
        self._records: Final[PartitionRecords] = result._partition_records  # noqa: SLF001  # aiokafka offers no other way
        self._records._records_iterator = iter(())  # noqa: SLF001  # a generator that is closed may hold them yet
        self._rest: list[Any] = []
        self._unfolded_bytes = 0
        self._behind: int = self._records.next_fetch_offset

    def __call__(self, max_records: int | None = None) -> list[Any]:
        """The next records, in offset order, at most so many; the consumer's position moves behind them.

        Whoever leaves `max_records` out gets a fetch in one piece, as a rule: aiokafka takes the number for
        all partitions together, which would cut most fetches in two, and each piece costs milliseconds.

        No further Kafka batch is unfolded once they have `MOST_BYTES`.

        Raises:
            CorruptRecordException: a batch's checksum is wrong; the position stays, so it is fetched again.
        """
        result, records = self._read(), self._records
        if not (result.has_more() and result.check_assignment(result._topic_partition)):  # noqa: SLF001
            return []
        most = MOST_RECORDS if max_records is None else max_records
        found, self._unfolded_bytes = self._rest, 0
        while len(found) < most and self._unfolded_bytes < MOST_BYTES and records._records.has_next():  # noqa: SLF001
            found += self._next_batch()
        found, self._rest = found[:most], found[most:]
        records.next_fetch_offset = self._rest[0].offset if self._rest else self._behind
        result._update_position()  # noqa: SLF001
        if not self._rest and not records._records.has_next():  # noqa: SLF001
            result._partition_records = None  # noqa: SLF001  # all of it was read
        return found

    def _read(self) -> FetchResult:
        """The result, whose `getall` this is, so that it is there."""
        result: FetchResult = self._result()
        return result

    def _next_batch(self) -> list[Any]:
        lenient = self._records._records.next_batch()  # noqa: SLF001
        batch = lenient.client
        if self._records._check_crcs and not batch.validate_crc():  # noqa: SLF001
            self._read()._partition_records = None  # noqa: SLF001
            raise CorruptRecordException(f"wrong checksum in {self._records._tp}")  # noqa: SLF001
        found = [] if self._aborted(batch) or batch.is_control_batch else lenient.read()
        self._unfolded_bytes += lenient.unfolded_bytes
        if found and found[0].offset < self._behind:  # the position is in the middle of the batch
            found = [record for record in found if record.offset >= self._behind]
        self._behind = batch.next_offset
        return found

    def _aborted(self, batch: Any) -> bool:
        """Whether the batch belongs to an aborted transaction that the consumer must not see.

        The broker says beside the batches which producers aborted, and from which offset on; the marker that
        ends such a transaction is a control batch of the same producer.
        """
        records = self._records
        if records._isolation_level != READ_COMMITTED or batch.producer_id is None:  # noqa: SLF001
            return False
        records._consume_aborted_up_to(batch.base_offset)  # noqa: SLF001
        if batch.is_control_batch and records._contains_abort_marker(batch):  # noqa: SLF001
            records._aborted_producers.discard(batch.producer_id)  # noqa: SLF001
        return batch.is_transactional and batch.producer_id in records._aborted_producers  # noqa: SLF001


class _WholeResults(OrderedDict[Any, Any]):
    """What a fetcher holds, by partition: each result gives whole batches as soon as it is there.

    One that comes while somebody waits for it is handed out at once.  By aiokafka's own unpacking that would
    be all of it as objects of a kilobyte: 400 kB of half a million records were 750 MB.
    """

    def __setitem__(self, tp: Any, result: Any) -> None:
        if type(result) is FetchResult and "getall" not in vars(result) and _untouched(result):
            result.getall = WholeBatches(result)
        super().__setitem__(tp, result)


def hasten(fetcher: Any) -> None:
    """Make all results of a consumer's fetcher give whole batches, but those that somebody has read from."""
    if type(fetcher._records) is not _WholeResults:  # noqa: SLF001  # aiokafka offers no other way
        fetcher._records = _WholeResults(fetcher._records)  # noqa: SLF001


def _untouched(result: FetchResult) -> bool:
    unpacking = getattr(result._partition_records, "_records_iterator", None)  # noqa: SLF001
    return unpacking is not None and getgeneratorstate(unpacking) == GEN_CREATED
