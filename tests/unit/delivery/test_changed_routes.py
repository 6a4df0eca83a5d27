"""Rules that change while alerts are open: whoever has heard hears on, as routes say now, and not twice."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from alerts.delivery.grouping.group_log import GroupTold
from alerts.delivery.retry_policy import Policy
from alerts.paging import Route
from alerts.rulebook.reader import read_rulebook
from stream.indicators.catalogue import CATALOGUE
from tests.post import Hook, MemoryLog, Post, now_ms, transition

CALM = Policy(timeout_s=2, base_s=0.01, cap_s=0.02, deadline_s=6_000)
NAMES = ("desk", "boss", "other")
HEAD = """
rules: [{name: csat-low, indicator: csat}, {name: nps-low, indicator: nps}]
receivers:
"""
ALONE = "{receiver: desk, match: {channel: phone}, group_by: ['...'], group_wait: 0s, group_interval: 1s}"
CLOSED = "{receiver: desk, match: {channel: phone}, mute: [HOURS], escalate: [{after: 1s, receiver: boss}]}"
NEVER = '"Mon-Sun 00:00-12:00", "Mon-Sun 12:00-24:00"'
OTHER = "{receiver: other, match: {channel: chat}, group_by: [rule]}"


def _routes(*routes: str) -> tuple[Route, ...]:
    receivers = "".join(f"  - {{name: {name}, webhook: {{url: 'https://x.example'}}}}\n" for name in NAMES)
    lines = "".join(f"  - {route}\n" for route in routes)
    return read_rulebook(f"{HEAD}{receivers}routes:\n{lines}", "rules.yaml", CATALOGUE).routes


def _post(log: MemoryLog, *routes: str) -> Post:
    return Post({name: Hook(signed=False) for name in NAMES}, log, routes=_routes(*routes))


def _run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


def _heard(post: Post, name: str) -> list[str]:
    return [str(each["type"]).removeprefix("cx.alert.") for each in post.hooks[name].bodies]


async def _told_under(log: MemoryLog, *routes: str) -> None:
    """The alert has been told, and then the worker ends, to start again with other rules."""
    async with _post(log, *routes).running(CALM) as post:
        await post.offer(transition("a", 1, severity="warning"), written_ms=now_ms())
        await post.until(lambda: log.groups and isinstance(log.groups[-1], GroupTold))


@pytest.mark.parametrize(
    "after",
    [
        (OTHER, ALONE),
        (ALONE.replace("phone", "[phone, chat]"),),
        (ALONE.replace("'...'", "rule"),),
        (ALONE.replace("phone", "chat"),),
        (ALONE.replace("desk", "other"),),
        (),
    ],
    ids=["one before it", "wider", "grouped otherwise", "of others now", "told to another", "gone"],
)
def test_who_has_heard_that_it_began_hears_that_it_is_over(after: tuple[str, ...]) -> None:
    """However the route has changed since: also where it tells somebody else, or nobody, from now on."""

    async def body() -> None:
        log = MemoryLog()
        await _told_under(log, ALONE)
        async with _post(log, *(after or (OTHER,))).running(CALM) as post:
            await post.offer(transition("a", 2, "resolved", "warning"), written_ms=now_ms())
            await post.until(lambda: post.hooks["desk"].bodies)
            assert (_heard(post, "desk"), _heard(post, "other")) == (["resolved"], [])

    _run(body)


@pytest.mark.parametrize("after", [(OTHER, ALONE), (ALONE.replace("phone", "[phone, chat]"),)])
def test_what_gets_louder_is_told_once_by_a_route_that_has_changed(after: tuple[str, ...]) -> None:
    """The alert stays in the group in which its receiver has heard of it, and is not news to another."""

    async def body() -> None:
        log = MemoryLog()
        await _told_under(log, ALONE)
        async with _post(log, *after).running(CALM) as post:
            await post.offer(transition("a", 2), written_ms=now_ms())
            await post.until(lambda: post.hooks["desk"].bodies)
            await post.offer(transition("a", 3, "resolved"), written_ms=now_ms())
            await post.until(lambda: len(post.hooks["desk"].bodies) > 1)
            await asyncio.sleep(1.2)
            assert _heard(post, "desk") == ["firing", "resolved"]

    _run(body)


@pytest.mark.parametrize("after", [(OTHER, CLOSED), (CLOSED.replace("phone", "[phone, chat]"),)])
def test_what_waits_for_its_hours_goes_on_waiting(after: tuple[str, ...]) -> None:
    """Neither the desk nor those behind it are woken because somebody has edited another route, or theirs."""

    async def body() -> None:
        log = MemoryLog()
        closed, opened = (text for text in (NEVER, '"Sun 00:00-00:01"'))
        async with _post(log, CLOSED.replace("HOURS", closed)).running(CALM) as post:
            await post.offer(transition("a", 1), written_ms=now_ms())
            await asyncio.sleep(1.2)
        async with _post(log, *(each.replace("HOURS", closed) for each in after)).running(CALM) as post:
            await asyncio.sleep(2)
            assert [_heard(post, name) for name in NAMES] == [[], [], []]
        async with _post(log, *(each.replace("HOURS", opened) for each in after)).running(CALM) as post:
            await post.until(lambda: post.hooks["boss"].bodies)
            assert [_heard(post, name) for name in NAMES] == [["firing"], ["firing"], []]

    _run(body)


def test_routes_that_say_the_same_are_told_apart() -> None:
    """One for the day and one for the night; by their order, as nothing else differs."""
    day, night = (f"{{receiver: desk, active: [{span}], group_by: [rule]}}" for span in ("Mon", "Tue"))
    first, second = (each.key for each in _routes(day, night))
    assert first != second
    assert [each.key for each in _routes(OTHER, day, night)][1:] == [first, second]
