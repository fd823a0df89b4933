"""Signs of a fall from all senses but the camera: observations in, pieces of evidence out.

Keeps what is known of each wearable (how it hung when its wearer walked, since when it lies still,
how fast the heart beat), of beds, chairs, mats and cords, and who is here. What each sign is worth
stands in the table (`fusion.ratios`). Pure: time is the `t` of what comes in.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from ambient.observations import (
    AnyObservation,
    Doubt,
    ImpactMeasured,
    MotionMeasured,
    SensorKind,
    SensorSeen,
    SoundClass,
    SoundHeard,
    VitalMeasured,
    Wear,
    WearState,
)
from fusion.carer import Carers
from fusion.hypothesis import Evidence, Pieces
from fusion.ratios import Table
from fusion.wearers import (
    KEPT_S,
    SECOND,
    STEPS_S,
    SURELY_WALKED_S,
    WALK_S,
    Wearer,
    blend,
)

HEART_RATE: Final = "8867-4"
STILL_G: Final = 0.03
"""Mean amplitude deviation of a second below which nobody moves; walking is 0.1 and more."""
SETTLE_S: Final = 5.0
"""What a wearable tells of lying counts from so long after the impact: before that it is in the
detector's own probability."""
AFTER_IMPACT_S: Final = 1.0
"""Steps count from so long after an impact: the body bounces."""
PULSE_S: Final = 300.0
LEAST_PULSES: Final = 5
PULSES: Final = 300
PULSE_APART_S: Final = 5.0
"""A heart rate counts for the mean of before when it comes so long after the one before it."""
WEARERS: Final = 16
MAT_S: Final = 60.0
BLEND: Final = 0.2
OFF_BODY_S: Final = 10.0
"""A device that says so soon after an impact that it is not worn was dropped or taken off."""


_SOUNDS: Final = {
    SoundClass.THUD: "sound_thud",
    SoundClass.SCREAM: "sound_scream",
    SoundClass.HELP: "sound_help",
    SoundClass.MOAN: "sound_moan",
}
_MOVED: Final = ("wearable_stillness", "wearable_orientation", "wearable_steps")
_HEARD: Final = tuple(_SOUNDS.values())
_WORN: Final = ("wearable_impact", "wearable_jolt", "heart_rise", *_MOVED)
_CERTAIN: Final = 0.9999


class Opening(Struct, frozen=True):
    """Something that by itself may be a fall: a situation to judge, from `began` on."""

    source: str
    subject: str | None
    began: int
    t: int


class Signs(Struct):
    """All that is remembered of these senses; survives a restart."""

    pieces: Pieces
    wearers: dict[str, Wearer] = {}
    on: dict[str, int] = {}
    """Sensors that are on, and since when."""
    kinds: dict[str, SensorKind] = {}
    carers: Carers = field(default_factory=Carers)

    def take(
        self, seen: AnyObservation, table: Table, beds: Mapping[str, str | None]
    ) -> Opening | None:
        """Take in what one of these senses says.

        Parameters
        ----------
        seen
            Observations of other kinds are left alone.
        table
            Of ratios.
        beds
            Whose each bed is.
        """
        if isinstance(seen, MotionMeasured):
            self._motion(seen, table)
        elif isinstance(seen, SoundHeard):
            self._sound(seen, table)
        elif isinstance(seen, ImpactMeasured):
            return self._impact(seen, table)
        elif isinstance(seen, SensorSeen):
            return self._sensor(seen, table, beds)
        elif isinstance(seen, VitalMeasured) and seen.code == HEART_RATE:
            self._pulse(seen, table)
        elif isinstance(seen, WearState):
            self._worn(seen)
        return None

    def advance(self, t: int, table: Table) -> None:
        """Let time go on: what only time makes surer, and what it makes worthless."""
        for source, since in self.on.items():
            held_s = (t - since) / SECOND
            if self.kinds.get(source) is SensorKind.MAT and held_s <= MAT_S:
                self._add(table, "mat_pressed", source, held_s, since, t)
        self.pieces.forget(table.down, t)

    def forget(
        self, *, sounds: bool = False, worn: bool = False, subject: str | None = None
    ) -> None:
        """Forget what sounds or wearables told, or what is known of a resident."""
        names = _HEARD * sounds + _WORN * worn
        self.pieces.kept = [
            e
            for e in self.pieces.kept
            if e.ratio not in names and (subject is None or e.subject != subject)
        ]
        self.wearers = {
            name: one
            for name, one in self.wearers.items()
            if not worn and (subject is None or one.subject != subject)
        }

    def keep(self, kinds: Mapping[str, SensorKind], wearables: Mapping[str, str | None]) -> None:
        """Forget what nothing of the room said.

        What a device told for a fall before it was taken out is left to age; what it told against
        one goes with it.

        Parameters
        ----------
        kinds
            Its sensors.
        wearables
            Its wearables, and whose they are.
        """
        here = {name for name, kind in self.kinds.items() if kinds.get(name) is kind}
        gone = (self.kinds.keys() | self.wearers.keys()) - here - wearables.keys()
        self.pieces.kept = [e for e in self.pieces.kept if e.llr > 0.0 or e.source not in gone]
        self.on = {name: since for name, since in self.on.items() if name in here}
        self.kinds = {name: kind for name, kind in self.kinds.items() if name in here}
        self.carers.keep(kinds)
        self.wearers = {
            name: one
            if one.subject == wearables[name]
            else Wearer(name, wearables[name], one.wear, one.t, one.worn)
            for name, one in self.wearers.items()
            if name in wearables
        }

    def carer(self, t: int) -> bool:
        """Return whether a carer is in the room."""
        return self.carers.here(t)

    def _add(
        self,
        table: Table,
        name: str,
        source: str,
        x: float,
        at: int,
        t: int,
        *,
        quality: float = 1.0,
        subject: str | None = None,
    ) -> float:
        """Remember a piece; return what it is worth."""
        worth = table.down.ratios[name].at(x) * quality
        if worth == 0.0:
            self.pieces.drop(name, source)
        else:
            self.pieces.add(Evidence(name, source, at, t, round(worth, 4), subject))
        return worth

    def _sound(self, heard: SoundHeard, table: Table) -> None:
        name = _SOUNDS.get(heard.sound)
        if name is not None:
            self._add(table, name, heard.source, heard.probability, heard.t, heard.t)

    def _wearer(self, seen: MotionMeasured | ImpactMeasured) -> Wearer:
        wearer = self.wearers.get(seen.source)
        if wearer is None or (wearer.wear, wearer.subject) != (seen.wear, seen.subject):
            worn = None if wearer is None else wearer.worn
            if wearer is None and len(self.wearers) >= WEARERS:
                del self.wearers[min(self.wearers, key=lambda one: self.wearers[one].t)]
            wearer = Wearer(seen.source, seen.subject, seen.wear, seen.t, worn)
            self.wearers[seen.source] = wearer
        return wearer

    def _motion(self, seen: MotionMeasured, table: Table) -> None:
        wearer = self._wearer(seen)
        if seen.t < wearer.t or wearer.worn is False:
            return
        gap_s = min(2.0, (seen.t - wearer.t) / SECOND)
        if wearer.since is None or gap_s >= 2.0:
            wearer.since = seen.t
        if seen.counts >= STILL_G:
            wearer.moves.append(seen.t)
            while seen.t - wearer.moves[0] > KEPT_S * SECOND:
                wearer.moves.pop(0)
        wearer.t = seen.t
        wearer.now = blend(wearer.now, seen.gravity, 0.5)
        after = wearer.impact is None or seen.t - wearer.impact > AFTER_IMPACT_S * SECOND
        if seen.steps and after:
            wearer.steps.append((seen.t, seen.steps))
            wearer.walking = blend(wearer.walking, seen.gravity, BLEND)
        while wearer.steps and seen.t - wearer.steps[0][0] > STEPS_S * SECOND:
            wearer.steps.pop(0)
        who = seen.subject
        lately = [(at, n) for at, n in wearer.steps if seen.t - at < WALK_S * SECOND]
        if lately and lately[-1][0] == seen.t:
            # It belongs to what began before the first of these steps. Seconds, not steps: whoever
            # has fallen and stirs is told of four steps in one second, hardly ever in three.
            first, t = lately[0][0], seen.t
            walked_s = float(len(lately))
            if walked_s >= SURELY_WALKED_S:
                wearer.walked = first
            self._add(table, "wearable_steps", seen.source, walked_s, first, t, subject=who)
        if wearer.impact is None:
            return
        still = seen.counts < STILL_G
        wearer.still_s = max(0.0, wearer.still_s + (gap_s if still else -2.0 * gap_s))
        at, t = wearer.impact, seen.t
        if (t - at) / SECOND < SETTLE_S:
            return
        self._add(table, "wearable_stillness", seen.source, wearer.still_s, at, t, subject=who)
        if wearer.turned is not None:
            self._add(table, "wearable_orientation", seen.source, wearer.turned, at, t, subject=who)

    def _impact(self, seen: ImpactMeasured, table: Table) -> Opening | None:
        wearer = self._wearer(seen)
        if wearer.worn is False:
            return None  # it was dropped, not its wearer
        odds, ratios = logit(seen.fall), table.down.ratios
        worth = ratios["wearable_impact"].at(odds)
        name = "wearable_impact" if worth > 0.0 else "wearable_jolt"
        near = [
            e
            for e in self.pieces.kept
            if e.ratio in ("wearable_impact", "wearable_jolt")
            and e.source == seen.source
            and abs(e.at - seen.impact) <= OFF_BODY_S * SECOND
        ]
        if any(e.llr >= ratios[name].at(odds) for e in near):
            return None  # the body bounced
        for one in near:
            self.pieces.drop(one.ratio, seen.source)
        self._add(table, name, seen.source, odds, seen.impact, seen.t, subject=seen.subject)
        if worth <= 0.0:
            return None
        wearer.impact, wearer.still_s = seen.impact, 0.0
        wearer.steps = [
            (at, n) for at, n in wearer.steps if at - seen.impact > AFTER_IMPACT_S * SECOND
        ]
        for name in _MOVED:
            self.pieces.drop(name, seen.source)
        return Opening(seen.source, seen.subject, seen.impact, seen.t)

    def _worn(self, seen: WearState) -> None:
        wearer = self.wearers.get(seen.source)
        if wearer is None:
            wearer = Wearer(seen.source, seen.subject, Wear.ELSEWHERE, seen.t)
            self.wearers[seen.source] = wearer
        wearer.worn = seen.worn
        if seen.worn is not False:
            return
        for name in _MOVED:
            self.pieces.drop(name, seen.source)
        if wearer.impact is not None and (seen.t - wearer.impact) / SECOND <= OFF_BODY_S:
            self.pieces.drop("wearable_impact", seen.source)
        self.pieces.drop("wearable_jolt", seen.source)
        wearer.impact = None

    def _pulse(self, seen: VitalMeasured, table: Table) -> None:
        wearer = self.wearers.get(seen.source)
        if wearer is None:
            wearer = Wearer(seen.source, seen.subject, Wear.ELSEWHERE, seen.t)
            self.wearers[seen.source] = wearer
        quality = trusted(table, seen.quality, seen.doubts)
        if quality == 0.0:
            return
        oldest = seen.t - round(PULSE_S * SECOND)
        known = wearer.pulse  # oldest first
        kept = known[bisect_left(known, (oldest,)) : bisect_left(known, (seen.t,))]
        if len(kept) >= LEAST_PULSES:
            rise = seen.value - sum([bpm for _, bpm in kept]) / len(kept)
            self._add(
                table,
                "heart_rise",
                seen.source,
                rise,
                seen.t,
                seen.t,
                quality=quality,
                subject=seen.subject,
            )
        # A mean of ten minutes needs no more than a value every few seconds of a fast device.
        apart = not kept or (seen.t - kept[-1][0]) / SECOND >= PULSE_APART_S
        if apart:
            kept.append((seen.t, seen.value))
        wearer.pulse = kept[-PULSES:]

    def _sensor(
        self, seen: SensorSeen, table: Table, beds: Mapping[str, str | None]
    ) -> Opening | None:
        source, t, quality = seen.source, seen.t, seen.probability
        was, self.kinds[source] = self.on.get(source), seen.kind
        subject = seen.subject or (beds.get(seen.bed) if seen.bed is not None else None)
        if seen.on:
            self.on[source] = since = t if was is None else was
        else:
            since = self.on.pop(source, t)
        match seen.kind:
            case SensorKind.FALL if seen.on and not seen.retained:
                self._add(table, "radar_fall", source, quality, since, since, subject=subject)
                return Opening(source, subject, since, t)
            case SensorKind.FALL:
                self.pieces.drop("radar_fall", source)
            case SensorKind.BED | SensorKind.CHAIR:
                name = seen.kind.value
                gone, here = (f"{name}_left", f"{name}_taken")
                self.pieces.drop(gone if seen.on else here, source)
                # Said again it is no news: what is stuck on says so again and again as well.
                if seen.on and was is None and not seen.retained:
                    self._add(table, here, source, 1.0, t, t, quality=quality, subject=subject)
                elif not seen.on and was is not None:
                    self._add(table, gone, source, 1.0, t, t, quality=quality, subject=subject)
            case SensorKind.MAT if not seen.on:
                self.pieces.drop("mat_pressed", source)
            case SensorKind.DOOR if seen.on and was is None and not seen.retained:
                self._add(table, "door_opened", source, 1.0, t, t, quality=quality)
            case SensorKind.CORD if seen.on and was is None and not seen.retained:
                self._add(table, "cord_pulled", source, 1.0, t, t, subject=subject)
            case SensorKind.CARER:
                self.carers.sensor(seen)
            case _:
                pass
        return None


def trusted(table: Table, quality: float, doubts: list[Doubt]) -> float:
    """Return how far a value may be trusted, 0..1, after what marks it."""
    for doubt in doubts:
        quality *= table.doubts.get(doubt, 1.0)
    return quality


def logit(p: float) -> float:
    """Return the log-odds of a probability, kept finite."""
    held = min(_CERTAIN, max(1.0 - _CERTAIN, p))
    return math.log(held / (1.0 - held))
