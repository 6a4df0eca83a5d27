"""The demo's live board: every channel's scores with their intervals, what fires, and how fast it goes."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from alerts.transitions import Score, Transition
from stream.reports.timeline import cause_words

COLUMNS: Final = ("csat", "ces", "nps", "fcr", "abandonment")
"""Indicators shown, one column each."""
UNITS: Final[Mapping[str, str]] = {"csat": "%", "ces": "", "nps": "", "fcr": "%", "abandonment": "%"}
TITLES: Final[Mapping[str, str]] = {
    "csat": "CSAT",
    "ces": "CES (effort)",
    "nps": "NPS",
    "fcr": "FCR",
    "abandonment": "abandoned",
}
OPEN: Final = frozenset({"firing", "stale"})
"""States in which an alert is not over."""
ENDED_KEPT: Final = 5
"""Ended alerts that stay on the board."""
COLOURS: Final[Mapping[str, str]] = {"critical": "bold red", "warning": "yellow"}


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the worker is doing: events per second of real time, all events, refused ones, notices."""

    events_per_s: float = 0.0
    events: int = 0
    rejected: int = 0
    notices: int = 0


@dataclass(slots=True, kw_only=True)
class LiveView:
    """What is known from cx.scores and cx.alerts so far.  `links` are told before all else."""

    links: Mapping[str, str]
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)
    open: dict[str, Transition] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    ended: deque[Transition] = field(default_factory=lambda: deque(maxlen=ENDED_KEPT))
    pulse: Pulse = Pulse()
    event_time: str = ""

    def take_score(self, score: Score) -> None:
        """Keep the score of a channel; of several windows the shortest."""
        self.event_time = max(self.event_time, score.at)
        if set(score.scope) != {"channel"} or score.indicator not in COLUMNS:
            return
        place = (score.scope["channel"], score.indicator)
        known = self.scores.get(place)
        if known is None or score.window_s <= known.window_s:
            self.scores[place] = score

    def take_alert(self, transition: Transition) -> bool:
        """Note what began to fire, changed and ended; False if it is a repeat or older than what is known."""
        if transition.seq <= self.seen.get(transition.id, 0):
            return False
        self.seen[transition.id] = transition.seq
        self.event_time = max(self.event_time, transition.at)
        if transition.state in OPEN:
            self.open[transition.id] = transition
        elif self.open.pop(transition.id, None) is not None:
            self.ended.append(transition)
        return True

    def render(self) -> RenderableType:
        """The whole board."""
        return Group(self._header(), self._table(), *self._alerts())

    def pulse_text(self) -> str:
        """Event time, and how it goes, in one line."""
        pulse = self.pulse
        parts = (
            self.event_time.replace("T", " ").removesuffix("Z") or "waiting for the first score",
            f"{pulse.events_per_s:,.0f} events/s",
            f"{pulse.events:,} events, {pulse.rejected:,} rejected",
            f"{pulse.notices:,} signed notices",
        )
        return "  ·  ".join(parts)

    def _header(self) -> Text:
        return Text("Tocsin  ", style="bold").append(self.pulse_text(), style="not bold")

    def _table(self) -> Table:
        table = Table(expand=False, header_style="bold")
        table.add_column("channel")
        for indicator in COLUMNS:
            table.add_column(TITLES[indicator], justify="right")
        table.add_column("firing")
        for channel in sorted({channel for channel, _ in self.scores}):
            cells = [self._cell(channel, indicator) for indicator in COLUMNS]
            table.add_row(channel, *cells, self._fires(channel))
        return table

    def _cell(self, channel: str, indicator: str) -> Text:
        score = self.scores.get((channel, indicator))
        if score is None or score.value is None:
            return Text("–", style="dim")
        style = "dim" if score.status != "ok" else self._style(channel, indicator)
        text = Text(f"{score.value:.1f}{UNITS[indicator]}", style=style)
        if score.low is not None and score.high is not None:
            digits = 1 if score.indicator == "ces" else 0  # a scale of seven
            text.append(f" [{score.low:.{digits}f}–{score.high:.{digits}f}]", style="dim")
        return text

    def _style(self, channel: str, indicator: str) -> str:
        mine = [t for t in self.open.values() if t.scope.get("channel") == channel]
        return next((COLOURS.get(t.severity, "") for t in mine if t.indicator == indicator), "green")

    def _fires(self, channel: str) -> Text:
        mine = [t for t in self.open.values() if t.scope.get("channel") == channel]
        return Text(", ").join(Text(t.rule, style=COLOURS.get(t.severity, "")) for t in mine)

    def _alerts(self) -> list[Text]:
        lines = [Text(line(t), style=COLOURS.get(t.severity, "")) for t in self.open.values()]
        lines += [Text(line(t), style="dim") for t in reversed(self.ended)]
        return lines or [Text("nothing fires", style="green")]


def line(transition: Transition) -> str:
    """A transition in one line, for the board and where there is no terminal."""
    when = transition.at.replace("T", " ").removesuffix("Z")
    cause = f"; {cause_words(transition.cause)}" if transition.cause else ""
    return f"{when}  {transition.state:<8} {transition.severity:<8} {transition.summary}{cause}"
