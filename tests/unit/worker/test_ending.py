"""How a worker ends that is told so more than once."""

import asyncio
from collections.abc import Sequence

import pytest
from aiokafka.errors import TopicAuthorizationFailedError

from stream.kafka.outbox import DeliveryError
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


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (TopicAuthorizationFailedError("cx.feedback"), True),
        (DeliveryError("not delivered to cx.alerts: TopicAuthorizationFailedError('cx.alerts')"), True),
        (DeliveryError("not delivered to cx.alerts: KafkaTimeoutError()"), False),
        (ValueError("AuthorizationFailed"), False),
    ],
)
def test_what_rights_forbid_is_told_with_where_they_are(
    reason: Exception,
    told: bool,  # noqa: FBT001  # pytest calls by name
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The broker says which topic, and not what is granted where."""

    async def fail() -> None:
        end = WorkerEnd(lambda: None)
        end.fail(reason)
        with pytest.raises(type(reason)):
            await end.reached()

    asyncio.run(fail())
    assert ("docs/operating.md" in caplog.text) is told
