"""Groups of which a part is muted: the others are told as if it was not there."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from alerts.delivery.commands import SilenceCommand, Unsilence
from alerts.delivery.grouping.group_log import GroupPlan, GroupTold
from alerts.delivery.retry_policy import Policy
from alerts.paging import Route, Timers
from tests.post import Hook, Post, now_ms, transition

CALM = Policy(timeout_s=2, base_s=0.01, cap_s=0.02, deadline_s=60)


Body = Callable[[Post, Hook], Coroutine[Any, Any, None]]


def _post(hook: Hook, repeat_ms: int = 60_000) -> Post:
    timers = Timers(group_by=("rule",), group_wait_ms=0, group_interval_ms=100, repeat_interval_ms=repeat_ms)
    return Post({"pager": hook}, routes=(Route(receiver="pager", timers=timers),))


async def _running(post: Post, body: Body) -> None:
    async with post.running(CALM):
        post.muting.told = post.dispatcher.heard
        await body(post, post.hooks["pager"])


def _run(body: Body, repeat_ms: int = 60_000) -> None:
    asyncio.run(_running(_post(Hook(), repeat_ms), body))


def _silence(post: Post, identity: str, **match: str) -> None:
    now = datetime.fromtimestamp(post.clock_s(), UTC)
    until = now + timedelta(hours=8)
    post.muting.apply(SilenceCommand(id=identity, match=match, until=until, at=now, by="ann"))


async def _told(post: Post, *values: bytes) -> None:
    """Transitions that have been told together, and that this is written down."""
    await post.offer(*values, written_ms=now_ms())
    await post.until(lambda: post.log.groups and isinstance(post.log.groups[-1], GroupTold))


def _alerts(body: dict[str, Any]) -> list[tuple[str, str]]:
    data = body["data"]
    return sorted((each["id"], each["severity"]) for each in data.get("alerts", [data]))


def test_what_is_told_is_repeated_while_another_waits_for_its_silence() -> None:
    """Somebody has silenced the phone's alert for hours; the chat's is told again every minute."""

    async def body(post: Post, hook: Hook) -> None:
        await _told(post, transition("a", 1, channel="chat"))
        _silence(post, "s", channel="phone")
        await post.offer(transition("b", 1), written_ms=now_ms())
        post.later(61)
        await post.until(lambda: len(hook.bodies) == 2)
        await post.until(lambda: isinstance(post.log.groups[-1], GroupTold))
        post.later(61)
        await post.until(lambda: len(hook.bodies) == 3)
        assert [_alerts(each) for each in hook.bodies[1:]] == [[("a", "critical")]] * 2

    _run(body)


def test_a_repeat_says_nothing_of_what_is_muted_since_it_got_louder() -> None:
    """Neither as it is, which is silenced, nor as it was, which is not true any more."""

    async def body(post: Post, hook: Hook) -> None:
        warnings = [transition(each, 1, severity="warning") for each in "ab"]
        await _told(post, *warnings)
        _silence(post, "s", severity="critical")
        await post.offer(transition("b", 2), written_ms=now_ms())
        post.later(61)
        await post.until(lambda: len(hook.bodies) == 2)
        assert _alerts(hook.bodies[-1]) == [("a", "warning")]

    _run(body)


def test_what_is_silenced_starts_no_escalation_again() -> None:
    """What comes long after news that is held back is not late: the while of an escalation goes on."""

    async def body(post: Post, hook: Hook) -> None:
        await _told(post, transition("a", 1, channel="chat"))
        _silence(post, "s", channel="phone")
        at_ms = now_ms()
        await post.offer(transition("b", 1), written_ms=at_ms)
        post.later(70)
        await post.offer(transition("c", 1, channel="mail"), written_ms=at_ms + 70_000)
        await post.until(lambda: len(hook.bodies) == 2)
        plans = [each for each in post.log.groups if isinstance(each, GroupPlan)]
        assert [each.anew for each in plans] == [False, False]

    _run(body, repeat_ms=3_600_000)


def test_the_end_of_a_silence_is_told_while_another_waits_for_its_own() -> None:
    """The chat's alert was told before it was silenced; that the phone's is still quiet changes nothing."""

    async def body(post: Post, hook: Hook) -> None:
        await _told(post, transition("a", 1, channel="chat"))
        post.later(2)
        _silence(post, "chat", channel="chat")
        _silence(post, "phone", channel="phone")
        await post.offer(transition("b", 1), written_ms=now_ms())
        post.later(2)
        post.muting.apply(Unsilence(id="chat", at=datetime.fromtimestamp(post.clock_s(), UTC), by="ann"))
        await post.until(lambda: len(hook.bodies) == 2)
        assert _alerts(hook.bodies[-1]) == [("a", "critical")]

    _run(body)


def test_the_end_of_a_silence_is_told_though_a_message_of_others_was_on_its_way_then() -> None:
    """What counts is when the receiver heard of the alert itself, and not of the group."""

    class Slow(Hook):
        async def handle(self, request: web.Request) -> web.Response:
            if len(self.bodies) == 1:
                post.muting.apply(Unsilence(id="s", at=datetime.fromtimestamp(post.clock_s(), UTC), by="ann"))
                post.ahead_s += 1
            return await super().handle(request)

    post = _post(Slow())

    async def body(post: Post, hook: Hook) -> None:
        await _told(post, transition("a", 1))
        post.later(2)
        _silence(post, "s", channel="phone")
        await post.offer(transition("b", 1, channel="chat"), written_ms=int(post.clock_s() * 1000))
        await post.until(lambda: len(hook.bodies) == 3)
        told = [[alert for alert, _ in _alerts(each)] for each in hook.bodies]
        assert told == [["a"], ["b"], ["a", "b"]]

    asyncio.run(_running(post, body))
