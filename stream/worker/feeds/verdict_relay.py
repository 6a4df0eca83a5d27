"""Verdicts on their way from cx.commands to the judges, which read nothing but cx.tallies.

Every worker that hears an alert called known writes so to the partition of the alert's judge, and answers the
command when Kafka has that.  So one that is killed in between writes it again when it is back, and the judge
passes over what it has heeded already.
"""

from typing import Final

from alerts.delivery.command_seal import CommandOutcome
from alerts.delivery.commands import Command, Judgement
from alerts.delivery.open_alerts import OpenAlerts
from alerts.rules import Rulebook
from alerts.states import TOLD
from stream.indicators.plan import grouping_of
from stream.kafka.outbox import Outbox, Outgoing
from stream.messages.topic_names import TALLIES
from stream.messages.verdicts import VerdictMessage, encode

OPEN: Final = frozenset(state.word for state in TOLD)
KEY: Final = b"verdict"


class VerdictRelay:
    """Writes what is said of open alerts to where their judges read it.  There are `judges` partitions."""

    def __init__(self, rulebook: Rulebook, alerts: OpenAlerts, outbox: Outbox) -> None:
        self.judges = 1
        self._rules: Final = {rule.name: rule for rule in rulebook.rules}
        self._alerts: Final = alerts
        self._outbox: Final = outbox

    @staticmethod
    def concerns(command: Command | None) -> bool:
        """Whether judges must learn of a command."""
        return isinstance(command, Judgement) and command.accepts is not None

    async def relay(self, command: Command, offset: int) -> CommandOutcome:
        """Write down what an accepted command at an offset of cx.commands says; OVER: the alert is not open.

        All that is on cx.alerts must be known.

        Raises:
            DeliveryError: Kafka does not take it.
        """
        if not isinstance(command, Judgement) or (verdict := command.accepts) is None:
            return CommandOutcome.ACCEPTED
        shard = self._shard(command.alert)
        if shard is None:
            return CommandOutcome.OVER
        value = encode(VerdictMessage(command.alert, verdict, offset), shard)
        await self._outbox.deliver([Outgoing(TALLIES, value, KEY, shard)])
        return CommandOutcome.ACCEPTED

    def _shard(self, alert: str) -> int | None:
        """The partition of cx.tallies of an alert's judge; None where no such alert is open."""
        news = self._alerts.of(alert)
        rule = self._rules.get(news.rule) if news is not None and news.state in OPEN else None
        if news is None or rule is None:
            return None
        grouping = grouping_of(rule)
        values = tuple(news.scope.get(dim, "") for dim in grouping.shard_dims)
        return next(grouping.sharded([values], self.judges))
