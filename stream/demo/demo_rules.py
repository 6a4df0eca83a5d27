"""The demo's rules: the user's or ours, with one receiver, and panes that fit the speed."""

from pathlib import Path
from typing import Any, Final

import yaml

from alerts.errors import RulebookError
from alerts.rulebook.reader import read_rulebook
from stream.files.rule_files import read_text
from stream.indicators.catalogue import CATALOGUE

RULES: Final = "rules/demo.yaml"
PANE_LASTS_S: Final = 0.05
"""Real time per pane, at least: a pane is a minute of event time when a day takes 75 seconds."""
PANES_S: Final = (10, 20, 30, 60, 120, 300, 600)
"""Panes to choose from: all divide a day, and most of them the usual windows."""


def demo_rules(source: Path, directory: Path, url: str, secret: str, speed: float) -> Path:
    """The rules as a file of our own, in which all notices go to the webhook log and nowhere else."""
    document = yaml.safe_load(read_text(source))
    document.pop("routes", None)
    document["commands"] = "trusted"  # what the demo starts listens on this machine alone, and ends with it
    document["receivers"] = [
        {"name": "webhook-log", "webhook": {"url": url, "secret": secret}, "allow_private": True}
    ]
    path = directory / "rules.yaml"
    path.write_text(yaml.safe_dump(longer_panes(document, speed), sort_keys=False), "utf-8")
    return path


def longer_panes(document: dict[str, Any], speed: float) -> dict[str, Any]:
    """The same rules with panes that last long enough of real time, where their windows allow it.

    Judging thousands of panes a minute would only keep a small machine busy.
    """
    timing = document.get("timing") or {}
    pane_s = next((pane_s for pane_s in PANES_S if pane_s >= speed * PANE_LASTS_S), PANES_S[-1])
    if "pane" in timing or pane_s == PANES_S[0]:
        return document
    longer = document | {"timing": timing | {"pane": f"{pane_s}s"}}
    try:
        read_rulebook(yaml.safe_dump(longer), "", CATALOGUE)
    except RulebookError:
        return document
    return longer
