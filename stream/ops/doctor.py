"""The doctor: all that a worker needs, looked at without changing anything, each finding with its fix."""

import asyncio
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)

from alerts.errors import OperatorError
from alerts.receivers.kinds import KINDS
from alerts.receivers.opening import signs
from alerts.receivers.settings import found
from alerts.rules import Rulebook
from stream import __version__
from stream.files import rule_files as rulefile
from stream.kafka.clients import BrokerError, admin_client, partition_counts, reading, unreachable
from stream.kafka.replicas import warning_of_few_replicas, warning_of_unclean_elections
from stream.kafka.second_group import groups_beside, told_beside, untold_beside, view_of
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import GRANT, NOTHING, UNSEEN, Mismatch, inspect
from stream.messages.keys import wanted_key
from stream.messages.topic_names import INPUTS
from stream.transport.same_rules import DIFFER, differ

PYTHON: Final = (3, 11)
EXACT: Final = {"faust-streaming": "0.15.3"}
"""Versions whose private methods we override."""
UNGRANTED: Final = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)
PROBE_S: Final = 10.0
"""How long one check may take."""
SAMPLE: Final = 100
"""Records looked at per input partition, the newest."""
AHEAD_S: Final = 60.0
"""A record stamped further in the future means that some clock is wrong."""
MISKEYED: Final = 0.05
"""A share of records with keys other than their customers that is no accident any more."""


ABSENT: Final = {NOTHING: "missing", UNSEEN: "we have no right to see them, whether they are there or not"}
"""What is told of topics that are not in the metadata."""


class CheckState(StrEnum):
    """How a check came out; only FAIL makes the doctor fail."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding, and what to do about it."""

    name: str
    state: CheckState
    found: str
    fix: str | None = None


async def examine(kafka: ClientSettings, rules: Path | None, group: str) -> list[Check]:
    """All checks; those that need a broker only where one answers."""
    checks = [*versions(sys.version_info[:2], _installed()), *rules_checks(rules)]
    away = dict(await unreachable(kafka))
    if others := tuple(place for place in kafka.brokers if place not in away):
        fix = "start it, or name another: whoever begins with it waits"
        checks += [Check("broker", CheckState.WARN, f"{place}: {why}", fix) for place, why in away.items()]
        kafka = replace(kafka, brokers=others)
    broker = await _within(_broker(kafka), "broker")
    checks += broker
    if any(check.state is CheckState.FAIL for check in broker):
        return checks
    rest = ("topics", _topics(kafka, group)), ("group", _group(kafka, group)), ("records", _records(kafka))
    for name, work in rest:
        checks += await _within(work, name)
    return checks


async def _within(work: Any, name: str) -> list[Check]:
    try:
        found: list[Check] = await asyncio.wait_for(work, PROBE_S)
    except BrokerError as error:
        return [_refused(name, error)]
    except TimeoutError:
        return [Check(name, CheckState.FAIL, f"no answer within {PROBE_S:g} s", "look at the broker's log")]
    return found


def _refused(name: str, error: BrokerError) -> Check:
    """The fix is what the error says after a semicolon, or what follows from its kind."""
    found, _, fix = str(error).partition("; ")
    if isinstance(error.__cause__, UNGRANTED):
        fix = GRANT
    return Check(name, CheckState.FAIL, found, fix or "start Kafka, or give --broker HOST:PORT")


def versions(python: tuple[int, ...], installed: Mapping[str, str | None]) -> list[Check]:
    """Whether what runs is what was tested together."""
    told = f"tocsin {__version__}, Python {platform.python_version()}"
    if python < PYTHON:
        return [Check("versions", CheckState.FAIL, told, "install Python 3.11 or newer")]
    wrong = {name: found for name, found in installed.items() if found != EXACT[name]}
    if wrong:
        fix = "pip install " + " ".join(f"{name}=={EXACT[name]}" for name in wrong)
        found = ", ".join(f"{name} {version or 'missing'}" for name, version in wrong.items())
        return [Check("versions", CheckState.FAIL, f"{told}, {found}", fix)]
    return [Check("versions", CheckState.OK, told)]


def _installed() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in EXACT:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def rules_checks(rules: Path | None, environment: Mapping[str, str] = os.environ) -> list[Check]:
    """Whether the rules file is sound, and its receivers' secrets can be found."""
    try:
        rulebook = rulefile.load(rules) if rules is not None else rulefile.starter()
    except OperatorError as error:
        fix = f"put it right, then: tocsin check {rules}"
        return [Check("rules", CheckState.FAIL, str(error).splitlines()[0], fix)]
    name = str(rules) if rules is not None else "the starter rules"
    return [
        Check(
            "rules", CheckState.OK, f"{name}: {len(rulebook.rules)} rule{'s' * (len(rulebook.rules) != 1)}"
        ),
        *_receivers(rulebook, environment),
    ]


def _receivers(rulebook: Rulebook, environment: Mapping[str, str]) -> list[Check]:
    checks = []
    for receiver in rulebook.receivers:
        name = f"receiver {receiver.name}"
        try:
            found(receiver, KINDS[receiver.kind].specs, environment)
        except OperatorError as error:
            checks.append(Check(name, CheckState.FAIL, str(error), "set it where the worker runs"))
            continue
        if signs(receiver):
            checks.append(Check(name, CheckState.OK, "its settings are there"))
        else:
            fix = "give it secret_env: NAME, and the variable whsec_ with 24 to 64 random bytes in base64"
            checks.append(Check(name, CheckState.WARN, "has no secret: notices are not signed", fix))
    return checks or [
        Check("receivers", CheckState.WARN, "nobody is told of alerts", "add receivers: to the rules")
    ]


async def _broker(kafka: ClientSettings) -> list[Check]:
    started = time.monotonic()
    async with admin_client(kafka) as client:
        cluster = await client.describe_cluster()
    took_ms = (time.monotonic() - started) * 1000
    count = len(cluster["brokers"])
    return [
        Check(
            "broker",
            CheckState.OK,
            f"{kafka.bootstrap}: {count} in the cluster, answered in {took_ms:.0f} ms",
        )
    ]


async def _topics(kafka: ClientSettings, group: str) -> list[Check]:
    states = await inspect(kafka, group)
    absent: dict[Mismatch, list[str]] = {}
    for state in states:
        if state.partitions == 0:
            absent.setdefault(state.mismatches[0], []).append(state.name)
    if absent:
        return [
            Check("topics", CheckState.FAIL, f"{ABSENT[wrong.found]}: {', '.join(names)}", wrong.fix)
            for wrong, names in absent.items()
        ]
    got = "{0.what}: want {0.wanted}, got {0.found}"
    wrong = [
        Check(f"topic {state.name}", CheckState.FAIL, got.format(each), each.fix)
        for state in states
        for each in state.mismatches
    ]
    partitions = max(state.partitions for state in states)
    wrong = wrong or [Check("topics", CheckState.OK, f"{len(states)} topics, {partitions} partitions")]
    few = await warning_of_few_replicas(kafka, states, None)
    return wrong + _replicas(few) + _replicas(await warning_of_unclean_elections(kafka, states))


def _replicas(told: str | None) -> list[Check]:
    found, _, fix = (told or "").partition("; ")
    return [Check("replicas", CheckState.WARN, found, fix)] if found else []


async def _group(kafka: ClientSettings, group: str) -> list[Check]:
    """Whether it is alone with its prefix, and its workers have the same rules."""
    if (view := await view_of(kafka, group)) is not None and differ(view):
        fix = "give all the same rules file and version, and look for TocsinRulesRefused and the log of each"
        return [Check("group", CheckState.WARN, DIFFER, fix)]
    others = await groups_beside(kafka, group)
    apart = f"a prefix of its own, such as --topics {next(iter(others), '')}."
    if told := told_beside(others, kafka):
        return [Check("group", CheckState.WARN, told, f"stop one of them, or give it {apart}")]
    if told := untold_beside(others, kafka):
        fix = f"ask again in a minute; if it never tells, see that each was started with {apart}"
        return [Check("group", CheckState.WARN, told, fix)]
    return [Check("group", CheckState.OK, f"no other group than {group} works with its topics")]


async def _records(kafka: ClientSettings) -> list[Check]:
    """What the newest input records say of clocks and keys."""
    async with admin_client(kafka) as client:
        there = await partition_counts(client)
    if missing := [topic for topic in INPUTS if topic not in there]:
        unread = f"not looked at, as they cannot be read: {', '.join(missing)}"
        return [Check("records", CheckState.WARN, unread, "put the topics right first")]
    records = [record for topic in INPUTS for record in await _newest(kafka, topic)]
    if not records:
        return [Check("records", CheckState.OK, "no input yet, so nothing to say of clocks and keys")]
    pairs = [(record.key, record.value) for record in records]
    return [clock(max(record.timestamp for record in records), time.time() * 1000), keys(pairs)]


async def _newest(kafka: ClientSettings, topic: str) -> list[Any]:
    """The newest records of each partition."""
    found: list[Any] = []
    async with reading(kafka, topic) as consumer:
        assigned = consumer.assignment()
        starts, ends = await consumer.beginning_offsets(assigned), await consumer.end_offsets(assigned)
        left = {tp for tp in assigned if starts[tp] < ends[tp]}
        for tp in left:
            consumer.seek(tp, max(starts[tp], ends[tp] - SAMPLE))
        while left:
            fetched = await consumer.getmany(*left, timeout_ms=1000, max_records=SAMPLE * len(assigned))
            found += [record for records in fetched.values() for record in records]
            left = {tp for tp in left if await consumer.position(tp) < ends[tp]}
    return found


def clock(newest_ms: float, now_ms: float) -> Check:
    """Whether the newest record's timestamp and our clock agree."""
    ahead_s = (newest_ms - now_ms) / 1000
    if ahead_s > AHEAD_S:
        found = f"the newest record is stamped {ahead_s:.0f} s in the future"
        return Check(
            "clock", CheckState.FAIL, found, "set the clocks of the senders and of this machine (NTP)"
        )
    return Check("clock", CheckState.OK, "no record is stamped in the future")


def keys(records: Sequence[tuple[bytes | None, bytes | None]]) -> Check:
    """Whether records are keyed by their customer, or by their id where they have none."""
    known = [(key, wanted) for key, value in records if (wanted := wanted_key(value)) is not None]
    wrong = sum(key != wanted for key, wanted in known)
    if not known or wrong / len(known) <= MISKEYED:
        return Check(
            "keys", CheckState.OK, f"{len(known) - wrong} of {len(known)} records keyed by their customer"
        )
    found = f"{wrong} of {len(known)} records have a key that is not their customer"
    fix = (
        "have senders set the key to the customer (the id where there is none): repeats are missed otherwise"
    )
    return Check("keys", CheckState.WARN, found, fix)
