"""Measuring of sounds of distress: rows, alarms, false alarms, and the days by synthesis."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.errors import StoreError
from ambient.evaluate import speech_rows
from ambient.evaluate.sound_days import diary, report, television
from ambient.evaluate.sound_days.programmes import shelf
from ambient.evaluate.sounds import _wanted, run
from models.sounds import spotter
from models.sounds.synthesis import espeak, impacts, machines
from models.sounds.synthesis.basics import noise, place
from models.store import State, Store, locate

needs_espeak = pytest.mark.skipif(not espeak.there(), reason="espeak-ng isn't here")
needs_words = pytest.mark.skipif(
    Store(locate()).look(spotter.MODEL).state is not State.OK,
    reason="the speech embedding isn't here, run: ambient models pull",
)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    rng = np.random.default_rng(0)
    t3 = ((0.5, 0.5), (0.5, 0.5), (0.5, 1.5))
    sounds = {
        "glass.wav": ("glass_break", impacts.glass(rng)),
        "smoke.wav": ("smoke_alarm", machines.beeps(9.0, t3, (3100.0,))),
        "beeps.wav": ("alert_bell", machines.beeps(9.0, t3, (3100.0,))),
        "quiet.wav": ("silence", np.zeros(16_000, np.float32)),
    }
    lines = ["file,dataset,use,label"]
    for name, (label, sound) in sounds.items():
        made = noise(rng, len(sound) + 32_000) * np.float32(1e-4)
        place(made, sound, 1.0, 0.5)
        soundfile.write(folder / name, made, 16_000)
        lines.append(f"{name},d,evaluate,{label}")
    lines.append("missing.wav,d,evaluate,glass_break")
    path = folder / "manifest.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@needs_words
def test_recordings(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "alarms.jsonl"
    found = run(manifest, alarms_out=out, made=0)
    assert found.files == 4
    assert list(found.errors) == ["missing.wav"]
    assert found.found["d smoke_alarm"].share == 1.0
    assert found.found["d glass_break"].n == 1
    # The same sound under another label is a false alarm.
    assert found.rings.count == 1
    assert found.ringing == ["beeps.wav (alert_bell)"]
    assert found.rings.high is not None
    lines = [msgspec.json.decode(line) for line in out.read_bytes().splitlines()]
    assert [line["file"] for line in lines] == ["glass.wav", "smoke.wav", "beeps.wav", "quiet.wav"]
    second, name, probability = lines[1]["alarms"][-1]
    assert 4.0 < second < 13.0
    assert name == "smoke_alarm"
    assert 0.9 <= probability <= 1.0
    assert lines[3]["alarms"] == []


@needs_words
def test_alarms_that_cannot_be_written(manifest: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="--alarms-out"):
        run(manifest, alarms_out=tmp_path / "no" / "file", made=0)


@needs_words
def test_the_command(manifest: Path) -> None:
    result = CliRunner().invoke(
        build(), ["evaluate", "sounds", str(manifest), "--made", "0", "--json"]
    )
    assert result.exit_code == 1
    line = msgspec.json.decode(result.stdout.splitlines()[-1])
    assert line["files"] == 4
    shown = CliRunner().invoke(build(), ["evaluate", "sounds", str(manifest), "--made", "0"])
    assert "rang: beeps.wav" in shown.output


@pytest.mark.parametrize(
    ("label", "classes"),
    [
        ("scream_death", ("scream",)),
        ("pain_cry", ("scream", "moan")),
        ("thud_body_hit_ground", ("thud",)),
        ("glass_breaking", ("glass",)),
        (" Fire alarm", ("smoke_alarm",)),
        ("angry/strong", ()),
        ("door", ()),
    ],
)
def test_what_a_label_wants(label: str, classes: tuple[str, ...]) -> None:
    assert _wanted(label) == classes


@pytest.mark.parametrize(("hour", "dark"), [(21.9, False), (22.0, True), (3.0, True), (6.0, False)])
def test_night(hour: float, dark: bool) -> None:
    assert diary.night(hour * 3600) is dark


def test_who_calls_often() -> None:
    assert [diary.caller(number) for number in range(5)] == [False] * 4 + [True]


@needs_espeak
def test_the_calls_of_the_days_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diary, "CALLS_A_DAY", (2, 2))
    things = shelf(np.random.default_rng(1), None, programmes=0, held=False)
    before = list(diary.calls_before(1, 4, things))
    starts = [each.at_s for each in before]
    assert starts == sorted(starts)
    assert [int(at // diary.DAY_S) for at in starts] == [-3, -3, -2, -2, -1, -1]
    assert {(each.name, each.wanted) for each in before} == {(diary.HABITUAL, "")}


@needs_espeak
@needs_words
def test_a_resident_who_calls_often_is_heard_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diary, "CALLS_A_DAY", (1, 1))
    monkeypatch.setattr(diary, "TABLE", {})
    monkeypatch.setattr(report, "caller", lambda _: True)
    monkeypatch.setattr(diary, "caller", lambda _: True)
    found = report.run(1, seed=3, programmes=0)
    assert list(found.unknown) == ["day 1", "day 2", "day 3"]
    assert found.callers.exposure == 1
    assert found.quiet_rooms.exposure == 0


@needs_espeak
@needs_words
def test_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    whistle = replace(diary.TABLE["hearing-aid whistle"], least=1, most=1)
    smoke = replace(diary.TABLE["smoke detector"], share=1.0)
    monkeypatch.setattr(diary, "TABLE", {"whistle": whistle, "smoke": smoke})
    first = report.run(1, seed=3, programmes=0)
    # Small pieces are slow, and the same is heard.
    monkeypatch.setattr(report, "_BLOCK", 1_600)
    again = report.run(1, seed=3, programmes=0)
    assert first.days == 1
    assert first.told == again.told
    assert first.shown == again.shown
    assert first.looked == again.looked
    assert first.played_h == again.played_h > 0.01
    assert first.false.exposure == 1
    assert first.found == again.found
    assert first.found["smoke_alarm, others"].n == 1
    assert first.causes == again.causes
    assert 0.0 < first.looked <= 1.0
    assert first.night.exposure == pytest.approx(1 / 24, abs=1e-3)


class _Lengths:
    """Says nothing; keeps how long what it is asked about is."""

    version = "1"

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def person(self, samples: np.ndarray) -> float:
        self.seconds.append(len(samples) / 16_000)
        return 0.5


def test_recordings_of_a_speaker_are_judged_singly_and_as_a_stretch(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = ["file,dataset,use,speaker,label"]
    for number, (speaker, use) in enumerate(
        [("a", "evaluate"), ("b", "evaluate"), ("a", "evaluate"), ("a", "evaluate"), ("a", "train")]
    ):
        soundfile.write(tmp_path / f"{number}.wav", 0.1 * noise(rng, 3 * 16_000), 16_000)
        lines.append(f"{number}.wav,d,{use},{speaker},calm/normal")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    judge = _Lengths()
    told = television.measure(speech_rows.read(tmp_path / "manifest.csv"), judge)  # type: ignore[arg-type]
    # Each once as a person and once from a loudspeaker; three of one speaker make a stretch.
    assert (told.all.n, told.long.n) == (8, 2)
    assert sorted(judge.seconds) == [3.0] * 8 + [8.0] * 2


class _Hears:
    """Says something of what it is asked about that no other sound has."""

    version = "1"

    def person(self, samples: np.ndarray) -> float:
        return float(np.abs(samples[::7]).mean() * 1e4 % 1.0)


OTHERS = [(0, "train", "calm/normal"), (1, "evaluate", "glass"), (2, "evaluate", "scream")]


def test_what_is_told_hangs_on_no_order_of_rows_and_on_no_other_recordings(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = []
    for number, speaker in enumerate(["b", "a", "", "a", "b", "a", "b", ""]):
        # Longer the later, so that it counts which of one speaker's come first.
        length = (30 + number) * 1_600
        soundfile.write(tmp_path / f"{number}.wav", 0.1 * noise(rng, length), 16_000)
        lines.append(f"{number}.wav,d,evaluate,{speaker},calm/normal")
    lines.append("7.wav,d,evaluate,,meeting")
    others = [f"{number}.wav,d,{use},,{label}" for number, use, label in OTHERS]

    def told(rows: list[str]) -> television.Told:
        text = "\n".join(["file,dataset,use,speaker,label", *rows])
        (tmp_path / "manifest.csv").write_text(text)
        judge: Any = _Hears()
        return television.measure(speech_rows.read(tmp_path / "manifest.csv"), judge)

    assert told(lines) == told(lines[::-1]) == told([*others, *lines[3:], *lines[:3]])
