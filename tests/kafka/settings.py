"""The test broker's settings: one node that is broker and controller, everything on 127.0.0.1."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Secure:
    """A second listener, SASL_SSL: password and certificate are both needed to get in."""

    bootstrap: str
    ca_file: Path
    username: str = "tocsin"
    password: str = "s3cret"  # noqa: S105  # of a broker that lives for one test


def properties(
    port: int, controller: int, home: Path, secure: Secure | None, more: Mapping[str, str] | None = None
) -> str:
    """`server.properties`; `more` are further settings, or others; `more.listeners` are further doors."""
    more = dict(more or {})
    listeners = ",".join([f"PLAINTEXT://127.0.0.1:{port}", *filter(None, [more.pop("more.listeners", "")])])
    if secure is not None:
        listeners += f",SASL_SSL://{secure.bootstrap}"
    lines = [
        "process.roles=broker,controller",
        "node.id=1",
        f"controller.quorum.voters=1@127.0.0.1:{controller}",
        "controller.listener.names=CONTROLLER",
        f"listeners={listeners},CONTROLLER://127.0.0.1:{controller}",
        f"advertised.listeners={listeners}",
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
        f"log.dirs={home}/data",
        "auto.create.topics.enable=false",
        "group.initial.rebalance.delay.ms=0",
        # After a kill the broker may register again when its former session has ended.
        "broker.session.timeout.ms=2000",
        "broker.heartbeat.interval.ms=500",
        "group.min.session.timeout.ms=1000",
        "offsets.topic.num.partitions=4",
        "offsets.topic.replication.factor=1",
        "transaction.state.log.replication.factor=1",
        "transaction.state.log.min.isr=1",
        "share.coordinator.state.topic.replication.factor=1",
        "share.coordinator.state.topic.min.isr=1",
    ]
    if secure is not None:
        user = f'user_{secure.username}="{secure.password}"'
        login = "org.apache.kafka.common.security.plain.PlainLoginModule"
        lines += [
            "sasl.enabled.mechanisms=PLAIN",
            f"listener.name.sasl_ssl.plain.sasl.jaas.config={login} required {user};",
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={home}/server.pem",
        ]
    lines += [f"{name}={value}" for name, value in more.items()]
    return "\n".join(lines) + "\n"


def certificate(home: Path) -> Path:
    """A self-signed certificate for 127.0.0.1; the file to trust.  `server.pem` is the broker's."""
    key, trusted = home / "key.pem", home / "ca.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=tocsin",
    ]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(trusted)]
    subprocess.run(command, check=True, capture_output=True)
    (home / "server.pem").write_text(key.read_text() + trusted.read_text())
    return trusted


def container_environment(port: int) -> list[str]:
    """The same for the image, whose variables replace its whole default file."""
    return [
        "KAFKA_NODE_ID=1",
        "KAFKA_PROCESS_ROLES=broker,controller",
        "KAFKA_LISTENERS=PLAINTEXT://:9092,CONTROLLER://:29093",
        f"KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:29093",
        "KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR=1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR=1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS=0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE=false",
    ]
