"""A model of the intake in the plainest Python: one event at a time, dictionaries, no columns.

It knows nothing of batches, hash tables or growing arrays, and so says what they must come to.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from math import ceil, log
from typing import Any

from xxhash import xxh3_64_intdigest

from alerts.readings import as_carried
from stream.indicators.cells import CELLS
from stream.indicators.needs import cells_read
from stream.indicators.plan import Plan
from stream.messages.records import Stream
from tests.event_builders import Counts, Event

ORDER = {"contact": 0, "handed on": 1, "transferred": 2, "resolved": 3, "reopened": 4}
MS = 1000


@dataclass
class Told:
    """Something that waits for its pane to close."""

    closing: int
    at: int
    kind: str
    event: Event

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """Its place among all that wait."""
        return self.closing, self.at, ORDER[self.kind], xxh3_64_intdigest(self.event["id"].encode())


@dataclass
class StreamModel:
    """One input."""

    clock: int | None = None
    seen: dict[str, int] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)


class IntakeModel:
    """Feed it events, then ask what has been counted by panes that have closed."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.timing = plan.rulebook.timing
        self.fcr = plan.keeps["fcr"]
        self.ttr: Any = plan.keeps.get("ttr", {})
        self.window: Any = self.fcr["repeat_window"]
        self.streams = {stream: StreamModel() for stream in Stream}
        self.found: Counts = Counter()
        self.waiting: list[Told] = []
        self.heard: list[tuple[int, int, str, str, Event | None]] = []
        self.read = {each.key: set(compress(CELLS, read)) for each, read in cells_read(plan).items()}

    def feed(self, stream: Stream, events: Sequence[Event]) -> None:
        """Take sound events in order."""
        for event in events:
            self.take(stream, event)

    def take(self, stream: Stream, event: Event) -> None:
        """Take one."""
        state, at = self.streams[stream], round(event["at"] * MS)
        before = state.clock
        state.clock = at if before is None else max(before, at)
        known_by = f"{event['id']} {event.get('indicator')}"
        seen = state.seen.get(known_by)
        if seen is not None and seen >= state.clock - self.timing.dedup_horizon_ms:
            state.outcomes["duplicate"] += 1
            return
        state.seen[known_by] = state.clock
        watermark = None if before is None else before - self.timing.lateness_ms
        state.outcomes["late" if watermark is not None and at < watermark else "accepted"] += 1
        closing = at // self.timing.pane_ms
        if watermark is not None:
            closing = max(closing, watermark // self.timing.pane_ms)
        if stream is Stream.FEEDBACK:
            self.answered(closing, at, event)
        else:
            self.contacted(closing, at, event)

    def answered(self, closing: int, at: int, event: Event) -> None:
        """An answer counts in its level at once."""
        if event.get("consent") is False:
            return
        self.count("feedback/0", closing, at, event, f"csat/1-5/{event['score']}")
        if event.get("interaction") and event["score"] < 4:
            self.heard.append((closing, at, "unhappy", event["interaction"], None))

    def contacted(self, closing: int, at: int, event: Event) -> None:
        """An interaction counts in volumes at once, and waits if history must judge it."""
        kind, outcome = event.get("event", "contact"), event.get("outcome")
        abandoned = kind == "abandoned" or (kind == "contact" and outcome == "abandoned")
        if kind in ("contact", "abandoned"):
            self.count("interactions/0", closing, at, event, "contacts")
        if abandoned:
            self.count("interactions/0", closing, at, event, "abandoned")
            if self.fcr["abandoned"] == "exclude":
                return
            kind = "contact"
        elif kind == "contact" and outcome == "transferred" and self.fcr["transfers"] == "fail":
            kind = "handed on"
        if event.get("customer") or (kind == "resolved" and event.get("opened_at")):
            self.waiting.append(Told(closing, at, kind, event))

    def count(self, source: str, closing: int, at: int, event: Event, cell: str, count: int = 1) -> None:
        """Count in every grouping in which the cell is read."""
        for grouping in self.plan.groupings:
            if cell not in self.read[grouping.key]:
                continue
            values = tuple(as_carried(dim, (event.get(dim) or "").strip()) for dim in grouping.dims)
            self.found[source, closing, at // self.timing.pane_ms, grouping.key, values, cell] += count

    def through(self, stream: Stream) -> int | None:
        """The last pane that a stream has closed."""
        clock = self.streams[stream].clock
        return None if clock is None else (clock - self.timing.lateness_ms) // self.timing.pane_ms - 1

    def counts(self) -> Counts:
        """Everything that has left."""
        kept = self.found.copy()
        self.judge_contacts()
        self.judge_cases()
        self.judge_pairs()
        closed = {f"{stream.value}/0": self.through(stream) for stream in Stream}
        both = list(closed.values())
        closed["joined/0"] = None if None in both else min(each for each in both if each is not None)
        out = {
            key: n
            for key, n in self.found.items()
            if n and (last := closed[key[0]]) is not None and key[1] <= last
        }
        self.found = kept
        self.heard = [each for each in self.heard if each[2] == "unhappy"]
        return Counter(out)

    def judge_contacts(self) -> None:
        """Repeats and transfers, one by one."""
        history: dict[tuple[str, ...], dict[str, Any]] = {}
        for told in sorted(self.waiting, key=lambda each: each.rank):
            key = self.person(told.event)
            known = history.get(key)
            oldest = told.closing * self.timing.pane_ms - self.window
            near = known is not None and abs(told.at - known["at"]) <= self.window and known["at"] >= oldest
            if told.kind == "resolved":
                continue
            if told.kind == "transferred":
                if known is not None and near and known["solved"] and self.fcr["transfers"] == "fail":
                    known["solved"] = False
                    self.change(told.closing, known["at"], known["event"], 1)
                    self.heard.append((told.closing, known["at"], "charged", known["event"]["id"], None))
                continue
            solved = told.kind == "contact" and not near
            cell = "fcr.resolved" if solved else "fcr.failed"
            blamed = told.event
            if known is not None and near and known["at"] <= told.at and self.fcr["charge"] == "first":
                blamed = known["event"]
            self.count("interactions/0", told.closing, told.at, blamed, cell)
            if told.kind == "reopened":
                self.count("interactions/0", told.closing, told.at, blamed, "fcr.reopened")
            if solved:
                self.heard.append((told.closing, told.at, "contact", told.event["id"], told.event))
            if known is None or told.at >= known["at"]:
                history[key] = {"at": told.at, "event": told.event, "solved": solved}

    def change(self, closing: int, at: int, event: Event, count: int, source: str = "interactions/0") -> None:
        """A contact that counted as resolved fails (or, with -1, does not after all)."""
        self.count(source, closing, at, event, "fcr.resolved", -count)
        self.count(source, closing, at, event, "fcr.failed", count)

    def person(self, event: Event) -> tuple[str, ...]:
        """Whose history a contact belongs to."""
        about = {
            "any": "",
            "topic": as_carried("topic", (event.get("topic") or "").strip()),
            "case": event.get("case") or "",
        }
        return event["customer"], about[str(self.fcr["match"])]

    def judge_cases(self) -> None:
        """Times to resolution, one by one."""
        cases: dict[tuple[str, ...], dict[str, Any]] = {}
        for told in sorted(self.waiting, key=lambda each: each.rank):
            event = told.event
            subject = (event["customer"], "topic", as_carried("topic", (event.get("topic") or "").strip()))
            case = (event["customer"], "case", event["case"]) if event.get("case") else subject
            if told.kind == "resolved":
                self.resolved(cases, told, (case, subject))
            elif told.kind != "transferred":
                self.touched(cases.setdefault(case, {}), told)

    def touched(self, life: dict[str, Any], told: Told) -> None:
        """A contact opens a case, or goes on with it; a reopening goes on with what was closed."""
        oldest = told.closing * self.timing.pane_ms - max(self.ttr["case_horizon"], self.window)
        if told.kind == "reopened" and self.may_return(life, told):
            self.timed(life["closed by"], life["closed"] - life["opened"], -1, told.closing)
            life.update(closed=None, counted=False)
        elif not life or life["closed"] is not None or life["at"] < oldest:
            life.update(opened=told.at, closed=None, counted=False)
        life["at"] = told.at

    def may_return(self, life: dict[str, Any], told: Told) -> bool:
        """Whether a case was closed so shortly before that it may be reopened."""
        oldest = max(told.at, told.closing * self.timing.pane_ms) - self.ttr["reopen_within"]
        return bool(life.get("counted")) and oldest <= life["closed"] <= told.at

    def resolved(
        self, cases: dict[tuple[str, ...], dict[str, Any]], told: Told, keys: tuple[tuple[str, ...], ...]
    ) -> None:
        """A resolution closes the case of its id or, if none is open, that of its subject."""
        event, oldest = (
            told.event,
            told.closing * self.timing.pane_ms - max(self.ttr["case_horizon"], self.window),
        )
        said = round(event["opened_at"] * MS) if event.get("opened_at") else None
        opened_at = said
        for key in dict.fromkeys(keys):
            by_id = key[1] == "case"
            life = cases.get(key, {})
            if by_id and self.may_return(life, told):
                return
            if key != keys[0] and opened_at is not None:
                break
            is_open = bool(life) and life["closed"] is None and life["at"] >= oldest
            since = said if said is not None else life["opened"] if is_open else None
            counted = since is not None and told.at >= since
            if life or counted:
                cases[key] = {
                    "opened": since, "closed": told.at, "at": told.at, "counted": counted, "closed by": told,
                }  # fmt: skip
            opened_at = since if opened_at is None else opened_at
        if opened_at is not None and told.at >= opened_at:
            self.timed(told, told.at - opened_at)
        else:
            self.count("interactions/0", told.closing, told.at, event, "ttr.untimed")

    def timed(self, told: Told, took: int, sign: int = 1, closing: int | None = None) -> None:
        """Count a time to resolution, or take it back when another pane closes."""
        closing = told.closing if closing is None else closing
        within = told.event.get("within_target", took <= self.ttr["target"])
        bucket = max(0, ceil(log(max(took, 1) / MS) / log(1.02) - 1e-9))
        cells = (
            ("ttr.sum_ms", took),
            ("ttr.within" if within else "ttr.over", 1),
            (f"ttr.bucket/{bucket}", 1),
        )
        for cell, count in cells:
            self.count("interactions/0", closing, told.at, told.event, cell, sign * count)

    def judge_pairs(self) -> None:
        """Contacts that their customers were not satisfied with, one by one."""
        if self.fcr["satisfied"] != "require":
            return
        pairs: dict[str, dict[str, Any]] = {}
        rank = ("contact", "charged", "unhappy")
        for closing, at, kind, key, event in sorted(
            self.heard, key=lambda each: (each[0], each[1], rank.index(each[2]))
        ):
            pair = pairs.get(key, {})
            if pair.get("last", 0) < closing * self.timing.pane_ms - self.window:
                pair = {}
            before = failed(pair)
            pair = {kind: (at, event), **pair, "last": max(pair.get("last", 0), at)}
            pairs[key] = pair
            if failed(pair) != before:
                where = max(pair["contact"][0], pair["unhappy"][0])
                self.change(closing, where, pair["contact"][1], failed(pair) - before, "joined/0")


def failed(pair: dict[str, Any]) -> int:
    """Whether the pair fails a contact."""
    return int("contact" in pair and "unhappy" in pair and "charged" not in pair)
