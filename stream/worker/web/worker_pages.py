"""What the worker's web server has beside monitoring: the board, and the API for alerts."""

from collections.abc import Callable

from aiohttp import web

from alerts.rules import Rulebook
from stream.board.memory import BoardMemory
from stream.board.pages import BoardPages
from stream.kafka.settings import ClientSettings
from stream.worker.feeds.board_feed import BoardFeed
from stream.worker.web.alert_api import AlertApi


class Pages:
    """Asks the board, then the API."""

    def __init__(self, board: BoardPages, api: AlertApi) -> None:
        self._board = board
        self._api = api

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """The answer; None where it is for neither."""
        return await self._board.answer(request) or await self._api.answer(request)


class WorkerPages:
    """Those of a worker, whose board follows the topics while somebody looks; `ready` says what it lacks."""

    def __init__(
        self, rulebook: Rulebook, kafka: ClientSettings, api: AlertApi, ready: Callable[[], str | None]
    ) -> None:
        memory = BoardMemory(rulebook=rulebook)
        self._feed = BoardFeed(kafka, memory)
        self.answer = Pages(BoardPages(memory, self._feed.wanted, ready), api).answer

    async def close(self) -> None:
        """Read nothing more for the board."""
        await self._feed.close()
