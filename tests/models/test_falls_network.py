"""The weights that are carried: as PyTorch computed them, small, quick, and whole."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from ambient.errors import ModelError
from models.falls.columns import FEATURES
from models.falls.network import FOLDER, XML, Network
from models.falls.outputs import BIN, JSON, JUDGEMENTS, OUTPUTS, load
from models.runtime import at_once
from models.skeletons.sequence import LABELS
from tests.patience import until


def reference() -> tuple[np.ndarray, np.ndarray]:
    with np.load(FOLDER / "reference.npz") as stored:
        return stored["inputs"], stored["outputs"]


def test_the_node_says_what_pytorch_said() -> None:
    network = Network.load()
    state = network.start(1)
    inputs, outputs = reference()
    assert len(inputs) >= 40
    assert np.ptp(outputs, axis=0).max() > 1.0
    for now, expected in zip(inputs, outputs, strict=True):
        found, state = network.step(now[None], state)
        np.testing.assert_allclose(found[0], expected, atol=1e-4)


@pytest.mark.parametrize("people", [2, 3, 6])
def test_people_do_not_disturb_each_other(people: int) -> None:
    network = Network.load()
    inputs, outputs = reference()
    states = network.start(people)
    for k in range(20):
        rows = np.stack([inputs[(k + shift) % len(inputs)] for shift in range(people)])
        rows[0] = inputs[k]
        found, states = network.step(rows, states)
        np.testing.assert_allclose(found[0], outputs[k], atol=1e-4)


def test_several_people_are_as_each_alone() -> None:
    network = Network.load()
    rows = reference()[0][:3]
    outputs, states = network.step(list(rows), list(network.start(3)))
    for k in range(3):
        alone, state = network.step(rows[k : k + 1], network.start(1))
        np.testing.assert_array_equal(outputs[k], alone[0])
        np.testing.assert_array_equal(states[k], state[0])


def test_of_a_known_number_of_rows_nothing_is_left_open() -> None:
    compiled = at_once(FOLDER / XML, rows=2)
    assert [list(port.shape) for port in compiled.inputs] == [
        [2, len(FEATURES)],
        [2, Network.load().state_size],
    ]


def test_an_openvino_that_lacks_an_option_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    def older(path: Path, **options: object) -> object:
        asked.append(options)
        if "SNIPPETS_MODE" in options:
            return at_once(path, threads=1, rows=1, NO_SUCH_OPTION="DISABLE")
        return at_once(path, threads=1, rows=1)

    monkeypatch.setattr("models.falls.network.at_once", older)
    network = Network.load()
    assert len(asked) == 2
    inputs, outputs = reference()
    found, _ = network.step(inputs[:1], network.start(1))
    np.testing.assert_allclose(found[0], outputs[0], atol=1e-4)


def test_it_is_small_and_quick() -> None:
    assert sum((FOLDER / name).stat().st_size for name in ("falls.xml", BIN)) < 1_000_000
    network = Network.load()
    inputs, _ = reference()
    state = network.start(1)
    quickest = []
    for _ in range(5):
        took = []
        for now in np.concatenate([inputs] * 5):
            began = time.perf_counter()
            _, state = network.step(now[None], state)
            took.append(time.perf_counter() - began)
        # The quickest tenth: what others do on the machine is not the network's cost.
        quickest.append(np.percentile(took, 10))
    assert min(quickest) < 0.0005


def test_probabilities() -> None:
    said = load().probabilities(reference()[1])
    assert said.shape[1] == len(OUTPUTS)
    assert ((said >= 0) & (said <= 1)).all()
    np.testing.assert_allclose(said[:, : len(LABELS)].sum(axis=1), 1.0, atol=1e-5)


def test_without_calibration_outputs_are_log_odds() -> None:
    rows = np.zeros((3, len(OUTPUTS)), np.float32)
    rows[:, len(LABELS) :] = np.log([[1 / 9], [1], [3]])
    calibrated, undone = load(), load().undone()
    said = undone.probabilities(rows)
    np.testing.assert_allclose(said[:, len(LABELS) :], [[0.1] * 3, [0.5] * 3, [0.75] * 3], 1e-5)
    np.testing.assert_allclose(said[:, : len(LABELS)], 1 / len(LABELS), 1e-5)
    assert undone.thresholds == (0.5, 0.5, 0.5)
    assert (undone.version, undone.weights) == (calibrated.version, calibrated.weights)
    assert not np.allclose(calibrated.probabilities(rows), said)


def test_a_higher_output_is_never_less_probable() -> None:
    rows = np.zeros((3, len(OUTPUTS)), np.float32)
    for i in range(len(JUDGEMENTS)):
        rows[:, len(LABELS) + i] = (-40, 0, 40)
    said = load().probabilities(rows)[:, len(LABELS) :]
    assert (np.diff(said, axis=0) > 0).all()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "falls.xml").unlink(), "found none"),
        (lambda folder: (folder / "falls.xml").write_text("<net"), "cannot read it"),
    ],
    ids=["missing", "broken"],
)
def test_a_network_that_cannot_be_had(tmp_path: Path, spoil: object, message: str) -> None:
    folder = tmp_path / "falls"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "learning"))
    assert callable(spoil)
    spoil(folder)
    with pytest.raises(ModelError, match=message):
        Network.load(folder)


def test_a_calibration_of_other_weights_is_refused(tmp_path: Path) -> None:
    for name in (JSON, BIN):
        shutil.copy(FOLDER / name, tmp_path / name)
    load(tmp_path)
    with (tmp_path / BIN).open("ab") as handle:
        handle.write(b"x")
    with pytest.raises(ModelError, match="make both with"):
        load(tmp_path)
    (tmp_path / JSON).unlink()
    with pytest.raises(ModelError, match="expected the calibration"):
        load(tmp_path)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core: nothing to be tied to")
def test_no_network_ties_its_thread_to_a_core() -> None:
    # Each process of a node would be tied to the same one.
    network = Network.load()
    state = network.start(1)
    now = reference()[0][:1]
    free = os.sched_getaffinity(0)
    done = threading.Event()
    where: list[set[int]] = []
    me = threading.get_native_id()

    def look() -> None:
        while not done.is_set():
            where.append(os.sched_getaffinity(me))

    looker = threading.Thread(target=look)
    looker.start()
    until(lambda: where)
    for _ in range(300):
        network.step(now, state)
    done.set()
    looker.join()
    assert where
    assert all(each == free for each in where)
