"""Fetching, when a rebalance may come in between."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from aiokafka.errors import KafkaError


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
