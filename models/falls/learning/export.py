"""From PyTorch to what a node carries: one OpenVINO file with its weights, and a reference.

The parts of a network's state are packed into one array (B, S), so that the node keeps one row
for each person and need not know the architecture.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from ambient.errors import ModelError
from models.falls.columns import FEATURES
from models.falls.learning.networks import Ensemble, Network
from models.falls.network import XML
from models.runtime import of_torch, ov

REFERENCE: Final = "reference.npz"
MOST_BYTES: Final = 1_000_000


class Packed(nn.Module):  # type: ignore[misc]  # torch is not seen by the type checker
    """A network whose state is one array."""

    def __init__(self, network: Network | Ensemble) -> None:
        super().__init__()
        self.network = network
        self._shapes = [tuple(part.shape[1:]) for part in network.start(1)]
        self._sizes = [math.prod(shape) for shape in self._shapes]
        self.size = sum(self._sizes)

    def forward(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Take inputs (B, F) and state (B, S); return outputs (B, O) and state (B, S)."""
        flat = state.split(self._sizes, dim=1)
        parts = [part.reshape(-1, *shape) for part, shape in zip(flat, self._shapes, strict=True)]
        outputs, after = self.network.step(inputs, tuple(parts))
        return outputs, torch.cat([part.flatten(1) for part in after], dim=1)


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is not seen by the type checker
def halved(network: Network) -> Network:
    """Round the weights to what 16 bits hold, in place: so stored, they are the same numbers."""
    for part in (*network.parameters(), *network.buffers()):
        if part.is_floating_point():
            part.copy_(part.half().float())
    return network


def export(network: Network | Ensemble, folder: Path) -> str:
    """Write ``falls.xml`` and ``falls.bin`` to `folder`; return the hash of the weights.

    Raises
    ------
    ModelError
        The files are larger than a node shall carry.
    """
    packed = Packed(network).eval()
    example = (torch.zeros(2, len(FEATURES)), torch.zeros(2, packed.size))
    inputs = [("inputs", [-1, len(FEATURES)]), ("state", [-1, packed.size])]
    with torch.no_grad():
        model = of_torch(packed, example, inputs)
    for port, name in zip(model.outputs, ("outputs", "state_after"), strict=True):
        port.get_tensor().set_names({name})
    path = folder / XML
    folder.mkdir(parents=True, exist_ok=True)
    store_halved(model)
    ov.save_model(model, str(path), compress_to_fp16=False)
    weights = path.with_suffix(".bin").read_bytes()
    total = len(weights) + path.stat().st_size
    if total > MOST_BYTES:
        raise ModelError(f"{path}: expected at most {MOST_BYTES} bytes in all, got {total}")
    return hashlib.sha256(weights).hexdigest()


def store_halved(model: ov.Model) -> None:
    """Store what `halved` rounded in 16 bits; the arithmetic and all other constants stay in 32."""
    opset = ov.opset13
    for node in model.get_ops():
        if node.get_type_name() != "Constant" or node.get_element_type() != ov.Type.f32:
            continue
        whole = node.get_data()
        with np.errstate(over="ignore"):
            half = whole.astype(np.float16)
        if whole.size > 1 and np.array_equal(half.astype(np.float32), whole):
            widened = opset.convert(opset.constant(half), ov.Type.f32)
            for reader in node.output(0).get_target_inputs():
                reader.replace_source_output(widened.output(0))


@torch.no_grad()  # type: ignore[untyped-decorator]  # as above
def write_reference(network: Network | Ensemble, inputs: Tensor, folder: Path) -> None:
    """Write inputs (T, F) of one sequence and what PyTorch says of them, for the parity test."""
    state, outputs = network.eval().start(1), []
    for now in inputs:
        found, state = network.step(now[None], state)
        outputs.append(found[0])
    np.savez_compressed(
        folder / REFERENCE,
        inputs=inputs.numpy().astype(np.float32),
        outputs=torch.stack(outputs).numpy().astype(np.float32),
    )
