"""`tocsin demo`: embedded broker, topics, a real worker, a day of traffic with an incident, a live board.

Nothing listens or connects outside 127.0.0.1, and everything that is started ends with us.
"""

import asyncio
import secrets
import signal
import time
import webbrowser
from collections import deque
from collections.abc import Collection, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
import yaml

from alerts.errors import RulebookError
from alerts.rulebook.reader import read_rulebook
from alerts.transitions import Score, Transition
from stream.demo.board import LiveView, Pulse
from stream.demo.broker import EmbeddedBrokerError, broker, free_port
from stream.demo.child_worker import ChildWorker, worker
from stream.demo.screens import Screen, screen
from stream.demo.webhook_log import PATH, WebhookLog, new_secret, serving
from stream.files.rule_files import load, read_text
from stream.indicators.catalogue import CATALOGUE
from stream.kafka.clients import BrokerError, producing, reading
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import ensure
from stream.messages.topic_names import ALERTS, SCORES
from stream.traffic.pacing import Pace, start_for
from stream.traffic.profiles import DEMO
from stream.traffic.sender import Play, limits, run_name, send, wall_ms

GROUP: Final = "tocsin-demo"
PARTITIONS: Final = 2
RULES: Final = "rules/demo.yaml"
METRICS_PORT: Final = 9108
LOG_PORT: Final = 9109
"""Where the metrics and the webhook log are when these ports are free."""
REFRESH_S: Final = 0.25
RATE_OVER: Final = 9
"""Refreshes over which events per second are taken."""
PANE_LASTS_S: Final = 0.05
"""Real time per pane, at least: a pane is a minute of event time when a day takes 75 seconds."""
PANES_S: Final = (10, 20, 30, 60, 120, 300, 600)
"""Panes to choose from: all divide a day, and most of them the usual windows."""
CATCH_UP_S: Final = 30.0
"""How long a slow machine may take in the end to work off what was sent."""
DRAIN_S: Final = 2.0
"""How long the last alerts may take to arrive."""
CANCEL_AGAIN_S: Final = 1.0
TANSU: Final = ("--session-timeout", "6", "--no-trim-snapshots")
"""It lets a group wait for half of the session timeout, and cannot delete records."""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """What to play.  `seconds` of traffic (None: until stopped), with files kept in `directory`."""

    directory: Path
    seconds: float | None
    as_json: bool
    rules: Path | None
    speed: float
    seed: int
    opens: bool = False
    """Whether the board is opened in the user's browser."""


def play(settings: DemoSettings) -> None:
    """Run the demo to its end.

    Raises:
        OperatorError: the rules are wrong, or the broker or worker does not start.
    """
    source = settings.rules or Path(__file__).parents[1] / RULES
    load(source)  # mistakes are told with their place in the user's file, before anything is started
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        asyncio.run(_stage(settings, source))
    except BrokerError as error:
        raise EmbeddedBrokerError(f"the embedded broker failed: {error}") from error


async def _stage(settings: DemoSettings, source: Path) -> None:
    """Start everything, in the order in which it is needed; end it the other way round."""
    log = WebhookLog(new_secret())
    async with AsyncExitStack() as stack:
        address = stack.enter_context(broker(settings.directory))
        kafka = ClientSettings((address,), client_id=GROUP)
        log_url = await stack.enter_async_context(serving(log, free_port(LOG_PORT)))
        rules = demo_rules(source, settings.directory, log_url + PATH, log.secret, settings.speed)
        await ensure(kafka, PARTITIONS, 1, GROUP)
        token = secrets.token_urlsafe(12)
        (settings.directory / "token").write_text(token)
        arguments = ["--broker", address, "--rules", str(rules), "--group", GROUP, *TANSU]
        arguments += ["--token-file", str(settings.directory / "token")]
        child = await stack.enter_async_context(
            worker(arguments, free_port(METRICS_PORT), settings.directory / "worker.log")
        )
        http = await stack.enter_async_context(aiohttp.ClientSession())
        await child.ready(http)
        # The part after # stays in the browser, which takes the token from it.
        board = f"{child.url}/board#token={token}"
        view = LiveView({"board": board, "metrics": f"{child.url}/metrics", "webhook log": f"{log_url}/"})
        if settings.opens:
            await asyncio.to_thread(webbrowser.open, board)
        shown = stack.enter_context(screen(view, as_json=settings.as_json))
        scene = _Scene(kafka, child, log, http, view, shown)
        await _first_to_end(_traffic(scene, settings), _scores(scene), _alerts(scene), _pulse(scene))


@dataclass(frozen=True, slots=True)
class _Scene:
    """What plays together."""

    kafka: ClientSettings
    child: ChildWorker
    log: WebhookLog
    http: aiohttp.ClientSession
    view: LiveView
    screen: Screen


async def _first_to_end(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends or fails, then stop the others."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancelled(tasks)
    for task in done:
        task.result()


async def _cancelled(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel until all have ended: a Kafka client that is about to start may swallow the first time."""
    while going := [task for task in tasks if not task.done()]:
        for task in going:
            task.cancel()
        await asyncio.wait(going, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)  # what others ended with is of no interest


async def _traffic(scene: _Scene, settings: DemoSettings) -> None:
    now_ms = wall_ms()
    pace = Pace(start_for(now_ms, settings.speed, settings.seconds), now_ms, settings.speed)
    rate = DEMO.rate / settings.speed
    played = Play(DEMO, pace.start_ms, rate, settings.seed, run_name(DEMO, now_ms))
    async with producing(scene.kafka) as producer:
        sent = await send(producer, limits(pace, settings.seconds, None).of(played.messages()), pace)
    deadline = time.monotonic() + CATCH_UP_S
    while scene.view.pulse.events < sent.total() and time.monotonic() < deadline:  # noqa: ASYNC110  # it is polled
        await asyncio.sleep(REFRESH_S)
    await asyncio.sleep(DRAIN_S)


async def _scores(scene: _Scene) -> None:
    decoder = msgspec.json.Decoder(Score)
    async with reading(scene.kafka, SCORES) as consumer:
        async for record in consumer:
            if record.value is not None:
                scene.view.take_score(decoder.decode(record.value))


async def _alerts(scene: _Scene) -> None:
    decoder = msgspec.json.Decoder(Transition)
    async with reading(scene.kafka, ALERTS) as consumer:
        async for record in consumer:
            transition = decoder.decode(record.value)
            if scene.view.take_alert(transition):
                scene.screen.alert(record.value, transition)


async def _pulse(scene: _Scene) -> None:
    """Ask the worker how it is doing, and refresh the screen; never ends."""
    counted = deque([(time.monotonic(), 0)], maxlen=RATE_OVER)
    while True:
        outcomes = await scene.child.events(scene.http)
        counted.append((time.monotonic(), outcomes.total()))
        (then_s, before), (now_s, now) = counted[0], counted[-1]
        per_s = max(0, now - before) / (now_s - then_s)
        scene.view.pulse = Pulse(per_s, now, outcomes["rejected"], scene.log.verified)
        scene.screen.refresh()
        await asyncio.sleep(REFRESH_S)


def demo_rules(source: Path, directory: Path, url: str, secret: str, speed: float) -> Path:
    """The rules as a file of our own, in which all notices go to the webhook log and nowhere else."""
    document = yaml.safe_load(read_text(source))
    document.pop("routes", None)
    document["commands"] = "trusted"  # the broker listens on this machine alone, and ends with the demo
    document["receivers"] = [
        {"name": "webhook-log", "webhook": {"url": url, "secret": secret}, "allow_private": True}
    ]
    path = directory / "rules.yaml"
    path.write_text(yaml.safe_dump(longer_panes(document, speed), sort_keys=False))
    return path


def longer_panes(document: dict[str, Any], speed: float) -> dict[str, Any]:
    """The same rules with panes that last long enough of real time, where their windows allow it.

    Judging thousands of panes a minute would only keep a small machine busy.
    """
    timing = document.get("timing") or {}
    pane_s = next((pane_s for pane_s in PANES_S if pane_s >= speed * PANE_LASTS_S), PANES_S[-1])
    if "pane" in timing or pane_s == PANES_S[0]:
        return document
    longer = document | {"timing": timing | {"pane": f"{pane_s}s"}}
    try:
        read_rulebook(yaml.safe_dump(longer), "", CATALOGUE)
    except RulebookError:
        return document
    return longer
