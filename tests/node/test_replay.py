"""Live = replay: what fusion gave and what its recording gives again, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ambient import commands
from ambient.cli.record import replay
from ambient.config import NodeConfig, Recording
from ambient.errors import SourceError
from ambient.evaluate import replay_day
from ambient.evaluate.replay_day import NS, START
from ambient.evaluate.replay_live import Live, joined
from ambient.events import (
    FallConfirmed,
    FallSuspected,
    NodeSourceSilent,
    Purpose,
    QualityRestored,
    SenseGroup,
    SenseState,
    SenseStatus,
)
from ambient.node import recorder
from ambient.node.recorder import Recorder
from ambient.node.recording import Begun, RecordingReader, Resumed
from ambient.node.replay import Replay
from ambient.node.switches import SwitchBoard
from ambient.observations import (
    AnyObservation,
    ImpactMeasured,
    MotionMeasured,
    Place,
    Posture,
    PostureSeen,
    SoundClass,
    SoundHeard,
    Tick,
    Wear,
)
from ambient.observations.worn import Measured
from fusion.judge import Judge
from fusion.room import Snapshot

HOUR = 3600 * NS
MIDNIGHT = START + 16 * HOUR
"""START is 8 o'clock, UTC."""


def config(folder: Path, rooms: int = 1, *, on: bool = True) -> NodeConfig:
    return msgspec.structs.replace(
        replay_day.config_of(rooms), state_dir=folder, recording=Recording(enabled=on, keep_days=2)
    )


def fallen(t: int, room: str = "r0") -> AnyObservation:
    return PostureSeen(
        t=t,
        room=room,
        source="c1",
        track=900,
        posture=Posture.FALLEN,
        probability=0.9,
        down=0.95,
        upright=0.0,
        descent=0.9,
        place=Place.FLOOR,
        still=0.8,
        quality=0.9,
        at=(0.2, 0.8),
        size=0.4,
    )


def some_minutes(live: Live, seconds: int) -> None:
    """Let somebody lie on the floor, call for help, and time go on."""
    seen = []
    for k in range(seconds * 5):
        t = live.t + k * NS // 5
        seen.append((t + 90_000_000, fallen(t)))
        if k % 40 == 7:
            call = SoundHeard(t=t, room="r0", source="m1", sound=SoundClass.HELP, probability=0.95)
            seen.append((t + 95_000_000, call))
    live.run(iter(seen))


def felt(live: Live, seconds: int) -> None:
    """Let a wearable feel a fall at once, and its wearer lie still from then on."""
    worn: dict[str, Any] = {"source": "w1", "subject": "s-0000", "wear": Wear.WAIST}
    hit = live.t
    seen: list[tuple[int, AnyObservation]] = []
    for k in range(1, seconds):
        t = hit + k * NS
        if k == 3:
            sure: dict[str, Any] = {"impact": hit, "fall": 0.999, "still": 1.0, "turned": 80.0}
            impact = ImpactMeasured(t=t, received=t, room="r0", **sure, **worn)
            seen.append((t + 10_000_000, impact))
        lies: dict[str, Any] = {
            "counts": 0.0,
            "peak": 1.0,
            "lowest": 1.0,
            "gravity": (0.0, 0.0, 1.0),
        }
        seen.append((t, MotionMeasured(t=t, received=t, room="r0", **lies, **worn)))
    live.run(iter(seen))


def replayed(config: NodeConfig, room: str = "r0") -> bytes:
    files = [f for f in recorder.files(config.state_dir) if f.name.startswith(f"{room}.")]
    return joined(list(Replay(config).events(files)))


def switch(live: Live, purpose: Purpose, on: bool) -> None:
    board = SwitchBoard(live.config.state_dir)
    board.change(lambda switches: switches.with_purpose("r0", purpose, on))


def test_minutes_of_three_senses_in_two_rooms(tmp_path: Path) -> None:
    live = Live(config(tmp_path, 2))
    live.run(replay_day.arriving(live.config, 0.05, 3))
    some_minutes(live, 20)
    live.worker.drain()
    assert any(isinstance(event, FallConfirmed) for event in live.events)
    for room in ("r0", "r1"):
        assert live.of_room(room)
        assert replayed(live.config, room) == live.of_room(room)


def test_restarts_consents_and_acknowledgements_are_in_it(tmp_path: Path) -> None:
    live = Live(config(tmp_path))
    some_minutes(live, 15)
    switch(live, Purpose.SOUNDS, False)
    some_minutes(live, 10)
    live.acknowledge(next(e for e in live.events if isinstance(e, FallConfirmed)).chain)
    live.restart()
    switch(live, Purpose.SOUNDS, True)
    some_minutes(live, 75)
    live.worker.drain()
    kinds = {type(event).__name__ for event in live.events}
    assert {"FallConfirmed", "FallLongLie", "DistressHelp", "ConsentApplied"} <= kinds
    assert replayed(live.config) == live.of_room("r0")


def test_what_wearables_say_while_vitals_are_off_is_neither_judged_nor_kept(
    tmp_path: Path,
) -> None:
    live = Live(config(tmp_path))
    switch(live, Purpose.VITALS, False)
    felt(live, 30)
    live.restart()
    felt(live, 30)
    assert not any(isinstance(event, FallSuspected) for event in live.events)
    live.restart()
    (file,) = recorder.files(tmp_path)
    assert not any(isinstance(one, Measured) for one in RecordingReader(file))
    switch(live, Purpose.VITALS, True)
    felt(live, 30)
    live.worker.drain()
    assert any(isinstance(event, FallConfirmed) for event in live.events)
    assert replayed(live.config) == live.of_room("r0")


def test_vitals_switched_off_and_on_amid_a_fall(tmp_path: Path) -> None:
    live = Live(config(tmp_path))
    felt(live, 6)
    switch(live, Purpose.VITALS, False)
    felt(live, 20)
    switch(live, Purpose.VITALS, True)
    felt(live, 30)
    live.worker.drain()
    assert any(isinstance(event, FallConfirmed) for event in live.events)
    assert replayed(live.config) == live.of_room("r0")


def test_a_new_day_knows_that_falls_are_switched_off(tmp_path: Path) -> None:
    live = Live(config(tmp_path))
    live.t = MIDNIGHT - 2 * NS
    live.restart()
    switch(live, Purpose.FALLS, False)
    felt(live, 30)
    live.worker.drain()
    (suspected,) = (event for event in live.events if isinstance(event, FallSuspected))
    assert suspected.t > MIDNIGHT
    assert SenseState(SenseGroup.CAMERA, SenseStatus.OFF) in suspected.senses
    assert replayed(live.config) == live.of_room("r0")


def test_midnight_begins_a_new_file_that_goes_on_in_the_middle_of_a_fall(tmp_path: Path) -> None:
    live = Live(config(tmp_path))
    live.t = MIDNIGHT - 12 * NS
    live.restart()
    some_minutes(live, 80)
    live.worker.drain()
    days = recorder.days(tmp_path)
    assert [len(recorder.recordings_of(day)) for day in days[-2:]] == [1, 1]
    assert replayed(live.config) == live.of_room("r0")
    first, second = (list(Replay(live.config).events(recorder.recordings_of(d))) for d in days)
    assert isinstance(first[-1], FallConfirmed)
    assert {event.chain for event in second} == {first[-1].chain}
    assert live.of_room("r0").endswith(joined(second))


def test_a_killed_process_loses_seconds_and_the_rest_goes_on(tmp_path: Path) -> None:
    live = Live(config(tmp_path))
    some_minutes(live, 20)
    before = live.of_room("r0")
    live.kill()
    already = len(live.events)
    some_minutes(live, 10)
    live.worker.drain()
    after = joined([e for e in live.events[already:] if e.room == "r0"])
    again = replayed(live.config)
    assert again.endswith(after)
    assert before.startswith(again.removesuffix(after))


def test_a_process_killed_before_it_wrote_anything_costs_nothing_of_the_day(tmp_path: Path) -> None:
    live = Live(config(tmp_path))
    live.kill()
    some_minutes(live, 10)
    live.worker.drain()
    empty, whole = recorder.files(tmp_path)
    assert (empty.stat().st_size, whole.name) == (0, "r0.2.obs.zst")
    again = Replay(live.config)
    assert joined(list(again.events([empty, whole]))) == live.of_room("r0")
    assert live.of_room("r0")
    assert list(again.torn) == [empty]


@pytest.mark.parametrize("content", [b"", bytes(300), b"no recording at all, but long"])
def test_what_is_no_recording_alone_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file, node = tmp_path / "a", tmp_path / "node.yaml"
    file.write_bytes(content)
    node.write_text(f"{{site: s, node: n-1, state_dir: {tmp_path}, rooms: [{{id: r0}}]}}")
    with pytest.raises(SourceError, match="begins with its header"):
        replay([file], node)


def test_a_configuration_that_comes_back_is_replayed_in_the_order_of_the_day(
    tmp_path: Path,
) -> None:
    first = config(tmp_path)
    other = msgspec.structs.replace(
        first, falls=msgspec.structs.replace(first.falls, confirm_s=9.0)
    )
    live = Live(first)
    for of_day in (first, other, first):
        live.config = of_day
        live.restart()
        some_minutes(live, 20)
    live.worker.drain()
    files = recorder.files(tmp_path)
    versions = [RecordingReader(file).begun().config_version for file in files]
    assert versions == [first.version, other.version, first.version]
    times = [one.t for file in files for one in RecordingReader(file) if isinstance(one, Resumed)]
    assert times == sorted(times)
    parts = [
        list(Replay(of).events([file]))
        for of, file in zip((first, other, first), files, strict=True)
    ]
    assert joined([event for part in parts for event in part]) == live.of_room("r0")


@pytest.mark.parametrize(("on", "consent"), [(False, True), (True, False)])
def test_nothing_is_kept_without_both_switch_and_consent(
    tmp_path: Path, on: bool, consent: bool
) -> None:
    live = Live(config(tmp_path, on=on))
    switch(live, Purpose.RESEARCH, consent)
    live.restart()
    held = {file: file.stat().st_size for file in recorder.files(tmp_path)}
    some_minutes(live, 12)
    live.worker.drain()
    assert live.events
    assert {file: file.stat().st_size for file in recorder.files(tmp_path)} == held


def test_withdrawn_consent_ends_the_recording_at_once(tmp_path: Path) -> None:
    live = Live(config(tmp_path))
    some_minutes(live, 5)
    switch(live, Purpose.RESEARCH, False)
    some_minutes(live, 3)
    (file,) = recorder.files(tmp_path)
    size = file.stat().st_size
    some_minutes(live, 10)
    switch(live, Purpose.RESEARCH, True)
    some_minutes(live, 10)
    live.worker.drain()
    records = list(RecordingReader(file))
    assert file.stat().st_size > size
    assert sum(isinstance(record, Resumed) for record in records) == 2


def test_who_is_erased_is_in_no_file(tmp_path: Path) -> None:
    live = Live(config(tmp_path, 2))
    live.run(replay_day.arriving(live.config, 0.02, 3))
    live.orders.append(
        commands.Erase(id=commands.new_id(), node="n-1", issued=1, expires=2, subject="s-0000")
    )
    some_minutes(live, 3)
    live.worker.drain()
    by_room = {f.name: list(RecordingReader(f)) for f in recorder.files(tmp_path)}
    fresh, kept = by_room["r0.1.obs.zst"], by_room["r1.1.obs.zst"]
    erased_at = min(r.t for r in fresh if not isinstance(r, Begun))  # type: ignore[union-attr]
    assert erased_at > START + 60 * NS
    assert any(getattr(r, "t", START + HOUR) < START + 60 * NS for r in kept)


def test_days_that_were_kept_long_enough_are_deleted(tmp_path: Path) -> None:
    live = Live(config(tmp_path))
    for name in ("2020-01-01", "2027-01-13"):
        (tmp_path / "recordings" / name).mkdir()
    live.t += 24 * HOUR
    some_minutes(live, 2)
    live.worker.drain()
    names = [day.name for day in recorder.days(tmp_path)]
    assert "2020-01-01" not in names
    assert "2027-01-16" in names


def test_a_full_disk_ends_the_recording_and_no_judgement(tmp_path: Path) -> None:
    live = Live(config(tmp_path))
    room = live.worker._judge.rooms["r0"]
    free = [0]
    full = Recorder(live.config, "k" * 40, lambda _: room.snapshot(), lambda _: free[0])
    full.follow("r0", True, START)
    assert not full.recorded
    free[0] = 1_000_000
    full.each_second(START + 61 * NS)
    assert full.recorded == {"r0"}


def test_another_configuration_is_told(tmp_path: Path) -> None:
    live = Live(config(tmp_path))
    some_minutes(live, 3)
    live.worker.drain()
    other = msgspec.structs.replace(live.config, site="elsewhere")
    again = Replay(other)
    list(again.events(recorder.files(tmp_path)))
    assert again.other_config == live.config.version
    rooms = msgspec.structs.replace(live.config, rooms=replay_day.config_of(2).rooms[1:])
    with pytest.raises(SourceError, match="room of this configuration"):
        list(Replay(rooms).events(recorder.files(tmp_path)))


def test_that_a_silent_microphone_left_the_configuration_is_in_it(tmp_path: Path) -> None:
    live = Live(config(tmp_path))
    camera = [Tick(t=live.t + k * NS, room="r0", source="c1") for k in range(30)]
    live.run((each.t, each) for each in camera)
    assert [e.source for e in live.events if isinstance(e, NodeSourceSilent)] == ["m1"]
    (room,) = live.config.rooms
    live.config = msgspec.structs.replace(
        live.config, rooms=[msgspec.structs.replace(room, microphones=[])]
    )
    live.restart()
    live.events.clear()
    some_minutes(live, 5)
    live.worker.drain()
    assert [e.source for e in live.events if isinstance(e, QualityRestored)] == ["m1"]
    files = [
        file
        for file in recorder.files(tmp_path)
        if RecordingReader(file).begun().config_version == live.config.version
    ]
    assert joined(list(Replay(live.config).events(files))) == live.of_room("r0")


@pytest.mark.parametrize("cut", [1, 700, 2500])
def test_a_room_goes_on_from_a_snapshot_exactly(tmp_path: Path, cut: int) -> None:
    of_config = config(tmp_path)
    begin = START + 9 * HOUR
    seen = [one for _, one in replay_day.arriving(of_config, 0.2, 8, begin)]
    seen += [fallen(begin + 720 * NS + k * NS // 5) for k in range(60)]
    whole, other = (Judge(of_config, "k" * 40).rooms["r0"] for _ in range(2))
    for one in seen[:cut]:
        whole.observe(one)
    kept = msgspec.msgpack.encode(whole.snapshot())
    other.resume(msgspec.msgpack.decode(kept, type=Snapshot))
    expected = joined([event for one in seen[cut:] for event in whole.observe(one)])
    assert b"fall.suspected" in expected
    assert joined([event for one in seen[cut:] for event in other.observe(one)]) == expected
    assert msgspec.to_builtins(other.snapshot()) == msgspec.to_builtins(whole.snapshot())


def test_erasing_somebody_leaves_the_recordings_of_others_and_knows_every_resident(
    tmp_path: Path,
) -> None:
    """Even of a room of which nothing has reached the disk yet."""
    of_config = config(tmp_path, 2)
    first = of_config.rooms[0]
    bath = [msgspec.structs.replace(first.wet_rooms[0], subject="s-bath")]
    rooms = [msgspec.structs.replace(first, wet_rooms=bath), of_config.rooms[1]]
    of_config = msgspec.structs.replace(of_config, rooms=rooms)
    judge = Judge(of_config, "k" * 40)
    made = Recorder(of_config, "k" * 40, judge.snapshot, lambda _: 1_000_000)
    for room in ("r0", "r1"):
        made.follow(room, True, START)
    made.erase("s-bath", START + NS)
    made.close()
    told = {file.name: RecordingReader(file).begun().subjects for file in recorder.files(tmp_path)}
    assert {name: "s-bath" in who for name, who in told.items()} == {
        "r0.1.obs.zst": True,
        "r1.1.obs.zst": False,
    }
    first_file = next(file for file in recorder.files(tmp_path) if file.name.startswith("r0."))
    begun_at = [one.t for one in RecordingReader(first_file) if isinstance(one, Resumed)]
    assert begun_at == [START + NS], "the recording of whom it tells began anew"
