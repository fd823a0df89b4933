"""One microphone from sound to observations: quality, ticks, speech, voice, sounds of distress.

Comes in: blocks of one microphone, and that none came. Goes out: observations, in order of `t`.
Sound is held in one ring of `RING_S` in memory and nowhere else; speech leaves only as its length
and level, and where a resident's voice may be recognised, as values over a minute at least. Pure
but for the networks: time comes with the blocks, so live equals replay, and however the same sound
is cut, the observations are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

import msgspec
import numpy as np

from ambient.observations import (
    AnyObservation,
    Hearing,
    SoundHeard,
    SpeechHeard,
    Tick,
)
from audio.blocks import SECOND_NS, Block, Samples
from audio.features.rhythm import TURN_GAP_S
from audio.listening import FLOOR_DBFS
from audio.quality import GONE_S, HearingMonitor
from audio.ring import Ring
from audio.settings import MicrophoneSettings
from audio.speech.gate import Judged, VoiceGate, of_stretch
from audio.speech.segments import Segment, SpeechFinder
from audio.speech.television import UNKNOWN, PersonJudge
from audio.speech.vad import SpeechNetwork
from audio.steps import Steps
from audio.voice_minutes import ENOUGH_S, VoiceMinutes

RING_S: Final = 13.0
"""The longest stretch of speech (10 s), the pause before it that may belong to its turn (2 s), and
the time until it is known to be over."""
PERSON: Final = 0.5
"""From this probability on that a person in the room spoke, a voice may be measured."""
TICK_NS: Final = SECOND_NS


class SoundEar(Protocol):
    """What hears sounds of distress (`audio.sounds.listener`); tests use one of their own."""

    def push(self, block: Block) -> list[SoundHeard]:
        """Take in a block; return what was heard with it."""

    def finish(self) -> list[SoundHeard]:
        """End the sound; return what this cuts off."""


class MicrophonePipeline:
    """What one microphone hears, as observations.

    Parameters
    ----------
    room, microphone
        Where this is and how it is configured.
    speech
        Tells speech; None where the purpose *voice* is off: then nobody's speech is looked for.
    person
        Tells a person from a loudspeaker; None where no model is there: then it is not known.
    sounds
        Hears sounds of distress; None where the purpose *sounds* is off.
    version
        Of everything that decides about the values of a voice.
    gone_s
        Without any block for so long the microphone is gone.
    enough_s
        Of a resident's speech, that is measured together.
    ring
        Of `RING_S`, which `sounds` looks into as well; one of its own where nobody else does.
    turn
        Held while a stretch of speech is judged and measured, which takes 5 MB for a moment: for
        microphones in threads of their own, that do it one after the other.
    """

    def __init__(
        self,
        room: str,
        microphone: MicrophoneSettings,
        *,
        speech: SpeechNetwork | None = None,
        person: PersonJudge | None = None,
        sounds: SoundEar | None = None,
        version: str = "0",
        gone_s: float = GONE_S,
        enough_s: float = ENOUGH_S,
        ring: Ring | None = None,
        turn: AbstractContextManager[object] | None = None,
    ) -> None:
        self._room, self._source = room, microphone.id
        self._version, self._enough_s = version, enough_s
        self._monitor = HearingMonitor(room, microphone.id, gone_s=gone_s)
        self._steps = Steps()
        self._ring = Ring(RING_S) if ring is None else ring
        self._turn = nullcontext() if turn is None else turn
        self._finder = SpeechFinder(speech) if speech is not None else None
        self._person = person
        self._sounds = sounds
        self._gates: dict[str, VoiceGate] = {}
        self._minutes: dict[str, VoiceMinutes] = {}
        self._spoke: tuple[str, int] | None = None
        """Who spoke last and until when, as long as a turn may go on."""
        self._tick_ns = 0
        self._last_ns = 0

    @property
    def hearing(self) -> Hearing | None:
        """What the microphone can hear, as last said; None before that."""
        return self._monitor.hearing

    def recognise(self, gates: Mapping[str, VoiceGate]) -> None:
        """Let the voices of these residents be measured, and of nobody else from now on.

        Whose gate goes, of that voice everything that was collected is forgotten at once.
        """
        self._minutes = {
            subject: self._minutes[subject]
            if self._gates.get(subject) is gate
            else self._collecting(subject)
            for subject, gate in gates.items()
        }
        self._gates = dict(gates)
        self._spoke = None

    def _collecting(self, subject: str) -> VoiceMinutes:
        return VoiceMinutes(
            self._room, self._source, subject, self._version, enough_s=self._enough_s
        )

    def process(self, block: Block) -> list[AnyObservation]:
        """Take in a block; return what is to be said."""
        found: list[AnyObservation] = list(self._monitor.update(block))
        for step in self._steps.push(block):
            found += self._step(step)
        return self._said(found)

    def silence(self, t_ns: int) -> list[AnyObservation]:
        """Take in that no block has come until `t_ns`."""
        said = self._monitor.silence(t_ns)
        found: list[AnyObservation] = [] if said is None else [said]
        return self._said([*found, *self._tick(t_ns)])

    def finish(self) -> list[AnyObservation]:
        """End a recording; return what this cuts off."""
        found: list[AnyObservation] = []
        for step in self._steps.finish():
            found += self._step(step)
        return self._said(found + self._break(self._last_ns))

    def wipe(self) -> None:
        """Forget all sound, and overwrite it: the device is closed."""
        self._steps = Steps()
        self._ring.wipe()
        for minutes in self._minutes.values():
            minutes.forget()
        self._spoke = None

    def _step(self, step: Block) -> list[AnyObservation]:
        found: list[AnyObservation] = []
        if step.lost:
            found += self._break(step.began_ns)
        self._ring.push(step)
        if self._spoke is not None and step.t_ns - self._spoke[1] >= RING_S * SECOND_NS:
            # No stretch that is not over yet began early enough to go on with the turn.
            self._end_turn()
        if self._finder is not None:
            for segment in self._finder.push(step):
                with self._turn:
                    found += self._segment(segment, step.t_ns)
        if self._sounds is not None:
            found += [_at(step.t_ns, each) for each in self._sounds.push(step)]
        return [*found, *self._tick(step.t_ns)]

    def _break(self, t_ns: int) -> list[AnyObservation]:
        """End what was heard so far at a gap: what comes next does not join on."""
        found: list[AnyObservation] = []
        if self._finder is not None:
            for segment in self._finder.finish():
                with self._turn:
                    found += self._segment(segment, t_ns)
        if self._sounds is not None:
            found += [_at(t_ns, each) for each in self._sounds.finish()]
        self._end_turn()
        self._ring.wipe()
        return found

    def _tick(self, t_ns: int) -> list[AnyObservation]:
        if t_ns < self._tick_ns:
            return []
        self._tick_ns = t_ns + TICK_NS
        return [Tick(t=t_ns, room=self._room, source=self._source)]

    def _segment(self, segment: Segment, t_ns: int) -> list[AnyObservation]:
        """Return what is to be said of a stretch of speech that is over at `t_ns`."""
        speech = self._ring.between(segment.start_ns, segment.end_ns)
        if not speech.size:
            return []
        person = UNKNOWN if self._person is None else self._person.person(speech)
        judged = {subject: gate.judge(speech) for subject, gate in self._gates.items()}
        residents = [p for each in judged.values() if (p := of_stretch(each)) is not None]
        heard = SpeechHeard(
            t=t_ns,
            room=self._room,
            source=self._source,
            seconds=segment.seconds,
            level=_level_dbfs(speech),
            person=person,
            resident=max(residents, default=None),
        )
        if person < PERSON or self._monitor.hearing not in (None, Hearing.OK):
            # A loudspeaker, or a microphone that distorts: nothing of it is a resident's voice.
            self._end_turn()
            return [heard]
        return [heard, *self._voice(segment, speech, judged, t_ns)]

    def _voice(
        self,
        segment: Segment,
        speech: Samples,
        judged: Mapping[str, list[Judged]],
        t_ns: int,
    ) -> list[AnyObservation]:
        """Measure the runs of a stretch that are a resident's; leave out all others."""
        found: list[AnyObservation] = []
        for subject, run in _whose(judged):
            if subject is None:
                self._end_turn()
                continue
            start_ns = _inside(segment, speech, run.start)
            pause = self._pause(subject, start_ns)
            if pause is None:
                self._end_turn()
            measured = self._minutes[subject].hear(speech[run], start_ns, t_ns, pause)
            self._spoke = (subject, _inside(segment, speech, run.stop))
            if measured is not None:
                found.append(measured)
                self._spoke = None
        return found

    def _pause(self, subject: str, start_ns: int) -> Samples | None:
        """Return the sound since `subject` spoke last, when the turn goes on."""
        if self._spoke is None or self._spoke[0] != subject:
            return None
        until_ns = self._spoke[1]
        if start_ns - until_ns >= TURN_GAP_S * SECOND_NS:
            return None
        return self._ring.between(until_ns, start_ns)

    def _end_turn(self) -> None:
        if self._spoke is not None:
            self._minutes[self._spoke[0]].end_turn()
            self._spoke = None

    def _said(self, found: list[AnyObservation]) -> list[AnyObservation]:
        """Return `found` in order; nothing is said of a time before what was said already."""
        ordered = []
        for each in sorted(found, key=lambda one: one.t):
            self._last_ns = max(self._last_ns, each.t)
            ordered.append(_at(self._last_ns, each))
        return ordered


def _whose(judged: Mapping[str, list[Judged]]) -> list[tuple[str | None, slice]]:
    """Return the runs of a stretch in order, and whose each is; None is nobody who is known.

    The gates of two residents hear the same parts, and cut the same runs.
    """
    found: list[tuple[str | None, slice]] = []
    for together in zip(*judged.values(), strict=True):
        passing = [
            (each.resident or 0.0, subject)
            for subject, each in zip(judged, together, strict=True)
            if each.passes
        ]
        found.append((max(passing)[1] if passing else None, together[0].samples))
    return found


def _inside(segment: Segment, speech: Samples, sample: int) -> int:
    """Return the time of a sample of a stretch."""
    return segment.start_ns + (segment.end_ns - segment.start_ns) * sample // speech.size


def _level_dbfs(speech: Samples) -> float:
    power = float(np.mean(np.square(speech, dtype=np.float64)))
    return round(max(10.0 * float(np.log10(power)), FLOOR_DBFS), 2) if power else FLOOR_DBFS


def _at(t: int, seen: AnyObservation) -> AnyObservation:
    """Return an observation as of `t`."""
    return seen if seen.t == t else msgspec.structs.replace(seen, t=t)
