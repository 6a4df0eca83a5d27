"""Records of groups on cx.deliveries that somebody else has written: nothing of them ends a worker."""

import asyncio
import random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery.backlog import Delivery
from alerts.delivery.grouping.group_log import GroupNews, GroupPlan, GroupTold, decode_group, encode_group
from alerts.delivery.grouping.groups import GroupBook, GroupRule
from alerts.delivery.notices.notice import notice
from alerts.delivery.receiver_queue import QueueOwner, ReceiverQueue, World
from alerts.delivery.retry_policy import DeliveryOutcome, Policy, Settled
from alerts.delivery.steady_clock import SteadyClock
from alerts.paging import Receiver
from alerts.receivers.answers import Answer, Fate
from alerts.receivers.message import ReceiverMessage
from tests.post import transition

GROUP = "g0123456789"
NEWS = GroupNews(
    group=GROUP, receiver="pager", place="0", labels={}, value=orjson.loads(transition("a", 1)), at_s=100.0
)
FORGED: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False)
    | st.text(max_size=9),
    lambda held: st.lists(held, max_size=3) | st.dictionaries(st.text(max_size=5), held, max_size=3),
    max_leaves=6,
)


def plan(*members: tuple[str, int]) -> GroupPlan:
    """A message about to be sent."""
    return GroupPlan(group=GROUP, key=f"{GROUP}.1", members=list(members), at_s=101.0)


@pytest.mark.parametrize("members", [(), (("nobody", 1),)])
def test_a_message_of_nothing_is_none(members: tuple[tuple[str, int], ...]) -> None:
    """It would have nothing to say, and its group would wait for its end."""
    book = GroupBook()
    book.fold(NEWS)
    book.fold(plan(*members))
    group = book.groups[GROUP]
    assert group.plan is None
    assert group.due_s(GroupRule(wait_s=30, interval_s=60)) == 130.0
    book.fold(plan(*members, ("a", 1), ("a", 1)))
    assert [each.alert for each in group.planned] == ["a"]


@given(field=st.sampled_from([*NEWS.value, "more"]), content=FORGED)
def test_news_of_any_content_is_folded(field: str, content: object) -> None:
    """Taken or passed over: numbers that only one of two JSON libraries takes, too."""
    whole = orjson.loads(encode_group(NEWS))
    text = encode_group(NEWS).replace(orjson.dumps(whole["value"]), b"%VALUE%")
    value = {**whole["value"], field: 0}
    spelled = orjson.dumps(value).replace(
        orjson.dumps({field: 0})[1:-1], orjson.dumps(field) + b":" + _spelled(content)
    )
    record = decode_group(text.replace(b"%VALUE%", spelled))
    if record is not None:
        GroupBook().fold(record)


def _spelled(content: object) -> bytes:
    """JSON of what orjson would not write."""
    match content:
        case int() if not isinstance(content, bool):
            return b"%d" % content
        case list():
            return b"[" + b",".join(map(_spelled, content)) + b"]"
        case dict():
            return b"{" + b",".join(orjson.dumps(k) + b":" + _spelled(v) for k, v in content.items()) + b"}"
        case _:
            return orjson.dumps(content)


@pytest.mark.parametrize(
    "change",
    [
        {"at_s": -1},
        {"at_s": 1e308},
        {"key": "a\r\nX-Forged: 1"},
        {"key": ""},
        {"key": "\x1b[2J"},
        {"group": "x" * 129},
        {"members": [["a", 1.5]]},
        {"members": [["a"]]},
    ],
)
def test_what_no_group_writes_is_none_of_ours(change: dict[str, object]) -> None:
    """Times that no clock shows, and names that would be headers of requests."""
    sound = orjson.loads(encode_group(plan(("a", 1))))
    assert decode_group(orjson.dumps(sound)) == plan(("a", 1))
    assert decode_group(orjson.dumps({**sound, **change})) is None


class Way:
    """Takes everything."""

    async def send(self, _message: ReceiverMessage, _memory: str, _at_s: float) -> Answer:
        """Taken."""
        return Answer(status=200, verdict=Fate.TAKEN)


class Deaf:
    """A meter that nobody reads."""

    def attempt(self, receiver: str) -> None:
        """Nothing."""

    def delivery(self, receiver: str, outcome: str) -> None:
        """Nothing."""

    def waiting(self, receiver: str, notices: int) -> None:
        """Nothing."""


def test_a_message_that_cannot_be_written_is_refused_and_the_next_is_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A fault of ours in one keeps nobody else from being told, ends nothing, and shows nothing of it."""
    settled: list[tuple[str, Settled]] = []
    failed: list[BaseException] = []
    done = asyncio.Event()

    def message(delivery: Delivery) -> ReceiverMessage:
        if delivery.notice.alert == "odd":
            raise KeyError("\x1b[2Jjane-doe")
        return ReceiverMessage.__new__(ReceiverMessage)

    async def settle(delivery: Delivery, how: Settled) -> None:
        settled.append((delivery.notice.alert, how))
        if len(settled) == 2:
            done.set()

    async def body() -> None:
        owner = QueueOwner(
            unsent=lambda *_: None, message=message, memory=lambda _: "", settled=settle, failed=failed.append
        )
        world = World(Deaf(), lambda: 100.0, SteadyClock(lambda: 100.0), random.Random(1).random, Policy())
        queue = ReceiverQueue(Receiver(name="pager", kind="webhook"), Way(), world, owner)
        queue.start()
        for alert in ("odd", "sound"):
            told = notice(transition(alert, 1))
            assert told is not None
            await queue.add(Delivery(notice=told, partition=0, written_s=100.0))
        async with asyncio.timeout(10):
            await done.wait()
        await queue.close(0)

    asyncio.run(body())
    outcomes = {alert: (how.outcome, how.reason) for alert, how in settled}
    assert outcomes["odd"] == (DeliveryOutcome.REFUSED, "a fault of ours: KeyError")
    assert outcomes["sound"][0] == DeliveryOutcome.DELIVERED
    assert not failed
    assert "jane" not in caplog.text


def test_an_end_that_nobody_announced_changes_nothing_else() -> None:
    """A forged end of a message for alerts that the group never had."""
    book = GroupBook()
    book.fold(NEWS)
    told = GroupTold(
        group=GROUP, key=f"{GROUP}.2", members=[("nobody", 9)], receiver="pager", outcome="delivered",
        reason="", attempts=1, status=200, sent=True, at_s=102.0,
    )  # fmt: skip
    book.fold(told)
    assert list(book.groups[GROUP].waiting) == ["a"]
