"""Lost alerts: what a judge that began from nothing does with an alert that is open on cx.alerts.

Its state is gone, and with it what it knew of the alert; nobody else could end it.  Where the rule is still
there and watches the scope the alert goes on under its own number: it fires until readings say that it is
over, and an episode that was found in what is left of the log is that alert.  Otherwise it ends, with the
reason.

For example, `low` fires for the phone, the snapshots are deleted and of cx.tallies the last hour is left.  An
answer of that hour is bad, so the judge finds an episode that began an hour ago.  It takes up the open alert
in its place: nobody is paged again, and when the score is back the end is that of what was paged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from alerts.board import Board
from alerts.episodes import Episode
from alerts.rules import Burn, Family, Gap, Relative, Rule, Threshold
from alerts.states import State
from stream.indicators.catalogue import CATALOGUE
from stream.indicators.plan import grouping_of
from stream.judge.evaluation.groups import Group
from stream.judge.evaluation.matchers import watches
from stream.judge.snapshot_format import STATE_LOST, LostAlert, Orphan


@dataclass(slots=True)
class AlertsAstray:
    """Alerts that no board has: `orphans` have ended and not been told, `lost` are yet to be gone on with."""

    orphans: list[Orphan] = field(default_factory=list)
    lost: list[LostAlert] = field(default_factory=list)

    def take_up(self, groups: Sequence[Group], judged_ms: int) -> bool:
        """Go on with what was last told at panes that have all been judged by a time; whether any was."""
        due = [each for each in self.lost if each.alert.at_ms <= judged_ms]
        self.lost = [each for each in self.lost if each.alert.at_ms > judged_ms]
        ended = [go_on(groups, each) for each in due]
        self.orphans += [each for each in ended if each is not None]
        return bool(due)

    def last_panes(self, pane_ms: int) -> Iterator[int]:
        """The panes at whose ends the lost alerts were last told: they are taken up before the next one."""
        return (-(-each.alert.at_ms // pane_ms) - 1 for each in self.lost)


def go_on(groups: Sequence[Group], lost: LostAlert) -> Orphan | None:
    """Go on with an alert; what is to be told of it where it ends instead."""
    alert = lost.alert
    if lost.state == State.RESOLVED:
        return alert
    found = _judged_by(groups, alert)
    if found is None:
        return alert
    group, rule = found
    if isinstance(rule.detect, Threshold) and CATALOGUE[rule.indicator].family is Family.COUNT:
        return replace(alert, reason=STATE_LOST)  # a window that has just begun counts few, whatever comes
    board, column = next(
        (board, column)
        for board, ranked in group.boards()
        for column, each in enumerate(ranked)
        if each.rule is rule
    )
    row = group.row_of(tuple(value for _, value in alert.scope))
    _put(board, (row, column), lost, _empty_ms(rule, alert))
    for watch in group.watches:
        if watch.rule is rule:
            watch.input.take_up(row, alert.at_ms)
    return None


def _judged_by(groups: Sequence[Group], alert: Orphan) -> tuple[Group, Rule] | None:
    """The rule that judges its scope, and the rule's group; None: there is none any more."""
    dims = tuple(dim for dim, _ in alert.scope)
    for group in groups:
        for each in group.ranked:
            rule = each.rule
            if rule.name == alert.rule and grouping_of(rule).dims == dims:
                mine = rule.indicator == alert.about.indicator and watches(rule, tuple(alert.scope))
                return (group, rule) if mine else None
    return None


def _empty_ms(rule: Rule, alert: Orphan) -> int | None:
    """When its windows are surely empty if nothing comes in any more, so that it is stale."""
    match rule.detect:
        case Burn(pairs=pairs):
            return alert.at_ms + max(pair.long_ms for pair in pairs)
        case Threshold(window_ms=window_ms) | Relative(window_ms=window_ms) | Gap(window_ms=window_ms):
            return alert.at_ms + window_ms
        case _:
            return None  # detectors that remember tell by themselves


def _put(board: Board, cell: tuple[int, int], lost: LostAlert, due_ms: int | None) -> None:
    alert, own = lost.alert, board.episodes().get(cell)
    if own is None or own.started_at_ms != alert.started_at_ms or own.seq < alert.seq:
        episode = Episode(alert.started_at_ms, alert.severity, alert.seq, due_ms)
        board.put(cell, State(lost.state), episode)
