"""``evaluate vad``: segments as other programs read them, scores that can be checked by hand."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from ambient.errors import StoreError, UsageError
from ambient.evaluate import speech_rows, vad
from ambient.evaluate.vad import _count, _frames, _score
from audio.speech.vad import MODEL
from models import store
from tests.audio.speech.test_vad import _voiced

RATE = 16_000


@pytest.mark.parametrize(
    ("truth", "found", "tp", "fp", "fn"),
    [
        ([(1.0, 2.0)], [(1.0, 2.0)], 80, 0, 0),
        ([(1.0, 2.0)], [(0.92, 2.08)], 80, 0, 0),  # within the collar
        ([(1.0, 2.0)], [(0.8, 2.0)], 80, 10, 0),
        ([(1.0, 2.0)], [(1.0, 1.5)], 40, 0, 40),
        ([(1.0, 2.0)], [], 0, 0, 80),
        ([], [(1.0, 2.0)], 0, 100, 0),
        ([], [], 0, 0, 0),
        ([(0.0, 3.0)], [(0.0, 3.0)], 300, 0, 0),
        ([(1.0, 1.15)], [(1.0, 1.15)], 0, 0, 0),  # all of it lies in the collar
    ],
)
def test_frames_are_counted(
    truth: list[tuple[float, float]],
    found: list[tuple[float, float]],
    tp: int,
    fp: int,
    fn: int,
) -> None:
    counts = _count(_frames(truth, 300), _frames(found, 300), "a")
    assert (counts.tp, counts.fp, counts.fn) == (tp, fp, fn)


def test_the_score_is_over_all_frames() -> None:
    right = _count(_frames([(1, 2)], 300), _frames([(1, 2)], 300), "a")
    wrong = _count(_frames([(1, 2)], 300), _frames([], 300), "b")
    score = _score([right, wrong])
    assert (score.f1, score.precision, score.recall) == (0.6667, 1.0, 0.5)
    assert (score.low, score.high) == (0.0, 1.0)
    assert score.recordings == 2
    quiet = _score([_count(_frames([], 300), _frames([], 300), "a")])
    assert (quiet.f1, quiet.low) == (None, None)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    if store.Store(store.locate()).look(MODEL).state is not store.State.OK:
        pytest.skip(f"model {MODEL} isn't here, run: ambient models pull")
    soundfile.write(tmp_path / "silence.wav", np.zeros(2 * RATE), RATE)
    soundfile.write(tmp_path / "voice.wav", _voiced(), RATE)
    soundfile.write(tmp_path / "short.wav", np.zeros(1), RATE)
    (tmp_path / "words.wav").write_text("no sound")
    (tmp_path / "manifest.csv").write_text(
        "file,dataset,use,label,speaker\n"
        "voice.wav,made,evaluate,speech,\n"
        "silence.wav,made,evaluate,noise,\n"
    )
    (tmp_path / speech_rows.SEGMENTS).write_text(
        "file,start_s,end_s,label\nvoice.wav,0.0,0.5,silence\nvoice.wav,0.5,2.0,speech\n"
    )
    return tmp_path


def test_a_line_a_file_named_as_given(recordings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(recordings)
    names = ["./silence.wav", "voice.wav", "short.wav", "words.wav", "none.wav"]
    out = recordings / "out.jsonl"
    report = vad.run(names, segments_out=out)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["file"] for line in lines] == ["./silence.wav", "voice.wav", "short.wav"]
    assert lines[0] == {"file": "./silence.wav", "segments": []}
    assert all(0 <= start < end <= 2.4 for start, end in lines[1]["segments"])
    assert set(report.errors) == {"words.wav", "none.wav"}
    assert report.known == {}
    assert report.files == 3


def test_a_name_that_is_no_utf_8_is_an_error_of_its_own(recordings: Path) -> None:
    odd = os.fsdecode(bytes(recordings) + b"/\xff.wav")
    shutil.copy(recordings / "voice.wav", odd)
    report = vad.run([odd, str(recordings / "voice.wav")])
    assert report.files == 1
    assert list(report.errors) == [f"{recordings}/\\udcff.wav"]
    assert b"expected a name in UTF-8" in msgspec.json.encode(report)


def test_a_manifest_is_measured(recordings: Path) -> None:
    with (recordings / "manifest.csv").open("a") as manifest:
        # Noise, speech and a room that mixtures would be made of.
        for label in ("noise", "neutral_read", "rir"):
            manifest.write(f"no-{label}.wav,made,evaluate,{label},\n")
    report = vad.run([str(recordings / "manifest.csv")])
    assert sorted(report.errors) == ["no-neutral_read.wav", "no-noise.wav", "no-rir.wav"]
    assert report.known["made"].recordings == 1
    assert report.quiet["noise"].speech_s == 0.0
    assert report.mixtures == {}
    assert report.core_s_per_s is not None


def test_what_cannot_be_done_is_said(recordings: Path) -> None:
    for name in ("manifest.csv", "MANIFEST.CSV"):
        with pytest.raises(UsageError, match="one manifest"):
            vad.run([str(recordings / name), str(recordings / "voice.wav")])
    with pytest.raises(StoreError, match="--segments-out"):
        vad.run([str(recordings / "short.wav")], segments_out=recordings)


def test_a_line_does_not_depend_on_what_was_heard_before(recordings: Path) -> None:
    out = recordings / "out.jsonl"
    names = [str(recordings / name) for name in ("voice.wav", "silence.wav", "short.wav")]

    def told(order: list[str]) -> dict[str, object]:
        vad.run(order, segments_out=out)
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        return {line["file"]: line["segments"] for line in lines}

    assert told(names) == told(names[::-1]) == told(names[:1]) | told(names[1:])


def test_mixtures_hang_on_no_order_of_rows(
    recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vad, "MIXTURES", 6)
    monkeypatch.setattr(vad, "SNRS_DB", (10,))
    rng, lines = np.random.default_rng(3), []
    dying = np.exp(-np.arange(RATE // 2) / 900)
    labels = ["neutral_read"] * 5 + ["noise"] * 2 + ["rir"] * 2
    for number, label in enumerate(labels):
        sound = np.roll(_voiced(), 1_600 * number)[: 20_000 + 2_000 * number]
        if label == "noise":
            sound = 0.1 * rng.standard_normal(4 * RATE)
        elif label == "rir":
            sound = dying * rng.standard_normal(len(dying))
        soundfile.write(recordings / f"{number}.wav", sound / np.abs(sound).max() / 2, RATE)
        lines.append(f"{number}.wav,made,evaluate,{label},{'a' * (number < 4)}")

    made: list[bytes] = []

    def heard(self: vad.Listener, samples: np.ndarray) -> list[object]:
        made[-1:] = [made[-1] + samples.tobytes()]
        return []

    monkeypatch.setattr(vad.Listener, "segments", heard)
    for order in (lines, lines[::-1], lines[4:] + lines[:4]):
        made.append(b"")
        (recordings / "manifest.csv").write_text(
            "\n".join(["file,dataset,use,label,speaker", *order])
        )
        rows = speech_rows.read(recordings / "manifest.csv")
        assert set(vad._mixtures(rows, vad.Listener(), {})) == {"10"}
    assert made[0] == made[1] == made[2] != b""


@pytest.mark.parametrize(
    ("manifest", "truth", "said"),
    [
        ("file,dataset\nx,y\n", None, "use, label"),
        ("file,dataset,use,label\n", None, "at least one row"),
        ("file,dataset,use,label\nx,y\n", None, "line 2.* ends before use"),
        ("file,dataset,use,label\nx,y,z,w\n", "file,start_s,end_s,label\nx,a,b,speech\n", "line 2"),
        ("file,dataset,use,label\nx,y,z,w\n", "file,start_s,end_s,label\nx,0,nan,a\n", "line 2"),
        ("file,dataset,use,label\nx,y,z,w\n", "file,start_s\n", "end_s, label"),
    ],
)
def test_a_table_that_cannot_be_understood(
    manifest: str, truth: str | None, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "manifest.csv"
    file.write_text(manifest)
    if truth is not None:
        (tmp_path / speech_rows.SEGMENTS).write_text(truth)
    read = speech_rows.read if truth is None else speech_rows.truth
    with pytest.raises(UsageError, match=said):
        read(file)
