"""A board with contents of the test's choice, served from a thread."""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from aiohttp import web

from alerts.rulebook.reader import read_rulebook
from alerts.transitions import Score, Transition
from stream.board.memory import BoardMemory
from stream.board.pages import BoardPages
from stream.indicators.catalogue import CATALOGUE
from stream.messages.topic_names import ALERTS, SCORES

AT: Final = "2026-01-05T10:{:02d}:00Z"


def score(value: float, minute: int = 0, indicator: str = "csat", **scope: str) -> bytes:
    """A value of cx.scores, of half an hour."""
    definition = {"unit": "percent", "direction": "low_is_bad"}
    return msgspec.json.encode(
        Score(
            indicator=indicator,
            definition=definition,
            scope=scope,
            window_s=1800,
            at=AT.format(minute),
            value=value,
            n=40,
            low=value - 5,
            high=value + 5,
            status="ok",
        )
    )


def alert(identity: str, severity: str = "critical", state: str = "firing", **scope: str) -> bytes:
    """A value of cx.alerts."""
    at = AT.format(10)
    return msgspec.json.encode(
        Transition(
            id=identity, seq=1, rule="csat-low", severity=severity, state=state, indicator="csat",
            definition={}, scope=scope, window_s=1800, at=at, started_at=at, value=40.0, n=40, low=30.0,
            high=50.0, limit=50.0, summary=f"CSAT of {scope} is 40 %.", evidence={},
            cause={"dimension": "topic", "value": "<i>pay</i>", "share_of_shortfall": 0.9},
        )
    )  # fmt: skip


class ServedBoard:
    """Its address, and a way to tell it what is on the topics."""

    def __init__(self, rules: str) -> None:
        self.url = ""
        self.silences: list[dict[str, Any]] = []
        """In force, as the API for alerts tells them."""
        self.waits_for: str | None = None
        """Why the worker is not ready."""
        self._memory = BoardMemory(rulebook=read_rulebook(rules, "rules.yaml", CATALOGUE))
        self._loop = asyncio.new_event_loop()
        self._started, self._ended = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    def scores(self, *values: bytes) -> None:
        """As if they came from cx.scores."""
        self._take(SCORES, values)

    def alerts(self, *values: bytes) -> None:
        """As if they came from cx.alerts."""
        self._take(ALERTS, values)

    def start(self) -> None:
        """Serve from a thread."""
        self._thread.start()
        assert self._started.wait(30)

    def hang(self, seconds: float) -> None:
        """Keep connections, and say nothing."""
        self._loop.call_soon_threadsafe(time.sleep, seconds)

    def close(self) -> None:
        """Serve no more."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(30)
        self._loop.close()

    def _take(self, topic: str, values: Sequence[bytes]) -> None:
        done = threading.Event()

        def work() -> None:
            for value in values:
                self._memory.take(topic, 0, value)
            done.set()

        self._loop.call_soon_threadsafe(work)
        assert done.wait(60)

    async def _serve(self) -> None:
        board = BoardPages(self._memory, _told_by_the_test, lambda: self.waits_for)

        async def handler(request: web.BaseRequest) -> web.StreamResponse:
            known = web.json_response({"alerts": [], "silences": self.silences})
            return await board.answer(request) or known

        runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/board"
        self._started.set()
        await self._ended.wait()
        await runner.cleanup()


async def _told_by_the_test() -> None:
    """Nothing is to be read."""


@contextmanager
def served_board(rules: str = "rules: []") -> Iterator[ServedBoard]:
    """On a free port of the loopback, as long as the block; there are no acknowledgements behind it."""
    board = ServedBoard(rules)
    board.start()
    try:
        yield board
    finally:
        board.close()
