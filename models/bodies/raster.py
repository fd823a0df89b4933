"""A software rasteriser: a camera and triangles go in, depth, normal and colour buffers come out.

No graphics driver is involved, so the pictures are the same on every machine. Screen x runs to the
right, y down, and depth is the distance along the optical axis in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.bodies._jit import jit

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
Triple = tuple[float, float, float]

NEAR = 0.1


@dataclass(frozen=True)
class Camera:
    """A pinhole camera without distortion.

    Attributes
    ----------
    position, target
        Where it is and where it looks, metres.
    width, height
        Pixels.
    fov_deg
        Horizontal field of view.
    """

    position: Triple
    target: Triple
    width: int = 640
    height: int = 360
    fov_deg: float = 72.0

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return self.width / 2 / float(np.tan(np.radians(self.fov_deg) / 2))

    @property
    def axes(self) -> Array:
        """Right, down and forward as rows (3, 3)."""
        forward = np.subtract(self.target, self.position)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right = right / np.linalg.norm(right)
        return np.stack([right, np.cross(forward, right), forward])

    def project(self, points: Array) -> tuple[Array, Array]:
        """Pixel positions (N, 2) and depths (N,) of points (N, 3) in metres."""
        local = (points - np.asarray(self.position)) @ self.axes.T
        depth = np.where(np.abs(local[:, 2]) < 1e-9, 1e-9, local[:, 2])
        centre = np.array([self.width / 2, self.height / 2])
        return centre + self.focal * local[:, :2] / depth[:, None], local[:, 2]

    def scaled(self, factor: int) -> Camera:
        """Return the same view with `factor` times the pixels on both sides."""
        return Camera(
            self.position, self.target, self.width * factor, self.height * factor, self.fov_deg
        )


@jit
def draw(
    screen: Array,
    depths: Array,
    faces: Indices,
    normals: Array,
    colours: Floats,
    perspective: bool,
    depth_out: Floats,
    normal_out: Floats,
    colour_out: Floats,
) -> None:
    """Draw triangles over what the buffers hold, nearest wins.

    Parameters
    ----------
    screen, depths
        Vertices in pixels (V, 2) and along the optical axis (V,); triangles that come nearer than
        0.1 m to a perspective camera are left out.
    faces
        Triangles (F, 3); both sides are drawn.
    normals
        (V, 3), interpolated over each triangle.
    colours
        (F, 3), flat.
    perspective
        False for a parallel projection, as a directional light has.
    depth_out, normal_out, colour_out
        Buffers (H, W), (H, W, 3), (H, W, 3), changed in place.
    """
    height, width = depth_out.shape
    for f in range(faces.shape[0]):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        if perspective and min(depths[i], depths[j], depths[k]) < NEAR:
            continue
        ax, ay = screen[i, 0], screen[i, 1]
        bx, by = screen[j, 0], screen[j, 1]
        cx, cy = screen[k, 0], screen[k, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0:
            continue
        x0 = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        x1 = min(width - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        y0 = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
        y1 = min(height - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                px, py = x + 0.5, y + 0.5
                u = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                v = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                w = 1.0 - u - v
                if u < 0.0 or v < 0.0 or w < 0.0:
                    continue
                if perspective:
                    depth = 1.0 / (u / depths[i] + v / depths[j] + w / depths[k])
                else:
                    depth = u * depths[i] + v * depths[j] + w * depths[k]
                if depth >= depth_out[y, x]:
                    continue
                depth_out[y, x] = depth
                for axis in range(3):
                    normal_out[y, x, axis] = (
                        u * normals[i, axis] + v * normals[j, axis] + w * normals[k, axis]
                    )
                    colour_out[y, x, axis] = colours[f, axis]


@jit
def cast(
    position: Array,
    axes: Array,
    focal: float,
    boxes: Array,
    depth_out: Floats,
    normal_out: Floats,
    index_out: npt.NDArray[np.int16],
) -> None:
    """Fill the buffers with what the camera sees of axis-aligned boxes.

    The first box is the room, seen from inside; the others are solid. `boxes` is (N, 6), the lower
    and the upper corner in metres; `index_out` (H, W) says which box was hit.
    """
    height, width = depth_out.shape
    for y in range(height):
        for x in range(width):
            u, v = (x + 0.5 - width / 2) / focal, (y + 0.5 - height / 2) / focal
            best, face, hit = 1e9, 0, 0
            for n in range(boxes.shape[0]):
                near, far, near_axis, far_axis = -1e9, 1e9, 0, 0
                for a in range(3):
                    d = u * axes[0, a] + v * axes[1, a] + axes[2, a]
                    d = d if abs(d) > 1e-12 else 1e-12
                    t0 = (boxes[n, a] - position[a]) / d
                    t1 = (boxes[n, 3 + a] - position[a]) / d
                    if t0 > t1:
                        t0, t1 = t1, t0
                    if t0 > near:
                        near, near_axis = t0, a
                    if t1 < far:
                        far, far_axis = t1, a
                if n == 0:
                    best, face, hit = far, far_axis, 0
                elif near < far and 0.0 < near < best:
                    best, face, hit = near, near_axis, n
            d = u * axes[0, face] + v * axes[1, face] + axes[2, face]
            depth_out[y, x] = best
            index_out[y, x] = hit
            for a in range(3):
                normal_out[y, x, a] = 0.0
            # Solid boxes show the side towards the camera, and so does the room from inside.
            normal_out[y, x, face] = -1.0 if d > 0 else 1.0


@jit
def lit(points: Array, light: Array, boxes: Array, out: Floats) -> None:
    """Say how much of a directional light reaches points (N, 3) past the solid boxes, 0 or 1 (N,).

    `light` (3,) points towards the light. The room itself, box 0, throws no shadow.
    """
    for p in range(points.shape[0]):
        out[p] = 1.0
        for n in range(1, boxes.shape[0]):
            near, far = 1e-4, 1e9
            for a in range(3):
                d = light[a] if abs(light[a]) > 1e-12 else 1e-12
                t0 = (boxes[n, a] - points[p, a]) / d
                t1 = (boxes[n, 3 + a] - points[p, a]) / d
                near, far = max(near, min(t0, t1)), min(far, max(t0, t1))
            if near < far:
                out[p] = 0.0
                break


@jit
def shade(
    depth: Floats,
    normal: Floats,
    colour: Floats,
    room_light: Floats,
    room_depth: Floats,
    position: Array,
    axes: Array,
    focal: float,
    light: Array,
    shadow: Floats,
    shadow_axes: Array,
    shadow_centre: Array,
    shadow_scale: float,
    out: Floats,
) -> None:
    """Light every pixel: Lambert from a directional key with its shadow, and a dome of sky.

    `shadow` is a depth map along the light over `shadow_axes` (right, down, forward), with
    `shadow_scale` pixels a metre around `shadow_centre`; `room_light` (H, W) is the share of the
    key that furniture lets through where the room itself is seen, that is where `depth` equals
    `room_depth`.
    """
    height, width = depth.shape
    size = shadow.shape[0]
    for y in range(height):
        for x in range(width):
            u, v, d = (x + 0.5 - width / 2) / focal, (y + 0.5 - height / 2) / focal, depth[y, x]
            nx, ny, nz = normal[y, x, 0], normal[y, x, 1], normal[y, x, 2]
            length = max(1e-6, np.sqrt(nx * nx + ny * ny + nz * nz))
            key = (nx * light[0] + ny * light[1] + nz * light[2]) / length
            key = max(0.0, key)
            is_room = d >= room_depth[y, x]
            if is_room:
                key *= room_light[y, x]
            if key > 0.0:
                sx, sy, sz = size / 2.0, size / 2.0, 0.0
                for a in range(3):
                    # A step along the normal keeps a surface from shadowing itself.
                    p = position[a] + d * (u * axes[0, a] + v * axes[1, a] + axes[2, a])
                    p += 0.015 * normal[y, x, a] / length - shadow_centre[a]
                    sx += p * shadow_axes[0, a] * shadow_scale
                    sy += p * shadow_axes[1, a] * shadow_scale
                    sz += p * shadow_axes[2, a]
                column, row = int(sx), int(sy)
                if 3 <= column < size - 3 and 3 <= row < size - 3:
                    open_ = 0
                    for dy in range(-2, 3):
                        for dx in range(-2, 3):
                            open_ += shadow[row + dy, column + dx] > sz - 0.02
                    key *= open_ / 25.0
            # Facing the camera counts a little, as the light that the room throws back would.
            facing = abs(
                nx * (u * axes[0, 0] + v * axes[1, 0] + axes[2, 0])
                + ny * (u * axes[0, 1] + v * axes[1, 1] + axes[2, 1])
                + nz * (u * axes[0, 2] + v * axes[1, 2] + axes[2, 2])
            ) / (length * np.sqrt(u * u + v * v + 1.0))
            sky = 0.52 + 0.10 * nz / length + (0.0 if is_room else 0.16 * (facing - 0.5))
            level = sky + 0.55 * key
            for c in range(3):
                out[y, x, c] = colour[y, x, c] * level
