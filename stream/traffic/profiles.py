"""Traffic as data: channels, journey, day curves, incidents and the scenarios that `tocsin send` plays.

Nothing here draws at random or reads a clock; `stream.traffic.generator` turns it into events.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeVar

from alerts.rules import HOUR_MS, MINUTE_MS, SECOND_MS

T = TypeVar("T")
Weighted = tuple[tuple[T, ...], tuple[float, ...]]
"""What can be drawn, and how likely each is relative to the others."""


Curve = tuple[float, ...]
"""Relative volume of each hour of the day in UTC, 00:00 first; between full hours it is interpolated."""

OFFICE: Final[Curve] = (
    .10, .08, .06, .06, .08, .15, .35, .70, 1.2, 1.7, 1.9, 1.7,
    1.3, 1.5, 1.8, 1.8, 1.6, 1.4, 1.1, .90, .70, .45, .25, .15,
)  # fmt: skip
COUNTER: Final[Curve] = (
    .02, .02, .02, .02, .02, .02, .05, .20, .90, 1.5, 1.8, 1.7,
    1.5, 1.5, 1.7, 1.9, 2.0, 1.9, 1.5, .80, .20, .05, .02, .02,
)  # fmt: skip
EVENING: Final[Curve] = (
    .45, .28, .20, .18, .20, .30, .50, .75, .90, 1.0, 1.1, 1.2,
    1.3, 1.2, 1.1, 1.1, 1.2, 1.3, 1.5, 1.7, 1.8, 1.6, 1.2, .75,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One channel on a healthy day.  Shares are ratios, 0-1.

    `volume` is its share of all contacts, `satisfied` that of contacts which leave the customer content
    (CSAT follows it), `repeat` and `transferred` what FCR loses, `abandoned` who gives up in the queue,
    `wait_s` the mean wait (None: nobody queues), `mentions` public mentions per contact.
    """

    name: str
    curve: Curve
    volume: float
    satisfied: float
    repeat: float
    transferred: float
    handle_s: float
    abandoned: float = 0.0
    wait_s: float | None = None
    mentions: float = 0.0


CHANNELS: Final = (
    Channel(name="phone", curve=OFFICE, volume=0.22, satisfied=0.86, repeat=0.10, transferred=0.04,
            abandoned=0.04, wait_s=9, handle_s=310),
    Channel(name="shop", curve=COUNTER, volume=0.13, satisfied=0.88, repeat=0.08, transferred=0.03,
            handle_s=420),
    Channel(name="email", curve=OFFICE, volume=0.15, satisfied=0.86, repeat=0.11, transferred=0.04,
            handle_s=540),
    Channel(name="chat", curve=EVENING, volume=0.17, satisfied=0.87, repeat=0.10, transferred=0.04,
            abandoned=0.03, wait_s=7, handle_s=400),
    Channel(name="app", curve=EVENING, volume=0.17, satisfied=0.88, repeat=0.09, transferred=0.03,
            handle_s=120, mentions=0.05),
    Channel(name="web", curve=EVENING, volume=0.16, satisfied=0.87, repeat=0.10, transferred=0.03,
            handle_s=150, mentions=0.08),
)  # fmt: skip

JOURNEY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "discover": ("offers", "opening-hours"),
        "compare": ("prices", "advice"),
        "buy": ("order", "stock"),
        "pay": ("payment", "invoice"),
        "receive": ("delivery", "late-parcel"),
        "start": ("activation", "how-to"),
        "use": ("account", "quality"),
        "fix": ("repair", "refund"),
        "renew": ("contract", "cancellation"),
    }
)
"""The nine stages of the journey, each with what customers get in touch about."""

STAGES: Final[Weighted[str]] = (tuple(JOURNEY), (0.07, 0.07, 0.12, 0.14, 0.16, 0.10, 0.14, 0.13, 0.07))
SEGMENTS: Final[Weighted[str]] = (("new", "regular", "loyal"), (0.2, 0.6, 0.2))
COUNTRIES: Final[Weighted[str]] = (("fr", "be", "ch", "es"), (0.5, 0.2, 0.15, 0.15))
SURVEYS: Final[Weighted[str]] = (("csat", "ces", "nps"), (0.6, 0.2, 0.2))
CONTENT: Final[Mapping[str, Weighted[object]]] = {
    "csat": ((4, 5), (0.42, 0.58)),
    "ces": ((1, 2, 3, 4), (0.3, 0.35, 0.25, 0.1)),
    "nps": ((10, 9, 8, 7, 6), (0.32, 0.30, 0.20, 0.10, 0.08)),
    "sentiment": (("negative", "neutral", "positive"), (0.05, 0.35, 0.60)),
}
"""How customers answer who left content."""
UPSET: Final[Mapping[str, Weighted[object]]] = {
    "csat": ((1, 2, 3), (0.45, 0.3, 0.25)),
    "ces": ((4, 5, 6, 7), (0.15, 0.25, 0.35, 0.25)),
    "nps": ((9, 7, 5, 3, 0), (0.05, 0.2, 0.25, 0.25, 0.25)),
    "sentiment": (("negative", "neutral", "positive"), (0.80, 0.15, 0.05)),
}
"""How those answer who did not."""
COMMENTS: Final[Mapping[bool, tuple[str, ...]]] = {
    True: ("quick and kind", "rapide et clair", "todo bien", "solved at once"),
    False: ("I had to explain everything twice", "toujours pas réglé", "nadie contesta", "passed around"),
}
"""By whether the customer left content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseOdds:
    """How contacts about an incident's cause go; shares are ratios, 0-1, as those of a `Channel`."""

    satisfied: float = 0.86
    repeat: float = 0.10
    transferred: float = 0.04
    abandoned: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something goes wrong on one channel for one stage and topic of the journey.

    It starts `after_ms` of event time into the traffic, lasts `lasts_ms` and comes back `every_ms`
    (None: once).  Meanwhile contacts about the cause come `surge` times as often, their `odds` replace
    the channel's, and their waits grow `wait_factor` times.  All the other channels stay healthy.
    """

    name: str
    channel: str
    stage: str
    topic: str
    after_ms: int
    lasts_ms: int
    every_ms: int | None = None
    surge: float = 1.0
    wait_factor: float = 1.0
    odds: CauseOdds = CauseOdds()

    def is_on(self, elapsed_ms: float) -> bool:
        """Whether it is going on `elapsed_ms` of event time after the traffic's start."""
        since_ms = elapsed_ms - self.after_ms
        if self.every_ms is not None and since_ms > 0:
            since_ms %= self.every_ms
        return 0 <= since_ms < self.lasts_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Mess:
    """What real producers get wrong; shares of all messages, 0-1.

    `duplicates` are sent a second time up to a minute later, `disordered` leave up to `disorder_ms` after
    their turn, `late` ones up to `late_ms`, and `bad` ones are spoiled.
    """

    bad: float = 0.01
    duplicates: float = 0.02
    disordered: float = 0.10
    disorder_ms: int = 8 * SECOND_MS
    late: float = 0.005
    late_ms: int = 10 * MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficScenario:
    """What `tocsin send --scenario NAME` plays.

    `rate` is the mean number of messages per second of real time, `speed` how many times faster than
    life event time runs.
    """

    name: str
    help: str
    rate: float
    speed: float = 1.0
    incidents: tuple[Incident, ...] = ()
    mess: Mess | None = None
    channels: tuple[Channel, ...] = field(default=CHANNELS)


_MISROUTED = Incident(
    name="payment calls reach the wrong queue",
    channel="phone",
    stage="pay",
    topic="payment",
    after_ms=5 * MINUTE_MS,
    lasts_ms=15 * MINUTE_MS,
    every_ms=60 * MINUTE_MS,
    surge=22,
    wait_factor=9,
    odds=CauseOdds(satisfied=0.04, repeat=0.45, transferred=0.35, abandoned=0.30),
)

DAY_SPEED: Final = 1_152
"""A whole day in 75 seconds."""

DEMO: Final = TrafficScenario(
    name="demo",
    help="what `tocsin demo` plays: a day in 75 seconds from 06:00; phone falls from noon to half past three",
    rate=2_000,
    speed=DAY_SPEED,
    incidents=(
        replace(
            _MISROUTED, after_ms=6 * HOUR_MS, lasts_ms=3 * HOUR_MS + 30 * MINUTE_MS, every_ms=24 * HOUR_MS
        ),
    ),
)

SCENARIOS: Final[Mapping[str, TrafficScenario]] = MappingProxyType(
    {
        scenario.name: scenario
        for scenario in (
            TrafficScenario(name="day", help="a healthy day on six channels: nothing should fire", rate=50),
            TrafficScenario(
                name="incident",
                help="a healthy day, but for a quarter of every hour phone falls (payments are misrouted)",
                rate=50,
                incidents=(_MISROUTED,),
            ),
            TrafficScenario(name="busy", help="the same healthy day at 2,000 messages a second", rate=2_000),
            TrafficScenario(
                name="messy",
                help="a healthy day from bad producers: 1 % bad records, duplicates, disorder, late events",
                rate=50,
                mess=Mess(),
            ),
            DEMO,
        )
    }
)
