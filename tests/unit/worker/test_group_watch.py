"""The group's wholeness, from what a broker says of who has what."""

import asyncio
from collections.abc import Mapping

import pytest
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from aiokafka.errors import InconsistentGroupProtocolError

from stream.kafka.group_members import GroupView, group_view
from stream.kafka.offsets import TP
from stream.transport.assignor import encode_held
from stream.transport.same_rules import differ
from stream.worker.group_watch import AWAY_S, DIFFER_S, REJOIN_S, GroupWatch

WANTED = [TP("cx.feedback", 0), TP("cx.feedback", 1), TP("cx.tallies", 0)]


def answer(held: Mapping[str, Mapping[str, list[int]]], state: str = "Stable") -> dict[str, object]:
    """A group as the client describes it."""
    members = [
        {
            "member_id": name,
            "member_assignment": ConsumerProtocolMemberAssignment(0, [*topics.items()], b"").encode(),
            "member_metadata": ConsumerProtocolMemberMetadata(0, [], encode_held([], "rules")).encode(),
        }
        for name, topics in held.items()
    ]
    return {"error_code": 0, "group": "g", "state": state, "members": members}


async def nothing() -> None:
    """It was let in."""


def test_what_a_broker_says() -> None:
    """Partitions by member; nothing while the group is being rebalanced; strangers have nothing."""
    found = group_view([answer({"a": {"cx.feedback": [0, 1]}, "b": {"cx.tallies": [0]}})])
    assert found is not None
    assert found.unowned(WANTED) == frozenset()
    assert found.topics() == {"cx.feedback", "cx.tallies"}
    assert not differ(found)
    assert group_view([answer({}, "PreparingRebalance")]) is None
    assert group_view([{**answer({}), "error_code": 15}]) is None
    mute = answer({"a": {}})
    mute["members"] = [{"member_id": "a", "member_assignment": b"", "member_metadata": b""}]
    assert group_view([mute]) is None  # Tansu, the demo's broker: nobody is missing because it does not tell
    strange = answer({"a": {"cx.feedback": [0]}})
    strange["members"] = [
        *strange["members"],
        {"member_id": "x", "member_assignment": b"\xff", "member_metadata": b"\xff"},
    ]  # type: ignore[misc]
    seen = group_view([strange])
    assert seen is not None
    assert seen.unowned(WANTED) == {TP("cx.feedback", 1), TP("cx.tallies", 0)}


def test_a_partition_without_a_worker() -> None:
    """Missed twice in a row, it makes the worker unready and ask for a rebalance, now and then."""
    asked: list[int] = []

    async def rejoin() -> None:
        asked.append(1)

    async def play() -> None:
        watch = GroupWatch(WANTED, rejoin, nothing)
        assert watch.why_not_whole(given_nothing=False) is None
        assert "given no partition" in str(watch.why_not_whole(given_nothing=True))
        torn = GroupView({"a": frozenset(WANTED[:2])})
        await watch.look(torn, 0.0)
        assert (watch.why_not_whole(given_nothing=False), asked) == (None, [])
        await watch.look(None, 2.0)
        await watch.look(torn, 4.0)
        assert watch.why_not_whole(given_nothing=False) == "1 partitions have no worker, such as cx.tallies/0"
        await watch.look(torn, 6.0)
        assert asked == [1]
        await watch.look(torn, 4.0 + REJOIN_S)
        assert asked == [1, 1]
        await watch.look(GroupView({"a": frozenset(WANTED)}), 99.0)
        assert watch.why_not_whole(given_nothing=True) is None

    asyncio.run(play())


def test_different_rules_are_told_once_they_last(caplog: pytest.LogCaptureFixture) -> None:
    """While workers are replaced one by one they differ; those of older versions do not say."""

    def said(*rules: str) -> GroupView:
        names = {f"{number}": encode_held([], each) for number, each in enumerate(rules)}
        return GroupView({"0": frozenset(WANTED)}, {**names, "old": b"[]", "strange": b"7"})

    async def play() -> None:
        watch = GroupWatch(WANTED, nothing, nothing)
        for now_s, view in (
            (0.0, said("a", "a")),
            (10.0, said("a", "b")),
            (DIFFER_S, said("b", "b")),
            (400.0, said("b", "c")),
            (399.0 + DIFFER_S, said("b", "c")),
        ):
            await watch.look(view, now_s)
        assert caplog.messages == []
        for _ in range(2):
            await watch.look(said("b", "c"), 400.0 + DIFFER_S)
            assert len(caplog.messages) == 1
            assert "different rules" in caplog.messages[0]

    asyncio.run(play())


def test_a_broker_that_is_away_for_long(caplog: pytest.LogCaptureFixture) -> None:
    """The worker cannot say that it is caught up, until an answer comes; it is logged once."""

    async def rejoin() -> None:
        raise AssertionError

    async def play() -> None:
        watch = GroupWatch(WANTED, rejoin, nothing)
        watch.unanswered("refused", 5.0)
        assert not watch.answered
        watch.unanswered("refused", 4.0 + AWAY_S)
        assert watch.why_not_whole(given_nothing=False) is None
        watch.unanswered("refused", 5.0 + AWAY_S)
        assert str(watch.why_not_whole(given_nothing=False)).endswith("was answered: refused")
        await watch.look(None, 6.0 + AWAY_S)
        assert watch.answered
        assert watch.why_not_whole(given_nothing=False) is None
        watch.unanswered("refused", 7.0 + AWAY_S)
        assert watch.why_not_whole(given_nothing=False) is None

    asyncio.run(play())
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 2


def test_partitions_that_were_added_are_told_until_they_are_gone(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody reads them, and no rebalance would change that; it is logged once."""

    async def rejoin() -> None:
        raise AssertionError

    watch = GroupWatch(WANTED, rejoin, nothing)
    for _ in range(2):
        watch.added(frozenset({TP("cx.feedback", 2)}))
    assert str(watch.why_not_whole(given_nothing=False)).startswith("cx.feedback: partitions were added")
    assert len(caplog.records) == 1
    watch.added(frozenset())
    assert watch.why_not_whole(given_nothing=False) is None


def test_a_worker_that_the_group_refuses_asks_why_so_that_it_tries_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Also while it has partitions; the reason is logged once, and is why it is not ready."""
    refusals: list[Exception | None] = [*[InconsistentGroupProtocolError()] * 4, None, None]

    async def refusal() -> Exception | None:
        return refusals.pop()

    async def play() -> None:
        watch = GroupWatch(WANTED, nothing, refusal)
        for own, refused in ((0, False), (2, False), (2, True), (0, True), (2, True), (2, True)):
            await watch.look_for_refusal(own)
            assert bool(watch.refused) is refused
        assert watch.refused == "the group does not let this worker in: InconsistentGroupProtocolError"
        refusals[:] = [None, None]
        await watch.look_for_refusal(0)
        assert watch.refused
        await watch.look_for_refusal(2)
        assert watch.refused is None

    asyncio.run(play())
    assert len(caplog.records) == 1
