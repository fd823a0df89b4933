"""Sound made by synthesis: seeded, finite, of its shape; words in their languages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from ambient.errors import UsageError
from models.sounds.learning.pool import UNKNOWN, targets, times
from models.sounds.mel import mel
from models.sounds.outputs import OUTPUTS
from models.sounds.synthesis import espeak, impacts, machines, rooms, voice, words
from models.sounds.synthesis.basics import Floats, Rng, noise, resampled, unit
from models.sounds.synthesis.scenes import KINDS, SECONDS, Cast, Mark, Scene, scene

MAKERS: dict[str, Callable[[Rng], Floats]] = {
    "scream": voice.scream,
    "moan": voice.moan,
    "cough": voice.cough,
    "thud": impacts.thud,
    "glass": impacts.glass,
    "room": rooms.response,
    "smoke": lambda rng: machines.smoke_alarm(rng, 6.0),
    **{maker.__name__: maker for maker in impacts.EVERYDAY},
    **{
        name: lambda rng, maker=maker: maker(rng, 3.0)
        for name, maker in (machines.STEADY | machines.RINGING).items()
    },
}

needs_espeak = pytest.mark.skipif(not espeak.there(), reason="espeak-ng isn't here")


@pytest.mark.parametrize(("up", "down"), [(100, 95), (100, 96), (100, 106), (320, 441), (2, 3)])
def test_resampling_with_a_kept_filter_changes_no_bit(up: int, down: int) -> None:
    sound = noise(np.random.default_rng(0), 5_000)
    for _ in range(2):
        expected = np.asarray(resample_poly(sound, up, down), np.float32)
        np.testing.assert_array_equal(resampled(sound, up, down), expected)
    assert resampled(sound, up, up) is sound


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_seed_makes_the_same_sound(name: str) -> None:
    first, again, other = (MAKERS[name](np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert np.abs(first).max() > 0.5
    np.testing.assert_array_equal(first, again)
    assert len(first) != len(other) or not np.array_equal(first, other)


def _share_below(sound: Floats, hertz: float) -> float:
    power = np.square(np.abs(np.fft.rfft(sound)))
    return float(power[: round(hertz * len(sound) / 16_000)].sum() / power.sum())


@pytest.mark.parametrize(
    ("maker", "hertz", "least", "most"),
    [
        (impacts.thud, 400.0, 0.7, 1.0),
        (impacts.glass, 1000.0, 0.0, 0.4),
        (impacts.dishes, 800.0, 0.0, 0.2),
        (voice.moan, 1500.0, 0.6, 1.0),
    ],
)
def test_where_the_power_lies(
    maker: Callable[[Rng], Floats], hertz: float, least: float, most: float
) -> None:
    shares = [_share_below(maker(np.random.default_rng(seed)), hertz) for seed in range(12)]
    assert least <= float(np.median(shares)) <= most


def test_t3_has_three_pulses_in_four_seconds() -> None:
    pattern = ((0.5, 0.5), (0.5, 0.5), (0.5, 1.5))
    sound = machines.beeps(8.0, pattern, (3100.0,))
    on = np.abs(sound).reshape(-1, 1600).max(axis=1) > 0.5
    expected = [*([True] * 5 + [False] * 5) * 3, *[False] * 10] * 2
    assert on.tolist() == expected


def test_noise_has_its_slope() -> None:
    sound = noise(np.random.default_rng(0), 160_000, 6.0)
    assert float(np.square(sound).mean()) == pytest.approx(1.0, abs=1e-3)
    power = np.square(np.abs(np.fft.rfft(sound)))
    low, high = power[5000:10_000].mean(), power[10_000:20_000].mean()
    assert 10 * np.log10(low / high) == pytest.approx(6.0, abs=1.0)
    assert not unit(np.zeros(4, np.float32)).any()


def test_a_loudspeaker_has_no_bass() -> None:
    rng = np.random.default_rng(0)
    sound = noise(rng, 48_000, 6.0)
    assert _share_below(rooms.loudspeaker(rng, sound), 80.0) < _share_below(sound, 80.0) / 4


def test_words() -> None:
    assert len(words.CALLS) >= 6
    assert set(words.CALLS) <= set(words.TALK)
    for language, each in words.CALLS.items():
        assert each.help
        assert each.call
        assert not {*each.help, *each.call} & set(words.TALK[language])


@pytest.mark.parametrize("text", ["[de]\nhelp = 3\n", "[de", "[de]\nhelp = ['a']\n"])
def test_a_list_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "words.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match="help and call"):
        words.site(file)


def test_a_sites_own_list(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text('[de]\nhelp = ["Hilfe"]\ncall = ["Ines"]\n')
    assert words.site(file) == {"de": words.Words(("Hilfe",), ("Ines",))}


def test_without_espeak_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "LIBRARY", "libnothing.so.0")
    monkeypatch.setattr(espeak, "_opened", [])
    assert not espeak.there()
    with pytest.raises(UsageError, match="apt install espeak-ng"):
        espeak.Speaker()


_SAY = """
import hashlib, numpy, sys
from models.sounds.synthesis.espeak import Speaker
speaker, rng = Speaker(), numpy.random.default_rng(3)
said = [speaker.say(rng, language, "Hilfe", voices=0.5) for language in ("de", "pl", "de")]
assert all(3_000 < len(each) < 40_000 for each in said)
print(hashlib.sha256(b"".join(each.tobytes() for each in said)).hexdigest())
"""


@needs_espeak
def test_every_process_says_the_same() -> None:
    first, again = (
        subprocess.run([sys.executable, "-c", _SAY], capture_output=True, check=True, text=True)
        for _ in range(2)
    )
    assert len(first.stdout.strip()) == 64
    assert first.stdout == again.stdout


@needs_espeak
@pytest.mark.parametrize("kind", KINDS)
def test_scenes(kind: str) -> None:
    made_of = Cast(espeak.Speaker(), (), {})
    found = scene(np.random.default_rng(2), made_of, kind)
    assert found.samples.shape == (round(SECONDS * 16_000),)
    assert np.abs(found.samples).max() <= 1.01
    names = {mark.name for mark in found.marks}
    if kind in OUTPUTS:
        assert kind in names
    if kind in ("everyday", "ringing", "steady"):
        assert not names & {"help", "call", "scream"}


def test_targets() -> None:
    marks = (Mark("help", 1.0, 1.6, ("scream",)), Mark("speech", 1.0, 1.6))
    made = Scene(np.zeros(80_000, np.float32), marks, "help", "de", 10.0)
    frames = mel(made.samples)
    t = times((len(frames) - 31) // 8 + 1)
    found = targets(made, len(t))
    column = found[:, OUTPUTS.index("help")]
    assert set(column[(t > 1.62) & (t < 2.0)].tolist()) == {1}
    assert set(column[(t > 1.05) & (t < 1.55)].tolist()) == {UNKNOWN}
    assert set(column[(t < 0.95) | (t > 2.4)].tolist()) == {0}
    assert (found[:, OUTPUTS.index("speech")] == 1).sum() >= 6
    assert (found[:, OUTPUTS.index("scream")] == UNKNOWN).any()
    assert not found[:, OUTPUTS.index("cough")].any()
