"""Names: one meaning each."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_public_class_name_is_defined_twice() -> None:
    """Whoever searches for a class finds one."""
    modules = [path for package in ("stream", "alerts") for path in (ROOT / package).rglob("*.py")]
    defined = Counter(
        node.name
        for path in modules
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, times in defined.items() if times > 1] == []
    assert len(defined) > 200
