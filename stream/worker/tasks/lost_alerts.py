"""What of cx.alerts a judge has to know that began from nothing: the open alerts of its shard.

Of several that are open in one scope of a rule the one that began last goes on, the others end: who lost its
state before this was heeded paged the same trouble again, and the alerts of before have had no end since.
"""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from alerts.delivery.notices.notice import TransitionNews
from alerts.detect.findings import SEVERITY_CODE
from alerts.episodes import alert_id
from alerts.readings import scope_text
from alerts.rules import Severity
from alerts.states import TOLD, State
from alerts.transitions import unix_ms
from stream.indicators.plan import Grouping, Plan, grouping_of
from stream.judge.snapshot_format import RULE_REMOVED, STATE_LOST, About, LostAlert, Orphan

OPEN: Final = {state.word: state for state in TOLD}


def lost_alerts(
    news: Iterable[TransitionNews], plan: Plan, shard: int, judged_ms: int | None
) -> list[LostAlert]:
    """Those of all alerts, in the order in which they began, that this shard's judge would know.

    `judged_ms` is up to when it has judged what is left of its log.
    """
    mine = [each for each in news if each.state in OPEN and shard_of(each, plan) == shard]
    latest = {_place(each): each.id for each in sorted(mine, key=lambda each: each.started_at)}
    found = []
    for each in mine:
        if (alert := _alert(each, judged_ms)) is not None:
            goes_on = latest[_place(each)] == each.id
            state = OPEN[each.state] if goes_on else State.RESOLVED
            reason = RULE_REMOVED if goes_on else STATE_LOST
            found.append(LostAlert(alert=replace(alert, reason=reason), state=state))
    return sorted(found, key=lambda each: each.alert.started_at_ms)


def shard_of(news: TransitionNews, plan: Plan) -> int:
    """Whose judge an alert is; of a rule that is gone, whose it would be."""
    dims = tuple(news.scope)
    rules = (each for each in plan.rulebook.rules if each.name == news.rule and each.scope_dims == dims)
    rule = next(rules, None)
    grouping = Grouping(dims, dims) if rule is None else grouping_of(rule)
    values = tuple(news.scope[dim] for dim in grouping.shard_dims)
    return next(grouping.sharded([values], plan.partitions))


def _place(news: TransitionNews) -> tuple[str, str]:
    return news.rule, scope_text(tuple(news.scope.items()))


def _alert(news: TransitionNews, judged_ms: int | None) -> Orphan | None:
    """An alert as its end would tell of it; None for a forgery, which could not be ended under its id."""
    try:
        started_ms, at_ms = unix_ms(news.started_at), unix_ms(news.at)
    except (ValueError, TypeError):  # no time, or none of a zone
        return None
    if news.id != alert_id(*_place(news), started_ms):
        return None
    return Orphan(
        rule=news.rule,
        about=About(news.indicator, news.definition),
        scope=list(news.scope.items()),
        severity=SEVERITY_CODE[Severity(news.severity)],
        started_at_ms=started_ms,
        seq=news.seq,
        at_ms=at_ms if judged_ms is None else max(at_ms, judged_ms),
    )
