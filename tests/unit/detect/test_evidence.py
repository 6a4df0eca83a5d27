"""Evidence: told of the rows that somebody asks for."""

import numpy as np
import pytest

from alerts.detect.evidence import Evidence


def test_only_what_is_asked_for_is_told() -> None:
    """And only of rows that were chosen."""
    asked: list[int] = []

    def tell(place: int) -> dict[str, object]:
        asked.append(place)
        return {"place": place}

    made = Evidence(np.array([7, 3, 9]), np.array([True, False, True]), tell)
    assert list(made) == [7, 9]
    assert len(made) == 2
    assert asked == []
    assert made[9] == {"place": 2}
    assert made.get(3) is None
    assert asked == [2]
    with pytest.raises(KeyError):
        made[8]


def test_it_compares_like_a_dictionary() -> None:
    """Row by row."""
    made = Evidence(np.array([4]), np.array([True]), lambda _: {"n": 1})
    assert made == {4: {"n": 1}}
    assert bool(made)
    assert not Evidence(np.array([4]), np.array([False]), lambda _: {})
