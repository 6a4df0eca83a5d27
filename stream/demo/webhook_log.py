"""A webhook receiver on the loopback that checks every signature and shows what came in.

`tocsin demo` starts one, so that one sees what a receiver of one's own would get.
"""

import html
import secrets
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import orjson
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from stream.demo.brokers.loopback import LOOPBACK

KEPT: Final = 200
"""Notices that the page shows; older ones are only counted."""
PATH: Final = "/hook"
PAGE: Final = """<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<title>Tocsin: webhook log</title><style>body{{font:15px system-ui;margin:2em}}
td,th{{padding:.2em 1em .2em 0;text-align:left;vertical-align:top}}</style>
<h1>Notices received</h1><p>{verified} with a valid signature, {refused} refused.</p>
<table><tr><th>at<th>type<th>summary<th>webhook-id</tr>{rows}</table>"""


@dataclass(frozen=True, slots=True)
class Received:
    """One notice: its idempotency key, type, event time and summary, as the sender wrote them."""

    id: str
    type: str
    at: str
    summary: str


@dataclass(slots=True)
class WebhookLog:
    """What came in.  `secret` is a Standard Webhooks secret, `whsec_…`."""

    secret: str
    verified: int = 0
    refused: int = 0
    notices: deque[Received] = field(default_factory=lambda: deque(maxlen=KEPT))

    def take(self, body: bytes, headers: dict[str, str]) -> bool:
        """Whether the signature is right; if so, the notice is on the log."""
        try:
            Webhook(self.secret).verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):
            self.refused += 1
            return False
        self.verified += 1
        self.notices.append(_received(body, headers))
        return True

    def page(self) -> str:
        """The log as HTML, latest first."""
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(text)}" for text in (n.at, n.type, n.summary, n.id)) + "</tr>"
            for n in reversed(self.notices)
        )
        return PAGE.format(verified=self.verified, refused=self.refused, rows=rows)


def new_secret() -> str:
    """A secret as Standard Webhooks wants it: 32 random bytes."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


@asynccontextmanager
async def serving(log: WebhookLog, port: int) -> AsyncIterator[str]:
    """The log's page on `http://127.0.0.1:port/`; notices go to its `/hook`."""

    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        return web.Response(status=204 if log.take(await request.read(), headers) else 401)

    async def show(_: web.Request) -> web.Response:
        return web.Response(text=log.page(), content_type="text/html")

    app = web.Application()
    app.add_routes([web.post(PATH, take), web.get("/", show)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield f"http://{LOOPBACK}:{port}"
    finally:
        await runner.cleanup()


def _received(body: bytes, headers: dict[str, str]) -> Received:
    """What the page shows of a notice; signed, but its body is still not trusted to be as it should."""
    notice = _object(orjson.loads(body))
    data = _object(notice.get("data"))
    return Received(
        headers["webhook-id"],
        str(notice.get("type", "?")),
        str(data.get("at", "?")),
        str(data.get("summary", "")),
    )


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
