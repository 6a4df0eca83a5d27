"""How many connections are let in where a process may open few files."""

import pytest

from stream.monitoring.open_files import Room, room

WANTED = Room(1_000, 1_024)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (float("inf"), WANTED),
        (20_000, WANTED),
        (1_024, Room(768, 128)),
        (256, Room(96, 32)),
        (64, Room(24, 8)),
        (4, Room(2, 1)),
    ],
)
def test_clients_have_what_is_left(files: float, found: Room) -> None:
    """And those who wait are let in at once: all of them and our own files are fewer than there may be."""
    assert room(WANTED, files) == found
    assert sum(found) < files
