"""What was said and done about alerts, by alert and by rule, from what is on Kafka."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from alerts.delivery import commands
from alerts.delivery.commands import Acknowledge, Judgement
from alerts.delivery.delivery_log import decode_entry
from alerts.delivery.grouping.group_log import GroupTold, decode_group
from alerts.errors import SettingsError
from alerts.rules import SECOND_MS
from alerts.transitions import Transition, utc_text
from alerts.wording import duration_words
from stream.kafka.clients import read_all
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import ALERTS, DELIVERIES
from stream.ops.alert_status import decode
from stream.ops.saying import heeded


@dataclass(slots=True)
class RuleRecord:
    """What became of a rule's alerts.  `acked_after_s` are the times from first firing to acknowledgement."""

    alerts: set[str] = field(default_factory=set)
    verdicts: dict[str, str] = field(default_factory=dict)
    acked_after_s: list[float] = field(default_factory=list)

    def count(self, verdict: str) -> int:
        """Alerts that somebody has judged so."""
        return sum(each == verdict for each in self.verdicts.values())

    @property
    def precision(self) -> float | None:
        """The share of alerts that were worth it among those with a verdict; known ones were."""
        good = self.count("true") + self.count("known")
        judged = good + self.count("false")
        return good / judged if judged else None

    def as_object(self) -> dict[str, Any]:
        """For JSON; the precision is a ratio."""
        return {
            "alerts": len(self.alerts),
            **{name: self.count(name) for name in ("true", "false", "known")},
            "precision": self.precision,
            "acked_after_s": median(self.acked_after_s) if self.acked_after_s else None,
        }

    def line(self) -> str:
        """For people."""
        share = "" if self.precision is None else f"{100 * self.precision:.0f} %"
        after = duration_words(SECOND_MS * median(self.acked_after_s)) if self.acked_after_s else ""
        counts = " ".join(f"{self.count(name):6}" for name in ("true", "false", "known"))
        return f"{len(self.alerts):7} {counts} {share:>10} {after:>12}"


async def rule_records(kafka: ClientSettings) -> dict[str, RuleRecord]:
    """By rule, those with most alerts first."""
    firsts: dict[str, Transition] = {}
    async for record in read_all(kafka, ALERTS):
        transition = decode(record.value)
        if transition is not None and transition.state == "firing":
            known = firsts.get(transition.id)
            if known is None or transition.seq < known.seq:
                firsts[transition.id] = transition
    found: defaultdict[str, RuleRecord] = defaultdict(RuleRecord)
    for transition in firsts.values():
        found[transition.rule].alerts.add(transition.id)
    acked: set[str] = set()
    for said in await heeded(kafka):
        if isinstance(said, Judgement) and said.alert in firsts:
            found[firsts[said.alert].rule].verdicts[said.alert] = said.counted_as
        elif isinstance(said, Acknowledge) and said.alert in firsts and said.alert not in acked:
            acked.add(said.alert)
            first = firsts[said.alert]
            after_s = said.at.timestamp() - datetime.fromisoformat(first.at).timestamp()
            found[first.rule].acked_after_s.append(max(0.0, after_s))
    return dict(sorted(found.items(), key=lambda item: (-len(item[1].alerts), item[0])))


async def everything_of(kafka: ClientSettings, start: str) -> tuple[list[Transition], list[str], list[str]]:
    """An alert's changes, who was told, and what was said of it.

    Raises:
        SettingsError: no alert, or more than one, has an id that begins so.
    """
    changes: defaultdict[str, dict[int, Transition]] = defaultdict(dict)
    async for record in read_all(kafka, ALERTS):
        transition = decode(record.value)
        if transition is not None and transition.id.startswith(start):
            changes[transition.id].setdefault(transition.seq, transition)
    if len(changes) != 1:
        raise SettingsError(
            f"ALERT: want the beginning of one alert's id, got {start!r}: {len(changes)} have it"
        )
    ((alert, found),) = changes.items()
    told = [line async for record in read_all(kafka, DELIVERIES) if (line := told_line(record.value, alert))]
    said = []
    for command in await heeded(kafka):
        if commands.key(command) == alert:
            what = str(command.__struct_config__.tag)
            what += f" {command.verdict}" if isinstance(command, Judgement) else ""
            said.append(
                f"{command.at:%Y-%m-%dT%H:%M:%SZ}  {what} by {command.by}  {command.comment or ''}".rstrip()
            )
    return [found[seq] for seq in sorted(found)], sorted(told), said


def told_line(value: bytes | None, alert: str) -> str:
    """A line on one delivery; "" where it was of other alerts."""
    if (entry := decode_entry(value)) is not None:
        line = f"{entry.at}  {entry.receiver}  {entry.outcome}  {entry.reason}  [{entry.id}]"
        return line if entry.alert == alert else ""
    told = decode_group(value)
    if not isinstance(told, GroupTold) or alert not in {each for each, _ in told.members}:
        return ""
    at, count = utc_text(round(told.at_s * SECOND_MS)), len(told.members)
    members = f"{count} alert{'' if count == 1 else 's'}"
    return f"{at}  {told.receiver}  {told.outcome}  {told.reason}  [{told.key}, {members}]"
