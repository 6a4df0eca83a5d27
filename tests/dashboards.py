"""The dashboards as Grafana reads them, and everything in them that Prometheus is asked."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "grafana" / "dashboards"
NAMES: Final = ("overview", "channel", "alerts", "pipeline")
DASHBOARDS: Final[dict[str, dict[str, Any]]] = {
    name: json.loads((FOLDER / f"{name}.json").read_text()) for name in NAMES
}
GROUPS: Final[list[dict[str, Any]]] = yaml.safe_load((ROOT / "grafana/prometheus-rules.yml").read_text())[
    "groups"
]
RULES: Final = [rule for group in GROUPS for rule in group["rules"]]


def panels(name: str) -> list[dict[str, Any]]:
    """The panels of a dashboard, without rows."""
    return [panel for panel in DASHBOARDS[name]["panels"] if panel["type"] != "row"]


PANELS: Final = [(f"{name}: {panel['title']}", panel) for name in NAMES for panel in panels(name)]
TARGETS: Final = [
    (f"{title} {target['refId']}", target) for title, panel in PANELS for target in panel["targets"]
]


def variables(name: str) -> dict[str, dict[str, Any]]:
    """Template variables of a dashboard, by name."""
    return {variable["name"]: variable for variable in DASHBOARDS[name]["templating"]["list"]}


def asked(chosen: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Where each expression of every panel and annotation stands, and the expression for chosen variables."""
    for title, target in TARGETS:
        yield title, filled(target["expr"], chosen)
    for name in NAMES:
        for annotation in DASHBOARDS[name]["annotations"]["list"]:
            yield f"{name}: annotation {annotation['name']}", filled(annotation["expr"], chosen)


def filled(text: str, chosen: dict[str, str]) -> str:
    """A text with each `$name` as it is chosen."""
    return re.sub(r"\$(\w+)", lambda found: chosen[found[1]], text)
