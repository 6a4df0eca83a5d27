"""Whether the group is whole: every partition of every input has a worker that says it is its own.

The group's leader hands partitions out, and each worker sees only its own.  So each asks the broker now and
then who has what.  A partition that nobody has, twice in a row while nothing is being rebalanced, would stand
still for ever: the worker is not ready then, and asks for a rebalance.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NoReturn

from stream.kafka.clients import BrokerError, admin_client
from stream.kafka.group_members import GroupView, descriptions, group_view
from stream.kafka.offsets import TP
from stream.kafka.settings import ClientSettings
from stream.transport.same_rules import DIFFER, differ

log = logging.getLogger(__name__)

LOOK_S: Final = 10.0
SOON_S: Final = 2.0
"""Between two looks while something is amiss."""
ADDED: Final = (
    "partitions were added while workers run, and nobody reads them: stop the workers, "
    "give all topics as many as `tocsin topics` says, start them again"
)
AWAY_S: Final = 60.0
"""Without an answer for so long a worker cannot say that it is caught up."""
DIFFER_S: Final = 300.0
"""How long members may have different rules: while they are replaced one by one they do."""
REJOIN_S: Final = 30.0
"""Between two requests for a rebalance: one takes some seconds, and others ask as well."""


class GroupWatch:
    """What this worker knows of its group; `wanted` is every partition that somebody must have."""

    def __init__(
        self,
        wanted: Sequence[TP],
        rejoin: Callable[[], Awaitable[None]],
        refusal: Callable[[], Awaitable[Exception | None]],
    ) -> None:
        """`refusal` is why this worker was not let into the group, if it was not since it was asked last."""
        self._wanted = tuple(wanted)
        self._rejoin = rejoin
        self._refusal = refusal
        self.refused: str | None = None
        """Why this worker is not let into the group, by its latest try."""
        self._differ_s: float | None = None
        """Since when members have different rules; infinite once that was told."""
        self._missed: frozenset[TP] = frozenset()
        self._asked_s: float | None = None
        self._unanswered_s: float | None = None
        """When the first look failed of those that no look has followed that was answered."""
        self._away: str | None = None
        self.unowned: frozenset[TP] = frozenset()
        """Partitions that nobody had at the last two looks."""
        self.unread: frozenset[TP] = frozenset()
        """Partitions of inputs that were added after the workers began: a rebalance is no help."""
        self.whole = False
        """Whether the last look found an owner for every partition."""

    @property
    def answered(self) -> bool:
        """Whether the last look at the group was answered, so that a broker is there."""
        return self._unanswered_s is None

    def why_not_whole(self, *, given_nothing: bool) -> str | None:
        """What a worker must say that is otherwise ready; None when all is well."""
        if self._away:
            return f"for more than {AWAY_S:.0f} s no look at the group was answered: {self._away}"
        if self.unread:
            return f"{', '.join(sorted({tp.topic for tp in self.unread}))}: {ADDED}"
        if self.unowned:
            first = min(self.unowned)
            return f"{len(self.unowned)} partitions have no worker, such as {first.topic}/{first.partition}"
        if given_nothing and not self.whole:
            return "it was given no partition, and does not know that others have all of them"
        return None

    def added(self, unread: frozenset[TP]) -> None:
        """Learn which partitions of inputs no worker knows of."""
        if unread - self.unread:
            log.error("%s: %s", ", ".join(sorted({tp.topic for tp in unread})), ADDED)
        self.unread = unread

    def unanswered(self, told: str, now_s: float) -> None:
        """Learn that a look was not answered, and why."""
        if self._unanswered_s is None:
            self._unanswered_s = now_s
            log.warning("the group cannot be looked at: %s", told)
        if now_s - self._unanswered_s >= AWAY_S:
            self._away = told

    def _answered(self) -> None:
        if self._unanswered_s is not None:
            log.info("the group can be looked at again")
        self._unanswered_s = self._away = None

    async def look(self, view: GroupView | None, now_s: float) -> None:
        """Learn from a look; None where the group was being rebalanced, or did not tell."""
        self._answered()
        if view is None:
            self.whole = False
            return
        self._look_at_rules(view, now_s)
        missing = view.unowned(self._wanted)
        self.unowned, self._missed, self.whole = missing & self._missed, missing, not missing
        if self.unowned and (self._asked_s is None or now_s - self._asked_s >= REJOIN_S):
            self._asked_s = now_s
            log.error(
                "partitions have no worker, asking for a rebalance: partitions=%d first=%s",
                len(self.unowned), "/".join(map(str, min(self.unowned))),
            )  # fmt: skip
            await self._rejoin()

    def _look_at_rules(self, view: GroupView, now_s: float) -> None:
        """Tell, once, that members have had different rules for long."""
        if not differ(view):
            self._differ_s = None
        elif self._differ_s is None:
            self._differ_s = now_s
        elif now_s - self._differ_s >= DIFFER_S:
            self._differ_s = math.inf
            log.error(DIFFER)

    async def look_for_refusal(self, own: int) -> None:
        """Learn whether the group has refused this worker, which has so many partitions; it tries again.

        One that has partitions may be refused as well: the client stops to take part then, until it is asked.
        """
        error = await self._refusal()
        if error is not None:
            told = f"the group does not let this worker in: {type(error).__name__}"
            if told != self.refused:
                log.error("%s; trying again", told)
            self.refused = told
        elif own or self.whole:
            self.refused = None

    async def follow(self, kafka: ClientSettings, group: str, own: Callable[[], int]) -> NoReturn:
        """Look for ever; `own` is how many partitions this worker has."""
        loop = asyncio.get_running_loop()
        while True:
            await self.look_for_refusal(own())
            try:
                await self.look(await _asked(kafka, group), loop.time())
            except BrokerError as error:
                self.unanswered(str(error), loop.time())
            calm = self.answered and not self.refused and (self.whole or (own() and not self._missed))
            await asyncio.sleep(LOOK_S if calm else SOON_S)


async def _asked(kafka: ClientSettings, group: str) -> GroupView | None:
    """Who has what of the group, says the broker.

    Raises:
        BrokerError: no broker answers, or it does not tell.
    """
    async with admin_client(kafka) as client:
        return group_view(await descriptions(client, [group]))
