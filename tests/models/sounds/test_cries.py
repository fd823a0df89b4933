"""Cries without a word: the line, what is carried, and that it can be learned."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from ambient.errors import ModelError
from models.sounds import cries
from models.sounds.cries import FIRST, Cries, Weights
from models.sounds.learning.crying import Figures, fit, measure, probabilities
from models.sounds.learning.utterances import Utterances
from models.sounds.spotter import STEPS, WIDTH


def _weights(width: int = 2, **changed: object) -> Weights:
    fields: dict[str, object] = {
        "version": "1.0.0",
        "embedding": "0" * 12,
        "threshold": 0.5,
        "mean": (1.0,) * width,
        "scale": (2.0,) * width,
        "weights": (1.0,) + (0.0,) * (width - 1),
        "bias": -1.0,
    }
    return msgspec.convert(fields | changed, Weights)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, 1 / (1 + np.exp(1.0))),
        (1.5, 0.5),
        (2.0, 1 / (1 + np.exp(-1.0))),
        # What is far from anything heard in training does not run away.
        (1e6, 1 / (1 + np.exp(-4.0))),
    ],
)
def test_the_line(value: float, expected: float) -> None:
    embedded = np.full((1, STEPS, 2), value, np.float32)
    # What was before the voice does not count.
    embedded[:, :FIRST] = -9.0
    assert Cries(_weights()).probability(embedded) == pytest.approx(expected)


def test_the_surest_window_counts() -> None:
    embedded = np.zeros((3, STEPS, 2), np.float32)
    embedded[1] = 2.0
    assert Cries(_weights()).probability(embedded) > 0.7


def test_what_is_carried() -> None:
    carried = cries.load()
    assert 0.3 <= carried.threshold <= 0.95
    quiet = np.zeros((1, STEPS, WIDTH), np.float32)
    assert 0.0 <= carried.probability(quiet) <= 1.0
    figures = msgspec.json.decode((cries.FOLDER / "cries-figures.json").read_bytes(), type=Figures)
    assert figures.threshold == carried.threshold


@pytest.mark.parametrize("held", [None, b"", b"{}", b"[1", b'{"version": 1}'])
def test_what_is_damaged_is_said(tmp_path: Path, held: bytes | None) -> None:
    if held is not None:
        (tmp_path / cries.JSON).write_bytes(held)
    with pytest.raises(ModelError, match=r"cries\.json: expected .*ambient train cries"):
        cries.load(tmp_path)


def test_weights_of_other_lengths_are_refused(tmp_path: Path) -> None:
    (tmp_path / cries.JSON).write_bytes(msgspec.json.encode(_weights(mean=(1.0, 1.0, 1.0))))
    with pytest.raises(ModelError, match="one length"):
        cries.load(tmp_path)


def test_it_is_learned_and_measured() -> None:
    rng = np.random.default_rng(0)
    kinds = np.array(["cry", "word", "short"] * 40)
    embedded = rng.normal(size=(len(kinds), STEPS, WIDTH)).astype(np.float16)
    embedded[kinds == "cry", :, 3] += 3.0
    snr_db = rng.uniform(0, 30, len(kinds)).astype(np.float32)
    made = Utterances(embedded, np.full(len(kinds), -1), kinds, snr_db)
    learned = Cries(fit(made, "0" * 12))
    sure = probabilities(learned, made)
    assert sure[kinds == "cry"].min() > sure[kinds != "cry"].max()
    figures = measure(learned, made, seed=0, counts={"learned": 120})
    assert (figures.told.k, figures.told.n) == (40, 40)
    assert {name: each.k for name, each in figures.wrong.items()} == {"word": 0, "short": 0}
    assert sum(each.n for each in figures.by_snr.values()) == 40
