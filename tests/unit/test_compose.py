"""What `docker compose up` would start: pinned, healthy, not root, and on the loopback alone."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from stream.cli.worker import GRACE_S
from stream.gateway.source_file import load_sources, resolved
from stream.worker.app import LEAVE_S

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = ("topics", "worker", "gateway", "traffic")
ENDS = ("topics",)


@pytest.mark.parametrize("name", SERVICES)
def test_every_published_port_is_bound_to_the_loopback(name: str) -> None:
    """Nothing is reachable from another machine."""
    assert SERVICES[name].get("network_mode") is None
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned(name: str) -> None:
    """By a version of its own; ours is built here."""
    image = SERVICES[name]["image"]
    assert image == "tocsin:local" if name in OURS else re.search(r":v?\d+\.\d+\.\d+$", image)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"topics", "traffic"}))
def test_every_service_that_others_rely_on_has_a_health_check(name: str) -> None:
    """In the compose file, or for ours in the image."""
    assert "healthcheck" in SERVICES[name] or (name in OURS and "HEALTHCHECK" in DOCKERFILE)


def test_services_start_in_order_and_only_when_the_one_before_is_well() -> None:
    """Topics wait for Kafka, the worker for the topics, traffic for the worker."""
    waits = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    assert waits["topics"] == {"kafka": {"condition": "service_healthy"}}
    assert waits["worker"] == {"topics": {"condition": "service_completed_successfully"}}
    assert waits["gateway"] == {"topics": {"condition": "service_completed_successfully"}}
    assert waits["traffic"] == {"worker": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_do_no_more_than_they_must(name: str) -> None:
    """No capabilities, no new privileges, no writing outside /tmp."""
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True


def test_a_worker_has_the_time_to_leave_in_good_order() -> None:
    """Killed before, it is taken for dead only when its session has ended, and alerts wait."""
    grace = SERVICES["worker"]["stop_grace_period"]
    assert float(grace.removesuffix("s")) > LEAVE_S + GRACE_S


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_takes_all_memory(name: str) -> None:
    """Each has a limit of its own."""
    assert re.fullmatch(r"\d+[mg]", SERVICES[name]["mem_limit"])


def test_the_image_is_built_in_two_stages_and_does_not_run_as_root() -> None:
    """What runs has neither sources nor build tools, and a numeric user."""
    assert DOCKERFILE.count("FROM python:3.11-slim") == 2
    last_stage = DOCKERFILE[DOCKERFILE.rindex("FROM ") :]
    assert re.search(r"^USER 1\d+:1\d+$", last_stage, re.MULTILINE)
    assert "COPY --from=build" in last_stage
    assert last_stage.index("USER") < last_stage.index("ENTRYPOINT")


def test_the_build_sends_nothing_but_what_the_image_needs() -> None:
    """.dockerignore excludes everything, then lets in what the Dockerfile copies."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert {name for names in copied for name in names.split()} == let_in


def _mounts() -> list[str]:
    volumes = [each for service in SERVICES.values() for each in service.get("volumes", [])]
    plain = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", each) for each in volumes]
    return [each for each in plain if each.startswith("./")]


@pytest.mark.parametrize("mount", _mounts())
def test_every_mounted_file_is_there_and_cannot_be_written(mount: str) -> None:
    """Docker would silently make a directory of a missing file."""
    source, _, mode = mount.split(":")
    assert (ROOT / source).exists()
    assert mode == "ro"


def test_grafana_is_provisioned_with_the_data_source_that_prometheus_is() -> None:
    """Fixed uid, the service's own name, scraped at the interval that Grafana assumes."""
    [source] = yaml.safe_load((ROOT / "grafana/provisioning/datasources/prometheus.yaml").read_text())[
        "datasources"
    ]
    assert source["uid"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    scraping = yaml.safe_load((ROOT / "grafana/prometheus.yml").read_text())
    assert source["jsonData"]["timeInterval"] == scraping["global"]["scrape_interval"]
    worker, gateway = scraping["scrape_configs"]
    assert worker["static_configs"] == [{"targets": ["worker:9108"]}]
    [found] = gateway["dns_sd_configs"]
    assert (found["names"], str(found["port"])) == (["gateway"], SERVICES["gateway"]["command"][-1])


def test_the_dashboards_are_where_grafana_is_told_to_look() -> None:
    """The provider's path is the mount of grafana/dashboards."""
    [provider] = yaml.safe_load((ROOT / "grafana/provisioning/dashboards/tocsin.yaml").read_text())[
        "providers"
    ]
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in SERVICES["grafana"]["volumes"]


def test_the_gateway_is_asked_for_and_finds_its_sources() -> None:
    """Only with its profile; every secret that the mounted file names is handed over."""
    service = SERVICES["gateway"]
    assert service["profiles"] == ["gateway"]
    (volume,) = service["volumes"]
    file = ROOT / volume.partition(":")[0]
    names = service["environment"]
    assert len(resolved(load_sources(file), dict.fromkeys(names, "a secret"))) >= 2
    assert [
        value for value in names.values() if value.startswith("${") and not value.endswith(":-}")
    ] == [], "a secret that everybody can read here is none"
    assert service["environment"]["TOCSIN_PORT"] == service["command"][-1] == "9110"
