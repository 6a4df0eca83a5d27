"""Fetching: where it stands, when a rebalance comes in between, and when a log begins anew."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from stream.kafka.offsets import TP
from stream.kafka.reader import replicas_of
from stream.transport.link import Positions

log = logging.getLogger(__name__)


class Fetched(Protocol):
    """A record, as far as giving it back goes."""

    @property
    def offset(self) -> int:
        """Where it is in its partition."""
        ...


K = TypeVar("K")
R = TypeVar("R", bound=Fetched)


async def unless_overtaken(
    fetch: Awaitable[Mapping[K, Sequence[R]]], epoch: Callable[[], int], seek: Callable[[K, int], object]
) -> Mapping[K, Sequence[R]]:
    """What `fetch` comes to; nothing if `epoch` has moved on meanwhile, since its readers are gone.

    Then what was fetched is given back: `seek` sets each partition to the first of its records again.
    Otherwise they would be dropped later with the position behind them, a hole in what is fed.  For example:
    offsets 5 and 6 are fetched while a rebalance goes on; the next fetch begins at 5.
    """
    began = epoch()
    fetched = await fetch
    if epoch() == began:
        return fetched
    for tp, records in fetched.items():
        with suppress(KafkaError):  # not ours any more
            seek(tp, records[0].offset)
    return {}


def begins_anew(tp: TP, read: int | None, last: int) -> bool:
    """Whether what was fetched, up to offset `last`, is of a log that is shorter than what was `read` of it.

    A client goes to the start of such a log by itself.  Faust would drop what it believes to have had, and
    the group keep a commit beyond the end, until as much has come again.
    """
    if read is None or last >= read:
        return False
    log.error(
        "a log is shorter than what was read of it, and is read from its start: was it made anew? "
        "topic=%s partition=%d read=%d found=%d", *tp, read, last,
    )  # fmt: skip
    return True


def standing(consumer: Any, tp: TopicPartition) -> Positions | None:
    """Where a client's fetching stands; None while that is not known, or there is no client yet."""
    assignment = consumer and consumer._subscription.subscription.assignment  # noqa: SLF001  # aiokafka offers no other way
    if not assignment or not assignment.active or tp not in assignment.tps:
        return None
    state = assignment.state_value(tp)
    if state is None or not state.has_valid_position or state.highwater is None:
        return None
    # Up to here a reader of what is committed may read: an open transaction must not seem a backlog.
    end = state.highwater if state.lso is None or state.lso < 0 else state.lso
    held, replicas = max(0, state.highwater - end), replicas_of(consumer._client.cluster, tp)  # noqa: SLF001
    return Positions(state.position, end, state.timestamp / 1000, held, replicas)
