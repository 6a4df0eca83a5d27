"""Event files: lines of one or more logs, by event time."""

import codecs
import gzip
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.errors import SettingsError
from stream.columnar.timestamps import NO_TIME
from stream.files.event_files import EventFile
from stream.files.line_blocks import BLOCK_BYTES, LONGEST
from stream.files.line_heads import BLANK, FEEDBACK, INTERACTION


def interaction(at: object, name: str = "x") -> bytes:
    """A line with a time."""
    return f'{{"id":"{name}","at":{at}}}'.encode()


def written(path: Path, lines: Sequence[bytes], end: bytes = b"\n") -> str:
    """A file of lines."""
    path.write_bytes(b"\n".join(lines) + end if lines else b"")
    return str(path)


def texts(*names: str, as_is: bool = False, step: int = 1_000) -> list[bytes]:
    """All lines, read in pieces."""
    with EventFile(names, as_is=as_is) as events:
        pieces = [
            events.lines(first, min(first + step, len(events))) for first in range(0, len(events), step)
        ]
    return [line for piece in pieces for line in piece.text]


@given(
    times=st.lists(st.integers(1_600_000_000, 1_600_000_050), max_size=40),
    step=st.integers(1, 50),
    cut=st.integers(0, 40),
)
def test_lines_come_by_time_and_ties_as_they_stood(
    tmp_path_factory: pytest.TempPathFactory, times: list[int], step: int, cut: int
) -> None:
    """However they are spread over files and read in pieces."""
    lines = [interaction(at, str(place)) for place, at in enumerate(times)]
    folder = tmp_path_factory.mktemp("events")
    names = (written(folder / "a", lines[:cut]), written(folder / "b", lines[cut:], end=b""))
    in_order = [lines[place] for place in sorted(range(len(times)), key=lambda place: times[place])]
    assert texts(*names, step=step) == in_order
    assert texts(*names, as_is=True, step=step) == lines


def test_packed_files_are_read_like_plain_ones(tmp_path: Path) -> None:
    """Told by content."""
    plain = written(tmp_path / "a", [interaction(1_600_000_002)])
    packed = tmp_path / "b"
    packed.write_bytes(gzip.compress(interaction(1_600_000_001) + b"\n"))
    assert texts(plain, str(packed)) == [interaction(1_600_000_001), interaction(1_600_000_002)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda text: gzip.compress(gzip.compress(text))])
def test_a_mark_before_the_first_line_is_none_of_it(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Windows writes it; the first event counts all the same, packed once, twice or not at all."""
    lines = [interaction(1_600_000_000, "a"), interaction(1_600_000_001, "b")]
    (tmp_path / "a").write_bytes(pack(codecs.BOM_UTF8 + b"\n".join(lines)))
    assert texts(str(tmp_path / "a")) == lines


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_events_in_utf_16_are_the_operators_mistake(tmp_path: Path, encoding: str) -> None:
    """With the way out."""
    (tmp_path / "a").write_bytes(interaction(1_600_000_000).decode().encode(encoding))
    with pytest.raises(SettingsError, match=r"a: want NDJSON in UTF-8, got UTF-16: convert it with `iconv"):
        EventFile([str(tmp_path / "a")])


def test_the_kind_is_told_by_indicator(tmp_path: Path) -> None:
    """Whatever its value; the word in a text does not count, and what is no JSON goes by its looks."""
    lines = [
        b'{"at":1600000000,"id":"1"}',
        b'{"at":1600000000,"indicator":"csat"}',
        b'{"at":1600000000,"indicator":null}',
        b'{"at":1600000000,"comment":"\\"indicator\\": 5"}',
        b'{"at":1600000000,"indicator":',
        b"not json",
        b"  ",
    ]
    with EventFile([written(tmp_path / "a", lines)]) as events:
        kinds = events.kinds().tolist()
    assert kinds == [INTERACTION, FEEDBACK, FEEDBACK, INTERACTION, FEEDBACK, INTERACTION, BLANK]


@pytest.mark.parametrize(
    "wrong",
    [b"{", b"[]", b"\xff", b'{"at":true}', b'{"at":"soon"}', b"{}", interaction(5), interaction(1e300)],
)
def test_a_line_without_a_time_stays_where_it_is(tmp_path: Path, wrong: bytes) -> None:
    """It goes with the line before it; at the start, with the first that has a time."""
    late, early = interaction(1_600_000_002), interaction(1_600_000_001)
    assert texts(written(tmp_path / "a", [late, wrong, early])) == [early, late, wrong]
    assert texts(written(tmp_path / "a", [wrong, early, late])) == [wrong, early, late]


@pytest.mark.parametrize(
    "odd",
    [
        b'{"at":1600000002,"comment":"so slow \\ud83d"}',
        b'{"comment":"\\uD83D","at":1600000002}',
        b'\xef\xbb\xbf{"at":1600000002}',
        b'\0\0\0\0\x05{"at":1600000002}',
    ],
)
def test_what_is_passed_over_in_an_event_hides_its_time_from_nobody(tmp_path: Path, odd: bytes) -> None:
    """An event that is read has its place among the others: else it would come late, and rewrite no alert."""
    first, last = interaction(1_600_000_001), interaction(1_600_000_003)
    assert texts(written(tmp_path / "a", [last, odd, first])) == [first, odd, last]
    assert texts(written(tmp_path / "b", [first, last, odd])) == [first, odd, last]


def test_lines_without_any_time_keep_their_order(tmp_path: Path) -> None:
    """There is nothing to order them by."""
    lines = [b"b", b"a"]
    assert texts(written(tmp_path / "a", lines)) == lines


def test_places_are_told_by_file_and_line(tmp_path: Path) -> None:
    """Empty lines are counted as editors do."""
    first = written(tmp_path / "a", [interaction(1_600_000_002), b"", interaction(1_600_000_001)])
    second = written(tmp_path / "b", [interaction(1_600_000_000)])
    with EventFile([first, second]) as events:
        assert [events.where(int(place)) for place in events.lines(0, 4).place] == [
            f"{second}:1", f"{first}:3", f"{first}:1", f"{first}:2",
        ]  # fmt: skip


def test_long_logs_are_read_in_blocks(tmp_path: Path) -> None:
    """A line is never cut, and progress is told in bytes."""
    lines = [interaction(1_600_000_000 + place, "x" * 100) for place in range(3 * BLOCK_BYTES // 130)]
    name = written(tmp_path / "a", lines)
    told: list[int] = []
    with EventFile([name], told.append) as events:
        assert events.in_order
        assert events.lines(0, len(lines)).text == lines
    assert len(told) == 3
    assert told == sorted(told)
    assert told[-1] == Path(name).stat().st_size


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    """And is no mistake."""
    assert texts(written(tmp_path / "a", [])) == []


def test_a_damaged_archive_is_the_operators_mistake(tmp_path: Path) -> None:
    """It cannot be read to its end."""
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"x" * 10_000)[:-20])
    with pytest.raises(SettingsError, match="want a readable log"):
        texts(str(path))


def test_lines_tell_their_own_times(tmp_path: Path) -> None:
    """Not those that keep them among their neighbours."""
    late, early = interaction(1_600_000_002), interaction(1_600_000_001)
    with EventFile([written(tmp_path / "a", [late, b"{", interaction(5), early])]) as events:
        assert events.lines(0, 4).at_ms.tolist() == [1_600_000_001_000, 1_600_000_002_000, NO_TIME, NO_TIME]


TWO = interaction(1_600_000_004) + interaction(1_600_000_005)
MESSY = st.lists(
    st.sampled_from([
        interaction(1_600_000_001), interaction(1_600_000_002) + b"\r", b"", b" ", b'{"at":', b"}", b"[]",
        b'{"at":1600000003,"indicator":"csat"}', TWO,
        b" " + interaction(1_600_000_006), b'{"at":1600000007}}', b'{"customer":{"at":1600000008}',
    ]),
    min_size=1, max_size=12,
)  # fmt: skip


@example(lines=[TWO, b"", interaction(1_600_000_009)], end=b"\n")
@example(lines=[b'{"at":', b"1600000001}", TWO], end=b"\n")
@given(lines=MESSY, end=st.sampled_from([b"\n", b""]))
def test_a_line_is_read_as_if_it_stood_alone(lines: list[bytes], end: bytes) -> None:
    """Whatever its neighbours are: two objects on one line and none on another are not two lines."""

    def read(some: list[bytes], end: bytes) -> list[tuple[int, int]]:
        with tempfile.TemporaryDirectory() as folder:
            name = written(Path(folder) / "log", some, end)
            with EventFile([name], as_is=True) as events:
                found = events.lines(0, len(events))
        return list(zip(found.at_ms.tolist(), found.kind.tolist(), strict=True))

    alone = [one for line in lines for one in read([line], b"\n")]
    if not (lines[-1] + end):
        alone.pop()  # what ends without a line feed has no empty line after it
    assert read(lines, end) == alone


@pytest.mark.parametrize("packed", [False, True])
def test_of_a_line_that_is_too_long_only_the_beginning_is_read(tmp_path: Path, packed: bool) -> None:  # noqa: FBT001
    """The worker refuses it by its length; lines around it are whole, in a packed log too."""
    lines = [interaction(5), b"z" * (3 * LONGEST), interaction(6)]
    content = b"\n".join(lines)
    (tmp_path / "a").write_bytes(gzip.compress(content) if packed else content)
    with EventFile([str(tmp_path / "a")]) as events:
        assert list(events.lines(0, 3).text) == [lines[0], lines[1][: LONGEST + 1], lines[2]]


@pytest.mark.parametrize("as_is", [False, True])
def test_packed_logs_in_any_order_are_read_like_plain_ones(tmp_path: Path, as_is: bool) -> None:  # noqa: FBT001
    """That their lines are packed anew does not show."""
    dice = random.Random(3)
    lines = [interaction(dice.randrange(10_000)) if dice.random() < 0.9 else b"no json" for _ in range(5_000)]
    plain = written(tmp_path / "plain", lines)
    (tmp_path / "packed").write_bytes(gzip.compress(b"\n".join(lines)))
    assert texts(plain, as_is=as_is) == texts(str(tmp_path / "packed"), as_is=as_is)


def test_what_unfolds_without_end_is_refused(tmp_path: Path) -> None:
    """A hundred kilobytes that unfold to a hundred mebibytes of lines are no log."""
    (tmp_path / "a.gz").write_bytes(gzip.compress((b"{}" + b" " * 1_021 + b"\n") * (102 << 10)))
    with pytest.raises(SettingsError, match="a packed file that unfolds to more than 200 times its size"):
        EventFile([str(tmp_path / "a.gz")])


@pytest.mark.parametrize("change", [b"", b"\n" * 10_000])
def test_a_log_that_is_cut_or_written_anew_meanwhile_is_told(tmp_path: Path, change: bytes) -> None:
    """As a rotation does that copies and cuts; what was added behind its end does no harm."""
    lines = [interaction(1_600_000_000 + place) for place in range(100)]
    name = written(tmp_path / "a", lines)
    with EventFile([name]) as events:
        with Path(name).open("ab") as log:
            log.write(b'{"half')
        assert len(events.lines(0, len(events)).text) == 100
        Path(name).write_bytes(change)
        with pytest.raises(SettingsError, match="a: want a readable log, got: one that was cut or written"):
            events.lines(0, len(events))


def test_old_line_ends_are_told(tmp_path: Path) -> None:
    """All of a log would be one line."""
    (tmp_path / "a").write_bytes(b"\r".join(interaction(place) for place in range(5)))
    with pytest.raises(
        SettingsError, match=r"want lines that end with \\n, got \\r alone: convert it with `tr"
    ):
        EventFile([str(tmp_path / "a")])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_characters_are_told_with_the_way_out(tmp_path: Path, encoding: str) -> None:
    """With or without a mark."""
    (tmp_path / "a").write_bytes((interaction(5).decode() + "\n").encode(encoding))
    wide = encoding[:6].upper()
    with pytest.raises(SettingsError, match=f"got {wide}: convert it with `iconv -f {wide} -t UTF-8"):
        EventFile([str(tmp_path / "a")])
