"""Learning: networks that stream what they were trained on, a masked loss, repeatable weights.

Runs in the environment of ``make setup-train``; PyTorch is in no other.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch: Any = pytest.importorskip("torch")

from models.falls.columns import FEATURES  # noqa: E402
from models.falls.learning.course import Material, course  # noqa: E402
from models.falls.learning.export import export, write_reference  # noqa: E402
from models.falls.learning.fit import Loss, Recipe, fit  # noqa: E402
from models.falls.learning.networks import Ensemble, Kind, build  # noqa: E402
from models.falls.learning.pool import Windows, pool  # noqa: E402
from models.falls.network import Network  # noqa: E402
from models.falls.outputs import BIN, OUTPUTS, load  # noqa: E402
from models.skeletons.sequence import LABELS  # noqa: E402
from tests.models.test_falls_variants import fallen  # noqa: E402

F = len(FEATURES)


def fresh(kind: Kind, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return build(kind, torch.zeros(F), torch.ones(F)).eval()


@pytest.mark.parametrize("kind", list(Kind))
def test_steps_give_what_the_whole_gives(kind: Kind) -> None:
    network = fresh(kind)
    inputs = torch.randn(3, 120, F)
    inputs[:, :, FEATURES.index("dt")] = 0.5
    with torch.no_grad():
        whole = network(inputs)
        state = network.start(3)
        for k in range(inputs.shape[1]):
            now, state = network.step(inputs[:, k], state)
            assert (now - whole[:, k]).abs().max() < 1e-4


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_of_the_future_is_used(kind: Kind) -> None:
    network = fresh(kind)
    inputs = torch.randn(1, 40, F)
    changed = inputs.clone()
    changed[:, 20:] += 1
    with torch.no_grad():
        a, b = network(inputs), network(changed)
    assert torch.equal(a[:, :20], b[:, :20])
    assert not torch.allclose(a[:, 20:], b[:, 20:])


@pytest.mark.parametrize("kind", list(Kind))
def test_the_node_computes_what_pytorch_computes(kind: Kind, tmp_path: Path) -> None:
    network = Ensemble([fresh(kind, 1), fresh(kind, 2)]).eval()
    export(network, tmp_path)
    write_reference(network, torch.randn(40, F), tmp_path)
    node, reference = Network.load(tmp_path), np.load(tmp_path / "reference.npz")
    state = node.start(1)
    for inputs, outputs in zip(reference["inputs"], reference["outputs"], strict=True):
        found, state = node.step(inputs[None], state)
        np.testing.assert_allclose(found[0], outputs, atol=1e-4)


def test_what_is_unknown_costs_nothing() -> None:
    source = pool([fallen(1)], seed=0, plain=True)
    loss = Loss(source, Recipe())
    outputs = torch.randn(2, 5, len(OUTPUTS), requires_grad=True)
    labels = torch.full((2, 5), -1)
    judged = torch.full((2, 5, 3), float("nan"))
    assert float(loss(outputs, labels, judged).detach()) == 0
    labels[0, 0], judged[1, 1, 2] = 3, 1.0
    loss(outputs, labels, judged).backward()
    used = outputs.grad != 0
    assert used[0, 0, : len(LABELS)].all()
    assert used[1, 1, len(LABELS) + 2]
    assert int(used.sum()) == len(LABELS) + 1


def test_windows_end_with_their_sequence() -> None:
    source = pool([fallen(1), fallen(2)], seed=0, plain=True)
    sizes = np.diff(source.start)
    windows = Windows(source, np.array([0, 1]), int(sizes.max()) + 7)
    _, labels, judged = windows.draw(16, np.random.default_rng(0))
    known = (labels >= 0).sum(dim=1).numpy()
    assert set(known) <= set(sizes.tolist())
    assert bool(torch.isfinite(judged[:, :, 0]).sum(dim=1).eq(torch.tensor(known)).all())


def test_recordings_alone_are_enough() -> None:
    recorded = pool([fallen(seed) for seed in range(6)], seed=0, tellings=2)
    network = fit(Kind.GRU, Recipe(steps=6, windows=8, length=20), None, recorded)
    assert all(bool(torch.isfinite(each).all()) for each in network.state_dict().values())


@pytest.mark.parametrize("simulations", [True, False], ids=["with", "without simulations"])
def test_a_course_writes_what_a_node_reads(tmp_path: Path, simulations: bool) -> None:
    told = pool([fallen(seed) for seed in range(4)], seed=0)
    plain = pool([fallen(seed) for seed in range(4, 8)], seed=0, plain=True)
    some = told if simulations else None
    material = Material(some, told, plain if simulations else None, plain, plain)
    figures = course(Kind.GRU, Recipe(steps=2, windows=8, length=20), material, tmp_path)
    assert (figures.instants["simulated"] > 0) is simulations
    assert load(tmp_path).weights == hashlib.sha256((tmp_path / BIN).read_bytes()).hexdigest()
    assert Network.load(tmp_path).start(1).shape[0] == 1


def test_the_same_seed_gives_the_same_weights() -> None:
    source = pool([fallen(seed) for seed in range(6)], seed=0, tellings=2)
    recipe = Recipe(steps=6, windows=8, length=20)
    torch.set_num_threads(1)
    first, again, other = (
        fit(Kind.GRU, recipe, source, source, seed=seed).state_dict() for seed in (0, 0, 1)
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["embed.weight"], other["embed.weight"])
