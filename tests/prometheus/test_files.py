"""The files of the compose set-up, checked by the programs that read them."""

import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.prometheus.programs import compose_command, kustomize_command, missing

ROOT = Path(__file__).parents[2]


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_that_these_tests_need_is_missing() -> None:
    """In CI a missing program is a failure, with its name."""
    assert missing() == []


def _bindings(service: dict[str, Any]) -> list[str]:
    """Host addresses of published ports, in the short form of version 1 or the long one of version 2."""
    ports = service.get("ports", [])
    return [port.rsplit(":", 2)[0] if isinstance(port, str) else port["host_ip"] for port in ports]


def test_docker_compose_accepts_the_file_and_binds_the_loopback_alone() -> None:
    """As compose itself resolves it, anchors and all."""
    config = yaml.safe_load(
        _run(*compose_command(), "--profile", "gateway", "--profile", "alertmanager", "config")
    )
    bindings = {name: _bindings(service) for name, service in config["services"].items()}
    assert set(bindings) == {
        "kafka", "topics", "worker", "gateway", "traffic", "prometheus", "alertmanager", "grafana",
    }  # fmt: skip
    assert {host for hosts in bindings.values() for host in hosts} == {"127.0.0.1"}


def test_promtool_accepts_configuration_and_rules() -> None:
    """Lint findings are errors."""
    _run("promtool", "check", "rules", "--lint=all", "--lint-fatal", "grafana/prometheus-rules.yml")
    _run("promtool", "check", "config", "grafana/prometheus.yml")


def test_every_rule_on_tocsin_itself_fires_when_it_should() -> None:
    """By unit tests in promtool's own language."""
    _run("promtool", "test", "rules", "tests/prometheus/rules_test.yml")


def test_kustomize_builds_the_manifests() -> None:
    """With the dashboards, settings, rules and sources as they are in files."""
    built = list(yaml.safe_load_all(_run(*kustomize_command(), "deploy")))
    maps = {each["metadata"]["name"]: each for each in built if each["kind"] == "ConfigMap"}
    assert "overview.json" in maps["tocsin-dashboards"]["data"]
    assert maps["tocsin-dashboards"]["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert {each["metadata"].get("namespace") for each in built if each["kind"] != "Namespace"} == {"tocsin"}
    (worker,) = [each for each in built if each["kind"] == "StatefulSet"]
    (container,) = worker["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"][0]["configMapRef"]["name"] in maps
