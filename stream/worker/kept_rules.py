"""The rules that a worker begins with when it begins again, though the file may have changed once more.

A worker leaves with sound rules in its file, and some seconds pass until it is there again.  What is in the
file by then may be wrong, and then the rules stay in force that were so before.
"""

import logging
import os
import tempfile
from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from alerts.receivers.http import HttpClient
from alerts.receivers.opening import opened
from alerts.rules import Rulebook
from stream.files import rule_files
from stream.worker.log_lines import described
from stream.worker.rules_reload import Mark, mark
from stream.worker.rules_trial import try_rules

log = logging.getLogger(__name__)

KEPT_AT: Final = "RULES_KEPT_AT"
"""An environment variable, from a process to the one that takes its place: the file with the old rules."""


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """Rules, and the text that they were read from; `are_old`: the file's do not work.

    `seen` is what the file was before it was read: until somebody watches it, it may change again.
    """

    rulebook: Rulebook
    text: str
    are_old: bool = False
    seen: Mark = None

    def keep(self, environment: MutableMapping[str, str] = os.environ) -> None:
        """Leave the text to the process that takes this one's place, in a file that nobody else sees.

        Without it that process has the rules of the file alone.
        """
        try:
            number = _nameless()
            with os.fdopen(number, "wb", closefd=False) as file:
                file.write(self.text.encode())
        except OSError as error:
            log.warning("no room to keep the rules that are in force: %s", error.strerror)
            return
        os.set_inheritable(number, True)
        environment[KEPT_AT] = str(number)


def _nameless() -> int:
    """A file without a name; in memory where the platform can, as a container's disk may be read-only."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("rules")
    number, name = tempfile.mkstemp()
    os.unlink(name)  # noqa: PTH108  # the descriptor is enough
    return number


def begin_with(path: Path, environment: MutableMapping[str, str] = os.environ) -> RulesInForce:
    """The rules in a file; those that were kept, where there are some and the file's do not work.

    Raises:
        OperatorError: they are wrong, and none were kept.
    """
    seen = mark(path)
    return replace(_begun(path, environment), seen=seen)


def _begun(path: Path, environment: MutableMapping[str, str]) -> RulesInForce:
    kept_at = environment.pop(KEPT_AT, "")
    kept = _kept(kept_at) if kept_at else None
    if kept is None:
        return _read(rule_files.read_text(path), path)
    try:
        return _tried(_read(rule_files.read_text(path), path))
    except Exception as error:  # noqa: BLE001  # whatever is wrong with them
        log.error("rules do not work here, the old ones stay in force: %s", described(error))  # noqa: TRY400
        return RulesInForce(_read(kept, path).rulebook, kept, are_old=True)


def _kept(number: str) -> str | None:
    """What a process before this one has kept; None where somebody else has set the variable."""
    try:
        if os.fstat(int(number)).st_nlink:  # ours has no name any more
            raise ValueError(number)  # noqa: TRY301  # one fate for all
        with os.fdopen(int(number), "rb") as file:
            file.seek(0)
            return file.read().decode()
    except (OSError, ValueError, OverflowError):
        log.warning("%s is for the worker alone, what it holds is ignored", KEPT_AT)
        return None


def _tried(rules: RulesInForce) -> RulesInForce:
    """The same; raises what a start with them would, if they do not work."""
    try_rules(rules.rulebook)
    client = HttpClient(timeout_s=1)  # which asks nobody before it is started
    for receiver in rules.rulebook.receivers:
        opened(receiver, client.outlet(allow_private=receiver.allow_private))
    return rules


def _read(text: str, path: Path) -> RulesInForce:
    return RulesInForce(rule_files.parse(text, path), text)
