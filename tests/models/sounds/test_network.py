"""The network of sounds: the numbers of its training, in pieces or whole, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ambient.errors import ModelError
from models.sounds import outputs
from models.sounds.network import FOLDER, XML, Network, rows
from models.sounds.outputs import BIN, FIELD, JSON, OUTPUTS, STRIDE, Calibration, Scaling, load


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.load()


def test_it_says_what_pytorch_said(network: Network) -> None:
    kept = np.load(FOLDER / "reference.npz")
    logits, _ = network.run(kept["frames"], network.start())
    np.testing.assert_allclose(logits, kept["logits"], atol=1e-4)
    assert np.abs(kept["logits"]).max() > 1.0


def test_pieces_are_the_whole(network: Network) -> None:
    frames = np.load(FOLDER / "reference.npz")["frames"]
    whole, end = network.run(frames, network.start())
    state, found = network.start(), []
    for start in range(0, len(frames) - FIELD + 1, 5 * STRIDE):
        part, state = network.run(frames[start : start + FIELD + 4 * STRIDE], state)
        found.append(part)
    np.testing.assert_allclose(np.concatenate(found), whole, atol=1e-5)
    np.testing.assert_allclose(state, end, atol=1e-5)


@pytest.mark.parametrize(("frames", "expected"), [(30, 0), (31, 1), (38, 1), (39, 2), (71, 6)])
def test_rows(frames: int, expected: int) -> None:
    assert rows(frames) == expected


def test_too_few_frames_are_refused(network: Network) -> None:
    with pytest.raises(ValueError, match="at least 31 frames, got 5"):
        network.run(np.zeros((5, 64), np.float32), network.start())


def test_calibration_belongs_to_its_weights(tmp_path: Path) -> None:
    for name in (BIN, JSON):
        shutil.copy(FOLDER / name, tmp_path / name)
    assert load(tmp_path) == load()
    (tmp_path / BIN).write_bytes(b"other weights")
    with pytest.raises(ModelError, match="expected the hash"):
        load(tmp_path)
    (tmp_path / JSON).write_text("{}")
    with pytest.raises(ModelError, match="ambient train sounds"):
        load(tmp_path)


@pytest.mark.parametrize("content", [None, b"<net/>"])
def test_no_network_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / XML).write_bytes(content)
        (tmp_path / BIN).write_bytes(b"")
    with pytest.raises(ModelError, match=r"sounds\.xml"):
        Network.load(tmp_path)


def test_probabilities() -> None:
    scaling = {name: Scaling(2.0, -1.0) for name in OUTPUTS}
    thresholds = dict.fromkeys(OUTPUTS, 0.5)
    found = Calibration("1", "0", scaling, thresholds).probabilities(
        np.array([[0.5] * len(OUTPUTS), [1e6] * len(OUTPUTS)])
    )
    np.testing.assert_allclose(found[0], 0.5)
    np.testing.assert_allclose(found[1], 1.0)
    with pytest.raises(ValueError, match="one entry for each"):
        Calibration("1", "0", {}, thresholds)


def test_weights_are_small() -> None:
    assert (FOLDER / BIN).stat().st_size < 500_000
    figures = msgspec.json.decode((FOLDER / "figures.json").read_bytes())
    assert set(figures["outputs"]) == set(outputs.OUTPUTS)
