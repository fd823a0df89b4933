"""A simulated set of situations: what each sense was measured to say, laid side by side.

Comes in: streams of cameras and of wearables that were recorded apart, and how often sounds are
told. Goes out: scenarios. In each somebody falls, or does what looks like it; every sense that is
alive says what it said of one recording of that class. How hard a case is for one sense goes with
how hard it is for another by a Gaussian copula of correlation rho (0 is only an upper bound): the
recordings of a class are sorted by how sure the sense alone became, and the scenario takes those of
about the same rank. Senses are lost together in the same way: dark and not worn on one night.

What is assumed is in `Assumptions`; all else is drawn from what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.evaluate.fusion_falls.ranked import judged
from ambient.evaluate.fusion_falls.streams import Stream, at
from ambient.observations import AnyObservation, SoundClass, SoundHeard
from fusion.evidence import PRIOR
from fusion.ratios import Table
from fusion.wearers import SECOND

WHEN: Final = 30 * SECOND
SENSES: Final = ("camera", "wearable", "sound")

Floats = NDArray[np.float64]


class Assumptions(Struct, frozen=True):
    """What nobody measured, and what of the sounds' measurements is used.

    Attributes
    ----------
    no_view, not_worn, not_heard
        Share of the time that the camera sees nothing (dark, covered, another room), that nothing
        is worn, and that nothing is heard (no consent, a loud room): assumed.
    thud_of_fall
        Share of thuds that are told (``models/sounds/figures.json``: 73 of 103, by synthesis).
    thud_of_rest
        Share of half minutes of everyday recordings in which a thud is told that is none (29.3 an
        hour of recordings, ``models/cards/sounds.md``).
    a_day
        Situations a room-day that look like a fall as much as the everyday recordings do: assumed.
    """

    no_view: float = 0.15
    not_worn: float = 0.25
    not_heard: float = 0.2
    thud_of_fall: float = 0.709
    thud_of_rest: float = 0.244
    a_day: float = 10.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One situation: which recordings are laid side by side; None for a sense that is lost.

    Attributes
    ----------
    fall
        Whether somebody falls.
    camera, wearable
        Numbers of the recordings in their pools.
    thud
        Calibrated probability of the thud that is told; None where none is.
    heard
        Whether the microphone hears at all.
    """

    fall: bool
    camera: int | None
    wearable: int | None
    thud: float | None
    heard: bool


@dataclass(slots=True)
class Pools:
    """Streams to draw from, by sense, each with how sure that sense alone became."""

    camera: list[Stream]
    wearable: list[Stream]
    table: Table | None = None
    """Of ratios; the one that Ambient carries when none is given."""
    marked_train: int = 0
    """Recordings of the camera that a manifest marks for training."""
    _tops: dict[tuple[int | None, int | None, float | None], float] = field(default_factory=dict)
    _sorted: dict[tuple[str, bool], list[int]] = field(default_factory=dict)

    def top(self, scenario: Scenario, *, without: Sequence[str] = ()) -> float:
        """Return how sure the judge became of a scenario, some senses left out."""
        camera = None if "camera" in without else scenario.camera
        wearable = None if "wearable" in without else scenario.wearable
        thud = None if "sound" in without else scenario.thud
        key = camera, wearable, thud
        if key not in self._tops:
            seen: list[AnyObservation] = []
            if camera is not None:
                seen += at(self.camera[camera], WHEN)
            if wearable is not None:
                seen += at(self.wearable[wearable], WHEN)
            if thud is not None:
                seen.append(_thud(thud))
            self._tops[key] = judged(seen, self.table, WHEN).top if seen else PRIOR
        return self._tops[key]

    def ranked(self, sense: str, fall: bool) -> list[int]:
        """Return the recordings of a class, the one of which the sense is least sure first."""
        key = sense, fall
        if key not in self._sorted:
            pool: list[Stream] = getattr(self, sense)
            of = [i for i, stream in enumerate(pool) if stream.fall is fall]
            self._sorted[key] = sorted(of, key=lambda i: (self.alone(sense, i), i))
        return self._sorted[key]

    def alone(self, sense: str, number: int) -> float:
        """Return how sure the judge became of one recording by one sense alone."""
        camera, wearable = (number if sense == name else None for name in ("camera", "wearable"))
        return self.top(Scenario(False, camera, wearable, None, False))


def scenarios(
    pools: Pools,
    falls: int,
    others: int,
    rho: float,
    seed: int,
    assumed: Assumptions | None = None,
) -> list[Scenario]:
    """Draw scenarios.

    Parameters
    ----------
    pools
        To draw from.
    falls, others
        How many of each class.
    rho
        Correlation of the copula, 0 to below 1: of how hard cases are, and of losses.
    seed
        Of what is drawn.
    assumed
        Rates.
    """
    assumed = assumed or Assumptions()
    rng = np.random.default_rng(seed)
    count = falls + others
    hard = _correlated(rng, count, rho)
    lost = _correlated(rng, count, rho)
    loudness = rng.uniform(0.6, 0.95, count)
    shares = (assumed.no_view, assumed.not_worn, assumed.not_heard)
    out = []
    for i in range(count):
        fall = i < falls
        camera, wearable, heard = (lost[i, s] >= share for s, share in enumerate(shares))
        told = assumed.thud_of_fall if fall else assumed.thud_of_rest
        thud = heard and hard[i, 2] >= 1.0 - told
        out.append(
            Scenario(
                fall=fall,
                camera=_pick(pools.ranked("camera", fall), hard[i, 0]) if camera else None,
                wearable=_pick(pools.ranked("wearable", fall), hard[i, 1]) if wearable else None,
                # In steps, so that a scenario that was judged need not be judged again.
                thud=round(float(loudness[i]) * 20) / 20 if thud else None,
                heard=bool(heard),
            )
        )
    return out


def _correlated(rng: np.random.Generator, count: int, rho: float) -> Floats:
    """Return uniform numbers (count, 3) whose normal scores are correlated by `rho`."""
    common = rng.standard_normal((count, 1))
    own = rng.standard_normal((count, len(SENSES)))
    z = math.sqrt(rho) * common + math.sqrt(1.0 - rho) * own
    return np.asarray(0.5 * (1.0 + _erf(z / math.sqrt(2.0))))


def _erf(x: Floats) -> Floats:
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), np.float64)


def _pick(of: Sequence[int], rank: float) -> int:
    return of[min(len(of) - 1, int(rank * len(of)))]


def _thud(probability: float) -> SoundHeard:
    return SoundHeard(
        t=WHEN + SECOND // 2,
        room="room",
        source="microphone",
        sound=SoundClass.THUD,
        probability=probability,
    )
