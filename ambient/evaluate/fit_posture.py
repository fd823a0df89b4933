"""Fit the model of "down" anew: labelled recordings and simulations in, weights out.

``python -m ambient.evaluate.fit_posture $AMBIENT_DATA`` takes the `train` rows of
``video/manifest.csv`` through the pose engine, and the bodies of ``motion/sim.npz`` through
random cameras, fits a logistic model on both, prints how it does on each, and with ``--write``
puts the weights where ``models.posture`` reads them. Takes about three minutes on two cores.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

import models.posture
from ambient.evaluate.clip import observe
from ambient.evaluate.manifest import Label, Row, read
from ambient.observations import PoseSeen
from models.posture import FEATURES, PostureWeights
from vision.features import measure
from vision.networks import Networks, Part
from vision.pose import PoseOptions
from vision.posture import shape_inputs

VERSION: Final = "1.0.0"
SEED: Final = 0
SETTLED_S: Final = 1.6
"""A fall is over this long after its start; what lies between is neither up nor down."""
_SIM_WEIGHT: Final = 0.7
_VIEWS: Final = 3
_SCALE: Final = 0.85
"""World landmarks are this much smaller than the body: head to ankles 1.25 m of about 1.5 m."""
_DOWN: Final = frozenset({"fallen", "lying"})
_UP: Final = frozenset(
    {"standing", "walk", "sitting", "squatting", "kneeling", "other", "sit_down"}
)
_JOINTS: Final = {
    12: (0, 7, 8), 16: (11,), 17: (12,), 18: (13,), 19: (14,), 20: (15,), 21: (16,),
    1: (23,), 2: (24,), 3: (25,), 4: (26,), 5: (27,), 6: (28,),
}  # fmt: skip
"""Joint of the motion files ► landmarks."""

Floats = NDArray[np.float64]


def from_recordings(data: Path) -> tuple[Floats, Floats]:
    """Return features (n, 6) and labels (n,) of the `train` recordings."""
    features: list[tuple[float, ...]] = []
    labels: list[float] = []
    for row in read(data / "video" / "manifest.csv"):
        if row.use != "train":
            continue
        with Networks.open(PoseOptions(num_people=3), without=list(Part)) as networks:
            for found in observe(str(row.path), networks):
                for seen in found:
                    label = _label(row, seen.t / 1e9)
                    if isinstance(seen, PoseSeen) and label is not None:
                        features.append(shape_inputs(measure(seen)))
                        labels.append(label)
    return np.array(features), np.array(labels)


def _label(row: Row, t_s: float) -> float | None:
    start = row.fall_start_s
    if row.label is Label.ADL or start is None or t_s < start:
        return 0.0
    # In gmdcsa24 the person stays down to the end; elsewhere somebody may be up again.
    return 1.0 if row.dataset == "gmdcsa24" and t_s > start + SETTLED_S else None


def from_simulations(data: Path) -> tuple[Floats, Floats]:
    """Return features (n, 6) and labels (n,) of simulated bodies before random cameras."""
    random = np.random.default_rng(SEED)
    features: list[tuple[float, ...]] = []
    labels: list[float] = []
    with (data / "motion" / "segments.csv").open(newline="") as handle:
        segments = list(csv.DictReader(handle))
    with np.load(data / "motion" / "sim.npz") as motion:
        for segment in segments:
            key, label = segment["key"], segment["label"]
            if key not in motion.files or label not in _DOWN | _UP:
                continue
            joints = motion[key].astype(np.float64) / 1000
            for at in random.uniform(float(segment["start_s"]), float(segment["end_s"]), _VIEWS):
                body = joints[min(round(at * 30), len(joints) - 1)]
                features.append(shape_inputs(measure(_view(body, random))))
                labels.append(float(label in _DOWN))
    return np.array(features), np.array(labels)


def _view(joints: Floats, random: np.random.Generator) -> PoseSeen:
    """Return a body (24, 3) in metres, z up, as a camera on a wall sees it."""
    yaw, pitch = random.uniform(0, 2 * np.pi), np.radians(random.uniform(5, 40))
    turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    body = (joints - joints[0] * (1, 1, 0)) @ turn.T
    ahead = np.array([0, np.cos(pitch), -np.sin(pitch)])
    axes = np.stack([[1, 0, 0], [0, -np.sin(pitch), -np.cos(pitch)], ahead])
    camera = np.array([0, 0, 0.8]) - ahead * random.uniform(2, 5)
    seen = (body - camera) @ axes.T
    picture = seen[:, :2] / seen[:, 2:] * 0.9 + 0.5
    keypoints = np.zeros((33, 3))
    world = np.zeros((33, 3))
    for joint, landmarks in _JOINTS.items():
        for landmark in landmarks:
            keypoints[landmark] = (*picture[joint], 1.0)
            world[landmark] = (seen[joint] - seen[0]) * _SCALE
    world += random.normal(0, 0.02, world.shape)
    return PoseSeen(
        t=0,
        room="room",
        source="camera",
        track=1,
        keypoints=[(x, y, v) for x, y, v in keypoints.tolist()],
        box=(0.0, 0.0, 1.0, 1.0),
        score=1.0,
        aspect=1.0,
        world=[(x, y, z) for x, y, z in world.tolist()],
    )


def fit(features: Floats, labels: Floats, weight: Floats) -> PostureWeights:
    """Return the logistic model of least weighted loss, ridge 0.5 on the weights."""

    def loss(theta: Floats) -> tuple[float, Floats]:
        z = np.clip(features @ theta[:-1] + theta[-1], -30, 30)
        p = 1 / (1 + np.exp(-z))
        error = weight * (p - labels)
        value = weight @ (np.logaddexp(0, z) - labels * z) + 0.5 * theta[:-1] @ theta[:-1]
        slope = np.append(features.T @ error + theta[:-1], error.sum())
        return float(value), slope

    found = minimize(loss, np.zeros(len(FEATURES) + 1), jac=True, method="L-BFGS-B")
    rounded = [round(float(x), 2) for x in found.x]
    a, b, c, d, e, f, bias = rounded
    return PostureWeights(VERSION, (a, b, c, d, e, f), bias)


def main() -> None:
    """Fit, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder of labelled recordings")
    parser.add_argument("--write", action="store_true", help="replace the weights in the tree")
    asked = parser.parse_args()
    real, simulated = from_recordings(asked.data), from_simulations(asked.data)
    features = np.concatenate([real[0], simulated[0]])
    labels = np.concatenate([real[1], simulated[1]])
    weight = np.concatenate([np.ones(len(real[1])), np.full(len(simulated[1]), _SIM_WEIGHT)])
    # Half-way (in logarithms) to both classes weighing the same.
    weight *= np.where(labels == 1, np.sqrt((labels == 0).sum() / (labels == 1).sum()), 1.0)
    model = fit(features, labels, weight)
    print(msgspec.json.encode(model).decode())
    for name, (inputs, truth) in (("recordings", real), ("simulations", simulated)):
        down = inputs @ np.array(model.weights) + model.bias > 0
        print(
            f"{name}: {len(truth)} bodies, {int(truth.sum())} down; "
            f"found {down[truth == 1].mean():.3f}, false {down[truth == 0].mean():.3f}"
        )
    if asked.write:
        target = Path(models.posture.__file__).with_name("weights.json")
        target.write_bytes(msgspec.json.encode(model) + b"\n")


if __name__ == "__main__":
    main()
