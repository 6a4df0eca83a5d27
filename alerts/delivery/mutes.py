"""Muting: of what nobody wants to hear, because it was silenced or somebody takes care of it already."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from alerts.delivery.commands import Acknowledge, Command, Judgement, SilenceCommand, Unacknowledge, Unsilence
from alerts.delivery.notices.notice import Notice
from alerts.readings import as_carried

RANK: Final = {"warning": 1, "critical": 2}
ENDED_KEPT_S: Final = 3_600.0
"""How long a silence that is over is remembered: a worker that begins meanwhile tells what still holds."""
MOST_ACKNOWLEDGED: Final = 50_000
"""Acknowledged alerts that are remembered; the oldest are forgotten first, as they are long over."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Why a notice is not sent, and until when (Unix time; None: for good)."""

    reason: str
    until_s: float | None


def is_for_good(mute: Mute | None) -> bool:
    """Whether it is a mute without an end."""
    return mute is not None and mute.until_s is None


@dataclass(frozen=True, slots=True)
class EndedSilence:
    """A silence that is over since `at_s` (Unix time): at its time, or because somebody has ended it."""

    said: SilenceCommand
    at_s: float


def nobody(_command: Command) -> None:
    """Nobody wants to know."""


class Muting:
    """What was silenced or acknowledged, as far as the commands go that were applied."""

    def __init__(self, most: int = MOST_ACKNOWLEDGED) -> None:
        self._most = most
        self._verdicts: OrderedDict[str, str] = OrderedDict()
        self.told: Callable[[Command], None] = nobody
        """Is called after each command."""
        self._silences: dict[str, SilenceCommand] = {}
        self._ended: dict[str, EndedSilence] = {}
        self._acknowledged: OrderedDict[str, Acknowledge] = OrderedDict()
        self._first_s: OrderedDict[str, float] = OrderedDict()

    def apply(self, command: Command) -> None:
        """Take a command into account, in the order of the topic."""
        match command:
            case SilenceCommand(id=identity):
                self._silences[identity] = replace(
                    command, match={label: as_carried(label, value) for label, value in command.match.items()}
                )
            case Unsilence(id=identity):
                self._end(identity, command.at.timestamp())
            case Acknowledge(alert=alert):
                self._acknowledged[alert] = command
                self._acknowledged.move_to_end(alert)
                if len(self._acknowledged) > self._most:
                    self._acknowledged.popitem(last=False)
                self._first_s.setdefault(alert, command.at.timestamp())
                if len(self._first_s) > self._most:
                    self._first_s.popitem(last=False)
            case Unacknowledge(alert=alert):
                self._acknowledged.pop(alert, None)
            case Judgement(alert=alert):
                self._verdicts[alert] = command.counted_as
                self._verdicts.move_to_end(alert)
                if len(self._verdicts) > self._most:
                    self._verdicts.popitem(last=False)
        self.told(command)

    def silences(self, now_s: float) -> list[SilenceCommand]:
        """Those in force."""
        for each in list(self._silences.values()):
            if each.until.timestamp() <= now_s:
                self._end(each.id, each.until.timestamp())
        return list(self._silences.values())

    def ended(self, now_s: float) -> list[EndedSilence]:
        """Those that have ended within the last hour."""
        self.silences(now_s)
        for identity, each in list(self._ended.items()):
            if now_s - each.at_s > ENDED_KEPT_S:
                del self._ended[identity]
        return list(self._ended.values())

    def unsilenced_s(self, notice: Notice) -> float:
        """When a silence of an alert ended last (Unix time); 0 where none is known to have ended."""
        ended = (each.at_s for each in self._ended.values() if quiets(each.said, notice.labels))
        return max(ended, default=0.0)

    def _end(self, identity: str, at_s: float) -> None:
        if (said := self._silences.pop(identity, None)) is not None:
            self._ended[identity] = EndedSilence(said, min(at_s, said.until.timestamp()))

    def acknowledged_by(self, alert: str) -> str:
        """Who takes care of an alert; "" for nobody."""
        known = self._acknowledged.get(alert)
        return "" if known is None else known.by

    def first_acknowledged_s(self) -> Mapping[str, float]:
        """When each alert was acknowledged for the first time (Unix time), taken back or not."""
        return self._first_s

    def verdict(self, alert: str) -> str | None:
        """What somebody has said an alert turned out to be: true, false or known."""
        return self._verdicts.get(alert)

    def verdicts(self) -> Mapping[str, str]:
        """Every verdict, by alert."""
        return self._verdicts

    def why_muted(self, notice: Notice, now_s: float) -> Mute | None:
        """Why a notice must not be sent now; None when it may.

        The end of an alert is never muted: whoever heard of the alert hears that it is over.
        """
        if notice.final:
            return None
        if (known := self.in_care(notice.alert, notice.labels["severity"])) is not None:
            return Mute(f"acknowledged by {known.by}", None)
        found = [each for each in self.silences(now_s) if quiets(each, notice.labels)]
        if not found:
            return None
        last = max(found, key=lambda each: each.until)
        return Mute(f"silenced by {last.by}", last.until.timestamp())

    def longer_than(self, said: SilenceCommand) -> list[SilenceCommand]:
        """The silences that go on when one ends."""
        return [each for each in self._silences.values() if each.until > said.until]

    def in_care(self, alert: str, severity: str) -> Acknowledge | None:
        """Who takes care of an alert, unless it is louder than it was then."""
        known = self._acknowledged.get(alert)
        loud = known is not None and RANK[known.severity] >= RANK.get(severity, 0)
        return known if loud else None


def quiets(silence: SilenceCommand, labels: Mapping[str, str]) -> bool:
    """Whether labels have what the silence names."""
    return all(labels.get(label, "") == value for label, value in silence.match.items())
