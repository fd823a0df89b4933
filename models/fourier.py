"""The Fourier transform of real rows: SciPy's code, without what SciPy loads beside it.

Goes out: `rfft` and `irfft` along the last axis, which keep float32. SciPy's transform takes rows
four at a time and is twice as fast as NumPy's here, the inverse more; but importing `scipy.fft`
brings 43 MB of other things into a process (measured). So its one compiled module is opened by
itself. Where SciPy holds it no longer, NumPy's transform does the same, slower.
"""

from __future__ import annotations

from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_NAME: Final = "pypocketfft"
_BY_SIZE: Final = 2
"""The inverse is divided by its size; what goes forward is not (0)."""


def _opened() -> ModuleType | None:
    """Return SciPy's compiled transform; None where it is not."""
    scipy = find_spec("scipy")
    if scipy is None or scipy.origin is None:
        return None
    spec = PathFinder.find_spec(_NAME, [str(Path(scipy.origin).parent / "fft" / "_pocketfft")])
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


POCKETFFT: Final = _opened()


def rfft(values: NDArray[Any], size: int | None = None) -> NDArray[Any]:
    """Return the spectrum of real rows, shape (…, size // 2 + 1), complex of their precision.

    Parameters
    ----------
    values
        float32 or float64, shape (…, n).
    size
        Rows are filled with zeros up to it; n by default, never less.
    """
    count = values.shape[-1]
    if size is not None and size > count:
        filled = np.zeros((*values.shape[:-1], size), values.dtype)
        filled[..., :count] = values
        values = filled
    if POCKETFFT is None:
        return np.asarray(np.fft.rfft(values))
    return np.asarray(POCKETFFT.r2c(values, (values.ndim - 1,), True, 0, None, 1))


def irfft(spectrum: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the real rows (…, size) of spectra (…, size // 2 + 1), which may be real themselves.

    Parameters
    ----------
    spectrum
        float32, float64 or complex.
    size
        Of the rows, an even number.
    """
    if POCKETFFT is None:
        return np.asarray(np.fft.irfft(spectrum, size))
    turned = spectrum + 0j if np.isrealobj(spectrum) else spectrum
    return np.asarray(POCKETFFT.c2r(turned, (turned.ndim - 1,), size, False, _BY_SIZE, None, 1))
