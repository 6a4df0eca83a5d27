"""Rules watch: a sound change is noticed, a wrong one changes nothing but a metric."""

import os
from pathlib import Path

import pytest

from alerts.rules import Rulebook
from stream.files.rule_files import load
from stream.worker.rules_reload import RulesWatch, mark

SOUND = "rules:\n  - {name: low, indicator: csat, by: [channel], window: 30m, warning: 80}\n"
OTHER = SOUND.replace("80", "70")


class Told:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def rules_loaded(self, rulebook: Rulebook) -> None:
        """They were sound."""
        self.said.append(f"{len(rulebook.rules)} rules")

    def rules_refused(self) -> None:
        """They were wrong."""
        self.said.append("refused")


def watch(folder: Path) -> tuple[RulesWatch, Path, Told]:
    """A watch on a sound file."""
    path = folder / "rules.yaml"
    path.write_text(SOUND)
    told = Told()
    return RulesWatch(path, load(path), told), path, told


def test_an_untouched_file_is_not_read(tmp_path: Path) -> None:
    """Only a change, or a wish, has it read."""
    watched, path, _ = watch(tmp_path)
    assert not watched.touched()
    path.write_text(OTHER + "\n")
    assert not watched.touched()
    assert watched.touched()
    assert not watched.touched()
    watched.look()
    assert watched.touched()
    assert not watched.touched()


def test_a_file_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    """Half of it may be sound rules; it is read once it stays as it is, and so is one that comes back."""
    watched, path, _ = watch(tmp_path)
    for rule in ("one", "two", "three"):
        with path.open("a") as file:
            file.write(SOUND.partition("\n")[2].replace("low", rule))
        assert not watched.touched()
    assert watched.touched()
    path.unlink()
    assert not watched.touched()
    path.write_text(OTHER)
    assert not watched.touched()
    assert watched.touched()
    assert not watched.touched()


def test_other_rules_take_over(tmp_path: Path) -> None:
    """Sound rules that differ are worth a start."""
    watched, path, told = watch(tmp_path)
    path.write_text(OTHER)
    assert watched.reload()
    assert told.said == []


def test_the_same_rules_in_other_words_change_nothing(tmp_path: Path) -> None:
    """A comment is no reason to start again; the metric says that the file is sound."""
    watched, path, told = watch(tmp_path)
    path.write_text("# better explained\n" + SOUND)
    assert not watched.reload()
    assert told.said == ["1 rules"]


def test_rules_that_are_put_right_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As are those that somebody asks to be read again: who looks into the log sees that it was done."""
    watched, path, _ = watch(tmp_path)
    caplog.set_level("INFO")
    path.write_text("rules: [")
    assert not watched.reload()
    path.write_text(SOUND)
    assert not watched.reload()
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert caplog.messages[1] == "rules were read, and are those that are in force"


def test_wrong_rules_are_refused(tmp_path: Path) -> None:
    """The old rules stay in force, and a metric says so."""
    watched, path, told = watch(tmp_path)
    path.write_text(SOUND.replace("80", "180"))
    assert not watched.reload()
    path.unlink()
    assert not watched.reload()
    assert told.said == ["refused", "refused"]


def test_a_pipe_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    """Nobody may ever write to it, and no later rules would be read."""
    watched, path, told = watch(tmp_path)
    path.unlink()
    os.mkfifo(path)
    assert not watched.reload()
    path.unlink()
    path.write_text(OTHER)
    assert watched.reload()
    assert told.said == ["refused"]


def test_links_that_are_swapped_are_noticed(tmp_path: Path) -> None:
    """As Kubernetes does with mounted configuration."""
    (tmp_path / "one").write_text(SOUND)
    (tmp_path / "two").write_text(SOUND)
    os.utime(tmp_path / "two", ns=(0, 0))
    link = tmp_path / "rules.yaml"
    link.symlink_to(tmp_path / "one")
    before = mark(link)
    link.unlink()
    assert mark(link) is None
    link.symlink_to(tmp_path / "two")
    assert mark(link) not in (None, before)


def test_rules_that_a_start_would_end_with_are_refused(tmp_path: Path) -> None:
    """Well written, and still not to be had here: nothing of them takes over."""

    def attempt(rulebook: Rulebook) -> None:
        raise KeyError(rulebook.rules[0].name)

    path = tmp_path / "rules.yaml"
    path.write_text(SOUND)
    told = Told()
    watched = RulesWatch(path, load(path), told, attempt)
    path.write_text(OTHER)
    assert not watched.reload()
    assert told.said == ["refused"]
