"""A real Alertmanager receives our alerts, keeps them while they are told again, groups and resolves them."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from alerts.delivery.retry_policy import Policy
from alerts.paging import Receiver
from tests.post import Post, now_ms, transition

CONFIG = """
route: {receiver: hook, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: "URL", send_resolved: true}]}]
"""
FIRES_S = 20
"""Twenty times as long as between two tellings, as twenty minutes are with the usual minute."""


class Behind:
    """Whom Alertmanager tells."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.moved = asyncio.Event()

    async def handle(self, request: web.Request) -> web.Response:
        """Take what it posts."""
        self.bodies.append(await request.json())
        self.moved.set()
        return web.Response()

    async def until_both(self, status: str) -> dict[str, Any]:
        """The first body of a status that has both alerts."""
        async with asyncio.timeout(20):
            while not (
                found := [
                    body for body in self.bodies if body["status"] == status and len(body["alerts"]) == 2
                ]
            ):
                self.moved.clear()
                await self.moved.wait()
        return found[0]


@asynccontextmanager
async def _alertmanager(folder: Path, behind: str) -> AsyncIterator[str]:
    config = folder / "alertmanager.yml"
    config.write_text(CONFIG.replace("URL", behind))
    port = unused_port()
    command = [
        "prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
    ]  # fmt: skip
    with (folder / "alertmanager.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: ASYNC220  # starts at once
    try:
        async with asyncio.timeout(20):
            while not await _ready(port):
                assert process.poll() is None, (folder / "alertmanager.log").read_text()
                await asyncio.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def _ready(port: int) -> bool:
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/-/ready") as told,
        ):
            return told.status == 200
    except aiohttp.ClientError:
        return False


async def _active(url: str) -> set[str]:
    """Alerts that fire there, by the channel that they are of."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/v2/alerts?active=true") as answer:
        return {alert["labels"]["channel"] for alert in await answer.json()}


def test_a_real_alertmanager_receives_groups_and_resolves(tmp_path: Path) -> None:
    """Two alerts are one group there, fire for as long as they do here, and are over when they are here."""

    async def body() -> None:
        behind = Behind()
        app = web.Application()
        app.router.add_post("/hook", behind.handle)
        async with (
            TestServer(app) as server,
            _alertmanager(tmp_path, str(server.make_url("/hook"))) as url,
        ):
            post = Post({})
            settings = {"urls": (url, f"http://127.0.0.1:{unused_port()}"), "resend": ("1s",)}
            post.others = (Receiver(name="am", kind="alertmanager", settings=settings, allow_private=True),)
            async with post.running(Policy(timeout_s=2, base_s=0.1, deadline_s=60)) as running:
                phone, chat = transition("a", 1), transition("b", 1).replace(b"phone", b"chat")
                await running.offer(phone, chat, written_ms=now_ms())
                fired = await behind.until_both("firing")
                assert {alert["labels"]["channel"] for alert in fired["alerts"]} == {"phone", "chat"}
                for _ in range(FIRES_S):
                    await asyncio.sleep(1)
                    assert await _active(url) == {"phone", "chat"}
                assert {body["status"] for body in behind.bodies} == {"firing"}
                over = (
                    transition("a", 2, "resolved"),
                    transition("b", 2, "resolved").replace(b"phone", b"chat"),
                )
                await running.offer(*over, written_ms=now_ms())
                resolved = await behind.until_both("resolved")
                assert {alert["status"] for alert in resolved["alerts"]} == {"resolved"}
                assert await _active(url) == set()

    asyncio.run(body())
