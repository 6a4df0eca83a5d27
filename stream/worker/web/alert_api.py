"""Alerts over HTTP: who may see them, acknowledge, silence and judge them; and the page that links lead to.

Reading needs no token, as /metrics needs none; saying something needs `Authorization: Bearer TOKEN`.
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import parse_qsl
from uuid import uuid4

import msgspec
import orjson
from aiohttp import web

from alerts.delivery.commands import (
    VERDICTS,
    Acknowledge,
    Command,
    Judgement,
    SilenceCommand,
    Unacknowledge,
    Unsilence,
    key,
    silence_ms,
    spelled,
)
from alerts.delivery.mutes import Muting, quiets
from alerts.delivery.notices.ack_links import PATH, AckLinks
from alerts.delivery.notices.notice import TransitionNews
from alerts.delivery.open_alerts import OpenAlerts
from alerts.rules import DIMENSIONS
from alerts.states import KNOWN
from stream.kafka.outbox import DeliveryError
from stream.worker.web.ack_page import page

API: Final = "/api/"
MOST_BODY: Final = 16_384
LABELS: Final = frozenset({"rule", "severity", "indicator", *DIMENSIONS})
MOST_LISTED: Final = 1_000
MOST_NAME: Final = 200
SAY_S: Final = 5.0
"""How long Kafka may take for a command before whoever has sent it is told."""
UNHEARD: Final = (
    f"Kafka has not taken the command within {SAY_S:.0f} s: look whether it was heard before you say it again"
)
RETRY: Final = {"Retry-After": "10"}
"""Whoever may try again."""


class _Refused(Exception):  # noqa: N818  # reads as what it says
    """A request cannot be answered; says why."""

    def __init__(self, status: int, why: str, *, retry: bool = False) -> None:
        super().__init__(why)
        self.status = status
        self.retry = retry


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDesk:
    """What the API needs: what is known, who can be told, and what it may be told by.

    `say` writes a command for all workers; `heard` is whether workers heed commands at all.
    """

    alerts: OpenAlerts
    muting: Muting
    say: Callable[[Command], Awaitable[None]]
    heard: bool
    token: str
    links: AckLinks


class AlertApi:
    """Answers what begins with /api/ and /ack."""

    def __init__(self, desk: AlertDesk, clock: Callable[[], float] = time.time) -> None:
        self._desk = desk
        self._clock = clock

    async def answer(self, request: web.BaseRequest) -> web.Response | None:
        """The answer; None for what is no business of the API."""
        if request.path != PATH and not request.path.startswith(API):
            return None
        try:
            if request.path == PATH:
                return await self._ack_page(request)
            return _json(await self._routed(request))
        except _Refused as refused:
            answer = (
                page(str(refused), status=refused.status)
                if request.path == PATH
                else _json({"error": str(refused)}, refused.status)
            )
            answer.headers.update(RETRY if refused.retry else {})
            return answer

    async def _routed(self, request: web.BaseRequest) -> Any:
        parts = [part for part in request.path.removeprefix(API).split("/") if part]
        match request.method, parts:
            case ("GET" | "HEAD", ["alerts"]):
                return self._list(request.query.get("state", "open"))
            case ("GET" | "HEAD", ["alerts", alert]):
                return self._shown(self._one(alert), whole=True)
            case ("GET" | "HEAD", ["silences"]):
                return {"silences": self._silences()}
            case ("POST", ["alerts", alert, ("ack" | "unack" | "verdict") as what]):
                return await self._about(alert, what, await self._body(request))
            case ("POST", ["silences"]):
                return await self._silence(await self._body(request))
            case ("DELETE", ["silences", identity]):
                return await self._unsilence(identity, await self._body(request))
            case _:
                raise _Refused(404, "want /api/alerts, /api/alerts/ID, /api/alerts/ID/ack or /api/silences")

    def _list(self, state: str) -> Any:
        if state not in {"open", "all"}:
            raise _Refused(400, "state: want open or all")
        found = list(self._desk.alerts.open() if state == "open" else self._desk.alerts.all())
        return {
            "alerts": [self._shown(each, whole=False) for each in found[:MOST_LISTED]],
            "count": len(found),
        }

    def _silences(self) -> list[dict[str, Any]]:
        """Those in force, and how many open alerts each keeps quiet."""
        open_ = [each.labels for each in self._desk.alerts.open()]
        return [
            {**msgspec.to_builtins(each), "matches": sum(quiets(each, labels) for labels in open_)}
            for each in self._desk.muting.silences(self._clock())
        ]

    def _shown(self, news: TransitionNews, *, whole: bool) -> dict[str, Any]:
        desk = self._desk
        found: dict[str, Any] = msgspec.to_builtins(news)
        found["acknowledged_by"] = desk.muting.acknowledged_by(news.id) or None
        found["times_in_24h"] = desk.alerts.times(news)
        found["verdict"] = desk.muting.verdict(news.id)
        if whole:
            before = desk.alerts.before(news.id)
            found["before"] = None if before is None else msgspec.to_builtins(before)
        return found

    def _one(self, start: str) -> TransitionNews:
        found = self._desk.alerts.named(start)
        if len(found) != 1:
            raise _Refused(404 if not found else 409, f"{len(found)} alerts have an id that begins so")
        return found[0]

    async def _about(self, alert: str, what: str, body: Mapping[str, Any]) -> Any:
        news, by, comment = self._one(alert), _text(body, "by"), _text(body, "comment", needed=False) or None
        at = self._now()
        if what == "verdict":
            verdict = _verdict(body, "verdict", VERDICTS)
            return await self._say(Judgement(alert=news.id, verdict=verdict, at=at, by=by, comment=comment))
        if news.state == "resolved":
            return {"outcome": "over", "about": news.id}  # a late word changes nothing, and is told so
        if what == "unack":
            return await self._say(Unacknowledge(alert=news.id, at=at, by=by, comment=comment))
        known = _verdict(body, "as", KNOWN) if "as" in body else None
        said = await self._say(
            Acknowledge(alert=news.id, severity=news.severity, at=at, by=by, comment=comment)
        )
        if known is not None:
            await self._say(Judgement(alert=news.id, verdict=known, at=at, by=by, comment=comment))
        return said

    async def _silence(self, body: Mapping[str, Any]) -> Any:
        match = body.get("match")
        if not isinstance(match, dict) or not any(match.values()) or not set(match) <= LABELS:
            raise _Refused(400, f"match: want labels among {', '.join(sorted(LABELS))}, one with a value")
        if not all(isinstance(value, str) and len(value) <= MOST_NAME for value in match.values()):
            raise _Refused(400, "match: want text as values")
        try:
            length_ms = silence_ms(str(body.get("for", "")))
        except ValueError as error:
            raise _Refused(400, f"for: want {error}") from None
        return await self._say(
            SilenceCommand(
                id=uuid4().hex[:12],
                match=match,
                until=self._now() + timedelta(milliseconds=length_ms),
                at=self._now(),
                by=_text(body, "by"),
                comment=_text(body, "comment", needed=False) or None,
            )
        )

    async def _unsilence(self, identity: str, body: Mapping[str, Any]) -> Any:
        if identity not in {each.id for each in self._desk.muting.silences(self._clock())}:
            raise _Refused(404, "no silence in force has this id")
        return await self._say(Unsilence(id=identity, at=self._now(), by=_text(body, "by")))

    async def _say(self, command: Command) -> Any:
        if not self._desk.heard:
            raise _Refused(503, "workers heed no commands: want TOCSIN_COMMANDS_KEY, or commands: trusted")
        try:
            async with asyncio.timeout(SAY_S):
                await self._desk.say(command)
        except (DeliveryError, TimeoutError):
            raise _Refused(503, UNHEARD, retry=True) from None
        return {"outcome": "accepted", "about": key(command)}

    async def _body(self, request: web.BaseRequest) -> Mapping[str, Any]:
        """The JSON object of a request that may say something."""
        if not self._desk.token:
            raise _Refused(403, "read-only: the worker has no token (TOCSIN_TOKEN or --token-file)")
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._desk.token.encode()):
            raise _Refused(401, "want Authorization: Bearer TOKEN, with the worker's token")
        try:
            body = orjson.loads(await _read(request) or b"{}")
        except orjson.JSONDecodeError:
            raise _Refused(400, "want a JSON object") from None
        if not isinstance(body, dict):
            raise _Refused(400, "want a JSON object")
        return body

    async def _ack_page(self, request: web.BaseRequest) -> web.Response:
        query = request.query
        alert, severity = query.get("alert", ""), query.get("severity", "")
        why = self._desk.links.why_not(
            alert, severity, query.get("until", ""), query.get("sig", ""), self._clock()
        )
        if why is not None:
            raise _Refused(403, why)
        found = self._desk.alerts.of(alert)
        title = alert if found is None else found.summary
        if found is not None and found.state == "resolved":
            return page("This alert is over: there is nothing to acknowledge.", title)
        if request.method != "POST":
            return page("", title, button="Acknowledge")
        form = dict(parse_qsl((await _read(request)).decode("utf-8", "replace")))
        by = form.get("by", "").strip()[:MOST_NAME] or "somebody with the link"
        level: Literal["warning", "critical"] = "critical" if severity == "critical" else "warning"
        await self._say(Acknowledge(alert=alert, severity=level, at=self._now(), by=by))
        return page("Acknowledged: repeats and escalation stop.", title)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


async def _read(request: web.BaseRequest) -> bytes:
    """The body, which is small."""
    body = b""
    try:
        async for part in request.content.iter_any():
            body += part
            if len(body) > MOST_BODY:
                raise _Refused(413, f"want at most {MOST_BODY} bytes")
    except (ConnectionError, RuntimeError, web.RequestPayloadError):  # Runtime…: it was gone before we asked
        raise _Refused(400, "want a body that is whole, and as its Content-Encoding says") from None
    return body


def _verdict(body: Mapping[str, Any], name: str, allowed: Collection[str]) -> Any:
    """One of the verdicts that are allowed there, spelled in either way."""
    given = body.get(name)
    verdict = spelled(given) if isinstance(given, str) else None
    if verdict not in allowed:
        raise _Refused(400, f"{name}: want one of {', '.join(allowed)}")
    return verdict


def _text(body: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > MOST_NAME or (needed and not value.strip()):
        raise _Refused(400, f"{name}: want text of 1 to {MOST_NAME} characters")
    return value


def _json(found: Any, status: int = 200) -> web.Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(
        body=orjson.dumps(found), status=status, content_type="application/json", headers=headers
    )
