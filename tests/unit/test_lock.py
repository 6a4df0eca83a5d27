"""requirements.lock: what the image is built from fits what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

ROOT: Final = Path(__file__).parents[2]
WANTED: Final = [
    Requirement(each)
    for each in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
]
LOCKED: Final = dict(
    re.findall(r"^([a-z0-9._-]+)==(\S+) \\$", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
)


def test_every_dependency_is_locked_to_a_version_that_is_wanted() -> None:
    """A dependency that was added or raised without `make lock` would break the image's build."""
    wrong = [
        str(each)
        for each in WANTED
        if not each.specifier.contains(LOCKED.get(each.name.lower().replace("_", "-"), "0"))
    ]
    assert wrong == []


def test_every_locked_version_has_hashes() -> None:
    """As many blocks with hashes as versions: `--require-hashes` takes all or nothing."""
    text = (ROOT / "requirements.lock").read_text()
    assert len(LOCKED) == text.count("==")
    assert len(re.findall(r"== *\S+ \\\n    --hash=sha256:[0-9a-f]{64}", text)) == len(LOCKED)
