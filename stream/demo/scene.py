"""What both ways to play share: the traffic, the view, the screen, and the links that are told first."""

import asyncio
import threading
import time
import webbrowser
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from stream.demo.board import LiveView, Pulse
from stream.demo.screens import Screen, screen
from stream.demo.settings import DemoSettings
from stream.demo.webhook_log import WebhookLog
from stream.traffic.pacing import Pace, start_for
from stream.traffic.profiles import DEMO
from stream.traffic.sender import Play, run_name, wall_ms

REFRESH_S: Final = 0.25
RATE_OVER: Final = 9
"""Refreshes over which events per second are taken."""


@dataclass(frozen=True, slots=True)
class DemoScene:
    """What is shown, and where."""

    settings: DemoSettings
    log: WebhookLog
    view: LiveView
    screen: Screen

    def traffic(self) -> tuple[Play, Pace]:
        """A day that begins now, at its pace."""
        now_ms, settings = wall_ms(), self.settings
        pace = Pace(start_for(now_ms, settings.speed, settings.seconds), now_ms, settings.speed)
        rate = DEMO.rate / settings.speed
        return Play(DEMO, pace.start_ms, rate, settings.seed, run_name(DEMO, now_ms)), pace


@asynccontextmanager
async def shown(
    settings: DemoSettings, log: WebhookLog, log_url: str, url: str, token: str
) -> AsyncIterator[DemoScene]:
    """The scene of a worker whose pages are at `url`; its board is told first, and opened if wanted."""
    # The part after # stays in the browser, which takes the token from it.
    board = f"{url}/board#token={token}"
    view = LiveView(links={"board": board, "metrics": f"{url}/metrics", "webhook log": f"{log_url}/"})
    with screen(view, as_json=settings.as_json) as on_screen:
        if settings.opens:  # in a thread of its own, as some browsers keep whoever opens them waiting
            threading.Thread(target=webbrowser.open, args=(board,), daemon=True).start()
        yield DemoScene(settings, log, view, on_screen)


async def pulse(scene: DemoScene, counted: Callable[[], Awaitable[Counter[str]]]) -> None:
    """Ask how it is going, by outcome, and refresh the screen; never ends."""
    seen = deque([(time.monotonic(), 0)], maxlen=RATE_OVER)
    while True:
        outcomes = await counted()
        seen.append((time.monotonic(), outcomes.total()))
        (then_s, before), (now_s, now) = seen[0], seen[-1]
        per_s = max(0, now - before) / (now_s - then_s)
        scene.view.pulse = Pulse(per_s, now, outcomes["rejected"], scene.log.verified)
        scene.screen.refresh()
        await asyncio.sleep(REFRESH_S)
