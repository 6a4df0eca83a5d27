"""The share of the time for which a process waited for a processor."""

import os
import threading
import time
from pathlib import Path

import pytest

from stream.worker.starvation import Starvation


def _thread(folder: Path, name: str, waited_ns: int) -> None:
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "schedstat").write_text(f"123456 {waited_ns} 7\n")


def test_the_worst_thread_counts(tmp_path: Path) -> None:
    """Since the last question, at most all of the time; a thread that is new has not waited yet."""
    _thread(tmp_path, "1", 5_000_000_000)
    _thread(tmp_path, "2", 0)
    starvation = Starvation(tmp_path)
    _thread(tmp_path, "1", 5_250_000_000)
    _thread(tmp_path, "2", 500_000_000)
    _thread(tmp_path, "3", 9_000_000_000)
    assert starvation.share(1.0) == 0.5
    assert starvation.share(1.0) == 0.0
    _thread(tmp_path, "1", 9_000_000_000)
    assert starvation.share(1.0) == 1.0


def test_where_nobody_counts_nothing_is_waited(tmp_path: Path) -> None:
    """Another system, a kernel that counts nothing, a thread that has ended."""
    assert Starvation(tmp_path / "none").share(1.0) == 0.0
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "schedstat").write_text("")
    (tmp_path / "2").mkdir()
    assert Starvation(tmp_path).share(1.0) == 0.0


def test_without_a_file_to_open_nothing_is_waited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The watchdog's thread ended with a traceback, and nobody watched any more."""

    def none_left(*_: object) -> None:
        raise OSError(24, "Too many open files")

    starvation = Starvation(tmp_path)
    monkeypatch.setattr(os, "scandir", none_left)
    assert starvation.share(1.0) == 0.0


def test_threads_that_fight_for_the_interpreter_are_seen_by_the_kernel() -> None:
    """The real counts of this process: a share between nothing and all, whatever runs beside it."""
    starvation = Starvation()
    stop = threading.Event()
    others = [threading.Thread(target=lambda: [None for _ in iter(stop.is_set, True)]) for _ in range(3)]
    for each in others:
        each.start()
    began = time.monotonic()
    while time.monotonic() - began < 0.2:
        pass
    share = starvation.share(time.monotonic() - began)
    stop.set()
    for each in others:
        each.join()
    assert 0.0 <= share <= 1.0
