"""Who is told, as a rules file says it: receivers, the tree of routes, what holds news back.

Durations are integer milliseconds of wall-clock time: people wait by their own clock.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from alerts.hours import OpenHours


@dataclass(frozen=True, slots=True)
class Located:
    """Where a secret stands: in a variable of the environment, or in a file."""

    env: str | None = None
    file: str | None = None

    @property
    def place(self) -> str:
        """As messages name it."""
        return f"environment variable {self.env}" if self.file is None else f"file {self.file}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverPatience:
    """How patient deliveries to a receiver are.  None: as the worker is.

    `timeout_ms` is how long one answer may take, `max_backoff_ms` the longest wait between two attempts, and
    `deadline_ms` how old a notice may be before it gives way to later news.
    """

    timeout_ms: int | None = None
    max_backoff_ms: int | None = None
    deadline_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where notices go.  `settings` are those of its `kind`; what is `Located` is looked up at the start.

    They do not show in a repr, since a secret or a URL that holds one may be among them.  `allow_private`:
    it may stand in a private network.  `lang` is the language that it is told things in; `templates` are
    Jinja2 texts that take the place of a part of the notice, by the part's name.
    """

    name: str
    kind: str
    settings: Mapping[str, tuple[str, ...] | Located] = field(default_factory=dict, repr=False)
    allow_private: bool = False
    lang: str = "en"
    templates: Mapping[str, str] = field(default_factory=dict)
    patience: ReceiverPatience = ReceiverPatience()


class Comparison(StrEnum):
    """How a matcher compares, as Alertmanager writes it."""

    EQUAL = "="
    UNEQUAL = "!="
    LIKE = "=~"
    UNLIKE = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; one that is not there is "".  Several values: any of them is meant.

    Patterns match the whole value, as in Alertmanager.
    """

    label: str
    comparison: Comparison
    values: tuple[str, ...]

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether alerts with these labels are meant."""
        found = labels.get(self.label, "")
        match self.comparison:
            case Comparison.EQUAL:
                return found in self.values
            case Comparison.UNEQUAL:
                return found not in self.values
            case Comparison.LIKE:
                return any(re.fullmatch(pattern, found) for pattern in self.values)
            case Comparison.UNLIKE:
                return not any(re.fullmatch(pattern, found) for pattern in self.values)

    @property
    def text(self) -> str:
        """As people write it."""
        return f"{self.label}{self.comparison}{'|'.join(self.values)}"


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is told when nobody has acknowledged within `after_ms`; within `hours` alone, where given."""

    receiver: str
    after_ms: int
    hours: OpenHours | None = None


EVERYTHING: Final = ("...",)
"""Groups by all labels: every alert by itself (Alertmanager's word for it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """How the notices of a route are gathered and repeated.  `group_by` None: nothing is gathered."""

    group_by: tuple[str, ...] | None = None
    group_wait_ms: int = 30_000
    group_interval_ms: int = 300_000
    repeat_interval_ms: int | None = None


PLAIN: Final = Timers()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node of the tree: `matchers` must all hold; then its `routes` are asked, itself if none takes it.

    `go_on`: the next brother is asked too.  `active`: told within these hours alone; `muted`: not within
    these.  News that comes at another time waits.  `place` is where it stands in the file; `key` is
    what tells it from others wherever it stands (its place, if there is none).
    """

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    go_on: bool = True
    timers: Timers = PLAIN
    active: OpenHours | None = None
    muted: OpenHours | None = None
    escalate: tuple[Escalation, ...] = ()
    owner: str = ""
    routes: tuple["Route", ...] = ()
    place: str = "routes[0]"
    key: str = ""

    @property
    def known_as(self) -> str:
        """The name that its groups have for it."""
        return self.key or self.place


def every_route(routes: Iterable[Route]) -> Iterator[Route]:
    """All routes of a tree, parents first."""
    for route in routes:
        yield route
        yield from every_route(route.routes)


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While an alert of `source` fires, those of `target` with equal labels (`equal`) are not told."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Recurring hours in which alerts that match are not told."""

    name: str
    matchers: tuple[Matcher, ...]
    hours: OpenHours
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Who is told, and how often, that notices can leave; with a `canary`, that events come through too."""

    receiver: str
    every_ms: int
    canary: bool = False


@dataclass(frozen=True, slots=True)
class RuleAbout:
    """What people want to know of a rule: who owns it, and what to do when it fires (a URL)."""

    owner: str = ""
    runbook: str = ""

    def labels(self, of: Mapping[str, str]) -> dict[str, str]:
        """The labels of an alert of the rule, with its owner where it has one."""
        return {**of, "owner": self.owner} if self.owner else dict(of)


NOTHING_MORE: Final = RuleAbout()
"""Of a rule of which the file says no more."""
