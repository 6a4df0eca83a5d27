"""When each scope crossed its limit, and when its alert was on the topic and at the webhook."""

import asyncio
import time
from types import TracebackType
from typing import Final, Self

import orjson
from aiohttp import web
from aiokafka import AIOKafkaConsumer

LEAST_ANSWERS: Final = 5
"""Of the rule that is watched; the last of them decides."""
POLL_MS: Final = 200


class Ledger:
    """Listens to cx.alerts and to a webhook of its own, as a context.  Times are this machine's."""

    def __init__(self, broker: str) -> None:
        self._consumer = AIOKafkaConsumer("cx.alerts", bootstrap_servers=broker, fetch_max_wait_ms=100)
        self._runner: web.AppRunner | None = None
        self._task: asyncio.Task[None] | None = None
        self._decided: dict[str, float] = {}
        self._on_topic: dict[str, float] = {}
        self._at_webhook: dict[str, float] = {}
        self.url = ""

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application()
        app.router.add_post("/hook", self._hook)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"
        await self._consumer.start()
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    def expect(self, product: str, decided_s: float) -> None:
        """A scope has crossed its limit."""
        self._decided[product] = decided_s

    def found(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Seconds from the deciding event to the topic, and to the webhook, of those that got there."""
        return self._since(self._on_topic), self._since(self._at_webhook)

    def _since(self, seen: dict[str, float]) -> tuple[float, ...]:
        return tuple(seen[product] - then for product, then in self._decided.items() if product in seen)

    async def _follow(self) -> None:
        while True:
            for records in (await self._consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    self._note(self._on_topic, orjson.loads(record.value))

    async def _hook(self, request: web.Request) -> web.Response:
        self._note(self._at_webhook, orjson.loads(await request.read())["data"])
        return web.Response(status=204)

    @staticmethod
    def _note(seen: dict[str, float], alert: dict[str, object]) -> None:
        """The first `firing` of a watched scope."""
        if alert["rule"] == "probe" and alert["state"] == "firing":
            scope = alert["scope"]
            assert isinstance(scope, dict)
            seen.setdefault(scope["product"], time.time())
