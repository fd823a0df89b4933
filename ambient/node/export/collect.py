"""From recordings to the rows of an export: one resident of one room at a time.

Comes in: records of a room, oldest first, and the events that its judgement gave of them. Goes out:
rows. What no device names a resident for (posture, events of the room) counts as the resident's
only where the room has one resident; in a shared room it is left out, for nobody can tell whose it
is. What comes by the second is summed up by the minute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np

from ambient.events import AnyEvent, Event, Purpose, kind_of
from ambient.node.export.dictionary import MADE, VOICE
from ambient.node.export.rows import EventRow, Reason, SubjectRow, ValueRow, YieldRow
from ambient.node.export.shift import Disguise
from ambient.node.export.yields import HOUR_S, Yields
from ambient.node.recording import Resumed, Switched
from ambient.observations import (
    ImpactMeasured,
    MotionMeasured,
    PostureSeen,
    RhythmMeasured,
    SpeechHeard,
    VitalMeasured,
    VoiceMeasured,
)
from vitals.codes import BY_CODE

NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * NS
RESIDENT: Final = 0.5
"""From this probability on a stretch of speech is the enrolled resident's."""
_ENVELOPE: Final = frozenset(Event.__struct_fields__) | {"senses"}


class _Minute(msgspec.Struct):
    """What came by the second, of one device in one minute."""

    counts: list[float] = []
    peak: float = 0.0
    steps: int = 0


class Collector:
    """Collect one resident's rows.

    Parameters
    ----------
    subject
        Pseudonym on the node.
    alone
        Whether the room has no other resident.
    disguise
        Makes pseudonyms and shifts times.
    began, ended
        The time asked for, ns; what lies outside is left out.
    yields
        Counts the room.
    """

    def __init__(
        self,
        subject: str,
        *,
        alone: bool,
        disguise: Disguise,
        began: int,
        ended: int,
        yields: Yields,
    ) -> None:
        self._subject = subject
        self._alone = alone
        self._as = disguise
        self._began, self._ended = began, ended
        self._yields = yields
        self.values: list[ValueRow] = []
        self.events: list[EventRow] = []
        self._days: set[str] = set()
        self._motion: dict[tuple[str, int], _Minute] = {}
        self._posture: dict[int, list[tuple[float, float]]] = {}
        self._take: dict[type, Callable[[Any], None]] = {
            VitalMeasured: self._vital,
            RhythmMeasured: self._rhythm,
            ImpactMeasured: self._impact,
            MotionMeasured: self._second,
            VoiceMeasured: self._voice,
            SpeechHeard: self._speech,
            PostureSeen: self._seen,
        }

    def observe(self, record: object) -> None:
        """Take in one record of the room."""
        if isinstance(record, Switched):
            self._yields.switched(record.purpose, record.on, record.t)
            return
        if isinstance(record, Resumed):
            # What was switched the day before stands in no other record of a file.
            self._yields.switched(Purpose.FALLS, record.snapshot.falls, record.t)
            self._yields.switched(Purpose.VITALS, record.snapshot.vitals, record.t)
        t = getattr(record, "t", None)
        if t is None or not self._began <= t < self._ended:
            return
        self._yields.observe(record)
        take = self._take.get(type(record))
        if take is not None:
            take(record)

    def judged(self, event: AnyEvent) -> None:
        """Take in one event of the room."""
        if not self._began <= event.t < self._ended:
            return
        if event.subject != self._subject and not (event.subject is None and self._alone):
            return
        own = {
            name: getattr(event, name)
            for name in event.__struct_fields__
            if name not in _ENVELOPE and name not in ("source", "bed", "command")
        }
        self.events.append(
            EventRow(
                subject=self._as.subject,
                t=self._as.t(event.t),
                local=self._as.local(event.t),
                event=kind_of(event),
                chain=self._as.name(event.chain),
                position=event.position,
                probability=event.probability,
                fields=_json(_relative(own, self._as)),
                contributions=_json(event.contributions),
                senses=_json(getattr(event, "senses", [])),
            )
        )

    def finish(self) -> None:
        """Turn what was summed up into rows, and put all in the order of time."""
        for (source, minute), summed in self._motion.items():
            at, seconds = minute * MINUTE_NS, float(len(summed.counts))
            mean = float(np.mean(summed.counts))
            for name, value in (
                ("activity", mean),
                ("acceleration_peak", summed.peak),
                ("steps", float(summed.steps)),
            ):
                self._made(name, at, value, source, seconds=seconds)
        for minute, seen in self._posture.items():
            down, up = np.mean(seen, axis=0)
            at = minute * MINUTE_NS
            self._made("posture_down", at, float(down), "camera")
            self._made("posture_upright", at, float(up), "camera")
        self._motion.clear()
        self._posture.clear()
        self.values.sort(key=lambda row: (row.t, row.name, row.source))
        self.events.sort(key=lambda row: (row.t, row.chain, row.position))

    def yields(self) -> list[YieldRow]:
        """Return the hours of every sense."""
        rows = []
        for second, group, by in self._yields.hours():
            at = self._began + second * NS
            length = min(HOUR_S, sum(by.values()))
            if by[Reason.ALIVE]:
                self._days.add(self._as.local(at)[:10])
            rows.append(
                YieldRow(
                    subject=self._as.subject,
                    t=self._as.t(at),
                    local=self._as.local(at),
                    sense=group.value,
                    share=round(by[Reason.ALIVE] / length, 4) if length else 0.0,
                    **{f"{reason.value}_s": by[reason] for reason in Reason},
                )
            )
        return rows

    def about(self, beds: int, rows: list[YieldRow]) -> SubjectRow:
        """Return the resident's line, before anything is withheld."""
        senses = sorted({row.sense for row in rows if row.alive_s})
        return SubjectRow(
            subject=self._as.subject,
            days=len(self._days),
            beds_in_room=beds,
            senses=" ".join(senses),
        )

    def _row(self, name: str, at: int, value: float, unit: str, source: str, **more: Any) -> None:
        self.values.append(
            ValueRow(
                subject=self._as.subject,
                t=self._as.t(at),
                local=self._as.local(at),
                name=name,
                value=round(value, 6),
                unit=unit,
                source=self._as.name(source),
                **more,
            )
        )

    def _made(self, name: str, at: int, value: float, source: str, **more: Any) -> None:
        made = MADE[name]
        self._row(name, at, value, made.unit, source, code=made.code, **more)

    def _vital(self, seen: VitalMeasured) -> None:
        if seen.subject != self._subject:
            return
        vital = BY_CODE.get(seen.code)
        self._row(
            seen.code if vital is None else vital.name,
            seen.t,
            seen.value,
            seen.unit,
            seen.source,
            code=seen.code,
            quality=round(seen.quality, 4),
            doubts=" ".join(seen.doubts),
            delay_s=round((seen.received - seen.t) / NS, 3),
        )

    def _rhythm(self, seen: RhythmMeasured) -> None:
        if seen.subject != self._subject:
            return
        for name, value in (
            ("rmssd", seen.rmssd_ms),
            ("sdnn", seen.sdnn_ms),
            ("pnn50", seen.pnn50),
            ("lf_hf", seen.lf_hf),
        ):
            if value is not None:
                quality = round(seen.quality, 4)
                self._made(name, seen.t, value, seen.source, seconds=seen.seconds, quality=quality)

    def _impact(self, seen: ImpactMeasured) -> None:
        if seen.subject == self._subject:
            self._made("impact_fall", seen.impact, seen.fall, seen.source)

    def _second(self, seen: MotionMeasured) -> None:
        if seen.subject != self._subject:
            return
        minute = self._motion.setdefault((seen.source, seen.t // MINUTE_NS), _Minute())
        minute.counts.append(seen.counts)
        minute.peak = max(minute.peak, seen.peak)
        minute.steps += seen.steps

    def _voice(self, seen: VoiceMeasured) -> None:
        if seen.subject != self._subject:
            return
        for one in seen.values:
            unit, _ = VOICE[one.feature]
            name = f"voice_{one.feature.value}"
            self._row(name, seen.t, one.value, unit, seen.source, code=None, seconds=one.seconds)

    def _speech(self, seen: SpeechHeard) -> None:
        if self._alone and seen.resident is not None and seen.resident >= RESIDENT:
            self._made("talk_time", seen.t, seen.seconds, seen.source, quality=seen.resident)

    def _seen(self, seen: PostureSeen) -> None:
        if self._alone:
            minute = self._posture.setdefault(seen.t // MINUTE_NS, [])
            minute.append((seen.down, seen.upright))


def _relative(own: dict[str, Any], disguise: Disguise) -> dict[str, Any]:
    """Turn instants among the fields of an event into seconds of the export's clock."""
    instants = ("began", "ended", "since", "until")
    return {
        name: disguise.t(value) if name in instants and value is not None else value
        for name, value in own.items()
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
