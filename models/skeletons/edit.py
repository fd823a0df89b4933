"""New motions of old ones: cut, turned, faster, at rest, one after another.

A motion goes in, another comes out; labels go along and stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.skeletons.joints import MIRRORED, Array, Joint, assemble, offsets, unit
from models.skeletons.motion import Motion, Segment


def mirror(motion: Motion) -> Motion:
    """Swap left and right."""
    joints = motion.joints[:, MIRRORED] * np.array([1.0, -1.0, 1.0])
    return replace(motion, joints=joints, name=f"{motion.name}/mirror")


def turned(motion: Motion, angle: float, place: tuple[float, float] = (0.0, 0.0)) -> Motion:
    """Turn about the vertical by `angle` radians and bring the first pelvis over `place`."""
    cos, sin = np.cos(angle), np.sin(angle)
    spin = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    start = motion.joints[0, 0] * np.array([1.0, 1.0, 0.0])
    joints = (motion.joints - start) @ spin + np.array([*place, 0.0])
    return replace(motion, joints=joints)


def cut(motion: Motion, start_s: float, end_s: float) -> Motion:
    """Keep from `start_s` to `end_s`, at least one instant."""
    first = int(np.clip(round(start_s * motion.rate), 0, len(motion.joints) - 1))
    last = int(np.clip(round(end_s * motion.rate), first + 1, len(motion.joints)))
    begin, seconds = first / motion.rate, (last - first) / motion.rate
    pieces = [
        Segment(max(0.0, s.start_s - begin), min(seconds, s.end_s - begin), s.label)
        for s in motion.segments
        if s.end_s > begin and s.start_s < begin + seconds
    ]
    pieces = pieces or [Segment(0.0, seconds, motion.segments[-1].label)]
    return replace(motion, joints=motion.joints[first:last], segments=tuple(pieces))


def resampled(motion: Motion, rate: float, speed: float = 1.0) -> Motion:
    """Sample at another rate, and play `speed` times as fast."""
    count = max(1, round(motion.seconds / speed * rate))
    joints = motion.at(np.arange(count) / rate * speed)
    pieces = tuple(Segment(s.start_s / speed, s.end_s / speed, s.label) for s in motion.segments)
    return replace(motion, joints=joints, rate=rate, segments=pieces)


def warped(motion: Motion, speed_of: dict[str, float]) -> Motion:
    """Play the segments of some labels faster or slower, the rest as it is.

    Parameters
    ----------
    motion
        At any rate, which is kept.
    speed_of
        Factor by label; 0.5 takes twice as long.
    """
    knots, pieces, now = [0.0], [], 0.0
    for segment in motion.segments:
        took = (segment.end_s - segment.start_s) / speed_of.get(segment.label, 1.0)
        pieces.append(Segment(now, now + took, segment.label))
        now += took
        knots.append(now)
    before = [0.0] + [segment.end_s for segment in motion.segments]
    t = np.arange(max(1, round(now * motion.rate))) / motion.rate
    joints = motion.at(np.interp(t, knots, before))
    return replace(motion, joints=joints, segments=tuple(pieces))


def rested(
    rng: np.random.Generator, motion: Motion, at_s: float, seconds: float, label: str
) -> Motion:
    """Insert stillness: hold the pose of `at_s` for so long, breathing and moving a little.

    The chest rises by a few millimetres at 0.2 to 0.35 Hz (Tobin et al. 1983, resting adults: 16.6
    breaths a minute), and now and then a hand, the head or a leg moves.
    """
    count = max(1, round(seconds * motion.rate))
    first = int(np.clip(round(at_s * motion.rate), 0, len(motion.joints) - 1))
    t = np.arange(count) / motion.rate
    parts = np.repeat(offsets(motion.joints[first : first + 1]), count, axis=0)
    breath = np.sin(2 * np.pi * (rng.uniform(0.2, 0.35) * t + rng.random()))
    # Faded at both ends, so that movement goes on without a jump.
    edge = np.clip(np.minimum(t, t[-1] - t) / 0.7, 0.0, 1.0)
    parts[:, [Joint.L_COLLAR, Joint.R_COLLAR, Joint.NECK], 2] += (0.004 * breath * edge)[:, None]
    limbs = ([Joint.L_WRIST, Joint.L_HAND], [Joint.R_WRIST, Joint.R_HAND], [Joint.HEAD_TOP],
             [Joint.L_ELBOW, Joint.L_WRIST], [Joint.R_ANKLE], [Joint.L_ANKLE])  # fmt: skip
    for _ in range(rng.poisson(seconds / 9.0)):
        rows = limbs[int(rng.integers(len(limbs)))]
        middle, width = rng.uniform(0.0, seconds), rng.uniform(0.4, 1.5)
        bump = np.exp(-0.5 * ((t - middle) / width) ** 2) * edge
        size = np.linalg.norm(parts[0, rows], axis=-1)[:, None]
        shift = rng.normal(0.0, 0.35, (len(rows), 3)) * size
        shift[:, 2] = np.abs(shift[:, 2])
        moved = parts[:, rows] + bump[:, None, None] * shift
        parts[:, rows] = unit(moved) * size
    still = assemble(parts)
    before, after = cut(motion, 0.0, first / motion.rate), None
    if first < len(motion.joints) - 1:
        after = cut(motion, first / motion.rate, motion.seconds)
    middle_piece = replace(
        motion, joints=still, segments=(Segment(0.0, count / motion.rate, label),)
    )
    return joined([m for m in (before if first else None, middle_piece, after) if m is not None])


def joined(motions: Sequence[Motion]) -> Motion:
    """Put motions of one body and rate end to end, as they stand; see `spliced` for a blend."""
    pieces: list[Segment] = []
    now = 0.0
    for motion in motions:
        for s in motion.segments:
            if pieces and pieces[-1].label == s.label:
                pieces[-1] = Segment(pieces[-1].start_s, now + s.end_s, s.label)
            else:
                pieces.append(Segment(now + s.start_s, now + s.end_s, s.label))
        now += motion.seconds
    joints = np.concatenate([motion.joints for motion in motions])
    return replace(motions[-1], joints=joints, segments=tuple(pieces))


def heading(joints: Array) -> float:
    """Which way the body of joints (24, 3) faces, radians from x towards y."""
    left = joints[Joint.L_HIP] - joints[Joint.R_HIP]
    left = left + joints[Joint.L_SHOULDER] - joints[Joint.R_SHOULDER]
    return float(np.arctan2(-left[0], left[1]))


def spliced(first: Motion, second: Motion, blend_s: float = 0.5) -> Motion:
    """Let `second` follow `first`, turned and moved to where that ends.

    Over `blend_s` the bones turn from the one pose to the other and the pelvis goes along; nothing
    is cut off. Rates must agree.

    Raises
    ------
    ValueError
        When the rates differ.
    """
    if first.rate != second.rate:
        raise ValueError(f"spliced: expected one rate, got {first.rate} and {second.rate} Hz")
    end = first.joints[-1]
    turn = heading(end) - heading(second.joints[0])
    second = turned(second, turn, (float(end[0, 0]), float(end[0, 1])))
    count = max(2, round(blend_s * first.rate))
    # Minimum jerk between the two (Flash and Hogan 1985, equation for rest to rest).
    s = np.linspace(0.0, 1.0, count)
    part = (10 * s**3 - 15 * s**4 + 6 * s**5)[:, None, None]
    a, b = offsets(end), offsets(second.joints[0])
    size = (1 - part) * np.linalg.norm(a, axis=-1)[:, None] + part * np.linalg.norm(b, axis=-1)[
        :, None
    ]
    mixed = (1 - part) * a + part * b
    bones = unit(mixed) * size
    bones[:, 0] = mixed[:, 0]
    label = second.segments[0].label
    bridge = replace(
        second, joints=assemble(bones), segments=(Segment(0.0, count / first.rate, label),)
    )
    return joined([first, bridge, second])


def idle(rng: np.random.Generator, motion: Motion, seconds: float) -> Motion:
    """Let the last posture go on for so long, as `rested` does."""
    if seconds <= 0.0:
        return motion
    return rested(rng, motion, motion.seconds, seconds, motion.segments[-1].label)


def shuffled(motion: Motion, factor: float) -> Motion:
    """Take shorter steps: legs swing and the body advances by `factor` of what they did."""
    parts = offsets(motion.joints)
    legs = [Joint.L_KNEE, Joint.R_KNEE, Joint.L_ANKLE, Joint.R_ANKLE]
    size = np.linalg.norm(parts[:, legs], axis=-1)[..., None]
    parts[:, legs, :2] *= factor
    parts[:, legs] = unit(parts[:, legs]) * size
    steps = np.diff(parts[:, 0, :2], axis=0, prepend=parts[:1, 0, :2])
    parts[:, 0, :2] = parts[0, 0, :2] + np.cumsum(factor * steps, axis=0)
    joints = assemble(parts)
    lowest = [Joint.L_ANKLE, Joint.R_ANKLE, Joint.L_TOE, Joint.R_TOE]
    lift = motion.joints[:, lowest, 2].min(1) - joints[:, lowest, 2].min(1)
    joints[..., 2] += lift[:, None]
    return replace(motion, joints=joints)
