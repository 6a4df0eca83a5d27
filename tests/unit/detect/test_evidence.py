"""Evidence: told of the rows that somebody asks for."""

import numpy as np
import pytest

from alerts.detect.evidence import Evidence, entries
from alerts.detect.findings import Findings


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


def test_some_entries_tell_what_is_theirs() -> None:
    """Rows come more than once where findings are of many panes; each entry has evidence of its own."""
    rows = np.array([3, 3, 5])
    found = Findings(
        rows=rows, verdict=np.array([1, 2, 2], np.int8), severity=np.array([0, 1, 2], np.int8),
        value=np.array([1.0, 2.0, 3.0]), n=np.array([10, 20, 30]), low=np.zeros(3), high=np.ones(3),
        limit=np.full(3, 4.0),
        evidence=Evidence(rows, np.array([False, True, True]), lambda at: {"place": at}),
    )  # fmt: skip
    some = entries(found, np.array([1, 2]))
    assert some.rows.tolist() == [3, 5]
    assert (some.value.tolist(), some.n.tolist(), some.severity.tolist()) == ([2.0, 3.0], [20, 30], [1, 2])
    assert dict(some.evidence) == {3: {"place": 1}, 5: {"place": 2}}
    assert some.kept is None
    assert not dict(entries(found, np.array([0])).evidence)
