"""From PyTorch to what a node carries: one OpenVINO file with its weights, and a reference."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from ambient.errors import ModelError
from models.runtime import of_torch, ov
from models.sounds.learning.networks import Network
from models.sounds.mel import BANDS
from models.sounds.network import XML

REFERENCE: Final = "reference.npz"
MOST_BYTES: Final = 500_000
"""Of the weights."""


def export(network: Network, folder: Path) -> str:
    """Write ``sounds.xml`` and ``sounds.bin`` to `folder`; return the hash of the weights.

    Raises
    ------
    ModelError
        The weights are larger than a node shall carry.
    """
    network.eval()
    example = (torch.zeros(1, 71, BANDS), network.start(1))
    inputs = [("frames", [1, -1, BANDS]), ("state", [1, network.hidden])]
    with torch.no_grad():
        model = of_torch(network, example, inputs)
    for port, name in zip(model.outputs, ("logits", "state_after"), strict=True):
        port.get_tensor().set_names({name})
    path = folder / XML
    folder.mkdir(parents=True, exist_ok=True)
    ov.save_model(model, str(path), compress_to_fp16=False)
    weights = path.with_suffix(".bin").read_bytes()
    if len(weights) > MOST_BYTES:
        raise ModelError(f"{path}: expected at most {MOST_BYTES} bytes, got {len(weights)}")
    return hashlib.sha256(weights).hexdigest()


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is not seen by the type checker
def write_reference(network: Network, frames: NDArray[np.float32], folder: Path) -> None:
    """Write frames (T, BANDS) of one scene and what PyTorch says of them, for the parity test."""
    logits, _ = network.eval()(torch.from_numpy(frames)[None], network.start(1))
    np.savez_compressed(
        folder / REFERENCE,
        frames=frames.astype(np.float32),
        logits=logits[0].numpy().astype(np.float32),
    )
