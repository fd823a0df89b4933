"""The speech embedding that slides: the same numbers as one window after the other."""

from __future__ import annotations

import numpy as np
import pytest

from models import store
from models.convert.sliding import FRAMES, STEPS, STRIDE, WINDOW, slid, takes_windows
from models.runtime import ov


def _small(shape: list[int], reshapes: bool = True) -> ov.Model:
    """Return a network built as the real one is: channels turned by reshapes, strides of 8."""
    ops = ov.opset13
    windows = ops.parameter(ov.PartialShape(shape), ov.Type.f32, name="windows")
    x = windows
    if reshapes:
        x = ops.reshape(windows, np.array([-1, 1, WINDOW, 32]), special_zero=False)
    else:
        x = ops.transpose(windows, np.array([0, 3, 1, 2]))
    weights = np.random.default_rng(0).normal(size=(5, 1, WINDOW, 32)).astype(np.float32)
    x = ops.convolution(x, weights, [STRIDE, 1], [0, 0], [0, 0], [1, 1])
    x = ops.reshape(x, np.array([-1, 1, 1, 5]), special_zero=False)
    x.output(0).set_names({"embedding"})
    return ov.Model([x], [windows], "small")


def test_sliding_is_one_window_after_the_other() -> None:
    frames = np.random.default_rng(1).normal(size=(FRAMES, 32)).astype(np.float32)
    windows = np.stack([frames[i * STRIDE :][:WINDOW, :, None] for i in range(STEPS)])
    single = ov.Core().compile_model(_small([-1, WINDOW, 32, 1]), "CPU")
    model = slid(_small([-1, WINDOW, 32, 1]))
    assert model.output("embedding").shape == ov.Shape([1, STEPS, 1, 5])
    found = ov.Core().compile_model(model, "CPU")([frames[None, :, :, None]])[0]
    np.testing.assert_allclose(found[0, :, 0], single([windows])[0][:, 0, 0], atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "expected"), [([-1, WINDOW, 32, 1], True), ([1, WINDOW, 32, 1], False)]
)
def test_only_this_network_is_changed(shape: list[int], expected: bool) -> None:
    assert takes_windows(_small(shape)) is expected


def test_a_network_built_in_another_way() -> None:
    with pytest.raises(ValueError, match="turns its channels twice, got 1"):
        slid(_small([-1, WINDOW, 32, 1], reshapes=False))


def test_the_real_one_does_what_its_package_does() -> None:
    there = store.Store(store.locate())
    if there.look("speech_embedding").state is not store.State.OK:
        pytest.skip("the model isn't here, run: ambient models pull speech_embedding")
    frames = np.random.default_rng(2).uniform(1.0, 9.0, (FRAMES, 32)).astype(np.float32)
    windows = np.stack([frames[i * STRIDE :][:WINDOW, :, None] for i in range(STEPS)])
    core = ov.Core()
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    carried = core.compile_model(str(there.source("speech_embedding")), "CPU", options)
    ours = core.compile_model(str(there.path("speech_embedding")), "CPU", options)
    expected = carried([windows])[0].reshape(STEPS, 96)
    found = ours([frames[None, :, :, None]])[0].reshape(STEPS, 96)
    np.testing.assert_allclose(found, expected, atol=1e-3)
