"""Vocal activation on acted speech: the area, the own baseline, and what is not enough."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.errors import UsageError
from ambient.evaluate.activation import (
    BARS,
    Acted,
    area,
    compared,
    heard,
    run,
    z_scores,
)
from ambient.evaluate.baseline.variances import FEATURES
from ambient.evaluate.voice_signals import Talk, noisy, talk
from ambient.observations import VoiceFeature

F0 = VoiceFeature.F0_LEVEL


@pytest.mark.parametrize(
    ("aroused", "calm", "expected"),
    [
        ([2, 3], [0, 1], 1.0),
        ([0, 1], [2, 3], 0.0),
        ([1], [1], 0.5),
        ([0, 2], [1], 0.5),
        ([1, 2, 3], [1, 2], 2 / 3),
    ],
)
def test_area(aroused: list[float], calm: list[float], expected: float) -> None:
    assert area(np.array(aroused, float), np.array(calm, float)) == pytest.approx(expected)


def acted(speaker: str, label: str, shift: float = 0.0, f0: float = 30.0) -> Acted:
    """A recording whose features lie `shift` published spreads above the speaker's usual."""
    values = {
        feature: (f0 if feature is F0 else 1.0)
        + np.sign(variance.arousal) * shift * variance.within
        for feature, variance in FEATURES.items()
    }
    return Acted(speaker, label, values)


def test_the_own_neutral_recordings_but_the_measured_one_are_the_baseline() -> None:
    """Somebody with a high voice is not aroused, and a recording is not compared with itself."""
    some = [acted("a", "neutral/normal", f0=f0) for f0 in (20.0, 20.0, 22.0)]
    some += [acted("b", "neutral/normal", f0=40.0) for _ in range(3)]
    some += [acted("b", "calm/normal", f0=41.0)]
    z = [one[F0] for one in z_scores(some)]
    widened = np.sqrt(1 + 1 / 2)
    assert z[0] == pytest.approx((20 - 21) / widened)
    assert z[2] == pytest.approx((22 - 20) / widened)
    assert z[-1] == pytest.approx(1 / np.sqrt(1 + 1 / 3))


@pytest.mark.parametrize("neutral", [0, 1])
def test_too_few_neutral_recordings_are_no_baseline(neutral: int) -> None:
    some = [acted("a", "neutral/normal") for _ in range(neutral)] + [
        acted("a", "angry/strong", 2.0)
    ]
    assert z_scores(some)[-1] == {}


def speaker(name: str, arousal: float) -> list[Acted]:
    made = [acted(name, "neutral/normal", shift) for shift in (-0.1, 0.0, 0.1)]
    made += [acted(name, f"calm/{how}", -0.5) for how in ("normal", "strong")]
    made += [acted(name, "angry/normal", 0.4 * arousal), acted(name, "angry/strong", arousal)]
    return made


def test_what_rises_is_told_and_what_does_not_is_not() -> None:
    report = compared(speaker("a", 2.0) + speaker("b", 1.5), {})
    assert (report.speakers, report.recordings, report.ok) == (2, 14, True)
    assert [line.features for line in report.lines] == list(BARS)
    for line in report.lines:
        assert line.strong.auc == line.both.auc == 1.0
        assert (line.strong.aroused, line.both.aroused, line.both.calm) == (2, 4, 10)
    falling = compared(speaker("a", -2.0) + speaker("b", 2.0), {})
    assert falling.lines[0].strong.auc == pytest.approx(0.5, abs=0.01)
    assert falling.lines[0].strong.low < 0.1
    assert falling.lines[0].strong.high > 0.9
    assert not falling.ok


def test_what_depends_on_the_distance_can_be_left_out() -> None:
    """Somebody who only came nearer to the microphone."""
    nearer = [
        Acted(one.speaker, "angry/strong", one.values | {VoiceFeature.LOUDNESS: 9.0})
        for one in (acted("a", ""), acted("b", ""))
    ]
    everything, without, _ = compared(
        speaker("a", 0.0)[:5] + speaker("b", 0.0)[:5] + nearer, {}
    ).lines
    assert everything.by_label["angry/strong"] > 0.9
    assert without.left_out == [VoiceFeature.LOUDNESS]
    assert without.by_label["angry/strong"] == pytest.approx(0.0)


@pytest.mark.parametrize(
    "some",
    [
        [],
        speaker("a", 1.0),
        [one for one in speaker("a", 1.0) + speaker("b", 1.0) if not one.label.startswith("angry")],
        [one for one in speaker("a", 1.0) + speaker("b", 1.0) if one.mood != "neutral"],
    ],
)
def test_what_is_not_enough_is_said(some: list[Acted]) -> None:
    with pytest.raises(UsageError, match="expected two speakers with 3 recordings labelled"):
        compared(some, {})


def test_recordings_are_heard_and_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    acts = [("neutral/normal", 1.0, 1.0)] * 3
    acts += [("calm/strong", 0.95, 0.8), ("angry/strong", 1.6, 3.0)]
    lines = ["file,dataset,use,label,speaker"]
    for who, f0 in (("01", 110.0), ("02", 190.0)):
        for number, (label, up, gain) in enumerate(acts):
            sound = talk(Talk(4.0, f0=f0 * up, phrases=(4,), pauses_s=()), number)[0] * gain * 0.2
            name = f"{who}-{number}.wav"
            soundfile.write(tmp_path / name, noisy(sound, 40.0, number), 16_000)
            lines.append(f"{name},made,evaluate,{label},{who}")
    lines += ["none.wav,made,evaluate,sad/normal,01", "other.wav,made,evaluate,siren,"]
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("\n".join(lines) + "\n")
    steps: list[int] = []
    report = run(manifest, progress=lambda done, _: steps.append(done))
    assert steps == list(range(1, 12))
    assert list(report.errors) == ["none.wav"]
    assert report.lines[0].strong.auc == 1.0
    done = CliRunner().invoke(build(), ["evaluate", "voice", str(manifest), "--activation"])
    assert done.exit_code == 1  # a recording is missing
    assert "without distance and room" in done.output


def test_silence_has_no_values() -> None:
    assert heard(np.zeros(16_000, np.float32)) == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "expected one of --synthesis, --activation, --peers, got no way"),
        (["--synthesis", "--peers"], "got --synthesis and --peers"),
        (["--activation"], "--activation: expected a manifest, got none"),
        (["m.csv", "--synthesis"], "--synthesis: expected no manifest, got m.csv"),
    ],
)
def test_one_way_at_a_time(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(build(), ["evaluate", "voice", *arguments])
    assert done.exit_code != 0
    assert said in str(done.exception)
