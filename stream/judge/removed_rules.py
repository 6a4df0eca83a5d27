"""Alerts of removed rules, called orphans: the rule has left the rules file, or watches the scope no more.

Nobody would ever hear that they are over, so each is told as resolved, once, with the reason.  A rule that
asks something else under an old name is another one: what it finds says nothing of what was paged, and what
a detector remembers of another indicator, by another floor or in another time zone is nothing to go by.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from alerts.detect.findings import SEVERITIES
from alerts.episodes import alert_id
from alerts.readings import Scope, scope_object, scope_text, scope_words
from alerts.rules import Rule, Severity
from alerts.states import TOLD, State
from alerts.transitions import Transition, utc_text
from stream.judge.evaluation.matchers import watches
from stream.judge.evaluation.moves import Ranked
from stream.judge.snapshot_format import RULE_REMOVED, STATE_LOST, Alert, Grouped, Header, Orphan

ENDED: Final = {
    RULE_REMOVED: "its rule was removed or changed, or watches this no longer.",
    STATE_LOST: "what was known of it is lost, and it is watched anew.",
}
"""What is said of each reason; an unknown one is of a later version."""


def kept(ranked: Iterable[Ranked], grouped: Grouped) -> dict[str, Rule]:
    """Those of some rules, by name, that take up what a group kept under their name."""
    return {
        each.rule.name: each.rule
        for each in ranked
        if grouped.asks.get(each.rule.name, each.asks) == each.asks
    }


def goes_on(alert: Alert, grouped: Grouped, kept: Mapping[str, Rule]) -> bool:
    """Whether one of the rules `kept` takes up an alert: it is its own, and it watches the scope."""
    rule = kept.get(alert.rule)
    return rule is not None and watches(rule, _scope(alert, grouped))


def orphans(header: Header, grouped: Grouped, kept: Mapping[str, Rule]) -> Iterator[Orphan]:
    """The alerts of a snapshot's group that go on no longer, as only those of the rules `kept` do.

    They ended when the snapshot's rules judged for the last time.
    """
    at_ms = (header.judged + 1) * header.pane_ms
    for alert in grouped.alerts:
        about = header.rules.get(alert.rule)
        if about is not None and alert.state in TOLD and not goes_on(alert, grouped, kept):
            yield Orphan(
                rule=alert.rule,
                about=about,
                scope=list(_scope(alert, grouped)),
                severity=alert.severity,
                started_at_ms=alert.started_at_ms,
                seq=alert.seq,
                at_ms=at_ms,
            )


def _scope(alert: Alert, grouped: Grouped) -> Scope:
    dims = [dim for dim in grouped.key.split("|")[0].split(",") if dim]
    return tuple(zip(dims, grouped.scopes[alert.row], strict=True))


def resolved(orphan: Orphan) -> Transition:
    """What everyone hears of it."""
    scope = tuple(orphan.scope)
    where = scope_words(scope_object(scope))
    return Transition(
        id=alert_id(orphan.rule, scope_text(scope), orphan.started_at_ms),
        seq=orphan.seq + 1,
        rule=orphan.rule,
        severity=(SEVERITIES[orphan.severity] or Severity.WARNING).value,
        state=State.RESOLVED.word,
        indicator=orphan.about.indicator,
        definition=orphan.about.definition,
        scope=scope_object(scope),
        window_s=None,
        at=utc_text(orphan.at_ms),
        started_at=utc_text(orphan.started_at_ms),
        value=None,
        n=0,
        low=None,
        high=None,
        limit=None,
        summary=f"The alert {orphan.rule} for {where} ends: {ENDED.get(orphan.reason, orphan.reason)}",
        evidence={"reason": orphan.reason},
        cause=None,
    )
