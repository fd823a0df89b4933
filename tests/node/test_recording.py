"""The file of a recording: whole, torn at every byte, and written by another version."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ambient.errors import SourceError, StoreError
from ambient.events import Purpose
from ambient.node.recording import (
    AnyRecord,
    Begun,
    RecordingReader,
    RecordingWriter,
    SeenTo,
    Switched,
)
from ambient.observations import Tick

BEGUN = Begun(
    software="1", config_version="0" * 12, node="n-1", node_key="k", room="r1", subjects=["s-0001"]
)


def tick(t: int) -> Tick:
    return Tick(t=t, room="r1", source="c1")


FRAMES: list[list[AnyRecord]] = [
    [BEGUN, tick(1)],
    [Switched(t=2, purpose=Purpose.SOUNDS, on=True, told=True), tick(3), tick(4)],
    [SeenTo(chain="c"), tick(5)],
]


def write(path: Path, frames: list[list[AnyRecord]]) -> list[int]:
    """Write `frames`; return the size of the file after each."""
    writer = RecordingWriter(path)
    sizes = []
    for frame in frames:
        for record in frame:
            writer.add(record)
        writer.flush()
        sizes.append(path.stat().st_size)
    writer.close()
    return sizes


def flat(frames: list[list[AnyRecord]]) -> list[AnyRecord]:
    return [record for frame in frames for record in frame]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write(path, FRAMES)
    reader = RecordingReader(path)
    assert list(reader) == flat(FRAMES)
    assert reader.torn.bytes == 0
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_cut_anywhere_is_read_up_to_its_last_whole_frame(tmp_path: Path) -> None:
    path = tmp_path / "a"
    sizes = write(path, FRAMES)
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        whole = sum(size <= length for size in sizes)
        reader = RecordingReader(path)
        assert reader.has_begun() == (whole > 0)
        assert list(reader) == flat(FRAMES[:whole])
        assert reader.torn.bytes == length - (sizes[whole - 1] if whole else 0)
        headed = reader.torn.bytes >= 16
        assert reader.torn.records == (len(FRAMES[whole]) if headed else 0)


@pytest.mark.parametrize("torn", [0, 1, 15, 16, 30])
def test_a_torn_end_is_cut_and_counted_before_more_is_added(tmp_path: Path, torn: int) -> None:
    path = tmp_path / "a"
    sizes = write(path, FRAMES)
    path.write_bytes(path.read_bytes()[: sizes[1] + torn])
    writer = RecordingWriter(path)
    assert (writer.cut.bytes, writer.cut.records) == (torn, 2 if torn >= 16 else 0)
    writer.add(tick(9))
    writer.close()
    assert list(RecordingReader(path)) == [*flat(FRAMES[:2]), tick(9)]


def test_a_last_frame_of_which_only_the_length_reached_the_disk_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a"
    sizes = write(path, FRAMES)
    data = path.read_bytes()
    path.write_bytes(data[: sizes[1] + 16] + bytes(len(data) - sizes[1] - 16))
    assert list(RecordingReader(path)) == flat(FRAMES[:2])
    writer = RecordingWriter(path)
    assert (writer.cut.bytes, writer.cut.records) == (len(data) - sizes[1], 2)
    writer.close()


def test_any_reader_of_zstandard_reads_it(tmp_path: Path) -> None:
    import zstandard

    path = tmp_path / "a"
    write(path, FRAMES)
    with path.open("rb") as file, zstandard.open(file, "rb") as plain:
        data = plain.read()
    assert data.startswith(msgspec.msgpack.encode(FRAMES[0]))


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "begins with its header"), (b"no recording at all, but long", "begins with its header")],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=says):
        RecordingReader(path).begun()


def test_records_of_another_version_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    strange = msgspec.defstruct("Strange", ["t"], tag_field="type", tag="strange")
    write(path, [[BEGUN], [strange(t=1)]])  # type: ignore[list-item]
    with pytest.raises(SourceError, match="version of ambient that wrote it"):
        list(RecordingReader(path))


def test_a_missing_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        RecordingWriter(tmp_path / "none" / "a")


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        RecordingReader(tmp_path / "none").begun()
