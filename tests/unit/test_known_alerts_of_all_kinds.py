"""Every kind of alert may be called known: it ends, and however the log is cut, the same is told."""

from functools import cache

import pytest

from alerts.transitions import Transition
from stream.intake.intake import Intake
from stream.judge.judge import Judge
from stream.messages.records import FileRecord, Stream
from stream.messages.tallies import TallyMessage
from stream.messages.verdicts import VerdictMessage
from tests.builders import plan_of
from tests.detector_events import KINDS, RULES, events

Log = list[TallyMessage | VerdictMessage]
CUT = 400


@cache
def sections() -> list[TallyMessage]:
    """What one intake tells of the nine days."""
    intake, found = Intake(plan_of(RULES), 0), []
    offsets = dict.fromkeys(Stream, 0)
    for first in range(0, len(events()), CUT):
        chunk = events()[first : first + CUT]
        for stream in Stream:
            mine = [event.value for event in chunk if event.stream is stream]
            records = [FileRecord(offsets[stream] + at, value) for at, value in enumerate(mine)]
            offsets[stream] += len(mine)
            found += intake.feed(stream, records, chunk[-1].at_ms).sections[0]
    return found


def test_few_panes_after_many_are_learned_alike() -> None:
    """Rules with one rhythm share what many panes teach, and each goes on from there by itself."""
    log = [(section, 0) for section in sections()]
    told = Judge(plan_of(RULES), 0).feed_all(log)
    ends = iter([24 * 8 + 1, 1, 3])
    cut = Judge(plan_of(RULES), 0).steps(log, lambda: next(ends, 10_000) - 1)
    assert [each for step in cut for each in step] == told


def said_of(rule: str) -> tuple[Log, list[Transition]]:
    """The log with a verdict on each alert of a rule, a section after it fires; what is told meanwhile."""
    judge, log, told = Judge(plan_of(RULES), 0), Log(), []
    waiting: list[str] = []
    for section in sections():
        log.append(section)
        told += (news := judge.feed(section, 0))
        for alert in waiting:
            log.append(said := VerdictMessage(alert, "known", len(log)))
            told += judge.feed(said, 0)
        waiting = [each.id for each in news if each.rule == rule and each.state == "firing"]
    return log, told


@pytest.mark.parametrize("rule", sorted(KINDS))
def test_what_is_known_ends_and_the_log_decides(rule: str) -> None:
    """Each alert ends with that reason; a judge that reads all at once, or is restored, says the same."""
    log, told = said_of(rule)
    ended = [each for each in told if each.evidence.get("reason") == "known"]
    assert {each.rule for each in ended} == {rule}
    assert all(each.state == "resolved" for each in ended)
    assert Judge(plan_of(RULES), 0).feed_all((each, 0) for each in log) == told
    judge = Judge(plan_of(RULES), 0)
    middle = next(at for at, each in enumerate(log) if isinstance(each, VerdictMessage))
    first = judge.feed_all((each, 0) for each in log[: middle + 1])
    again = Judge.restore(plan_of(RULES), 0, judge.snapshot())
    assert first + again.feed_all((each, 0) for each in log[middle + 1 :]) == told
