"""What is kept of a recording beyond it: the time that was asked for, with consent, and no more."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ambient import commands
from ambient.commands import KeepWindow
from ambient.config import NodeConfig, Recording, Room
from ambient.errors import StoreError
from ambient.events import Kept, NodeKept, Outcome, Purpose
from ambient.node import kept, recorder
from ambient.node.desk import CommandDesk
from ambient.node.kept import Window
from ambient.node.notices import NoticeBoard
from ambient.node.recording import (
    SUFFIX,
    AnyRecord,
    Begun,
    RecordingReader,
    RecordingWriter,
    Resumed,
    SeenTo,
    Switched,
)
from ambient.node.switches import SwitchBoard, Switches
from ambient.observations import Tick
from fusion.judge import Judge

NS = 1_000_000_000
NOON = round(datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp())
AGREED = Switches(purposes={"r1": {Purpose.RESEARCH: True}})
ROOM = Room(id="r1")
CONFIG = NodeConfig(site="s", node="n-1", rooms=[ROOM])
SNAPSHOT = Judge(CONFIG, "k" * 40).snapshot("r1")
BEGUN = Begun(
    software="1", config_version="0" * 12, node="n-1", node_key="k", room="r1", subjects=["s-0001"]
)


def tick(at: float, room: str = "r1") -> Tick:
    return Tick(t=round((NOON + at) * NS), room=room, source="c1")


def mark(at: float) -> Resumed:
    return Resumed(t=round((NOON + at) * NS), snapshot=SNAPSHOT)


def recorded(folder: Path, *records: AnyRecord, name: str = "r1.1") -> None:
    day = folder / recorder.FOLDER / "2026-06-01"
    day.mkdir(parents=True, exist_ok=True)
    writer = RecordingWriter(day / f"{name}{SUFFIX}")
    for record in records:
        writer.add(record)
    writer.close()


def keep(folder: Path, began: float, ended: float, **changed: object) -> Window:
    given = {"switches": AGREED, "recording": True, **changed}
    switches = given["switches"]
    assert isinstance(switches, Switches)
    return kept.keep(
        folder,
        ROOM,
        switches,
        recording=bool(given["recording"]),
        name="window",
        began=round((NOON + began) * NS),
        ended=round((NOON + ended) * NS),
    )


SWITCHED = Switched(t=round((NOON + 12) * NS), purpose=Purpose.SOUNDS, on=True, told=True)
HELD = [
    BEGUN,
    mark(-50),
    tick(-40),
    mark(-20),
    tick(5),
    tick(10),
    SWITCHED,
    SeenTo(chain="c"),
    tick(20),
    tick(30),
    SeenTo(chain="d"),
]


def test_the_time_is_kept_and_nothing_before_or_after_it(tmp_path: Path) -> None:
    recorded(tmp_path, *HELD)
    recorded(tmp_path, Begun(**{**_fields(BEGUN), "room": "r2"}), tick(15, "r2"), name="r2.1")
    found = keep(tmp_path, 10, 20)
    (file,) = recorder.kept(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(RecordingReader(file)) == [
        BEGUN, mark(-20), tick(10), SWITCHED, SeenTo(chain="c"), tick(20),
    ]  # fmt: skip
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert found == Window(kept=Kept.KEPT, records=4, digest=digest)
    assert keep(tmp_path, 10, 20) == found, "again is the same"
    assert len(recorder.files(tmp_path)) == 2, "what is kept is no recording of a day"


def _fields(begun: Begun) -> dict[str, object]:
    return {name: getattr(begun, name) for name in begun.__struct_fields__}


@pytest.mark.parametrize(
    ("began", "ended", "changed", "why"),
    [
        pytest.param(10, 20, {"switches": Switches()}, Kept.NOT_RECORDED, id="nobody agreed"),
        pytest.param(10, 20, {"recording": False}, Kept.NOT_RECORDED, id="no recording"),
        pytest.param(11, 11.5, {}, Kept.NOTHING, id="nothing of that time"),
        pytest.param(90_000 * 9, 90_001 * 9, {}, Kept.NOTHING, id="another day"),
    ],
)
def test_where_nothing_is_kept_it_says_so(
    tmp_path: Path, began: float, ended: float, changed: dict[str, object], why: Kept
) -> None:
    recorded(tmp_path, *HELD)
    assert keep(tmp_path, began, ended, **changed) == Window(kept=why)
    assert recorder.kept(tmp_path) == []


def test_a_disk_that_refuses_is_left_with_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(tmp_path, *HELD)

    def full(_: RecordingWriter) -> None:
        raise StoreError("no space left")

    monkeypatch.setattr(RecordingWriter, "flush", full)
    monkeypatch.setattr(recorder, "FLUSH_RECORDS", 2)
    with pytest.raises(StoreError):
        keep(tmp_path, 10, 20)
    assert list((tmp_path / recorder.KEPT).iterdir()) == []


def test_it_goes_with_the_resident_and_in_its_time(tmp_path: Path) -> None:
    recorded(tmp_path, *HELD)
    keep(tmp_path, 10, 20)
    recorder.erase(tmp_path, "s-0002")
    (file,) = recorder.kept(tmp_path)
    written = file.stat().st_mtime
    assert recorder.forget_kept(tmp_path, written + recorder.KEPT_DAYS * 86400 - 1) == 0
    assert recorder.forget_kept(tmp_path, written + recorder.KEPT_DAYS * 86400 + 1) == 1
    keep(tmp_path, 10, 20)
    assert recorder.erase(tmp_path, "s-0001") == 2, "the recording and what was kept of it"
    assert recorder.kept(tmp_path) == []


def test_a_desk_keeps_answers_and_tells(tmp_path: Path) -> None:
    recorded(tmp_path, *HELD)
    config = NodeConfig(
        site="s", node="n-1", state_dir=tmp_path, rooms=[ROOM], recording=Recording(enabled=True)
    )
    desk = CommandDesk(tmp_path / "node.yaml", config, tmp_path / "run", running=False)

    def wanted(room: str = "r1") -> KeepWindow:
        return KeepWindow(
            id=commands.new_id(),
            node="n-1",
            issued=1,
            expires=2,
            room=room,
            began=round((NOON + 10) * NS),
            ended=round((NOON + 20) * NS),
        )

    assert desk.handle(wanted("r9"), 1) is Outcome.REFUSED
    assert desk.handle(wanted(), 1) is None, "the node has no identity yet"
    (tmp_path / "identity").write_text("k" * 40)
    os.chmod(tmp_path / "identity", 0o600)
    assert desk.handle(wanted(), 1) is Outcome.APPLIED
    SwitchBoard(tmp_path).change(
        lambda switches: switches.with_purpose("r1", Purpose.RESEARCH, True)
    )
    command = wanted()
    assert desk.handle(command, 2) is Outcome.APPLIED
    told = [notice.event for _, notice in NoticeBoard(tmp_path).waiting()]
    assert [one.kept for one in told if isinstance(one, NodeKept)] == [
        Kept.NOT_RECORDED,
        Kept.KEPT,
    ]
    last = told[-1]
    assert isinstance(last, NodeKept)
    assert (last.command, last.rows, last.room) == (command.id, 4, "r1")
