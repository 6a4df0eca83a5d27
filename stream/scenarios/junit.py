"""Results as JUnit XML, as CI servers read it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from alerts.errors import SettingsError

UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing tested; `failure` is None when it passed."""

    file: str
    name: str
    failure: str | None


def _add(suite: Element, case: Case) -> None:
    entry = SubElement(suite, "testcase", classname=_printable(case.file), name=_printable(case.name))
    if case.failure is not None:
        failure = SubElement(entry, "failure", message=_printable(case.failure.partition("\n")[0]))
        failure.text = _printable(case.failure)


def write(path: Path, cases: Sequence[Case]) -> None:
    """Write one suite with all cases.

    Raises:
        SettingsError: the file cannot be written.
    """
    failures = str(sum(case.failure is not None for case in cases))
    suite = Element("testsuite", name="tocsin test", tests=str(len(cases)), failures=failures, errors="0")
    for case in cases:
        _add(suite, case)
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    try:
        ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise SettingsError(f"{path}: want a file that can be written, got: {error.strerror}") from None


def _printable(text: str) -> str:
    return UNPRINTABLE.sub("�", text)
