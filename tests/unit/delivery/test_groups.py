"""Groups over real sockets: gathered, repeated, escalated, never doubled."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from alerts.delivery.commands import Acknowledge, SilenceCommand, Unsilence
from alerts.delivery.grouping import group_desk
from alerts.delivery.grouping.group_log import GroupTold
from alerts.delivery.retry_policy import Policy
from alerts.paging import EVERYTHING, Escalation, Heartbeat, Receiver, Route, Timers
from tests.post import Hook, MemoryLog, Post, now_ms, transition

GATHERED = Timers(group_by=("rule",), group_wait_ms=200, group_interval_ms=400)
ALONE = Timers(group_by=EVERYTHING, group_wait_ms=0, group_interval_ms=100)
CALM = Policy(timeout_s=2, base_s=0.01, cap_s=0.02, deadline_s=60)


def _run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


def _post(route: Route, log: MemoryLog | None = None, **hooks: Hook) -> Post:
    return Post(hooks or {"pager": Hook()}, log, routes=(route,))


def _states(hook: Hook) -> list[tuple[str, int]]:
    """Type and number of alerts of each message."""
    return [
        (str(body["type"]), len(body["data"].get("alerts", [0])))  # type: ignore[attr-defined]
        for body in hook.bodies
    ]


async def _quiet(seconds: float) -> None:
    """Let wall-clock time go by, since groups wait by it."""
    await asyncio.sleep(seconds)


def test_five_hundred_alerts_are_one_notice() -> None:
    """All that comes within group_wait is told together, and every record is done at once."""

    async def body() -> None:
        async with _post(Route(receiver="pager", timers=GATHERED)).running(CALM) as post:
            await post.offer(*(transition(f"a{n}", 1) for n in range(500)), written_ms=now_ms())
            assert len(post.done) == 500
            assert post.log.waits == 1, "each would have come as much later as Kafka takes for one"
            await post.until(lambda: post.hooks["pager"].bodies)
            await _quiet(0.6)
            (only,) = post.hooks["pager"].bodies
            assert only["type"] == "cx.group.firing"
            assert only["data"]["count"] == 500  # type: ignore[index]

    _run(body)


def test_the_end_of_what_was_open_for_longer_than_anything_is_kept_is_told() -> None:
    """To the group that it would belong to, at once, and to no escalation; after a restart not again."""

    async def body() -> None:
        step = Escalation(receiver="boss", after_ms=100)
        route = Route(receiver="pager", timers=replace(GATHERED, group_interval_ms=100), escalate=(step,))
        log, hooks = MemoryLog(), {"pager": Hook(), "boss": Hook()}
        for _ in range(2):
            async with _post(route, log, **hooks).running(CALM) as post:
                end = transition("old", 2, "resolved")
                post.dispatcher.alerts.apply(end)
                await post.offer(end, written_ms=now_ms())
                await post.until(lambda: hooks["pager"].bodies)
                await _quiet(0.5)
        assert _states(hooks["pager"]) == [("cx.alert.resolved", 1)]
        assert not hooks["boss"].bodies

    _run(body)


def test_messages_that_are_due_together_are_written_down_at_once() -> None:
    """A thousand groups are told as soon as one, and not each as much later as Kafka takes for a plan."""

    async def body() -> None:
        route = Route(receiver="pager", timers=replace(GATHERED, group_by=EVERYTHING))
        async with _post(route).running(CALM) as post:
            await post.offer(
                *(transition(f"a{n}", 1, channel=f"c{n}") for n in range(50)), written_ms=now_ms()
            )
            await post.until(lambda: len(post.hooks["pager"].bodies) == 50)
            await post.until(lambda: _written(post) == 50)
            assert post.log.waits == 1 + 1 + 50, "news, plans, and an end of each"

    _run(body)


def test_more_alerts_than_a_message_holds_have_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """News first, so that each of them is told once, and none is left out."""
    monkeypatch.setattr(group_desk, "MOST_MEMBERS", 3)

    async def body() -> None:
        async with _post(Route(receiver="pager", timers=GATHERED)).running(CALM) as post:
            await post.offer(*(transition(f"a{n}", 1) for n in range(7)), written_ms=now_ms())
            await post.until(lambda: len(post.hooks["pager"].bodies) == 3)
            await _quiet(0.6)
            assert _states(post.hooks["pager"]) == [("cx.group.firing", 3)] * 3
            bodies: Any = post.hooks["pager"].bodies
            told = {each["id"] for body in bodies for each in body["data"]["alerts"]}
            assert told == {f"a{n}" for n in range(7)}

    _run(body)


def test_news_waits_for_the_interval_but_an_end_does_not() -> None:
    """What begins later is told after group_interval; what is over is told at once."""

    async def body() -> None:
        timers = Timers(group_by=("rule",), group_wait_ms=50, group_interval_ms=60_000)
        async with _post(Route(receiver="pager", timers=timers)).running(CALM) as post:
            hook = post.hooks["pager"]
            await post.offer(transition("a", 1), transition("b", 1), written_ms=now_ms())
            await post.until(lambda: len(hook.bodies) == 1)
            await post.offer(transition("c", 1), written_ms=now_ms())
            await _quiet(0.7)
            assert len(hook.bodies) == 1
            await post.offer(transition("a", 2, "resolved"), written_ms=now_ms())
            await post.until(lambda: len(hook.bodies) == 2)
            assert _states(hook) == [("cx.group.firing", 2), ("cx.group.firing", 3)]

    _run(body)


def test_an_acknowledgement_stops_repeats_and_escalation() -> None:
    """Nothing more is told until the alert is over, which those who heard of it are told."""

    async def body() -> None:
        timers = Timers(group_by=EVERYTHING, group_wait_ms=0, group_interval_ms=50, repeat_interval_ms=60_000)
        route = Route(receiver="pager", timers=timers, escalate=(Escalation("boss", 120_000),))
        async with _post(route, pager=Hook(), boss=Hook()).running(CALM) as post:
            await post.offer(transition("a", 1), written_ms=now_ms())
            await post.until(lambda: post.log.groups and isinstance(post.log.groups[-1], GroupTold))
            post.later(61)
            await post.until(lambda: len(post.hooks["pager"].bodies) == 2)  # told, and repeated
            now = datetime.fromtimestamp(post.clock_s(), UTC)
            post.muting.apply(Acknowledge(alert="a", severity="critical", at=now, by="ann"))
            post.later(120)
            await _quiet(1.0)
            assert len(post.hooks["pager"].bodies) == 2
            assert not post.hooks["boss"].bodies
            await post.offer(transition("a", 2, "resolved"), written_ms=now_ms())
            await post.until(lambda: len(post.hooks["pager"].bodies) == 3)
            assert not post.hooks["boss"].bodies

    _run(body)


def test_nobody_acknowledges_so_the_next_is_told() -> None:
    """The step's receiver hears of it after its wait, and then of the end too."""

    async def body() -> None:
        route = Route(receiver="pager", timers=ALONE, escalate=(Escalation("boss", 400),))
        async with _post(route, pager=Hook(), boss=Hook()).running(CALM) as post:
            await post.offer(transition("a", 1), written_ms=now_ms())
            await post.until(lambda: post.hooks["boss"].bodies)
            await post.offer(transition("a", 2, "resolved"), written_ms=now_ms())
            await post.until(lambda: len(post.hooks["boss"].bodies) == 2)
            types = [body["type"] for body in post.hooks["boss"].bodies]
            assert types == ["cx.alert.firing", "cx.alert.resolved"]

    _run(body)


def test_what_is_over_before_the_wait_is_told_to_nobody() -> None:
    """Neither that it began nor that it ended."""

    async def body() -> None:
        async with _post(Route(receiver="pager", timers=GATHERED)).running(CALM) as post:
            await post.offer(transition("a", 1), transition("a", 2, "resolved"), written_ms=now_ms())
            await _quiet(0.8)
            assert not post.hooks["pager"].tries

    _run(body)


def test_a_restart_goes_on_without_doubling() -> None:
    """The state of groups is on the log: what was told is not told again."""

    async def body() -> None:
        log = MemoryLog()
        route = Route(receiver="pager", timers=GATHERED)
        async with _post(route, log).running(CALM) as post:
            await post.offer(transition("a", 1), transition("b", 1), written_ms=now_ms())
            await post.until(lambda: post.hooks["pager"].got)
            await post.until(lambda: isinstance(log.groups[-1], GroupTold))
        async with _post(route, log).running(CALM) as again:
            await again.offer(transition("a", 1), transition("b", 1), written_ms=now_ms())
            await _quiet(0.8)
            assert not again.hooks["pager"].tries
            await again.offer(transition("b", 2, "resolved"), written_ms=now_ms())
            await again.until(lambda: again.hooks["pager"].bodies)
            assert _states(again.hooks["pager"]) == [("cx.group.firing", 2)]

    _run(body)


def test_a_kill_before_the_end_was_written_repeats_under_the_same_key() -> None:
    """The plan was written first, so whoever goes on sends the same message under the same key."""

    async def body() -> None:
        log = MemoryLog()
        route = Route(receiver="pager", timers=GATHERED)
        async with _post(route, log).running(CALM) as post:
            await post.offer(transition("a", 1), transition("b", 1), written_ms=now_ms())
            await post.until(lambda: post.hooks["pager"].got)
            await post.until(lambda: isinstance(log.groups[-1], GroupTold))
            first = list(post.hooks["pager"].got)
        log.groups = [each for each in log.groups if not isinstance(each, GroupTold)]
        async with _post(route, log).running(CALM) as again:
            await again.until(lambda: again.hooks["pager"].got)
            assert again.hooks["pager"].got == first

    _run(body)


def test_a_silence_holds_a_group_back_and_its_end_lets_it_out() -> None:
    """What still fires when the silence ends is told at once."""

    async def body() -> None:
        async with _post(Route(receiver="pager", timers=ALONE)).running(CALM) as post:
            now = datetime.now(UTC)
            until = now + timedelta(hours=1)
            post.muting.apply(
                SilenceCommand(id="s", match={"channel": "phone"}, until=until, at=now, by="ann")
            )
            await post.offer(transition("a", 1), written_ms=now_ms())
            await _quiet(0.7)
            assert not post.hooks["pager"].tries
            post.muting.apply(Unsilence(id="s", at=now, by="ann"))
            post.dispatcher.desk.look()
            await post.until(lambda: post.hooks["pager"].bodies)

    _run(body)


@pytest.mark.parametrize("severity", ["warning", "critical"])
def test_a_change_of_severity_stays_in_its_group(severity: str) -> None:
    """An alert by itself is one group whatever its severity: it is never told twice as two."""

    async def body() -> None:
        async with _post(Route(receiver="pager", timers=ALONE)).running(CALM) as post:
            await post.offer(transition("a", 1, severity="critical"), written_ms=now_ms())
            await post.until(lambda: len(post.hooks["pager"].bodies) == 1)
            await post.offer(transition("a", 2, severity=severity), written_ms=now_ms())
            await post.until(lambda: len(post.hooks["pager"].bodies) == 2)
            await post.offer(transition("a", 3, "resolved", "warning"), written_ms=now_ms())
            await post.until(lambda: len(post.hooks["pager"].bodies) == 3)

    _run(body)


def _pagerduty(url: str) -> Receiver:
    settings = {"routing_key": ("k",), "url": (f"{url}/pd",)}
    return Receiver(name="pd", kind="pagerduty", settings=settings, allow_private=True)


def test_an_acknowledgement_shows_where_it_can() -> None:
    """PagerDuty's incident is acknowledged under its key; a plain webhook has no word for it."""

    async def body() -> None:
        events, hook = Hook(signed=False), Hook()
        post = Post(
            {"events": events, "desk": hook},
            routes=(Route(receiver="events"), Route(receiver="desk"), Route(receiver="pd")),
        )
        async with post.server() as url:
            post.others = (_pagerduty(url),)
            async with post.running(CALM) as running:
                await running.offer(transition("a", 1))
                running.dispatcher.alerts.apply(transition("a", 1))
                await running.settled(1)
                now = datetime.now(UTC)
                running.muting.told = running.dispatcher.heard
                running.muting.apply(Acknowledge(alert="a", severity="critical", at=now, by="ann"))
                await running.until(lambda: len(post.events) == 2)
                assert [each["event_action"] for each in post.events] == ["trigger", "acknowledge"]
                assert {each["dedup_key"] for each in post.events} == {"a"}
                assert len(hook.bodies) == len(events.bodies) == 1

    _run(body)


def test_an_incident_of_several_alerts_is_acknowledged_with_the_last_of_them() -> None:
    """Somebody takes care of each, and PagerDuty went on to call the next."""

    async def body() -> None:
        post = Post({}, routes=(Route(receiver="pd", timers=GATHERED),))
        async with post.server() as url:
            post.others = (_pagerduty(url),)
            async with post.running(CALM) as running:
                running.muting.told = running.dispatcher.heard
                both = transition("a", 1), transition("b", 1)
                await running.offer(*both, written_ms=now_ms())
                for each in both:
                    running.dispatcher.alerts.apply(each)
                await running.until(lambda: any(isinstance(each, GroupTold) for each in post.log.groups))
                for alert in ("a", "b"):
                    await _quiet(0.3)
                    assert [each["event_action"] for each in post.events] == ["trigger"]
                    now = datetime.now(UTC)
                    running.muting.apply(Acknowledge(alert=alert, severity="critical", at=now, by="ann"))
                await running.until(lambda: len(post.events) == 2)
        assert post.events[1]["event_action"] == "acknowledge"
        assert len({each["dedup_key"] for each in post.events}) == 1

    _run(body)


def test_a_group_is_one_incident_however_many_alerts_it_has() -> None:
    """It began with one alert and under its name; what all of it ended was another incident."""

    async def body() -> None:
        post = Post({}, routes=(Route(receiver="pd", timers=GATHERED),))
        async with post.server() as url:
            post.others = (_pagerduty(url),)
            async with post.running(CALM) as running:
                await running.offer(transition("a", 1), written_ms=now_ms())
                await running.until(lambda: len(post.events) == 1)
                await running.offer(transition("b", 1), written_ms=now_ms())
                await running.until(lambda: len(post.events) == 2)
                await running.offer(
                    transition("a", 2, "resolved"), transition("b", 2, "resolved"), written_ms=now_ms()
                )
                await running.until(lambda: post.events[-1]["event_action"] == "resolve")
        assert {each["dedup_key"] for each in post.events} == {"a"}

    _run(body)


def test_a_group_that_could_not_be_told_in_time_is_told_as_it_stands() -> None:
    """A message beyond its deadline gives way to one of all that is open now."""

    async def body() -> None:
        hook = Hook([503] * 10_000)
        policy = Policy(timeout_s=2, base_s=0.01, cap_s=0.02, deadline_s=1)
        async with _post(Route(receiver="pager", timers=GATHERED), pager=hook).running(policy) as post:
            await post.offer(transition("a", 1), transition("b", 1), written_ms=now_ms())
            await post.until(lambda: hook.tries)
            await post.offer(transition("c", 1), written_ms=now_ms())
            await post.until(lambda: len(hook.tries) > 1)
            hook.script.clear()
            await post.told("pager", 1)
            assert hook.bodies[0]["data"]["count"] == 3  # type: ignore[index]
            told = [each for each in post.log.groups if isinstance(each, GroupTold)]
            assert {each.outcome for each in told} == {"expired", "delivered"}

    _run(body)


def test_an_acknowledgement_cancels_a_groups_message_on_its_way() -> None:
    """A receiver that was down when somebody took care hears nothing when it is back."""

    async def body() -> None:
        hook = Hook([503] * 10_000)
        async with _post(Route(receiver="pager", timers=GATHERED), pager=hook).running(CALM) as post:
            await post.offer(transition("a", 1), written_ms=now_ms())
            await post.until(lambda: hook.tries)
            now = datetime.now(UTC)
            post.muting.apply(Acknowledge(alert="a", severity="critical", at=now, by="ann"))
            await post.until(lambda: any(isinstance(each, GroupTold) for each in post.log.groups))
            tries = sum(hook.tries.values())
            hook.script.clear()
            await _quiet(0.5)
            assert (hook.bodies, sum(hook.tries.values())) == ([], tries)

    _run(body)


@asynccontextmanager
async def _alertmanager(resend: str) -> AsyncIterator[tuple[Post, list[Any]]]:
    """A dispatcher that tells an Alertmanager, and what that has been told."""
    post = Post({}, routes=(Route(receiver="real"),))
    app = web.Application()
    got: list[Any] = []

    async def take(request: web.Request) -> web.Response:
        got.append(await request.json())
        post.moved.set()
        return web.Response()

    app.router.add_post("/api/v2/alerts", take)
    async with TestServer(app) as server:
        settings = {"urls": (str(server.make_url("/")),), "resend": (resend,)}
        post.others = (Receiver(name="real", kind="alertmanager", settings=settings, allow_private=True),)
        async with post.running(CALM) as running:
            yield running, got


def _written(post: Post) -> int:
    """Messages whose end is written down."""
    return sum(isinstance(each, GroupTold) for each in post.log.groups)


async def _told(post: Post, count: int) -> None:
    await post.until(lambda: post.meter.deliveries["real", "delivered"] == count)
    await _quiet(0.1)


def test_alertmanager_goes_on_hearing_of_what_is_acknowledged() -> None:
    """It takes silence for health, so it would tell its people that the trouble is over."""

    async def body() -> None:
        async with _alertmanager("1s") as (post, got):
            await post.offer(transition("a", 1), written_ms=now_ms())
            await post.until(lambda: got)
            now = datetime.now(UTC)
            post.muting.apply(Acknowledge(alert="a", severity="critical", at=now, by="ann"))
            await post.until(lambda: len(got) >= 3)

    _run(body)


def test_an_alert_that_comes_again_is_not_told_twice_to_alertmanager() -> None:
    """When the one before it was repeated last is no business of the next, which is of the same group."""

    async def body() -> None:
        async with _alertmanager("1h") as (post, got):
            await post.offer(transition("a", 1), written_ms=now_ms())
            await _told(post, 1)
            post.later(3_601)
            await _told(post, 2)
            await post.offer(transition("a", 2, "resolved"), written_ms=int(post.clock_s() * 1000))
            await _told(post, 3)
            post.later(7_200)
            await post.offer(transition("b", 1), written_ms=int(post.clock_s() * 1000))
            await post.until(lambda: len(got) >= 4)
            await _quiet(0.7)
            assert len(got) == 4

    _run(body)


def test_a_partition_that_moves_before_all_is_read_is_not_owned() -> None:
    """Two workers would tell of its groups, each under keys of its own, until the next rebalance."""

    class Behind(MemoryLog):
        read = asyncio.Event()

        async def caught_up(self) -> None:
            await self.read.wait()

    async def body() -> None:
        log = Behind()
        async with _post(Route(receiver="pager", timers=ALONE), log).running(CALM) as post:
            post.dispatcher.forget([0])
            post.dispatcher.desk.own([1])
            log.read.set()
            await post.until(lambda: post.dispatcher.desk.owns(1))
            assert post.dispatcher.desk.partitions == (1,)

    _run(body)


def test_a_heart_beats_where_the_first_partition_is() -> None:
    """The receiver hears so again and again, each time under a key of its own; other workers are silent."""

    async def body() -> None:
        post = _post(Route(receiver="pager", timers=ALONE))
        post.heartbeat = Heartbeat("pager", 1_000)
        async with post.running(CALM) as running:
            hook = running.hooks["pager"]
            await running.until(lambda: len(hook.bodies) >= 2)
            assert {each["type"] for each in hook.bodies} == {"cx.heartbeat"}
            assert len(set(hook.got)) == len(hook.bodies)
            running.dispatcher.forget([0])
            told = len(hook.bodies)
            await _quiet(1.5)
            assert len(hook.bodies) <= told + 1
            assert running.log.entries == []

    _run(body)
