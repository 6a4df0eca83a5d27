"""Escalation: the while is counted from when the first were told, not from when it began."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from alerts.delivery.commands import Acknowledge, SilenceCommand, Unacknowledge, Unsilence
from alerts.delivery.grouping.group_log import GroupPlan, decode_group, encode_group
from alerts.delivery.retry_policy import Policy
from alerts.hours import OpenHours
from alerts.paging import EVERYTHING, Escalation, Route, Timers
from tests.post import Hook, Post, now_ms, transition

ALONE = Timers(group_by=EVERYTHING, group_wait_ms=0, group_interval_ms=100)
ROUTE = Route(receiver="desk", timers=ALONE, escalate=(Escalation("boss", 120_000),))
CALM = Policy(timeout_s=2, base_s=0.01, cap_s=0.02, deadline_s=6_000)


def _run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


def _post(route: Route = ROUTE) -> Post:
    return Post({"desk": Hook(signed=False), "boss": Hook(signed=False)}, routes=(route,))


def _now(post: Post) -> datetime:
    return datetime.fromtimestamp(post.clock_s(), UTC)


def _silence(post: Post) -> None:
    now = _now(post)
    said = SilenceCommand(
        id="s", match={"channel": "phone"}, until=now + timedelta(hours=1), at=now, by="ann"
    )
    post.muting.apply(said)


def _unsilence(post: Post) -> None:
    post.muting.apply(Unsilence(id="s", at=_now(post), by="ann"))
    post.dispatcher.desk.look()


async def _still(post: Post, desk: int, boss: int) -> None:
    """Nothing more is told, however long one waits by the wall."""
    await asyncio.sleep(1.2)
    assert [len(post.hooks[name].bodies) for name in ("desk", "boss")] == [desk, boss]


def test_a_silence_that_held_the_first_notice_holds_the_escalation_as_long() -> None:
    """The desk hears when the silence ends, and the boss a while after that: not in the same second."""

    async def body() -> None:
        async with _post().running(CALM) as post:
            _silence(post)
            await post.offer(transition("a", 1), written_ms=now_ms())
            await asyncio.sleep(0.7)
            post.later(600)
            _unsilence(post)
            await post.told("desk", 1)
            await _still(post, desk=1, boss=0)
            post.later(121)
            await post.told("boss", 1)

    _run(body)


def test_after_a_silence_the_desk_has_its_time_again() -> None:
    """The desk had heard of it, then came a silence: when that ends it is told again, the boss later."""

    async def body() -> None:
        async with _post().running(CALM) as post:
            await post.offer(transition("a", 1), written_ms=now_ms())
            await post.told("desk", 1)
            _silence(post)
            post.later(600)
            await _still(post, desk=1, boss=0)
            _unsilence(post)
            await post.told("desk", 2)
            await _still(post, desk=2, boss=0)
            post.later(121)
            await post.told("boss", 1)

    _run(body)


def test_the_boss_who_has_heard_of_it_hears_again_after_the_desk() -> None:
    """Both were told before the silence: when it ends the desk is told first, and has its time again."""

    async def body() -> None:
        async with _post().running(CALM) as post:
            await post.offer(transition("a", 1), written_ms=now_ms())
            await post.told("desk", 1)
            post.later(121)
            await post.told("boss", 1)
            await asyncio.sleep(0.3)
            _silence(post)
            post.later(600)
            _unsilence(post)
            await post.told("desk", 2)
            await _still(post, desk=2, boss=1)
            post.later(121)
            await post.told("boss", 2)
            await _still(post, desk=2, boss=2)

    _run(body)


def test_a_desk_that_is_closed_has_its_time_when_it_opens() -> None:
    """A route's hours that hold the first notice back hold the escalation too."""

    async def body() -> None:
        today = datetime.now(UTC).date()
        closed = frozenset(str(today + timedelta(days=each)) for each in (0, 1))
        route = replace(ROUTE, active=OpenHours(holidays=closed))
        async with _post(route).running(CALM) as post:
            await post.offer(transition("a", 1), written_ms=now_ms())
            post.later(600)
            await _still(post, desk=0, boss=0)
            post.later(2 * 86_400)
            await post.told("desk", 1)
            await _still(post, desk=1, boss=0)
            post.later(121)
            await post.told("boss", 1)

    _run(body)


def test_a_receiver_that_is_down_does_not_hold_the_escalation() -> None:
    """What was tried counts as told: nobody would hear of it otherwise."""

    async def body() -> None:
        async with _post().running(CALM) as post:
            post.hooks["desk"].script = [503] * 100_000
            await post.offer(transition("a", 1), written_ms=now_ms())
            await post.until(lambda: post.hooks["desk"].tries)
            post.later(121)
            await post.told("boss", 1)
            assert not post.hooks["desk"].bodies

    _run(body)


def test_a_plan_of_an_older_worker_is_read() -> None:
    """A group that is upgraded piece by piece has plans that do not say whether they were held back."""
    old = b'{"group_record":"plan","group":"g","key":"k","members":[["a",1]],"at_s":5.0}'
    plan = decode_group(old)
    assert plan == GroupPlan(group="g", key="k", members=[("a", 1)], at_s=5.0)
    assert decode_group(encode_group(_anew(plan))) == _anew(plan)


def _anew(plan: object) -> GroupPlan:
    """The same, held back."""
    assert isinstance(plan, GroupPlan)
    return msgspec.structs.replace(plan, anew=True)


def _says(post: Post, command: Acknowledge | Unacknowledge) -> None:
    post.muting.apply(command)
    post.dispatcher.heard(command)


async def _cared_for(post: Post) -> None:
    """The desk hears of an alert, somebody takes care of it, and the while passes."""
    await post.offer(transition("a", 1), written_ms=now_ms())
    await post.told("desk", 1)
    _says(post, Acknowledge(alert="a", severity="critical", at=_now(post), by="ann"))
    post.later(600)
    await _still(post, desk=1, boss=0)


def test_the_boss_hears_of_what_nobody_takes_care_of_any_more() -> None:
    """It was acknowledged while the while passed, and that is taken back: it need not wait for more news."""

    async def body() -> None:
        async with _post().running(CALM) as post:
            await _cared_for(post)
            _says(post, Unacknowledge(alert="a", at=_now(post), by="ann"))
            await post.told("boss", 1)
            await _still(post, desk=1, boss=1)

    _run(body)


def test_what_is_over_in_somebodys_care_is_told_to_nobody_else() -> None:
    """The boss had not heard of it, so need not hear that it is over; taking care back changes nothing."""

    async def body() -> None:
        async with _post().running(CALM) as post:
            await _cared_for(post)
            await post.offer(transition("a", 2, "resolved"), written_ms=now_ms())
            await post.told("desk", 2)
            _says(post, Unacknowledge(alert="a", at=_now(post), by="ann"))
            await _still(post, desk=2, boss=0)

    _run(body)


def test_others_are_told_while_one_is_in_somebodys_care() -> None:
    """What waits for care to be taken back holds nothing of its group, and is told with it afterwards."""

    async def body() -> None:
        timers = Timers(group_by=("rule",), group_wait_ms=0, group_interval_ms=100)
        async with _post(replace(ROUTE, timers=timers)).running(CALM) as post:
            await post.offer(transition("a", 1), written_ms=now_ms())
            await post.told("desk", 1)
            _says(post, Acknowledge(alert="a", severity="critical", at=_now(post), by="ann"))
            await post.offer(transition("b", 1), written_ms=now_ms())
            await post.told("desk", 2)
            post.later(121)
            await post.told("boss", 1)
            told: Any = post.hooks["boss"].bodies[0]
            assert told["data"]["id"] == "b"
            _says(post, Unacknowledge(alert="a", at=_now(post), by="ann"))
            await post.told("boss", 2)
            told = post.hooks["boss"].bodies[1]
            assert told["data"]["count"] == 2

    _run(body)


def test_the_boss_hears_of_what_has_had_its_while_alone() -> None:
    """A group has older and newer alerts: those that the desk has just heard of are not the boss's yet."""
    route = replace(ROUTE, timers=Timers(group_by=("rule",), group_wait_ms=0, group_interval_ms=30_000))

    async def body() -> None:
        async with _post(route).running(CALM) as post:
            await post.offer(transition("a", 1), written_ms=now_ms())
            await post.told("desk", 1)
            post.later(100)
            await post.offer(transition("b", 1), written_ms=int(post.clock_s() * 1000))
            await post.told("desk", 2)
            post.later(21)
            await post.told("boss", 1)
            assert _named(post, "boss") == [["a"]]
            post.later(101)
            await post.told("boss", 2)
            assert _named(post, "boss") == [["a"], ["b", "a"]]

    _run(body)


def test_news_of_what_the_boss_knows_brings_nothing_that_is_not_theirs_yet() -> None:
    """It calms down while another begins: of that the desk hears first."""
    route = replace(ROUTE, timers=Timers(group_by=("rule",), group_wait_ms=0, group_interval_ms=30_000))

    async def body() -> None:
        async with _post(route).running(CALM) as post:
            await post.offer(transition("a", 1), written_ms=now_ms())
            await post.told("desk", 1)
            post.later(121)
            await post.told("boss", 1)
            post.later(31)
            news = transition("a", 2, severity="warning"), transition("b", 1)
            await post.offer(*news, written_ms=int(post.clock_s() * 1000))
            await post.told("boss", 2)
            assert _named(post, "boss")[1:] == [["a"]]

    _run(body)


def _named(post: Post, name: str) -> list[list[str]]:
    """The alerts of each message."""
    datas: list[Any] = [body["data"] for body in post.hooks[name].bodies]
    return [[each["id"] for each in data.get("alerts", [data])] for data in datas]
