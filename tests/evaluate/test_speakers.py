"""Telling speakers apart: the ways to enrol, the rates, and the curve, on voices made of tones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ambient.errors import UsageError
from ambient.evaluate import speakers, speakers_fit
from ambient.evaluate.speakers import Report, Told, _equal_error, _interval
from ambient.evaluate.speakers_fit import curve
from ambient.evaluate.speakers_ways import FAR, SAME, Rooms, ways
from audio.blocks import RATE
from tests.audio.speech.voices import ToneEmbedder, talk

MATERIAL = (("room", "rir"), ("noise", "noise"))


def _manifest(folder: Path, rows: list[tuple[str, str, float, float]], use: str) -> Path:
    """Write recordings (speaker, label, voice, seconds) and their manifest."""
    lines = ["file,dataset,use,label,speaker"]
    for number, (speaker, label, voice, seconds) in enumerate(rows):
        soundfile.write(folder / f"{number}.wav", talk(seconds, voice), RATE)
        lines.append(f"{number}.wav,made,{use},{label},{speaker}")
    file = folder / "manifest.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def _run(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.setattr(speakers, "CamPlus", lambda _: ToneEmbedder())
    monkeypatch.setattr(speakers.store, "path", lambda _: Path("none"))
    return speakers.run(manifest)


def test_voices_that_differ_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(who, "read", voice, 9.0) for who, voice in (("a", 220), ("b", 1760)) for _ in "1234"]
    told = _run(_manifest(tmp_path, rows, "evaluate"), monkeypatch).sets["made"]
    assert told.speakers == 2
    assert (told.own_s, told.strangers_s) == (36.0, 72.0)
    assert (told.equal_error.share, told.kept.share, told.stranger_passed.share) == (0, 1, 0)


def test_recordings_that_cannot_be_read_are_named_and_the_others_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(who, "read", voice, 9.0) for who, voice in (("a", 220), ("b", 1760)) for _ in "12345"]
    manifest = _manifest(tmp_path, rows, "evaluate")
    with manifest.open("a") as more:
        more.write("gone.wav,made,evaluate,noise,\nnobody.wav,made,evaluate,read,c\n")
    (tmp_path / "4.wav").write_bytes(b"")
    report = _run(manifest, monkeypatch)
    assert sorted(report.errors) == ["4.wav", "gone.wav", "nobody.wav"]
    assert report.sets["made"].speakers == 2
    assert report.sets["made"].kept.share == 1


def test_voices_that_are_the_same_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(who, "read", 220.0, 9.0) for who in "ab" for _ in "1234"]
    report = _run(_manifest(tmp_path, rows, "evaluate"), monkeypatch)
    assert report.sets["made"].stranger_passed.share == 1
    assert report.sets["made"].equal_error.share == 0.5
    assert report.two_accepted.share == 1
    assert report.one_refused.share == 0


def test_a_mood_that_changes_the_voice_is_kept_only_where_enrolled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moods = (("calm/normal", 1.0), ("angry/strong", 4.0), ("sad/normal", 1.0))
    rows = [
        (who, label, voice * factor, 6.0)
        for who, voice in (("a", 220.0), ("b", 310.0))
        for label, factor in moods
        for _ in "1234"
    ]
    sets = _run(_manifest(tmp_path, rows, "train"), monkeypatch).sets
    assert sets["made (train), calm enrolled"].by_label == {
        "angry/strong": 0.0,
        "sad/normal": 1.0,
    }
    both = sets["made (train), calm and strong enrolled"]
    assert set(both.by_label) == {"angry/strong", "calm/normal", "sad/normal"}
    assert both.kept.share is not None
    assert both.kept.share > 0


def test_figures_hang_on_no_order_of_rows_and_on_no_other_speakers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(2)
    rows = [
        (who, label, voice * rng.uniform(0.85, 1.15), 4.0 + number)
        for who, voice in (("a", 220.0), ("b", 290.0), ("c", 350.0))
        for label in ("read", "told")
        for number in range(5)
    ]
    manifest = _manifest(tmp_path, rows, "evaluate")
    head, *lines = manifest.read_text().splitlines()
    dying = np.exp(-np.arange(RATE // 4) / 700)
    for number in range(3):
        response = dying * rng.standard_normal(len(dying))
        soundfile.write(tmp_path / f"room{number}.wav", response / 4, RATE)
        soundfile.write(tmp_path / f"noise{number}.wav", talk(3.0, 900.0 * (number + 1)), RATE)
        lines += [f"{kind}{number}.wav,made,evaluate,{label}," for kind, label in MATERIAL]
    others = [f"{number}.wav,b,evaluate,read,{'xy'[number > 2]}" for number in range(6)]

    def told(rows: list[str]) -> list[Told]:
        manifest.write_text("\n".join([head, *rows]))
        report = _run(manifest, monkeypatch)
        return [told for name, told in report.sets.items() if name.startswith("made")]

    found = told(lines)
    assert len(found) == 3
    assert found == told(lines[::-1])
    assert found == told([*others, *lines[7:], *lines[:7]])


def test_one_speaker_is_nobody_to_tell_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = _manifest(tmp_path, [("a", "read", 220.0, 9.0)] * 4, "evaluate")
    with pytest.raises(UsageError, match="two named speakers"):
        _run(manifest, monkeypatch)


def test_nothing_that_is_enrolled_is_judged() -> None:
    pieces = [(label, np.full(4, number)) for number, label in enumerate("aabbb")]
    way = ways(pieces, None)[""]
    enrolled, judged = ({int(s[0]) for _, s in part} for part in (way.enrol, way.judge))
    assert (enrolled, judged) == ({0, 2}, {1, 3, 4})


def test_rooms_make_ways_of_their_own() -> None:
    room = np.zeros(10, np.float32)
    room[0] = 1.0
    rooms = Rooms([room, room], [np.ones(100, np.float32)], 20.0)
    found = ways([("a", np.ones(4))] * 2, rooms)
    assert list(found) == ["", FAR, f"{SAME} #0", f"{SAME} #1"]
    heard = rooms.heard(np.ones(1000, np.float32))
    np.testing.assert_allclose(heard, 1.1, rtol=1e-5)


@pytest.mark.parametrize(
    ("own", "strangers", "expected"),
    [
        ([[0.9, 0.8]], [[0.1, 0.2]], 0.0),
        ([[0.1, 0.9]], [[0.1, 0.9]], 0.5),
        ([[0.9, 0.9, 0.9, 0.1]], [[0.8, 0.05, 0.05, 0.05]], 0.25),
    ],
)
def test_equal_error(own: list[list[float]], strangers: list[list[float]], expected: float) -> None:
    rate = _equal_error([np.array(x) for x in own], [np.array(x) for x in strangers])
    assert rate.share == pytest.approx(expected, abs=1e-9)


def test_a_share_of_nothing_is_nothing() -> None:
    assert _interval([]).share is None
    assert _interval([(0.0, 0.0)]).share is None
    assert _interval([(1.0, 2.0), (1.0, 2.0)]).share == 0.5


def test_the_curve_is_found_again() -> None:
    rng = np.random.default_rng(1)
    lengths = rng.choice([1.0, 3.0, 9.0], 60_000)
    cosine = rng.uniform(0, 1, 60_000)
    odds = -9.0 + 18.0 * cosine - 1.5 * np.log2(lengths / 3)
    own = rng.uniform(size=60_000) < 1 / (1 + np.exp(-odds))
    # The curve weighs both kinds the same: what they were drawn with is taken out again.
    prior = np.log(own.mean() / (1 - own.mean()))
    table = np.stack((cosine, lengths), axis=1)
    found = curve(table[own], table[~own])
    assert found.per_cosine == pytest.approx(18, rel=0.08)
    assert found.per_octave == pytest.approx(-1.5, rel=0.1)
    assert found.offset == pytest.approx(-9 - prior, abs=0.6)
    passing = [found.lets_pass(c, s) for c, s in table[~own]]
    assert np.mean(passing) == pytest.approx(speakers_fit.PASS_SHARE, abs=0.005)


def test_the_fit_hears_rows_for_training_alone(tmp_path: Path) -> None:
    rows = [(who, "read", 220.0, 9.0) for who in "ab"]
    with pytest.raises(UsageError, match="two speakers marked train, got 0"):
        speakers_fit.fit(_manifest(tmp_path, rows, "evaluate"))
