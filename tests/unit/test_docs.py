"""README and docs cannot rot: whatever can be set, called or refused is in them; examples are sound."""

import re
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import click
import pytest
import yaml

import stream.cli
from alerts.delivery.retry_policy import DeliveryOutcome
from alerts.rulebook.detection import KINDS, ONLY_FOR
from alerts.rulebook.reader import read_rulebook
from alerts.rules import DIMENSIONS, Rulebook, Timing
from alerts.states import State
from stream.gateway.metrics import GatewayMetrics
from stream.indicators.catalogue import CATALOGUE, OPTIONS
from stream.messages.outcomes import Reason, RecordOutcome
from stream.monitoring.metrics import Metrics
from stream.ops.schemas import load
from stream.scenarios.reader import read_scenario
from stream.scenarios.runner import run

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = "\n".join(page.read_text() for page in PAGES)
CODE = set(re.findall(r"`([^`\n]+)`", README))
BLOCKS = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command and subcommand, with its words."""
    for name, entry in stream.cli.COMMANDS.items():
        yield from _with_subcommands(name, import_module(f"stream.cli.{entry.module}").command)


def _with_subcommands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for word, sub in command.commands.items():
            yield from _with_subcommands(f"{name} {word}", sub)


def undocumented(words: Iterator[str]) -> list[str]:
    """The words that README does not have as code, alone or at the start (`name` of `name FILE…`)."""
    known = CODE | {part for code in CODE for part in re.split(r"[ ,(=]", code)}
    return [word for word in words if word not in known]


def test_every_command_is_documented() -> None:
    """By its full name."""
    assert (
        undocumented(f"tocsin {name}" for name in stream.cli.COMMANDS if f"tocsin {name}" not in README) == []
    )
    assert [name for name, _ in commands() if name.split()[-1] not in README] == []


@pytest.mark.parametrize(("name", "command"), [*commands()], ids=[name for name, _ in commands()])
def test_every_option_is_documented(name: str, command: click.Command) -> None:
    """Long form, and environment variable where it has one."""
    assert name
    options = [param for param in command.params if isinstance(param, click.Option) and not param.hidden]
    long = [word for param in options for word in (*param.opts, *param.secondary_opts) if word[:2] == "--"]
    variables = [str(param.envvar) for param in options if param.envvar]
    assert undocumented(iter([*long, *variables])) == []


def test_every_state_outcome_and_reason_is_documented() -> None:
    """The closed lists that become labels."""
    assert undocumented(state.word for state in State) == []
    assert undocumented(str(outcome.value) for outcome in (*RecordOutcome, *DeliveryOutcome)) == []
    assert undocumented(str(reason.value) for reason in Reason) == []


def test_every_metric_is_documented() -> None:
    """Those that worker and gateway count, and those that are read when Prometheus asks."""
    book = Rulebook(rules=(), indicators={})
    counted = {family.name for family in Metrics(book).registry.collect()}
    counted |= {family.name for family in GatewayMetrics(()).registry.collect()}
    sources = "".join(
        (ROOT / "stream/monitoring" / f"{name}.py").read_text() for name in ("gauges", "verdicts")
    )
    read = set(re.findall(r'(?:_gauge|GaugeMetricFamily)\(\s*"([a-z_]+)"', sources))
    assert len(read) > 9
    ours = {name for name in counted if name.startswith("tocsin")} | read
    documented = {name.removesuffix("_total") for name in CODE}
    assert sorted(ours - documented) == []


def test_every_field_that_goes_out_is_documented() -> None:
    """Of scores, alerts, deliveries and dead letters, in the page on outputs."""
    page = set(re.findall(r"`([^`\n]+)`", (ROOT / "docs" / "outputs.md").read_text()))
    for name in ("cx.scores", "cx.alerts", "cx.dead-letters.headers"):
        assert set(load(name)["properties"]) - page == set()


def test_every_field_of_a_rules_file_is_documented() -> None:
    """Indicators and their options, dimensions, detectors and their fields, timing."""
    assert undocumented(iter(CATALOGUE)) == []
    assert undocumented(iter(OPTIONS)) == []
    assert undocumented(option for options in OPTIONS.values() for option in options) == []
    assert (
        undocumented(choice for o in OPTIONS.values() for option in o.values() for choice in option.choices)
        == []
    )
    assert undocumented(iter(DIMENSIONS)) == []
    assert undocumented(iter(KINDS)) == []
    assert undocumented(name for names in ONLY_FOR.values() for name in names) == []
    assert undocumented(field.name.removesuffix("_ms") for field in fields(Timing)) == []


@pytest.mark.parametrize("block", [block for block in BLOCKS if "rules:" in block or "timing:" in block])
def test_rules_in_the_documents_are_sound(block: str) -> None:
    """Each block of YAML can be copied into a file as it stands."""
    read_rulebook(block, "README.md", CATALOGUE)


def test_the_scenario_in_the_documents_passes(tmp_path: Path) -> None:
    """It is the one under tests/scenarios, word for word."""
    (block,) = (block for block in BLOCKS if "expect:" in block)
    shipped = (ROOT / "tests" / "scenarios" / "slow_burn.yaml").read_text()
    assert block.partition("\n")[2] == shipped.partition("\n")[2]
    (tmp_path / "s.yaml").write_text(block)
    assert all(result.passed for result in run(read_scenario(tmp_path / "s.yaml")))


def test_the_documents_name_files_that_are_there() -> None:
    """Links within the repository lead somewhere."""
    for document in {*ROOT.glob("*.md"), *PAGES, ROOT / "tests" / "bench" / "README.md"}:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_links_to_a_heading_lead_to_one() -> None:
    """As GitHub names headings: lower case, blanks as hyphens, without punctuation."""
    for document in PAGES:
        for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", document.read_text()):
            page = document.parent / target if target else document
            titles = re.findall(r"(?m)^#+ (.+)$", page.read_text())
            assert anchor in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_first_page_is_short() -> None:
    """README is read in a few minutes; the rest stands in docs."""
    assert len((ROOT / "README.md").read_bytes()) <= 9_000


def test_every_make_target_in_the_documents_exists() -> None:
    """And the Makefile says what each does."""
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), target


def test_ci_goes_through_the_same_doors() -> None:
    """What people run is what CI runs."""
    script = (ROOT / ".ci" / "run").read_text()
    assert "make check\n" in script
    assert "make test" in script


def test_yaml_blocks_are_found() -> None:
    """So that the tests above test something."""
    assert len(BLOCKS) >= 5
    assert all(isinstance(yaml.safe_load(block), dict) for block in BLOCKS)
