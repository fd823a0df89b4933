"""The Fourier transform: as NumPy's, in either way it is computed, and little else is loaded."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from models import fourier

SHAPES = [((400,), 512), ((3, 960), 2048), ((2, 5, 320), 512), ((16_000,), None), ((0, 400), 512)]


@pytest.fixture(params=["SciPy's", "NumPy's"], autouse=True)
def _computed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "NumPy's":
        monkeypatch.setattr(fourier, "POCKETFFT", None)
    else:
        assert fourier.POCKETFFT is not None


@pytest.mark.parametrize(("shape", "size"), SHAPES)
def test_forward(shape: tuple[int, ...], size: int | None) -> None:
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    found = fourier.rfft(values, size)
    assert found.dtype == np.complex64
    np.testing.assert_allclose(found, np.fft.rfft(values.astype(np.float64), size), atol=2e-3)


@pytest.mark.parametrize("real", [True, False])
def test_back(real: bool) -> None:
    rng = np.random.default_rng(1)
    spectrum = np.fft.rfft(rng.standard_normal((4, 2048))).astype(np.complex64)
    spectrum = np.abs(spectrum) ** 2 if real else spectrum
    found = fourier.irfft(spectrum, 2048)
    assert found.dtype == np.float32
    np.testing.assert_allclose(
        found, np.fft.irfft(spectrum.astype(complex), 2048), rtol=1e-3, atol=2e-3
    )


def test_nothing_else_of_scipy_is_loaded() -> None:
    asked = (
        "import sys, audio.networks; print([m for m in sys.modules if m.split('.')[0] == 'scipy'])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
