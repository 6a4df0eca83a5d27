"""Alerts over HTTP: reading is free; saying something needs the token, or a signed link and its button."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import TestServer, make_mocked_request

from alerts.delivery.commands import Acknowledge, Command, Judgement, SilenceCommand
from alerts.delivery.mutes import Muting
from alerts.delivery.notices.ack_links import GOOD_FOR_S, AckLinks
from alerts.delivery.open_alerts import OpenAlerts
from stream.kafka.outbox import DeliveryError
from stream.worker.web.alert_api import AlertApi, AlertDesk
from tests.post import transition

TOKEN = {"Authorization": "Bearer t0ken"}
NOW_S = 1_795_341_600.0


class Site:
    """The API with two alerts, one of them over; what is said is heard at once."""

    def __init__(self, *, token: str = "t0ken", heard: bool = True) -> None:  # noqa: S107  # of tests
        self.said: list[Command] = []
        self.kafka: Exception | None = None
        self.alerts, self.muting = OpenAlerts(), Muting()
        for value in (transition("aa1", 1), transition("bb2", 1), transition("bb2", 2, "resolved")):
            self.alerts.apply(value)
        self.links = AckLinks("http://tocsin.example", token.encode())
        desk = AlertDesk(
            alerts=self.alerts,
            muting=self.muting,
            say=self._say,
            heard=heard,
            token=token,
            links=self.links,
        )
        self.api = AlertApi(desk, lambda: NOW_S)

    async def _say(self, command: Command) -> None:
        if self.kafka is not None:
            raise self.kafka
        self.said.append(command)
        self.muting.apply(command)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[ClientSession, str]]:
        """A session and the server's address."""

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self.api.answer(request) or web.Response(status=404)

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", handle)
        async with TestServer(app) as server, ClientSession() as session:
            yield session, str(server.make_url("")).rstrip("/")


def _run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


def test_alerts_are_listed_with_who_takes_care_of_them() -> None:
    """Open ones unless all are asked for; one by the beginning of its id, with what was told before."""

    async def body() -> None:
        async with Site().running() as (session, url):
            listed = await (await session.get(f"{url}/api/alerts")).json()
            assert [each["id"] for each in listed["alerts"]] == ["aa1"]
            every = await (await session.get(f"{url}/api/alerts?state=all")).json()
            assert every["count"] == 2
            shown = await (await session.get(f"{url}/api/alerts/bb")).json()
            assert (shown["state"], shown["before"]["state"]) == ("resolved", "firing")
            assert (await session.get(f"{url}/api/alerts/zz")).status == 404

    _run(body)


def test_an_alert_is_acknowledged_and_given_back() -> None:
    """Under the name that was given; the list says who takes care."""

    async def body() -> None:
        site = Site()
        async with site.running() as (session, url):
            answer = await session.post(f"{url}/api/alerts/aa1/ack", json={"by": "ann"}, headers=TOKEN)
            assert await answer.json() == {"outcome": "accepted", "about": "aa1"}
            listed = await (await session.get(f"{url}/api/alerts")).json()
            assert listed["alerts"][0]["acknowledged_by"] == "ann"
            await session.post(f"{url}/api/alerts/aa1/unack", json={"by": "ann"}, headers=TOKEN)
            assert site.muting.acknowledged_by("aa1") == ""
            told = {"by": "ann", "verdict": "known"}
            await session.post(f"{url}/api/alerts/bb2/verdict", json=told, headers=TOKEN)
            assert site.muting.verdict("bb2") == "known"

    _run(body)


@pytest.mark.parametrize(("given", "verdict"), [("known", "known"), ("new normal", "new_normal")])
def test_who_takes_care_may_say_that_it_is_known(given: str, verdict: str) -> None:
    """In one request, or with a verdict of its own; both spellings are one."""

    async def body() -> None:
        site = Site()
        async with site.running() as (session, url):
            told = {"by": "ann", "as": given}
            answer = await session.post(f"{url}/api/alerts/aa1/ack", json=told, headers=TOKEN)
            assert await answer.json() == {"outcome": "accepted", "about": "aa1"}
            told = {"by": "ann", "verdict": given}
            await session.post(f"{url}/api/alerts/aa1/verdict", json=told, headers=TOKEN)
            assert [type(each) for each in site.said] == [Acknowledge, Judgement, Judgement]
            assert [each.verdict for each in site.said if isinstance(each, Judgement)] == [verdict, verdict]
            assert site.muting.verdict("aa1") == "known"

    _run(body)


def test_a_late_acknowledgement_changes_nothing_and_is_told_so() -> None:
    """The episode is over: it does not fire again because somebody was late."""

    async def body() -> None:
        site = Site()
        async with site.running() as (session, url):
            answer = await session.post(f"{url}/api/alerts/bb2/ack", json={"by": "ann"}, headers=TOKEN)
            assert await answer.json() == {"outcome": "over", "about": "bb2"}
            assert site.said == []

    _run(body)


def test_silences_begin_and_end() -> None:
    """By labels and a length of time."""

    async def body() -> None:
        site = Site()
        async with site.running() as (session, url):
            wanted = {"match": {"channel": "phone"}, "for": "2h", "by": "ann"}
            answer = await (await session.post(f"{url}/api/silences", json=wanted, headers=TOKEN)).json()
            assert isinstance(site.said[0], SilenceCommand)
            listed = await (await session.get(f"{url}/api/silences")).json()
            assert [each["id"] for each in listed["silences"]] == [answer["about"]]
            await session.delete(f"{url}/api/silences/{answer['about']}", json={"by": "ann"}, headers=TOKEN)
            assert (await (await session.get(f"{url}/api/silences")).json())["silences"] == []

    _run(body)


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("alerts/aa1/ack", {"by": "ann"}, {}, 401),
        ("alerts/aa1/ack", {"by": "ann"}, {"Authorization": "Bearer wrong"}, 401),
        ("alerts/aa1/ack", {}, TOKEN, 400),
        ("alerts/aa1/ack", {"by": "x" * 201}, TOKEN, 400),
        ("alerts/zz/ack", {"by": "ann"}, TOKEN, 404),
        ("alerts/aa1/verdict", {"by": "ann", "verdict": "maybe"}, TOKEN, 400),
        ("alerts/aa1/ack", {"by": "ann", "as": "true"}, TOKEN, 400),
        ("alerts/aa1/ack", {"by": "ann", "as": ["known"]}, TOKEN, 400),
        ("silences", {"match": {}, "for": "1h", "by": "ann"}, TOKEN, 400),
        ("silences", {"match": {"variant": ""}, "for": "1h", "by": "ann"}, TOKEN, 400),
        ("silences", {"match": {"colour": "red"}, "for": "1h", "by": "ann"}, TOKEN, 400),
        ("silences", {"match": {"channel": "phone"}, "for": "soon", "by": "ann"}, TOKEN, 400),
        ("silences", {"match": {"channel": "phone"}, "for": "31d", "by": "ann"}, TOKEN, 400),
        ("nothing", {"by": "ann"}, TOKEN, 404),
        ("alerts/aa1/ack", {"by": "ann", "comment": "x" * 20_000}, TOKEN, 413),
    ],
)
def test_what_is_wrong_is_refused(
    path: str, body: dict[str, object], headers: dict[str, str], status: int
) -> None:
    """And nothing is said."""

    async def check() -> None:
        site = Site()
        async with site.running() as (session, url):
            answer = await session.post(f"{url}/api/{path}", json=body, headers=headers)
            assert answer.status == status
            assert "error" in await answer.json()
            assert site.said == []

    _run(check)


@pytest.mark.parametrize(("site", "status"), [(Site(token=""), 403), (Site(heard=False), 503)])
def test_without_a_token_or_a_key_it_is_read_only(site: Site, status: int) -> None:
    """And it says what is missing."""

    async def body() -> None:
        async with site.running() as (session, url):
            answer = await session.post(f"{url}/api/alerts/aa1/ack", json={"by": "ann"}, headers=TOKEN)
            assert answer.status == status
            assert "TOCSIN_" in (await answer.json())["error"]

    _run(body)


@pytest.mark.parametrize("fault", [DeliveryError("the producer is closed"), TimeoutError()])
def test_while_kafka_is_away_who_commands_is_told_so_and_when_to_try_again(fault: Exception) -> None:
    """By the API and by the page that links lead to."""

    async def body() -> None:
        site = Site()
        site.kafka = fault
        link = site.links.link("aa1", "critical", NOW_S).removeprefix("http://tocsin.example")
        silence = {"match": {"channel": "phone"}, "for": "1h", "by": "ann"}
        async with site.running() as (session, url):
            for path, what in (
                ("/api/alerts/aa1/ack", {"by": "ann"}),
                ("/api/silences", silence),
                (link, {}),
            ):
                answer = await session.post(url + path, json=what, headers=TOKEN)
                assert answer.status == 503
                assert answer.headers["Retry-After"] == "10"
                assert "Kafka has not taken the command" in await answer.text()

    _run(body)


def test_a_client_that_is_gone_is_no_fault_of_ours() -> None:
    """Of a connection that has ended no body can be read: no traceback, however often somebody does that."""

    async def body() -> None:
        loop = asyncio.get_running_loop()
        gone = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
        request = make_mocked_request("POST", "/api/silences", headers=TOKEN, payload=gone)
        answer = await Site().api.answer(request)
        assert answer is not None
        assert answer.status == 400

    _run(body)


def test_a_link_leads_to_a_page_and_its_button_acknowledges() -> None:
    """Following the link changes nothing, since mail scanners follow links."""

    async def body() -> None:
        site = Site()
        path = site.links.link("aa1", "critical", NOW_S).removeprefix("http://tocsin.example")
        async with site.running() as (session, url):
            page = await session.get(url + path)
            assert "<button>Acknowledge</button>" in await page.text()
            assert "default-src 'none'" in page.headers["Content-Security-Policy"]
            assert site.said == []
            done = await session.post(url + path, data={"by": "<b>ann</b>"})
            assert "Acknowledged" in await done.text()
            (said,) = site.said
            assert isinstance(said, Acknowledge)
            assert (said.alert, said.severity, said.by) == ("aa1", "critical", "<b>ann</b>")
            over = site.links.link("bb2", "critical", NOW_S).removeprefix("http://tocsin.example")
            assert "over" in await (await session.post(url + over)).text()
            assert len(site.said) == 1

    _run(body)


@pytest.mark.parametrize(
    "change", ["alert=aa1|alert=bb2", "severity=critical|severity=warning", "sig=|sig=x"]
)
def test_a_link_that_was_changed_is_refused(change: str) -> None:
    """It acknowledges what it was made for, and nothing else."""

    async def body() -> None:
        site, (old, new) = Site(), change.split("|")
        path = site.links.link("aa1", "critical", NOW_S).removeprefix("http://tocsin.example")
        async with site.running() as (session, url):
            assert (await session.post(url + path.replace(old, new))).status == 403
            late = site.links.link("aa1", "critical", NOW_S - GOOD_FOR_S - 1)
            assert (await session.post(url + late.removeprefix("http://tocsin.example"))).status == 403
            assert site.said == []

    _run(body)
