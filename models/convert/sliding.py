"""Turns the speech embedding, which takes one window, into one that slides over many.

In: the ONNX network as its package carries it: windows (n, 76, 32, 1) in, embeddings (n, 1, 1, 96)
out. Out: the same with frames (1, `FRAMES`, 32, 1) in and (1, `STEPS`, 1, 96) out. It pads nothing
along time and moves on by 8 frames an embedding, so what windows next to each other share is worked
out once: 16 windows cost a fifth, and come out the same to the bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from models.runtime import ov

WINDOW: Final = 76
STRIDE: Final = 8
STEPS: Final = 16
FRAMES: Final = WINDOW + (STEPS - 1) * STRIDE
_BANDS: Final = 32


def takes_windows(model: ov.Model) -> bool:
    """Return whether this is the network of the speech embedding, as its package carries it."""
    shape = model.inputs[0].get_partial_shape()
    return len(model.inputs) == 1 and str(shape) == f"[?,{WINDOW},{_BANDS},1]"


def slid(model: ov.Model) -> ov.Model:
    """Return the network with frames of more than one window in.

    Raises
    ------
    ValueError
        It is built in another way.
    """
    from models.runtime import ov

    shapes = [op for op in model.get_ordered_ops() if op.get_type_name() == "Reshape"]
    images = [op for op in shapes if op.output(0).get_partial_shape().rank.get_length() == 4]
    # The first turns channels last into channels first, the last turns them back; both are
    # written for one window. What lies between shapes constants alone.
    ends = [op for op in images if op.input_value(0).get_partial_shape().rank.get_length() == 4]
    if len(ends) != 2:
        raise ValueError(
            f"expected a network that turns its channels twice, got {len(ends)} times; "
            "pull the models again"
        )
    for op, order in zip(ends, ((0, 3, 1, 2), (0, 2, 3, 1)), strict=True):
        turned = ov.opset13.transpose(op.input_value(0), np.array(order))
        turned.output(0).set_names(op.output(0).get_names())
        op.output(0).replace(turned.output(0))
    model.reshape({model.inputs[0]: ov.PartialShape([1, FRAMES, _BANDS, 1])})
    return model
