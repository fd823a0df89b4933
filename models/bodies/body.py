"""A parametric body: shape and pose go in, skin, joints and landmarks in metres come out.

Mesh, shapes and skin weights are MakeHuman's (CC0 1.0), baked by `bake.py` into `body.npz`. Posing
is linear blend skinning over 22 bones. Nothing here needs more than numpy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib.resources import as_file, files

import numpy as np
import numpy.typing as npt

from models.bodies.pose import Pose

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

#: Mean density of a body with half-filled lungs, kg/m³ (Krzywicki and Chinn 1967).
DENSITY = 1000.0
#: The heaviest stored shape has a body mass index near 24; beyond it the same change goes on.
HEAVIEST = 2.5
YOUNG_YEARS, OLD_YEARS = 25.0, 90.0


class Sex(Enum):
    """Which of the two ends of the shape space."""

    FEMALE = 0
    MALE = 1


@dataclass(frozen=True)
class Shape:
    """Who it is: sex, age 25 to 90 years, height in metres, weight in kilograms."""

    sex: Sex = Sex.FEMALE
    age_years: float = 78.0
    height_m: float = 1.66
    weight_kg: float = 62.0


@dataclass(frozen=True)
class BodyData:
    """The arrays of `body.npz`; V vertices, F faces, B bones, K shape components."""

    bones: tuple[str, ...]
    parents: Indices  # (B,), -1 for the pelvis
    faces: Indices  # (F, 3)
    mean: Array  # (V, 3), metres
    components: Array  # (K, V, 3)
    coefficients: Array  # (2 sex, 2 age, 3 weight, 2 height, K)
    heads: Array  # (2, 2, 3, 2, B, 3), metres
    weight_bones: Indices  # (V, 4)
    weights: Array  # (V, 4), sum 1
    landmarks: Indices  # (21,), vertices of BlazePose's landmarks that are no joint


@cache
def data() -> BodyData:
    """Read `body.npz` once."""
    with (
        as_file(files("models.bodies") / "body.npz") as path,
        np.load(path, allow_pickle=False) as npz,
    ):
        weights = npz["weights"].astype(np.float64)
        return BodyData(
            bones=tuple(str(name) for name in npz["bones"]),
            parents=npz["parents"].astype(np.int64),
            faces=npz["faces"].astype(np.int64),
            mean=npz["mean"] * 1e-5,
            components=npz["components"].astype(np.float64),
            coefficients=npz["coefficients"].astype(np.float64),
            heads=npz["heads"].astype(np.float64),
            weight_bones=npz["weight_bones"].astype(np.int64),
            weights=weights / weights.sum(axis=1, keepdims=True),
            landmarks=npz["landmarks"].astype(np.int64),
        )


@dataclass(frozen=True)
class PosedBody:
    """One body in the room at one instant, metres."""

    vertices: Array  # (V, 3)
    normals: Array  # (V, 3), outward, length 1
    joints: Array  # (B, 3), in the order of `Body.bones`
    landmarks: Array  # (33, 3), in BlazePose's order


@dataclass(frozen=True)
class Body:
    """A body of one shape at rest; `load` makes it and `pose` moves it."""

    shape: Shape
    vertices: Array  # (V, 3), at rest, the pelvis at the origin
    heads: Array  # (B, 3), joint positions at rest
    neutral: Array  # (B, 3, 3), rest to neutral stance
    data: BodyData = field(repr=False)

    @property
    def bones(self) -> tuple[str, ...]:
        """Names of the bones, each at its joint nearest to the pelvis."""
        return self.data.bones

    @property
    def faces(self) -> Indices:
        """Triangles (F, 3), counter-clockwise from outside."""
        return self.data.faces

    @classmethod
    def load(cls, shape: Shape | None = None) -> Body:
        """Make the body of a shape.

        Raises
        ------
        ValueError
            When age, height or weight lie outside of what the shapes can reach.
        """
        shape = shape or Shape()
        vertices, heads = _solve(shape)
        return cls(shape, vertices, heads, _neutral(heads), data())

    def pose(self, pose: Pose, root: tuple[float, float, float] | Array) -> PosedBody:
        """Put the body into a pose with its pelvis at `root` (x, y, z in metres)."""
        rotations, joints = self._skeleton(pose, np.asarray(root, np.float64))
        every = np.arange(len(self.vertices))
        vertices = self._skin(every, rotations, joints)
        return PosedBody(
            vertices, _normals(vertices, self.faces), joints, self._landmarks(vertices, joints)
        )

    def landmarks(self, pose: Pose, root: tuple[float, float, float] | Array) -> Array:
        """Only BlazePose's 33 landmarks (33, 3) in metres, a hundred times cheaper than `pose`."""
        rotations, joints = self._skeleton(pose, np.asarray(root, np.float64))
        skin = np.zeros_like(self.vertices)
        picked = self.data.landmarks
        skin[picked] = self._skin(picked, rotations, joints)
        return self._landmarks(skin, joints)

    def _landmarks(self, vertices: Array, joints: Array) -> Array:
        skin = vertices[self.data.landmarks]
        joint = {name: joints[i] for i, name in enumerate(self.bones)}
        limbs = {
            11: "upper_arm",
            13: "forearm",
            15: "hand",
            23: "thigh",
            25: "shin",
            27: "foot",
        }
        out = np.empty((33, 3))
        out[:11] = skin[:11]
        for first, bone in limbs.items():
            out[first], out[first + 1] = joint[f"{bone}_l"], joint[f"{bone}_r"]
        out[17:23] = skin[11:17]
        out[29:33] = skin[17:21]
        return out

    def _skeleton(self, pose: Pose, root: Array) -> tuple[Array, Array]:
        local = _local_rotations(pose)
        rotations = np.empty((len(self.bones), 3, 3))
        joints = np.empty((len(self.bones), 3))
        anatomical = np.empty_like(rotations)
        for i, (name, parent) in enumerate(zip(self.bones, self.data.parents, strict=True)):
            turn = local.get(name, np.eye(3))
            if parent < 0:
                anatomical[i], joints[i] = turn, root
            else:
                anatomical[i] = anatomical[parent] @ turn
                offset = self.heads[i] - self.heads[parent]
                joints[i] = joints[parent] + rotations[parent] @ offset
            rotations[i] = anatomical[i] @ self.neutral[i]
        return rotations, joints

    def _skin(self, picked: Indices, rotations: Array, joints: Array) -> Array:
        shift = joints - np.einsum("bij,bj->bi", rotations, self.heads)
        transforms = np.concatenate([rotations, shift[:, :, None]], axis=2)
        blended = np.einsum(
            "vk,vkij->vij", self.data.weights[picked], transforms[self.data.weight_bones[picked]]
        )
        rest = self.vertices[picked]
        moved: Array = np.einsum("vij,vj->vi", blended[:, :, :3], rest) + blended[:, :, 3]
        return moved


def _solve(shape: Shape) -> tuple[Array, Array]:
    """Vertices and joints of a shape: height is linear in its anchor, weight is bisected."""
    if not YOUNG_YEARS <= shape.age_years <= OLD_YEARS:
        raise ValueError(
            f"age_years: expected {YOUNG_YEARS:g} to {OLD_YEARS:g}, got {shape.age_years:g}"
        )
    baked = data()
    age = (shape.age_years - YOUNG_YEARS) / (OLD_YEARS - YOUNG_YEARS)

    def at(weight: float, height: float) -> tuple[Array, Array]:
        blend = np.zeros((2, 3, 2))
        low = min(int(weight * 2), 1)
        part = weight * 2 - low
        for a, w in ((0, 1 - age), (1, age)):
            for k, u in ((low, 1 - part), (low + 1, part)):
                blend[a, k] += w * u * np.array([1 - height, height])
        sex = shape.sex.value
        coefficients = np.einsum("awh,awhk->k", blend, baked.coefficients[sex])
        vertices = baked.mean + np.einsum("k,kvi->vi", coefficients, baked.components)
        return vertices, np.einsum("awh,awhbi->bi", blend, baked.heads[sex])

    def sized(weight: float) -> tuple[float, Array, Array]:
        low, high = (np.ptp(at(weight, h)[0][:, 2]) for h in (0.0, 1.0))
        height = (shape.height_m - low) / (high - low)
        if not 0 <= height <= 1:
            raise ValueError(
                f"height_m: expected {low:.2f} to {high:.2f}, got {shape.height_m:.2f}"
            )
        vertices, heads = at(weight, float(height))
        return _volume(vertices, baked.faces) * DENSITY, vertices, heads

    thin, heavy = sized(0.0)[0], sized(HEAVIEST)[0]
    if not thin <= shape.weight_kg <= heavy:
        raise ValueError(
            f"weight_kg: expected {thin:.0f} to {heavy:.0f} at {shape.height_m:.2f} m, "
            f"got {shape.weight_kg:g}"
        )
    low, high = 0.0, HEAVIEST
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if sized(middle)[0] < shape.weight_kg else (low, middle)
    _, vertices, heads = sized((low + high) / 2)
    return vertices, heads


def _volume(vertices: Array, faces: Indices) -> float:
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def _normals(vertices: Array, faces: Indices) -> Array:
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    face = np.cross(b - a, c - a)
    corners = faces.T.ravel()
    normals = np.stack(
        [np.bincount(corners, np.tile(face[:, i], 3), len(vertices)) for i in range(3)], axis=1
    )
    unit: Array = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return unit


def _neutral(heads: Array) -> Array:
    """Rotations from the mesh's rest (arms and legs spread) to the neutral stance (B, 3, 3)."""
    names = data().bones
    neutral = np.tile(np.eye(3), (len(names), 1, 1))
    down = np.array([0.0, 0.0, -1.0])
    for side in ("l", "r"):
        at = {
            bone: names.index(f"{bone}_{side}")
            for bone in ("thigh", "shin", "foot", "upper_arm", "forearm", "hand")
        }
        leg = _between(heads[at["foot"]] - heads[at["thigh"]], down)
        neutral[at["thigh"]] = neutral[at["shin"]] = leg
        upper = _between(heads[at["forearm"]] - heads[at["upper_arm"]], down)
        neutral[at["upper_arm"]] = upper
        fore = _between(upper @ (heads[at["hand"]] - heads[at["forearm"]]), down) @ upper
        neutral[at["forearm"]] = neutral[at["hand"]] = fore
    return neutral


def _between(start: Array, end: Array) -> Array:
    """Rotation of least angle from one direction to another (Rodrigues)."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    v, c = np.cross(a, b), float(a @ b)
    k = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    rotation: Array = np.eye(3) + k + k @ k / (1 + c)
    return rotation


def _about(axis: int, degrees: float) -> Array:
    """Rotation about x, y or z, right-handed."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    rotation = np.eye(3)
    rotation[i, i], rotation[i, j], rotation[j, i], rotation[j, j] = c, -s, s, c
    return rotation


def _local_rotations(pose: Pose) -> dict[str, Array]:
    """Rotation of each bone against its parent, both in the neutral stance's axes."""
    yaw, forward, left = pose.turn
    out = {"pelvis": _about(2, yaw) @ _about(0, forward) @ _about(1, left)}
    flexion, bend, twist = (angle / 5 for angle in pose.spine)
    for i in range(1, 6):
        out[f"spine{i}"] = _about(0, flexion) @ _about(1, bend) @ _about(2, twist)
    flexion, bend, twist = (angle / 2 for angle in pose.neck)
    for bone in ("neck", "head"):
        out[bone] = _about(0, flexion) @ _about(1, bend) @ _about(2, twist)
    for side, sign in (("l", 1.0), ("r", -1.0)):
        for joint, bone in (("hip", "thigh"), ("shoulder", "upper_arm")):
            flexion, abduction, outward = getattr(pose, f"{joint}_{side}")
            out[f"{bone}_{side}"] = (
                _about(0, -flexion) @ _about(1, -sign * abduction) @ _about(2, sign * outward)
            )
        # The shoulder girdle follows the arm when it rises above the horizontal.
        lift = max(0.0, getattr(pose, f"shoulder_{side}")[1] - 60.0) / 3
        out[f"clavicle_{side}"] = _about(1, -sign * lift)
        out[f"shin_{side}"] = _about(0, getattr(pose, f"knee_{side}"))
        out[f"foot_{side}"] = _about(0, -getattr(pose, f"ankle_{side}"))
        out[f"forearm_{side}"] = _about(0, -getattr(pose, f"elbow_{side}"))
    return out
