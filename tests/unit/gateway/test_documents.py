"""docs/sources.md: a section for every kind, sources that are sound, output that is what is printed."""

import re
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from stream.cli import tocsin
from stream.gateway.kind_files import kinds
from stream.gateway.source_file import parse_sources
from stream.gateway.sources import IGNORED
from stream.gateway.verification import Refusal

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "sources.md").read_text()
README = (ROOT / "README.md").read_text()
BLOCKS = [
    re.sub(r"(?m)^   ", "", block) if block.startswith("   ") else block
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
]
MAPPING = "format: ndjson\nfields: {id: id, at: {time: at}, channel: {constant: web}}\n"


def test_every_kind_has_a_section() -> None:
    """With what to click, what arrives, what is lost; but for our own."""
    sections = {
        name.strip(): text
        for heading, text in re.findall(r"(?m)^### (.*)\n((?:(?!^##).*\n)*)", PAGE)
        for name in heading.split(",")
    }
    assert set(kinds()) <= set(sections)
    for name in set(kinds()) - {"cloudevents", "events"}:
        assert all(word in sections[name] for word in ("**Click**", "**Arrives**", "**Is lost**")), name


@pytest.mark.parametrize("block", [block for block in BLOCKS if "sources:" in block])
def test_sources_in_the_documents_are_sound(block: str, tmp_path: Path) -> None:
    """Each can be copied as it stands."""
    (tmp_path / "my-system.yaml").write_text(MAPPING)
    assert parse_sources(block, "sources.md", tmp_path)


def test_closed_lists_are_in_the_document() -> None:
    """Reasons and whys that are labels."""
    assert [word for word in (*IGNORED, *map(str, Refusal)) if f"`{word}`" not in PAGE] == []


def test_the_first_screen_is_what_the_commands_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From nothing to a rating, by what lies in examples/."""
    (block,) = (block for block in BLOCKS if "8f3c0d52a7e14b6c9d2b7f0a64c1e835" in block)
    (tmp_path / "sources.yaml").write_text(block)
    given = "sources try helpdesk examples/zendesk-rating.json --sources examples/sources.yaml"
    assert f"$ tocsin {given}\n" in README
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(tocsin, given.split())
    assert orjson.loads(done.stdout)["topic"] == "billing"
    assert done.stdout.strip() in PAGE
    assert done.stdout.strip() in README
    checked = CliRunner().invoke(
        tocsin, ["sources", "check", str(tmp_path / "sources.yaml")], env={"ZENDESK_SECRET": "x"}
    )
    assert checked.output.splitlines()[0] in PAGE
