"""Jobs that copies of this process do: all comes out as if this one did them."""

import os
import signal
from collections.abc import Callable
from functools import partial

import pytest

from alerts.errors import SettingsError
from stream.processes.shared_jobs import Told, shared


def squared(number: int, told: Told) -> tuple[int, int]:
    """A number's square, and who found it."""
    told(number)
    return number * number, os.getpid()


def refused(told: Told) -> tuple[int, int]:
    """Nothing."""
    told(0)
    raise SettingsError("want less, got more")


def gone(told: Told) -> tuple[int, int]:
    """The end of whoever does it."""
    told(0)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def jobs(many: int) -> list[Callable[[Told], tuple[int, int]]]:
    """So many."""
    return [partial(squared, number) for number in range(many)]


@pytest.mark.parametrize("many", [1, 2, 3, 9])
def test_the_results_come_in_the_order_of_the_jobs(many: int) -> None:
    """Whoever does them, and however many processes there are."""
    told: list[int] = []
    with shared(jobs(7), many) as done:
        found = done(told.append)
    assert [square for square, _ in found] == [number * number for number in range(7)]
    assert (os.getpid() in {pid for _, pid in found}) is (many == 1)
    assert len({pid for _, pid in found}) <= many


def test_all_that_is_done_is_told_of() -> None:
    """As a sum over the jobs that never falls."""
    told: list[int] = []
    with shared(jobs(4), 1) as done:
        done(told.append)
    assert told == [0, 1, 3, 6]


@pytest.mark.parametrize("many", [1, 2])
def test_what_a_job_raises_is_raised(many: int) -> None:
    """So that people read the same sentence."""
    with shared([*jobs(2), refused], many) as done, pytest.raises(SettingsError, match="want less"):
        done(lambda _: None)


def test_a_process_that_is_gone_is_told_of() -> None:
    """What it would have said is not taken for nothing."""
    with shared([*jobs(1), gone], 2) as done, pytest.raises(RuntimeError, match="has ended"):
        done(lambda _: None)
