"""Programs that are not Python's: Prometheus, promtool, Alertmanager, Docker Compose, kustomize."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import urlopen

START_S: Final = 20.0

CONFIG: Final = """
global: {scrape_interval: 1s, evaluation_interval: 1s}
scrape_configs:
  - job_name: tocsin
    static_configs: [{targets: ["TARGET"]}]
"""


def missing() -> list[str]:
    """What is not installed here."""
    found = {
        "prometheus": shutil.which("prometheus"),
        "promtool": shutil.which("promtool"),
        "prometheus-alertmanager": shutil.which("prometheus-alertmanager"),
        "docker compose": compose_command(),
        "kubectl or kustomize": kustomize_command(),
    }
    return [name for name, there in found.items() if not there]


def compose_command() -> list[str]:
    """Docker's plug-in, or Debian's program of the same use; neither needs an engine to check a file."""
    if shutil.which("docker"):
        asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else []


def kustomize_command() -> list[str]:
    """What builds manifests: part of kubectl, and a program of its own."""
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    return ["kustomize", "build"] if shutil.which("kustomize") else []


class Prometheus:
    """A running Prometheus that scrapes one target every second."""

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The samples of an instant query; `value` is [time, text]."""
        with urlopen(f"{self.url}/api/v1/query?{urlencode({'query': expr})}", timeout=10) as answer:  # noqa: S310
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            with urlopen(f"{self.url}/-/ready", timeout=5) as answer:  # noqa: S310  # our own address
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def prometheus(target: str, directory: Path) -> Iterator[Prometheus]:
    """Prometheus on a free port of the loopback, scraping one target; ends with the block."""
    config = directory / "prometheus.yml"
    config.write_text(CONFIG.replace("TARGET", target))
    with configured(config) as server:
        yield server


@contextmanager
def configured(config: Path) -> Iterator[Prometheus]:
    """Prometheus with a configuration of the caller's, on a free port; its data lie beside the file."""
    directory = config.parent
    port = _free_port()
    command = [
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={directory / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with (directory / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        server = Prometheus(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + START_S
        while not server.ready():
            assert process.poll() is None, (directory / "prometheus.log").read_text()
            assert time.monotonic() < deadline, "Prometheus does not get ready"
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
