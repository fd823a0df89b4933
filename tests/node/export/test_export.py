"""Research exports: consent, sealing, pseudonyms, shifted times, yields and the book."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec
import pyrage
import pytest

from ambient import sealing
from ambient.config import NodeConfig, load_node
from ambient.errors import AmbientError, StoreError, UsageError
from ambient.events import ExportFormat, Purpose
from ambient.node.export import audit
from ambient.node.export.anonymity import smallest_group, withheld
from ambient.node.export.dictionary import COLUMNS, entries
from ambient.node.export.make import Wanted, make
from ambient.node.export.rows import TABLES, Reason, SubjectRow
from ambient.node.export.shift import Disguise, secret_of
from ambient.node.export.yields import Yields
from ambient.node.notices import NoticeBoard, NoticeKind, event_of
from ambient.node.recorder import Recorder
from ambient.node.switches import SwitchBoard
from ambient.observations import (
    Doubt,
    MotionMeasured,
    Posture,
    PostureSeen,
    RhythmMeasured,
    Tick,
    View,
    ViewState,
    VitalMeasured,
    VoiceFeature,
    VoiceMeasured,
    VoiceValue,
    Wear,
    WearState,
)
from fusion.judge import Judge

NS = 1_000_000_000
BEGAN = int(datetime.fromisoformat("2027-01-11T00:00:00+01:00").timestamp()) * NS
HOUR = 3600 * NS
DAY = 24 * HOUR
KEY = pyrage.x25519.Identity.generate()
TO = str(KEY.to_public())
A, B = "s-aa01", "s-bb02"

YAML = """
site: lindenhof
node: n-12
state_dir: {state}
time_zone: Europe/Berlin
recording: {{enabled: on}}
gateways: {{csv: {{folder: /tmp}}}}
rooms:
  - id: r12
    beds: [{{id: r12-a, subject: s-aa01}}]
    purposes: {{falls: on, vitals: on, research: off}}
    cameras: [{{id: c1, source: "rtsp://127.0.0.1/none"}}]
    wearables: [{{id: w1, device: dev1, subject: s-aa01, via: csv}}]
  - id: r13
    beds: [{{id: r13-a, subject: s-bb02}}]
    purposes: {{falls: on, vitals: on, research: off}}
    cameras: [{{id: c2, source: "rtsp://127.0.0.1/none"}}]
"""


@pytest.fixture
def config(tmp_path: Path) -> NodeConfig:
    state = tmp_path / "state"
    state.mkdir()
    file = tmp_path / "node.yaml"
    file.write_text(YAML.format(state=state))
    return load_node(file)


def agree(config: NodeConfig, room: str, *, on: bool = True) -> None:
    SwitchBoard(config.state_dir).change(lambda s: s.with_purpose(room, Purpose.RESEARCH, on))


def said(room: str = "r12") -> list:
    """Return two hours of a room: pulse every minute, movement every second of one minute."""
    rows: list = []
    for second in range(7200):
        t = BEGAN + second * NS
        rows.append(Tick(t=t, room=room, source="node"))
        if second % 60 == 0 and second < 3600:
            rows.append(
                VitalMeasured(
                    t=t,
                    room=room,
                    source="w1",
                    received=t + 2 * NS,
                    subject=A,
                    code="8867-4",
                    value=72.0,
                    unit="/min",
                    quality=0.9,
                    doubts=[Doubt.MOTION] if second else [],
                )
            )
        if 60 <= second < 120:
            rows.append(
                MotionMeasured(
                    t=t,
                    room=room,
                    source="w1",
                    received=t,
                    subject=A,
                    wear=Wear.WRIST,
                    counts=0.02,
                    peak=1.4,
                    lowest=0.8,
                    gravity=(0.0, 0.0, 1.0),
                    steps=1,
                )
            )
    rows.append(ViewState(t=BEGAN + NS, room=room, source="c1", view=View.OK))
    rows.append(ViewState(t=BEGAN + 1800 * NS, room=room, source="c1", view=View.DARK))
    rows.append(ViewState(t=BEGAN + 3600 * NS, room=room, source="c1", view=View.PAUSED))
    # Off the body from the second hour on.
    off = WearState(t=BEGAN + 3700 * NS, room=room, source="w1", received=BEGAN, worn=False)
    rows.append(off)
    rows.append(
        VoiceMeasured(
            t=BEGAN + 700 * NS,
            room=room,
            source="m1",
            subject=A,
            began=BEGAN + 600 * NS,
            speech_s=61.0,
            values=[VoiceValue(VoiceFeature.F0_LEVEL, 33.5, 61.0)],
            version="1.0.0",
        )
    )
    rows.append(
        RhythmMeasured(
            t=BEGAN + 900 * NS,
            room=room,
            source="w1",
            received=BEGAN + 900 * NS,
            subject=A,
            seconds=300.0,
            beats=360,
            quality=0.8,
            rmssd_ms=31.0,
            sdnn_ms=None,
        )
    )
    # Somebody is seen to fall, and stays down: an event of the room.
    for tenth in range(600):
        rows.append(
            PostureSeen(
                t=BEGAN + 1000 * NS + tenth * NS // 10,
                room=room,
                source="c1",
                track=1,
                posture=Posture.FALLEN,
                probability=0.97,
                down=0.97,
                upright=0.01,
                descent=0.9,
                still=0.8,
                quality=0.9,
                at=(0.5, 0.8),
                size=0.5,
            )
        )
    return sorted(rows, key=lambda row: row.t)


def record(
    config: NodeConfig, room: str, rows: list, off: Sequence[Purpose] = (), t: int = BEGAN
) -> None:
    judge = Judge(config, "k" * 40, zone=config.zone)
    for purpose in off:
        judge.consent(room, purpose, False)
    recorder = Recorder(config, "k" * 40, lambda r: judge.rooms[r].snapshot(), lambda _: 10_000)
    recorder.follow(room, on=True, t=t)
    for row in rows:
        recorder.keep(room, row)
    recorder.close()


def opened(data: bytes, key=KEY) -> dict[str, bytes]:
    files = {}
    with tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(data, [key]))) as archive:
        for member in archive.getmembers():
            held = archive.extractfile(member)
            assert held is not None
            files[member.name] = held.read()
    return files


def table(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode())))


WANTED = Wanted(form=ExportFormat.CSV, recipient=TO, began=BEGAN, ended=BEGAN + 3 * HOUR)


def test_without_consent_on_record_nothing_is_read_or_entered(config):
    record(config, "r12", said())
    for subjects in ((), (A,)):
        with pytest.raises(UsageError, match="consent to research on record"):
            make(config, replace(WANTED, subjects=subjects), now=1, user=0)
    assert audit.read(config.state_dir) == []
    assert NoticeBoard(config.state_dir).waiting() == []


def test_consent_of_one_room_gives_nothing_of_another(config):
    record(config, "r12", said())
    agree(config, "r12")
    with pytest.raises(UsageError, match=B):
        make(config, replace(WANTED, subjects=(A, B)), now=1, user=0)
    files = opened(make(config, WANTED, now=1, user=0).data)
    assert len(table(files, "subjects")) == 1


def test_consent_that_was_withdrawn_closes_it_again(config):
    record(config, "r12", said())
    agree(config, "r12")
    make(config, WANTED, now=1, user=0)
    agree(config, "r12", on=False)
    with pytest.raises(UsageError, match="consent"):
        make(config, WANTED, now=2, user=0)
    assert len(audit.read(config.state_dir)) == 1


def test_values_have_units_codes_quality_and_evidence(config):
    record(config, "r12", said())
    agree(config, "r12")
    rows = table(opened(make(config, WANTED, now=1, user=0).data), "values")
    pulse = [row for row in rows if row["name"] == "heart_rate"]
    assert len(pulse) == 60
    assert (pulse[0]["code"], pulse[0]["unit"], float(pulse[0]["value"])) == ("8867-4", "/min", 72)
    assert (pulse[0]["doubts"], pulse[1]["doubts"]) == ("", "motion")
    assert float(pulse[0]["delay_s"]) == 2.0
    moved = {row["name"]: row for row in rows if row["name"] in ("activity", "steps")}
    assert float(moved["activity"]["value"]) == pytest.approx(0.02)
    assert (float(moved["steps"]["value"]), float(moved["steps"]["seconds"])) == (60, 60)
    assert [r["unit"] for r in rows if r["name"] == "voice_f0_level"] == ["{semitone}"]
    # Withheld is no row, not a zero.
    assert [r["name"] for r in rows if r["name"] in ("rmssd", "sdnn")] == ["rmssd"]


def test_events_are_those_of_the_judgement(config):
    record(config, "r12", said())
    agree(config, "r12")
    every = table(opened(make(config, WANTED, now=1, user=0).data), "events")
    rows = [row for row in every if row["event"].startswith("fall.")]
    assert [row["event"] for row in rows][:2] == ["fall.suspected", "fall.confirmed"]
    assert json.loads(rows[1]["contributions"])[0]["sense"].startswith("vision")


def test_a_recording_of_which_nothing_reached_the_disk_is_passed_over(config):
    """A process that was killed at once left it; it stays until the days to keep are over."""
    record(config, "r12", said())
    (whole,) = config.state_dir.glob("recordings/*/*")
    for number, content in ((0, b""), (2, bytes(300))):
        (whole.parent / f"r12.{number}.obs.zst").write_bytes(content)
    agree(config, "r12")
    rows = table(opened(make(config, WANTED, now=1, user=0).data), "events")
    assert {row["event"] for row in rows} >= {"fall.suspected"}


def test_times_and_names_are_not_those_of_the_node(config):
    record(config, "r12", said())
    agree(config, "r12")
    files = opened(make(config, WANTED, now=1, user=0).data)
    everything = b"".join(files.values())
    for told in (
        A.encode(),
        b"r12",
        b"w1",
        b"lindenhof",
        b"n-12",
        b"2027-01-11",
        str(BEGAN).encode(),
    ):
        assert told not in everything, told
    first = table(files, "values")[0]
    shifted = datetime.fromisoformat(first["local"])
    assert (shifted.weekday(), shifted.hour) == (0, 0)  # a Monday at midnight, as it was
    assert shifted.year < 2027
    assert float(first["t"]) == 0.0


def test_two_recipients_get_other_names_and_times_and_one_the_same(config):
    secret = secret_of(config.state_dir)
    other = str(pyrage.x25519.Identity.generate().to_public())
    mine, again, theirs = (Disguise(secret, key, A, config.zone, BEGAN) for key in (TO, TO, other))
    assert (mine.subject, mine.local(BEGAN)) == (again.subject, again.local(BEGAN))
    assert mine.subject != theirs.subject
    assert secret_of(config.state_dir) == secret
    assert (config.state_dir / "export.key").stat().st_mode & 0o777 == 0o600


def test_only_the_owner_of_the_key_can_read_it(config):
    record(config, "r12", said())
    agree(config, "r12")
    made = make(config, WANTED, now=1, user=0)
    assert b"heart_rate" not in made.data
    with pytest.raises(pyrage.DecryptError):
        opened(made.data, pyrage.x25519.Identity.generate())


@pytest.mark.parametrize(
    "text",
    ["", "age1nonsense", "hello", str(KEY)],
    ids=["nothing", "nonsense", "a word", "a private key"],
)
def test_what_is_no_public_key_is_refused_and_a_private_one_not_shown(text):
    with pytest.raises(UsageError) as caught:
        sealing.recipient_of(text)
    assert str(KEY) not in str(caught.value)


def test_the_book_the_event_and_the_notice(config):
    record(config, "r12", said())
    agree(config, "r12")
    made = make(config, WANTED, now=77, user=12)
    (entry,) = audit.read(config.state_dir)
    assert (entry.user, entry.subjects, entry.rows) == (12, [A], made.rows)
    assert (config.state_dir / audit.BOOK).stat().st_mode & 0o777 == 0o600
    ((_, notice),) = NoticeBoard(config.state_dir).waiting()
    assert notice.kind is NoticeKind.EXPORTED
    event = event_of(notice, "n-12", "k" * 40, config.version)
    assert (event.subject, event.form, event.rows) == (A, ExportFormat.CSV, made.rows)


def test_without_a_book_nothing_is_handed_out(config):
    record(config, "r12", said())
    agree(config, "r12")
    (config.state_dir / audit.BOOK).mkdir()
    with pytest.raises(StoreError, match="nothing is exported"):
        make(config, WANTED, now=1, user=0)


@pytest.mark.parametrize("form", list(ExportFormat))
def test_every_form_can_be_read_again(config, form):
    record(config, "r12", said())
    agree(config, "r12")
    files = opened(make(config, replace(WANTED, form=form), now=1, user=0).data)
    manifest = json.loads(files["manifest.json"])
    assert manifest["rows"]["values"] >= 65
    if form is ExportFormat.FHIR:
        from fhir.resources.R4B.observation import Observation

        lines = files["observations.ndjson"].splitlines()
        found = [Observation.model_validate_json(line) for line in lines]
        assert {o.code.coding[0].code for o in found} >= {"8867-4", "55423-8"}
        assert any(o.note for o in found)
    elif form is ExportFormat.OMH:
        points = [json.loads(line) for line in files["data-points.ndjson"].splitlines()]
        pulse = next(p for p in points if p["header"]["schema_id"]["name"] == "heart-rate")
        assert pulse["body"]["heart_rate"] == {"value": 72.0, "unit": "beats/min"}
    elif form is ExportFormat.PARQUET:
        parquet = pytest.importorskip("pyarrow.parquet")
        read = parquet.read_table(io.BytesIO(files["values.parquet"]))
        assert read.num_rows == manifest["rows"]["values"]
        assert read["delay_s"].null_count > 0


def test_yields_say_why_there_is_nothing(config):
    record(config, "r12", said())
    agree(config, "r12")
    rows = table(opened(make(config, WANTED, now=1, user=0).data), "yield")
    by = {(row["sense"], float(row["t"])): row for row in rows}
    camera = by["camera", 0.0]
    assert 1795 <= int(camera["alive_s"]) <= 1800
    assert int(camera["no_view_s"]) == 1800
    assert int(by["camera", 3600.0]["paused_s"]) == 3600
    vitals = by["vitals", 0.0]
    assert int(vitals["alive_s"]) == 3600
    second = by["vitals", 3600.0]
    assert int(second["off_body_s"]) == 3500
    assert int(by["sound", 0.0]["absent_s"]) == 3600
    # Nothing was recorded in the third hour: neither a zero nor silence.
    for sense in ("camera", "vitals", "wearable"):
        assert int(by[sense, 7200.0]["not_recorded_s"]) >= 3599, sense
    for row in rows:
        assert sum(int(row[f"{reason.value}_s"]) for reason in Reason) == 3600


def test_a_purpose_that_is_off_is_no_consent(config):
    room = config.rooms[0]
    yields = Yields(room, BEGAN, BEGAN + HOUR)
    for second in range(3600):
        yields.observe(Tick(t=BEGAN + second * NS, room="r12", source="node"))
    yields.switched(Purpose.VITALS, False, BEGAN + 600 * NS)
    yields.switched(Purpose.VITALS, True, BEGAN + 1200 * NS)
    by = {group.value: counts for _, group, counts in yields.hours()}
    assert by["vitals"][Reason.NO_CONSENT] == 600
    assert by["vitals"][Reason.SILENT] == 3000


@pytest.mark.parametrize("before_s", [0, 7200])
@pytest.mark.parametrize(
    ("purpose", "senses"),
    [(Purpose.VITALS, {"vitals", "wearable"}), (Purpose.FALLS, {"camera"})],
)
def test_what_was_switched_off_the_day_before_is_no_consent(config, purpose, senses, before_s):
    """A file that is begun at midnight has no switch of that."""
    rows = [Tick(t=BEGAN + second * NS, room="r12", source="node") for second in range(3600)]
    record(config, "r12", rows, off=[purpose], t=BEGAN - before_s * NS)
    agree(config, "r12")
    yields = table(opened(make(config, WANTED, now=1, user=0).data), "yield")
    first = {row["sense"]: row for row in yields if float(row["t"]) == 0.0}
    for sense in ("vitals", "wearable", "camera"):
        reason = "no_consent_s" if sense in senses else "silent_s"
        assert int(first[sense][reason]) >= 3599, sense


def subjects(*lines: tuple[int, int]) -> list[SubjectRow]:
    return [
        SubjectRow(subject=f"p-{i}", days=days, beds_in_room=beds, senses="camera")
        for i, (days, beds) in enumerate(lines)
    ]


def test_what_makes_residents_rare_is_withheld():
    alike = subjects(*[(30, 1)] * 5)
    assert withheld(alike, ("days", "beds_in_room"))[1] == []
    one_other = subjects(*[(30, 1)] * 5, (30, 2))
    rows, gone = withheld(one_other, ("days", "beds_in_room"))
    assert gone == ["beds_in_room"]
    assert all(row.beds_in_room is None and row.days == 30 for row in rows)
    assert smallest_group(rows, ("days", "beds_in_room")) >= 5
    few = subjects((30, 1))
    assert withheld(few, ("days", "beds_in_room"))[1] == ["beds_in_room", "days"]


def test_every_column_is_explained_and_every_name_in_the_dictionary(config):
    lines = entries()
    assert {line.name for line in lines if line.kind == "column"} <= COLUMNS.keys()
    for name, kind in TABLES.items():
        named = {line.name for line in lines if line.table == name and line.kind == "column"}
        assert named == {field.name for field in msgspec.structs.fields(kind)}
    record(config, "r12", said())
    agree(config, "r12")
    files = opened(make(config, WANTED, now=1, user=0).data)
    known = {line.name for line in lines}
    assert {row["name"] for row in table(files, "values")} <= known
    assert {row["event"] for row in table(files, "events")} <= known


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ended": BEGAN}, "ends after it begins"),
        ({"ended": BEGAN + 500 * DAY}, "up to 400 days"),
        ({"subjects": ("s-ffff",)}, "expected a resident of this node"),
        ({"recipient": "age1x"}, "public key"),
    ],
)
def test_what_cannot_be_exported_is_said(config, changes, says):
    agree(config, "r12")
    with pytest.raises(AmbientError, match=says):
        make(config, replace(WANTED, **changes), now=1, user=0)
