"""`tocsin routes`: who would be told of an alert, through which route, and when."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import orjson

from alerts.delivery.grouping.group_rules import gathers, group_rules
from alerts.delivery.grouping.groups import GroupRule
from alerts.delivery.grouping.routing import RouteTarget, targets
from alerts.errors import SettingsError
from alerts.notation import duration_text
from alerts.readings import as_carried
from alerts.rules import DIMENSIONS, Rulebook
from stream.files.rule_files import load

LABELS: Final = ("rule", "severity", "indicator", "owner", *DIMENSIONS)


@click.group("routes")
def command() -> None:
    """Look at the tree of routes."""


@command.command("test")
@click.argument("rules", metavar="RULES", type=click.Path(path_type=Path))
@click.argument("labels", metavar="[LABEL=VALUE]…", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for machines.")
def test(rules: Path, labels: tuple[str, ...], *, as_json: bool) -> None:
    """Say who would be told of an alert with these labels under RULES, and when.

    The rule's owner and indicator are known where its name is given.  Exit code 1: nobody would be told.
    """
    rulebook = load(rules)
    known = _labels(rulebook, labels)
    found = [_told(rulebook, target, known) for target in targets(rulebook, known)]
    if as_json:
        click.echo(orjson.dumps({"labels": known, "told": found}, option=orjson.OPT_INDENT_2))
    else:
        for each in found:
            click.echo(f"{each['receiver']:16}  {each['route'] or 'no routes: everybody':24}  {each['when']}")
            for step in each["escalate"]:
                click.echo(f"  then {step['receiver']}, {step['when']}")
    if not found:
        click.echo("nobody is told", err=True)
        raise SystemExit(1)


def _labels(rulebook: Rulebook, pairs: tuple[str, ...]) -> dict[str, str]:
    """The labels that were given, and what follows from the rule."""
    found: dict[str, str] = {}
    for pair in pairs:
        label, equals, value = pair.partition("=")
        if not equals or label not in LABELS:
            raise SettingsError(f"want LABEL=VALUE, LABEL one of {', '.join(LABELS)}, got {pair!r}")
        found[label] = as_carried(label, value)
    rule = next((each for each in rulebook.rules if each.name == found.get("rule")), None)
    if rule is not None:
        found.setdefault("indicator", rule.indicator)
        if (about := rulebook.about.get(rule.name)) and about.owner:
            found.setdefault("owner", about.owner)
    return found


def _told(rulebook: Rulebook, target: RouteTarget, labels: Mapping[str, str]) -> dict[str, Any]:
    route, timers = target.route, target.route.timers
    rule = group_rules(rulebook)[target.receiver, route.known_as]
    by = None if timers.group_by is None else list(target.group_labels(labels) or {})
    steps = [
        {
            "receiver": step.receiver,
            "after_s": step.after_ms / 1000,
            "when": f"after {duration_text(step.after_ms)} unless it is acknowledged or over"
            + ("" if step.hours is None else f", within its hours ({step.hours.time_zone})"),
        }
        for step in route.escalate
    ]
    return {
        "receiver": target.receiver,
        "route": route.place,
        "owner": route.owner,
        "group_by": by,
        "group_wait_s": rule.wait_s,
        "group_interval_s": rule.interval_s,
        "repeat_interval_s": rule.repeat_s,
        "when": _when(rule, by) if gathers(rulebook, target) else "at once, every change",
        "escalate": steps,
    }


def _when(rule: GroupRule, by: list[str] | None) -> str:
    parts = [f"after {_text(rule.wait_s)}" if rule.wait_s else "at once"]
    if rule.interval_s:
        what = ", ".join(by or []) or "nothing: all together"
        parts += [f"gathered by {what}", f"news every {_text(rule.interval_s)}"]
    if rule.repeat_s is not None:
        parts.append(f"again every {_text(rule.repeat_s)}")
    if rule.active is not None:
        parts.append(f"within its hours alone ({rule.active.time_zone})")
    if rule.muted is not None:
        parts.append(f"not within its muted hours ({rule.muted.time_zone})")
    return ", ".join(parts)


def _text(seconds: float) -> str:
    return duration_text(round(seconds * 1000))
