"""A small folder of motions, so that nothing here needs the recorded ones."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from models.skeletons import postures
from models.skeletons.motion import Motion
from models.skeletons.postures import Key

SIM = {
    "fall_stand": [
        Key(postures.STAND, 1.0, "standing"), Key(postures.STAND, 2.0, "standing"),
        Key(postures.PRONE, 1.0, "fall"), Key(postures.PRONE, 5.0, "fallen"),
    ],
    "adl_bed": [
        Key(postures.STAND, 1.0, "standing"), Key(postures.CHAIR, 1.5, "sit_down"),
        Key(postures.SUPINE, 2.0, "lie_down"), Key(postures.SUPINE, 5.0, "lying"),
    ],
    "adl_floor": [
        Key(postures.STAND, 1.0, "standing"), Key(postures.KNEEL, 1.5, "kneeling"),
        Key(postures.SIDE, 2.0, "lie_down"), Key(postures.SIDE, 5.0, "lying"),
    ],
    "adl_chair": [
        Key(postures.STAND, 1.0, "standing"), Key(postures.CHAIR, 1.5, "sit_down"),
        Key(postures.CHAIR, 5.0, "sitting"), Key(postures.STAND, 2.0, "stand_up"),
    ],
    "adl_kneel": [
        Key(postures.STAND, 1.0, "standing"), Key(postures.KNEEL, 1.5, "kneeling"),
        Key(postures.KNEEL, 3.0, "kneeling"), Key(postures.STAND, 2.0, "stand_up"),
    ],
}  # fmt: skip
CMU = {
    "adl": [Key(postures.STAND, 1.0, "walk"), Key(postures.STAND, 2.0, "walk")],
    "dance": [Key(postures.STAND, 1.0, "standing"), Key(postures.BENT, 3.0, "other")],
}
EACH = 20


def made(kind: str, keys: list[Key], number: int) -> Motion:
    motion = postures.animate(np.random.default_rng(number), kind, keys)
    joints = motion.joints.copy()
    if kind == "adl_bed":
        # Lying and sitting happen half a metre up.
        joints[..., 2] += 0.5 * np.clip(motion.times() - 1.5, 0.0, 1.0)[:, None]
    if kind == "adl":
        joints[..., 0] += motion.times()[:, None]
    return Motion(
        motion.name, motion.subject, joints, motion.rate, motion.segments, motion.source,
        motion.height, kind,
    )  # fmt: skip


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("motion")
    rows, pieces = [], []
    for file, kinds in (("sim.npz", SIM), ("cmu.npz", CMU)):
        arrays = {}
        for kind, keys in kinds.items():
            for number in range(EACH):
                motion = made(kind, keys, number)
                key = f"{file[:3]}_{kind}_{number}"
                arrays[key] = np.round(motion.joints * 1000).astype(np.int16)
                rows.append({"file": file, "key": key, "subject": f"{kind}{number}",
                             "label": kind, "scenario": kind})  # fmt: skip
                pieces += [
                    {"key": key, "start_s": s.start_s, "end_s": s.end_s, "label": s.label}
                    for s in motion.segments
                ]
        np.savez(folder / file, **arrays)
    for name, table in (("manifest.csv", rows), ("segments.csv", pieces)):
        with (folder / name).open("w", newline="") as handle:
            writer = csv.DictWriter(handle, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
    return folder
