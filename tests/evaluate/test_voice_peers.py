"""Our features beside Praat's over a manifest: asked, compared, judged."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from ambient.errors import UsageError
from ambient.evaluate.voice_peers import LEAST, line, run
from ambient.evaluate.voice_signals import Talk, talk
from tests.evaluate.test_benchmark_audio import ANSWERS, _interpreter


def _manifest(folder: Path, rows: list[str]) -> Path:
    file = folder / "manifest.csv"
    file.write_text("\n".join(["file,dataset,use,label,speaker", *rows]) + "\n")
    return file


def test_recordings_with_a_speaker_are_looked_at(tmp_path: Path) -> None:
    for number in range(3):
        sound, _ = talk(Talk(4.0, phrases=(4,), pauses_s=(), f0=100.0 + 30 * number), number)
        soundfile.write(tmp_path / f"{number}.wav", sound, 16_000)
    rows = [f"{number}.wav,made,evaluate,read,a" for number in range(3)]
    rows += ["none.wav,made,evaluate,read,a", "siren.wav,made,train,siren,"]
    report = run(_manifest(tmp_path, rows), python=_interpreter(tmp_path, ANSWERS))
    assert report.recordings == 3
    assert list(report.errors) == ["none.wav"]
    f0, hnr, cpp = report.lines
    assert [one.feature for one in report.lines] == ["f0", "hnr", "cpp"]
    # The peer says the same of every recording, which is no agreement.
    assert f0.all.r is None
    assert f0.met is False
    assert not report.ok
    assert hnr.all.theirs == pytest.approx(12.0)
    assert cpp.by_set == {}  # three are too few for a line of their own


@pytest.mark.parametrize(
    ("theirs", "met"), [([1.0, 2.0, 3.0, 4.0], True), ([4.0, 1.0, 3.0, 2.0], False)]
)
def test_bars(theirs: list[float], met: bool) -> None:
    pairs = list(zip([1.0, 2.0, 3.0, 4.0], theirs, strict=True))
    found = line("f0", "semitones", "Praat", {"x": {"f0": pairs}, "y": {"f0": pairs * LEAST}})
    assert found.met is met
    assert found.all.recordings == 4 + 4 * LEAST
    assert list(found.by_set) == ["y"]


def test_nobody_speaks(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected rows with a speaker"):
        run(_manifest(tmp_path, ["a.wav,made,train,siren,"]), python=Path("none"))
