"""Interactions that another process takes: all comes out as if this one took them."""

import os
import random
import signal
from pathlib import Path

import numpy as np
import orjson
import pytest

from alerts.transitions import Transition
from stream.backtest.contacts import LONG_BYTES, ContactsApart, contacts_apart, is_worth_it
from stream.backtest.engine import fed_plan
from stream.backtest.replay_files import Backtest
from stream.files.event_files import EventFile
from stream.messages.records import FileRecords
from stream.messages.tallies import TallyMessage
from tests.builders import plan_of

RULES = """
indicators: {fcr: {repeat_window: 1h}}
rules:
  - {name: low, indicator: csat, by: [channel], window: 10m, critical: 60, min_answers: 5, confidence: 0}
  - {name: again, indicator: fcr, by: [channel], window: 1h, critical: 80, min_answers: 5, confidence: 0}
  - {name: gone, indicator: abandonment, by: [channel], window: 10m, critical: 20, min_answers: 5,
     confidence: 0}
"""
START_S = 1_767_225_600
Told = tuple[list[Transition], list[TallyMessage], object]


def log(path: Path, lines: int) -> Path:
    """Two hours out of order, some events twice, some refused, one far ahead, the last hour without calls."""
    rng = random.Random(7)
    with path.open("wb") as out:
        for number in range(lines):
            second = START_S + rng.randrange(3_600) + (3_600 if number % 3 == 0 else 0)
            event = {"id": f"{number % (lines - 50)}", "at": second, "channel": rng.choice(["web", "shop"])}
            if number % 3 == 0:
                event |= {"indicator": "csat", "score": rng.choice([1, 4, 5, 9 if number % 99 == 0 else 5])}
            else:
                event |= {"customer": f"c{rng.randrange(400)}", "event": rng.choice(["contact", "abandoned"])}
            if number == lines // 2:
                event["at"] = START_S + 30 * 86_400
            out.write(orjson.dumps(event) + b"\n")
    return path


def replayed(path: Path, *, as_is: bool, apart: bool) -> Told:
    """What is told of a log, and heard of its tallies, and what became of its lines."""
    plan, heard = plan_of(RULES), list[TallyMessage]()
    with EventFile([str(path)], as_is=as_is) as events:
        if apart:
            with contacts_apart(fed_plan(plan, heard.append)) as contacts:
                run = Backtest(plan, events, hear=heard.append, contacts=contacts)
                return list(run.run()), heard, run.fate
        run = Backtest(plan, events, hear=heard.append)
        return list(run.run()), heard, run.fate


def sections(heard: list[TallyMessage]) -> list[tuple[object, ...]]:
    """Sections in a form that can be compared."""
    return [
        (each.kind, each.source, each.position, each.through, list(each.scopes),
         *(getattr(each.rows, column).tolist() for column in ("closing", "pane", "scope", "cell", "count")))
        for each in heard
    ]  # fmt: skip


@pytest.mark.parametrize("as_is", [False, True])
def test_two_processes_say_what_one_says(tmp_path: Path, as_is: bool) -> None:  # noqa: FBT001  # a parameter
    """Transitions, tallies, counts, and the places of what was refused, over several chunks."""
    path = log(tmp_path / "events.ndjson", 50_000)
    told, heard, fate = replayed(path, as_is=as_is, apart=False)
    others, others_heard, others_fate = replayed(path, as_is=as_is, apart=True)
    assert others == told
    assert len(told) > 2
    assert sections(others_heard) == sections(heard)
    assert others_fate == fate


def test_a_process_that_is_gone_is_told_of() -> None:
    """What it would have said is not taken for nothing."""
    nothing = FileRecords(0, (), np.empty(0, np.int64))
    with contacts_apart(plan_of(RULES)) as contacts:
        os.kill(contacts.pid, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="has ended"):
            ask(contacts, nothing)


def test_ctrl_c_is_left_to_the_process_that_people_see() -> None:
    """The terminal sends it to both; one word about it is enough."""
    nothing = FileRecords(0, (), np.empty(0, np.int64))
    with contacts_apart(plan_of(RULES)) as contacts:
        os.kill(contacts.pid, signal.SIGINT)
        contacts.begin(nothing, START_S * 1000)
        assert [contacts.taken().rejects for _ in range(2)] == [[], []]


def ask(contacts: ContactsApart, records: FileRecords) -> None:
    """Ask and ask again: a message may still find room on its way to a process that is dying."""
    for _ in range(100):
        contacts.begin(records)
        contacts.taken()


@pytest.mark.parametrize(
    ("rules", "size", "worth"),
    [
        (RULES, LONG_BYTES, True),
        (RULES, LONG_BYTES - 1, False),
        (RULES, None, False),  # a pipe
        (RULES.replace("repeat_window: 1h", "repeat_window: 1h, satisfied: require"), LONG_BYTES, False),
    ],
)
def test_long_logs_are_worth_another_process(rules: str, size: int | None, worth: bool) -> None:  # noqa: FBT001  # parameters
    """Where the two inputs have nothing to do with each other, and there is a core to spare."""
    assert is_worth_it(plan_of(rules), size, cores=2) is worth
    assert not is_worth_it(plan_of(rules), size, cores=1)
