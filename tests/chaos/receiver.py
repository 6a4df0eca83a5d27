"""A webhook receiver that verifies signatures and removes repeats by webhook-id, as a real one would."""

from collections import Counter
from dataclasses import dataclass, field

import msgspec
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_" + "dG9jc2luLWNoYW9zLXNlY3JldC0wMTIzNDU2Nzg5"  # 30 bytes, base64


@dataclass(slots=True)
class Receiver:
    """Counts requests by webhook-id; `order` has each alert's sequence numbers as they first arrived."""

    requests: Counter[str] = field(default_factory=Counter)
    order: dict[str, list[int]] = field(default_factory=dict)
    forged: int = 0
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        app = web.Application()
        app.router.add_post("/hook", self._hook)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/hook"

    async def stop(self) -> None:
        """Close the port."""
        if self._runner:
            await self._runner.cleanup()

    async def _hook(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            Webhook(SECRET).verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.forged += 1
            return web.Response(status=401)
        identity = request.headers["webhook-id"]
        self.requests[identity] += 1
        if self.requests[identity] == 1:
            alert = msgspec.json.decode(body)["data"]
            self.order.setdefault(alert["id"], []).append(alert["seq"])
        return web.Response(status=204)
