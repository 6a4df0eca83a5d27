"""What holds a notice back: somebody who cares, maintenance, another alert, or that its rule is gone."""

import asyncio
from collections.abc import Iterable
from typing import Final

from alerts.delivery.grouping.routing import labelled
from alerts.delivery.mutes import Mute, Muting
from alerts.delivery.notices.notice import Notice
from alerts.delivery.open_alerts import OpenAlerts
from alerts.delivery.working_hours import in_maintenance
from alerts.rules import Rulebook

INHIBITED_S: Final = 5.0
"""How often it is asked again whether the alert that keeps another from being told still fires."""
LEARN_S: Final = 0.05
MOST_LOOKS: Final = 40
"""How often, and how many times at most, it is asked whether news is known that another may keep quiet."""
GONE_S: Final = 60.0
"""How long after a start news of a rule that is gone waits for its end, which a judge tells as it begins."""


class HoldingBack:
    """Says of each notice whether it may be told; `began_s` is when this worker began (Unix time)."""

    def __init__(self, rulebook: Rulebook, muting: Muting, alerts: OpenAlerts, began_s: float) -> None:
        self._rulebook: Final = rulebook
        self._rules: Final = frozenset(rule.name for rule in rulebook.rules)
        self._muting: Final = muting
        self._alerts: Final = alerts
        self._until_s: Final = began_s + GONE_S

    async def learn(self, offered: Iterable[Notice]) -> None:
        """Returns when what is offered is known among all alerts, and with it what began before or beside it.

        Else news would be told whose inhibitor begins in the same moment.  It takes two seconds at most.
        """
        wanted = [each.news for each in offered if self._rulebook.inhibit and not each.final]
        for _ in range(MOST_LOOKS if wanted else 0):
            await asyncio.sleep(LEARN_S)
            if all(map(self._alerts.knows, wanted)):
                return

    def why_muted(self, notice: Notice, now_s: float) -> Mute | None:
        """Why a notice must not be sent now; None when it may."""
        mute = self._muting.why_muted(notice, now_s)
        if mute is not None or notice.final:
            return mute
        if now_s < self._until_s and notice.labels["rule"] not in self._rules:
            return Mute("its rule was removed", self._until_s)
        labels = labelled(self._rulebook, notice.labels)
        if (mute := in_maintenance(self._rulebook.maintenance, labels, now_s)) is not None:
            return mute
        other = self._alerts.inhibitor(notice.news, labels)
        return Mute(f"inhibited by {other}", now_s + INHIBITED_S) if other else None
