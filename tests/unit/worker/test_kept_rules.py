"""Rules that are kept while a worker begins again."""

import os
from pathlib import Path

import pytest

from alerts.errors import OperatorError
from alerts.rules import Rulebook
from stream.worker.kept_rules import KEPT_AT, begin_with
from stream.worker.rules_reload import RulesWatch

SOUND = "rules:\n  - {name: low, indicator: csat, by: [channel], window: 30m, warning: 80}\n"
OTHER = SOUND.replace("80", "70")
NO_SECRET = SOUND + "receivers:\n  - {name: hook, webhook: {url_env: NOBODY_HAS_SET_THIS}}\n"


class Silent:
    """Somebody who is told of rules and says nothing."""

    def rules_loaded(self, rulebook: Rulebook) -> None:
        """They were sound."""

    def rules_refused(self) -> None:
        """They were wrong."""


@pytest.mark.parametrize("wrong", ["rules: 5\n", NO_SECRET, None])
def test_a_file_that_went_wrong_meanwhile_changes_nothing(tmp_path: Path, wrong: str | None) -> None:
    """The worker has left already when it finds that out."""
    path = tmp_path / "rules.yaml"
    path.write_text(SOUND)
    before = begin_with(path, {})
    environment: dict[str, str] = {}
    before.keep(environment)
    if wrong is None:
        path.unlink()
    else:
        path.write_text(wrong)
    again = begin_with(path, environment)
    assert (again.rulebook, again.text, again.are_old) == (before.rulebook, SOUND, True)
    assert environment == {}


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_disk_that_is_read_only_ends_no_reload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, in_memory: bool
) -> None:
    """Rules are kept in memory; where that cannot be, there are those of the file alone."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    if not in_memory:
        monkeypatch.delattr("os.memfd_create", raising=False)
    elif not hasattr(os, "memfd_create"):
        pytest.skip("no files in memory here")
    path = tmp_path / "rules.yaml"
    path.write_text(SOUND)
    environment: dict[str, str] = {}
    begin_with(path, {}).keep(environment)
    assert (KEPT_AT in environment) == in_memory
    path.write_text(OTHER)
    assert begin_with(path, environment).text == OTHER


def test_a_file_that_stays_sound_takes_over(tmp_path: Path) -> None:
    """What is in it when the worker begins again."""
    path = tmp_path / "rules.yaml"
    path.write_text(SOUND)
    environment: dict[str, str] = {}
    begin_with(path, {}).keep(environment)
    path.write_text(OTHER)
    again = begin_with(path, environment)
    assert (again.text, again.are_old) == (OTHER, False)


def test_a_change_before_the_file_is_watched_is_seen(tmp_path: Path) -> None:
    """Between the reading and the watching are a second and more."""
    path = tmp_path / "rules.yaml"
    path.write_text(SOUND)
    begun = begin_with(path, {})
    path.write_text(OTHER + "\n")
    watched = RulesWatch(path, begun.rulebook, Silent(), seen=begun.seen)
    assert watched.touched()
    assert watched.reload()
    assert not watched.touched()


def test_wrong_rules_at_the_first_start_end_it(tmp_path: Path) -> None:
    """There are none to go on with."""
    path = tmp_path / "rules.yaml"
    path.write_text("rules: 5\n")
    with pytest.raises(OperatorError):
        begin_with(path, {})


@pytest.mark.parametrize("foreign", ["yes", "/etc/rules.yaml", "-1", "1", "1000000", "9" * 40, "\u0663"])
def test_a_variable_that_is_not_the_workers_is_ignored(tmp_path: Path, foreign: str) -> None:
    """It names no file that a process before this one has left."""
    path = tmp_path / "rules.yaml"
    path.write_text(SOUND)
    begun = begin_with(path, {KEPT_AT: foreign})
    assert (begun.text, begun.are_old) == (SOUND, False)
