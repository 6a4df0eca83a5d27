"""A real Apache Kafka for tests, benchmarks and chaos: found, started, stopped, frozen and killed.

Looked for in this order: `$TOCSIN_TEST_BROKER` (somebody else's, never stopped); Java 17 with Maven (or
with jars already in `$TOCSIN_KAFKA_LIBS` or the cache), as the demo finds them; Docker.

A plain module: nothing here needs pytest.
"""

import atexit
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Final, NamedTuple
from uuid import uuid4

from stream.demo.brokers import jars, java
from stream.demo.brokers.jars import KAFKA
from stream.demo.brokers.java import Java
from tests.kafka.settings import Secure, certificate, container_environment, properties

QUICK: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For a JVM that lives for minutes: a broker is up after 5 s of CPU time where it would take 9."""
IMAGE: Final = f"apache/kafka:{KAFKA}"
START_S: Final = 60.0
STOP_S: Final = 30.0
FULL_AT: Final = 16 * 2**10
FULL_S: Final = 20.0
"""A full disk: the size up to which files may grow, and how long a broker has to notice."""

INSTALL: Final = (
    "no Apache Kafka for the tests: set TOCSIN_TEST_BROKER=HOST:PORT, or install Java 17 and Maven "
    "(Debian: apt-get install openjdk-17-jre-headless maven), or start Docker"
)


class NoKafka(Exception):  # noqa: N818  # reads as what it says
    """There is no way to a Kafka here; the text says what to install."""


class Broker:
    """One broker process.  It keeps its address and its data from `start` to `close`."""

    bootstrap: str
    ours = True
    """Whether it may be stopped, frozen and killed."""
    secure: Secure | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        raise NoKafka("this broker belongs to somebody else")

    def stop(self) -> None:
        """End it in good order; data stay."""
        raise NoKafka("this broker belongs to somebody else")

    def kill(self) -> None:
        """End it as a power cut would; data stay."""
        raise NoKafka("this broker belongs to somebody else")

    def freeze(self) -> None:
        """Stop it in its tracks, connections open, until `thaw`."""
        raise NoKafka("this broker belongs to somebody else")

    def thaw(self) -> None:
        """Let a frozen broker go on."""
        raise NoKafka("this broker belongs to somebody else")

    def fill_disk(self) -> None:
        """Let nothing more be written, until it ends by itself, as Kafka does; data stay."""
        raise NoKafka("this broker's disk cannot be filled")

    def keep(self, folder: Path) -> None:
        """Copy what may tell of a fault, its log and its data, to where they outlive it; where we can."""

    def restart(self) -> None:
        """Stop and start in good order."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End it and delete its data."""


class ForeignBroker(Broker):
    """`$TOCSIN_TEST_BROKER`: used as it is."""

    ours = False

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap


class Place(NamedTuple):
    """Where a broker of a cluster is: its ports, and the cluster's id."""

    port: int
    controller: int
    cluster: str


class JavaBroker(Broker):
    """Kafka in a JVM of its own, on free ports of 127.0.0.1, in a temporary directory."""

    def __init__(
        self,
        runtime: Java,
        *,
        secure: bool = False,
        steady: bool = False,
        settings: Mapping[str, str] | None = None,
        place: Place | None = None,
        credentials: Sequence[str] = (),
        options: Sequence[str] = (),
    ) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="tocsin-kafka-"))
        libs = _libs(runtime)
        quick = () if steady else (*QUICK, *_kept_classes(libs))
        self._java = [str(runtime.program), *quick, *options, "-cp", f"{libs}/*"]
        self._process: subprocess.Popen[bytes] | None = None
        self._mourner: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = (self._home / "broker.log").open("ab")
        port, controller, tls = free_ports(3)
        cluster = cluster_id()
        if place is not None:
            port, controller, cluster = place
        self.bootstrap = f"127.0.0.1:{port}"
        if secure:
            self.secure = Secure(f"127.0.0.1:{tls}", certificate(self._home))
        text = properties(port, controller, self._home, self.secure, settings)
        (self._home / "server.properties").write_text(text)
        self._format(cluster, credentials)
        atexit.register(self.close)

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.begin()
        self.wait_listening()

    def begin(self) -> None:
        """Start it."""
        command = [*self._java, "-Xms256m", "-Xmx1g", "kafka.Kafka", self._settings]
        # A session of its own, so that Ctrl-C in the terminal ends the test first and the broker after it.
        self._process = subprocess.Popen(
            command, stdout=self._log, stderr=self._log, cwd=self._home, start_new_session=True
        )
        self._mourner = _mourner(self._process.pid)

    def wait_listening(self) -> None:
        """Wait until it listens."""
        _wait_listening(self.bootstrap, self._process, self._home / "broker.log")

    def stop(self) -> None:
        """End it in good order; data stay."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would; data stay."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it in its tracks, connections open, until `thaw`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            while not _stands(self._process.pid):
                time.sleep(0.001)

    def thaw(self) -> None:
        """Let a frozen broker go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def fill_disk(self) -> None:
        """Let nothing more be written, until it ends by itself, as Kafka does; data stay."""
        if self._process is not None:
            # No file may grow past this: what an append meets is what it meets on a full disk, an error.
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (FULL_AT, FULL_AT))
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(FULL_S)
        self._end(signal.SIGKILL)

    def keep(self, folder: Path) -> None:
        """Copy its log and its data, as they are now, to where they outlive it."""
        shutil.copytree(self._home, folder / self._home.name, dirs_exist_ok=True)

    def close(self) -> None:
        """End it and delete its data."""
        atexit.unregister(self.close)
        self._end(signal.SIGKILL)
        self._log.close()
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def data(self) -> Path:
        """Where its logs are: a folder per partition."""
        return self._home / "data"

    @property
    def _settings(self) -> str:
        return str(self._home / "server.properties")

    def _format(self, cluster: str, credentials: Sequence[str]) -> None:
        added = [word for each in credentials for word in ("--add-scram", each)]
        command = [*self._java, "-Xmx256m", "kafka.tools.StorageTool", "format"]
        subprocess.run(
            [*command, "-t", cluster, "-c", self._settings, *added], check=True, capture_output=True
        )

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)  # a frozen one would never see SIGTERM
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._mourner is not None:
            self._mourner.kill()
            self._mourner.communicate()
            self._mourner = None


class DockerBroker(Broker):
    """Kafka in a container, published on 127.0.0.1 only."""

    def __init__(self) -> None:
        port = free_ports(1)[0]
        self.bootstrap = f"127.0.0.1:{port}"
        environment = [f"--env={line}" for line in container_environment(port)]
        command = ["create", f"--publish=127.0.0.1:{port}:9092", *environment, IMAGE]
        self._id = _docker(*command)
        atexit.register(self.close)

    def start(self) -> None:
        """Start it and wait until it listens."""
        _docker("start", self._id)
        _wait_listening(self.bootstrap)

    def stop(self) -> None:
        """End it in good order; data stay."""
        _docker("stop", self._id)

    def kill(self) -> None:
        """End it as a power cut would; data stay."""
        _docker("kill", self._id)

    def freeze(self) -> None:
        """Stop it in its tracks, connections open, until `thaw`."""
        _docker("pause", self._id)

    def thaw(self) -> None:
        """Let a frozen broker go on."""
        _docker("unpause", self._id)

    def close(self) -> None:
        """End it and delete its data."""
        atexit.unregister(self.close)
        with suppress(subprocess.CalledProcessError):
            _docker("rm", "--force", "--volumes", self._id)


def cluster_id() -> str:
    """A name for a new cluster, as Kafka wants it; never one that its tools take for an option."""
    return "T" + urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode()[1:]


def why_not() -> str | None:
    """What to install when there is no way to a Kafka; None when there is one.  Starts nothing."""
    if os.environ.get("TOCSIN_TEST_BROKER") or _docker_runs():
        return None
    return INSTALL if _java() is None else None


def new_broker(*, secure: bool = False, steady: bool = False) -> Broker:
    """A broker that has not been started; `secure` wants the SASL_SSL listener too (Java only).

    One that is measured is `steady`: as fast as it gets once it has been up for a while.

    Raises:
        NoKafka: there is none to be had here.
    """
    foreign = os.environ.get("TOCSIN_TEST_BROKER")
    if foreign and not secure:
        return ForeignBroker(foreign)
    if (runtime := _java()) is not None:
        return JavaBroker(runtime, secure=secure, steady=steady)
    if _docker_runs() and not secure:
        return DockerBroker()
    raise NoKafka(INSTALL)


def java_broker(
    settings: Mapping[str, str] | None = None,
    place: Place | None = None,
    credentials: Sequence[str] = (),
    options: Sequence[str] = (),
) -> JavaBroker:
    """One that is ours for certain, with further settings; it has not been started.

    `credentials` are of those who log in by SCRAM, as Kafka's `format --add-scram` takes them; `options` are
    the JVM's.

    Raises:
        NoKafka: there is no Java or no way to the jars here.
    """
    runtime = _java()
    if runtime is None:
        raise NoKafka(INSTALL)
    return JavaBroker(runtime, settings=settings, place=place, credentials=credentials, options=options)


@contextmanager
def running_broker(*, secure: bool = False, steady: bool = False) -> Iterator[Broker]:
    """A broker that listens; ended, data deleted, at the end of the block."""
    broker = new_broker(secure=secure, steady=steady)
    try:
        if broker.ours:
            broker.start()
        yield broker
    finally:
        broker.close()


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on; taken all at once, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def class_archive(libs: Path) -> Path:
    """Where Kafka's classes are kept as a JVM has them once they are loaded, by `make test`."""
    return libs.with_name(f"{libs.name}.jsa")


def _kept_classes(libs: Path) -> Iterator[str]:
    """The option that loads Kafka's classes from where they are kept, if they are."""
    if (kept := class_archive(libs)).exists():
        yield f"-XX:SharedArchiveFile={kept}"


def _libs(runtime: Java) -> Path:
    try:
        return jars.at_hand() or jars.fetched(runtime)
    except jars.NoJars as error:
        raise NoKafka(str(error)) from error


def _java() -> Java | None:
    """A runtime, if there is a way to the jars as well."""
    runtime = java.find()
    return runtime if runtime is not None and (jars.at_hand() or shutil.which("mvn")) else None


def _stands(pid: int) -> bool:
    """Whether a process that was told to stop has: all its threads do once the first has had its turn.

    Until then, on a busy machine for some milliseconds, the others go on and answer.
    """
    for thread in Path(f"/proc/{pid}/task").glob("*/stat"):
        with suppress(OSError):  # it has just ended
            if thread.read_text().rpartition(")")[2].split()[0] not in "TZX":
                return False
    return True


def _mourner(pid: int) -> subprocess.Popen[bytes]:
    """Kills a process when we are gone, even by kill -9: its standard input ends with us."""
    # Linux' own way, PR_SET_PDEATHSIG, goes by threads, and brokers are restarted from threads that end.
    script = f"read _; kill -9 {pid} 2>/dev/null"
    return subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True)


def _wait_listening(
    bootstrap: str, process: subprocess.Popen[bytes] | None = None, log: Path | None = None
) -> None:
    host, port = bootstrap.split(":")
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with closing(socket.socket()) as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        if process is not None and process.poll() is not None:
            break
        time.sleep(0.05)
    tail = log.read_text()[-2000:] if log is not None else ""
    raise NoKafka(f"the test broker did not listen on {bootstrap}: {tail}")


def _docker_runs() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.strip()
