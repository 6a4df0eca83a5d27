"""The broker in trouble: whatever it does, nothing is lost or counted twice, and the alerts are the same.

`TOCSIN_TROUBLE_S` is how long each trouble lasts, 4 seconds unless set; a release is tried with 60.
"""

import asyncio
import os
from typing import Any

import pytest

from tests.chaos.options import read_options
from tests.chaos.run import run

DOWN_S = float(os.environ.get("TOCSIN_TROUBLE_S", "4"))
FORM = ("--events", "20000", "--partitions", "2", "--workers", "2", "--hours", "1", "--seed", "11")


def report(faults: int, *more: str) -> dict[str, Any]:
    """What became of a run in which each trouble lasts `DOWN_S`."""
    seconds = str(10 + faults * (DOWN_S + 5))
    times = ("--faults", str(faults), "--seconds", seconds, "--down", str(DOWN_S))
    return asyncio.run(run(read_options([*FORM, *times, *more])))


@pytest.mark.kafka
@pytest.mark.timeout(900)
def test_a_broker_alone() -> None:
    """Frozen, ended, with a full disk, or refusing messages: workers wait, or end and start again."""
    kinds = ("broker-freeze", "broker-stop", "disk-full", "refuse")
    found = report(4, "--kinds", ",".join(kinds))
    assert found["ok"], found["problems"]
    assert found["faults"] == dict.fromkeys(kinds, 1)
    ended = {code for _, code in found["revived"]}
    assert ended in ({1}, {1, 2})  # a message that is refused for good ends a worker, or is told at the start


@pytest.mark.kafka
@pytest.mark.timeout(900)
def test_leaders_that_die() -> None:
    """Another broker takes over; while one is away, tallies are refused for want of replicas."""
    found = report(2, "--brokers", "3", "--kinds", "broker-kill")
    assert found["ok"], found["problems"]
    assert found["faults"] == {"broker-kill": 2}
    assert found["longest_gap_s"] >= DOWN_S
