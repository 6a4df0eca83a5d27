"""A broker with three more doors, and rights: TLS with certificates on both sides, and passwords over TLS.

Its plain door is for administrators; whoever comes through another one may do what they were granted.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiokafka.protocol.admin import CreateAclsRequest

from stream.kafka.clients import admin_client
from stream.kafka.settings import ClientSettings
from tests.kafka.broker import free_ports, java_broker

NAME: Final = "tocsin"
PASSWORD: Final = "pass-for-a-test"  # noqa: S105  # of a broker that lives for one test
SCRAM: Final = ("SCRAM-SHA-256", "SCRAM-SHA-512")
PRINCIPALS: Final = (f"User:{NAME}", f"User:CN={NAME}")
"""Who comes with the password, and who comes with the certificate."""
OTHERS: Final = ("gateway", "redriver", "producer", "desk", "watcher", "stranger")
"""Who come with the same password by PLAIN, each with rights of its own; the stranger has none."""

LITERAL, PREFIXED, ALLOW = 3, 4, 3
RESOURCES: Final = {"topic": 2, "group": 3, "cluster": 4}
OPERATIONS: Final = {
    "Read": 3,
    "Write": 4,
    "Create": 5,
    "Delete": 6,
    "Describe": 8,
    "DescribeConfigs": 10,
}


class Right(NamedTuple):
    """What is allowed: operations on a resource, whose name ends with `*` where it is a prefix."""

    resource: str
    name: str
    operations: tuple[str, ...]


@dataclass(frozen=True)
class Doors:
    """Where the doors are, and what opens them."""

    plain: str
    mutual: str
    password: str
    home: Path

    def options(self, door: str, name: str = NAME) -> list[str]:
        """Options of a command that goes through `SSL`, or logs in by a mechanism as somebody."""
        trust = ["--tls-ca-file", str(self.home / "ca.pem")]
        if door == "SSL":
            own = ["--tls-cert-file", str(self.home / "client.pem")]
            return ["--broker", self.mutual, "--security-protocol", "SSL", *trust, *own]
        login = ["--sasl-mechanism", door, "--sasl-username", name]
        file = ["--sasl-password-file", str(self.home / "password")]
        return ["--broker", self.password, "--security-protocol", "SASL_SSL", *trust, *login, *file]

    async def grant(self, rights: Sequence[Right], principals: Sequence[str] = PRINCIPALS) -> None:
        """Allow these principals what `rights` say."""
        async with admin_client(ClientSettings(brokers=(self.plain,))) as client:
            for principal in principals:
                for right in rights:
                    await _grant(client, principal, right)


async def _grant(client: Any, principal: str, right: Right) -> None:
    pattern = PREFIXED if right.name.endswith("*") else LITERAL
    for operation in right.operations:
        request = CreateAclsRequest(
            RESOURCES[right.resource],
            right.name.removesuffix("*"),
            pattern,
            principal,
            "*",
            OPERATIONS[operation],
            ALLOW,
        )
        answer = await client._send_to_controller(request)  # the client has no call for it
        assert {result[0] for result in answer.creation_responses} == {0}, answer


@contextmanager
def running_doors(home: Path) -> Iterator[Doors]:
    """A broker that listens at all of its doors; ended at the end of the block."""
    _certificates(home)
    (home / "password").write_text(PASSWORD + "\n")
    mutual, password = (f"127.0.0.1:{port}" for port in free_ports(2))
    credentials = [f"{each}=[name={NAME},password={PASSWORD}]" for each in SCRAM]
    broker = java_broker(_settings(home, mutual, password), credentials=credentials)
    try:
        broker.start()
        yield Doors(broker.bootstrap, mutual, password, home)
    finally:
        broker.close()


def _settings(home: Path, mutual: str, password: str) -> dict[str, str]:
    plain_login = "org.apache.kafka.common.security.plain.PlainLoginModule"
    scram_login = "org.apache.kafka.common.security.scram.ScramLoginModule"
    users = " ".join(f'user_{name}="{PASSWORD}"' for name in (NAME, *OTHERS))
    own = {
        "more.listeners": f"SSL://{mutual},SASL_SSL://{password}",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "sasl.enabled.mechanisms": "PLAIN," + ",".join(SCRAM),
        "listener.name.sasl_ssl.plain.sasl.jaas.config": f"{plain_login} required {users};",
        "listener.name.ssl.ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(home / "server.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(home / "ca.pem"),
    }
    scram = {
        f"listener.name.sasl_ssl.{each.lower()}.sasl.jaas.config": f"{scram_login} required;"
        for each in SCRAM
    }
    return {**own, **scram}


def _certificates(home: Path) -> None:
    """An authority, and what it has signed: the broker's certificate, and a client's."""
    _openssl(home, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem")
    for name, subject in (("server", "127.0.0.1"), ("client", NAME)):
        _openssl(home, f"req -newkey rsa:2048 -nodes -subj /CN={subject} -keyout {name}.key -out {name}.csr")
        (home / "names").write_text("subjectAltName=IP:127.0.0.1\n")
        signed = f"-in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names"
        _openssl(home, f"x509 -req -days 2 {signed} -out {name}.crt")
        (home / f"{name}.pem").write_text(
            (home / f"{name}.key").read_text() + (home / f"{name}.crt").read_text()
        )


def _openssl(home: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=home, check=True, capture_output=True)
