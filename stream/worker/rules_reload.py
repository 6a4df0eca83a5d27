"""Watches the rules file of a running worker: a sound change takes over, a wrong one changes nothing."""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from alerts.errors import OperatorError, SettingsError
from alerts.rules import Rulebook
from stream.files.rule_files import load
from stream.worker.log_lines import described

log = logging.getLogger(__name__)

POLL_S: Final = 2.0

Mark = tuple[int, int, int] | None
"""Changes whenever the file does, also when another takes its place; None while there is none."""


class ReloadListener(Protocol):
    """Is told whether the latest rules file was sound: `stream.monitoring.metrics.Metrics`."""

    def rules_loaded(self, rulebook: Rulebook) -> None:
        """It was, and says what is in force anyway."""
        ...

    def rules_refused(self) -> None:
        """It was wrong."""
        ...


class RulesWatch:
    """The rules that are in force, and the file that they came from."""

    def __init__(
        self,
        path: Path,
        rulebook: Rulebook,
        told: ReloadListener,
        attempt: Callable[[Rulebook], None] = lambda _: None,
        read: Callable[[Path], Rulebook] = load,
        seen: Mark = None,
    ) -> None:
        """`attempt` raises whatever would go wrong if the worker started with other rules.

        `read` gives what is in force when the file is; `seen` is what the file was when the rules were read
        from it, if it may have changed since.
        """
        self._read = read
        self._attempt = attempt
        self._path = path
        self._rulebook = rulebook
        self._told = told
        self._seen = mark(path)
        self._mark = seen or self._seen
        self._wanted = False

    def look(self) -> None:
        """Read the file again at the next turn, changed or not."""
        self._wanted = True

    async def changed(self) -> None:
        """Returns when the file holds other rules, which are sound."""
        while True:
            await asyncio.sleep(POLL_S)
            if self.touched() and await asyncio.to_thread(self.reload):
                return

    def touched(self) -> bool:
        """Whether the file is not the one that was read last, or somebody wants it read again.

        Not while it changes from look to look: half of a file that is being written may be sound rules, and
        the alerts of the other half would end.
        """
        before, self._seen = self._seen, mark(self._path)
        wanted, self._wanted = self._wanted, False
        if not wanted and (self._seen != before or self._seen == self._mark):
            return False
        self._mark = self._seen
        return True

    def reload(self) -> bool:
        """Read the file; whether it holds other rules, which are sound."""
        try:
            _file_is_there(self._path)
            rulebook = self._read(self._path)
        except OperatorError as error:
            self._told.rules_refused()
            log.error("rules are wrong, the old ones stay in force: %s", error)  # noqa: TRY400  # says it all
            return False
        except Exception as error:  # noqa: BLE001  # whatever the file makes of us, the old rules are in force
            return self._refused(error)
        if rulebook == self._rulebook:
            self._told.rules_loaded(rulebook)
            log.info("rules were read, and are those that are in force")
            return False
        try:
            self._attempt(rulebook)
        except Exception as error:  # noqa: BLE001  # a start would end with it
            return self._refused(error)
        return True

    def _refused(self, error: Exception) -> bool:
        self._told.rules_refused()
        log.error("rules do not work here, the old ones stay in force: %s", described(error))
        return False


def _file_is_there(path: Path) -> None:
    """Let a file pass, also one that is not there, of which the reader tells.

    Raises:
        SettingsError: it is something else: from a pipe the next rules would be waited for without end.
    """
    if path.exists() and not path.is_file():
        raise SettingsError(f"{path}: want a file that can be read, got something else")


def mark(path: Path) -> Mark:
    """What tells one state of a file from another."""
    try:
        found = os.stat(path)  # noqa: PTH116  # follows links, as Kubernetes swaps them
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
