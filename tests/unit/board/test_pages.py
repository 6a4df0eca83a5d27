"""stream.board.pages: on a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from alerts.rulebook.reader import read_rulebook
from stream.board import pages
from stream.board.memory import BoardMemory
from stream.board.pages import PARTS, PATH, BoardPages
from stream.indicators.catalogue import CATALOGUE
from stream.messages.topic_names import SCORES

SCORE = (
    b'{"indicator":"csat","definition":{"unit":"percent"},"scope":{"channel":"<b>phone</b>"},"window_s":60,'
    b'"at":"2026-01-05T10:00:00Z","value":1,"n":1,"low":0,"high":2,"status":"ok"}'
)


@asynccontextmanager
async def _served(memory: BoardMemory) -> AsyncIterator[Callable[..., Any]]:
    async def wanted() -> None:
        """It is read already."""

    board = BoardPages(memory, wanted)

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return await board.answer(request) or web.Response(status=418)

    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as http:
            yield http.get
    finally:
        await runner.cleanup()


def _run(work: Callable[[Callable[..., Any], BoardMemory], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        memory = BoardMemory(rulebook=read_rulebook("rules: []", "rules.yaml", CATALOGUE))
        async with _served(memory) as get:
            await work(get, memory)

    asyncio.run(main())


def test_every_part_of_the_page_comes_with_a_strict_policy() -> None:
    """Nothing from elsewhere, nothing inline, in less than 300 kB."""

    async def work(get: Callable[..., Any], _: BoardMemory) -> None:
        size = 0
        for path in PARTS:
            async with get(PATH + path) as answer:
                assert answer.status == 200
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
                assert "unsafe" not in answer.headers["Content-Security-Policy"]
                text = await answer.text()
                size += len(text)
                assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
                assert "innerHTML" not in text
        assert size < 300_000
        async with get("/metrics") as answer:
            assert answer.status == 418

    _run(work)


def test_news_are_told_once_and_go_on_after_a_break(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that comes back says what it has seen; of another run it is told everything."""
    monkeypatch.setattr(pages, "NEWS_S", 0.01)
    monkeypatch.setattr(pages, "STREAM_S", 0.2)

    async def work(get: Callable[..., Any], memory: BoardMemory) -> None:
        memory.take(SCORES, 0, SCORE)
        async with get(PATH + "/news") as answer:
            first = await answer.text()
        assert first.count("data: {") == 1
        (seen,) = [line[4:] for line in first.splitlines() if line.startswith("id: ")]
        async with get(PATH + "/news", headers={"Last-Event-ID": seen}) as answer:
            assert "data: {" not in await answer.text()
        async with get(PATH + "/news", headers={"Last-Event-ID": "other.1"}) as answer:
            assert "<b>phone</b>" in await answer.text()

    _run(work)


def test_while_there_is_no_news_the_page_hears_that_the_worker_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event, since pages are not told of comments; without an id, so that what was seen stays known."""
    monkeypatch.setattr(pages, "NEWS_S", 0.01)
    monkeypatch.setattr(pages, "STREAM_S", 0.2)

    async def work(get: Callable[..., Any], _: BoardMemory) -> None:
        async with get(PATH + "/news") as answer:
            heard = await answer.text()
        assert heard.count("event: beat\ndata: null\n\n") > 3
        assert "id: " not in heard

    _run(work)


def test_streams_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes too late is told when to come again."""
    monkeypatch.setattr(pages, "MOST_STREAMS", 0)

    async def work(get: Callable[..., Any], _: BoardMemory) -> None:
        async with get(PATH + "/news") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")

    _run(work)


def test_a_channel_of_any_name_has_a_page() -> None:
    """As the browser spells it; what looks encoded is not decoded twice."""

    async def work(get: Callable[..., Any], memory: BoardMemory) -> None:
        memory.take(SCORES, 0, SCORE)
        memory.take(SCORES, 0, SCORE.replace(b"<b>phone</b>", b"50%2F50"))
        async with get(URL(PATH + "/channel?name=50%252F50", encoded=True)) as answer:
            assert len((await answer.json())["scores"]) == 1
        async with get(PATH + "/channel?name=%3Cb%3Ephone%3C%2Fb%3E") as answer:
            assert len((await answer.json())["scores"]) == 1

    _run(work)
