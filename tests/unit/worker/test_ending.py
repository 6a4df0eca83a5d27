"""How a worker ends that is told so more than once."""

import asyncio
from collections.abc import Sequence

import pytest

from stream.worker.ending import Ending, WorkerEnd

RELOAD, STOPPED = Ending.RELOAD, Ending.STOPPED


@pytest.mark.parametrize(
    ("told", "ending"),
    [
        ([RELOAD], RELOAD),
        ([STOPPED], STOPPED),
        ([STOPPED, RELOAD], STOPPED),
        ([RELOAD, STOPPED], STOPPED),
        ([RELOAD, STOPPED, RELOAD], STOPPED),
    ],
)
def test_who_is_told_to_stop_does_not_start_again(told: Sequence[Ending], ending: Ending) -> None:
    """Also where the rules had changed before, and it was leaving to start again: SIGTERM was lost then."""

    async def reached() -> Ending:
        end = WorkerEnd(lambda: None)
        end.end(told[0])
        await end.reached()
        for each in told[1:]:
            end.end(each)
        return await end.reached()

    assert asyncio.run(reached()) is ending


def test_a_failure_is_the_end_whatever_is_told_afterwards() -> None:
    """It ends without good order."""

    async def reached() -> Ending:
        end = WorkerEnd(lambda: None)
        end.fail(OSError("broken"))
        end.end(STOPPED)
        return await end.reached()

    with pytest.raises(OSError, match="broken"):
        asyncio.run(reached())
