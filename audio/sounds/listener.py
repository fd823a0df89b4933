"""Sounds of distress of one microphone: blocks in, `SoundHeard` out.

Only a call for help and a smoke detector may ring by themselves (`RINGS`, with the probability from
which on they do); everything else is evidence. Blocks may be of any length: however the same
sound is cut, the observations are the same. A gap between two blocks ends what was heard. `t` is
the end of the sound that had been heard when something was told, so it never goes back. A call that
would ring is first asked whether a person or a loudspeaker called (`audio.speech.television`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from ambient.observations import SoundClass, SoundHeard
from audio.blocks import RATE, SAMPLE_NS, SECOND_NS, Block
from audio.ring import Ring
from audio.sounds.bursts import Burst, Bursts
from audio.sounds.calling import Call, Calling
from audio.sounds.context import Aftermath
from audio.sounds.events import Events, Sound
from audio.sounds.rows import Ear, Heard, end_s
from audio.sounds.smoke import SmokeRule
from audio.sounds.tones import Tones, tones
from audio.speech.television import PersonJudge
from models.sounds import outputs
from models.sounds.network import FOLDER, Network
from models.sounds.outputs import Calibration
from models.sounds.spotter import SAMPLES, Said, Spotter

RINGS: Final[dict[SoundClass, float]] = {SoundClass.HELP: 0.9, SoundClass.SMOKE_ALARM: 0.9}
"""From which probability on a sound rings by itself; chosen on synthetic sound (the card)."""
MENTIONED: Final = 0.5
"""A call less probable is not told."""
LOUDSPEAKER: Final = 0.8
"""A call is not surer than this where a loudspeaker is taken to have spoken: it is told, and does
not ring."""
PERSON: Final = 0.25
"""From this probability on a person may have called; chosen on synthesis with voices of training:
of 39 voices alone in a television 29 are below, of 25 calls that ring none (the card)."""
GAP_NS: Final = 100_000_000
_SMOKE_AGAIN_S: Final = 30.0
_SMOKE_PERIOD_S: Final = 4.0
RING_S: Final = 12.0
"""Sound that is kept to be asked about: `LOOK_S`, the time until a call is known to be alone, and
some more, for sound that comes in large pieces is taken in by pieces of `_PIECE`."""
LOOK_S: Final = 7.0
"""Up to the end of a call, in which a person is told from a loudspeaker."""
_PIECE: Final = RATE
_BEFORE_S: Final = 0.25
_AFTER_S: Final = 0.3
"""Around a burst: its first and last sounds are softer than what begins and ends it."""
_WINDOW_S: Final = SAMPLES / RATE
_EDGE_S: Final = 0.1


class SoundListener:
    """Listens to one microphone.

    Parameters
    ----------
    room, source
        Of its observations.
    network, calibration
        Owned by the listener from now on.
    spotter
        Says which words are called; None to tell calls by the way they are called alone.
    person
        Tells a person from a loudspeaker; None to take every call for a person's.
    ring
        What the microphone heard, of `RING_S` at least, kept and wiped by whoever pushes the same
        blocks there first; None to keep a ring of its own.
    """

    def __init__(
        self,
        room: str,
        source: str,
        network: Network,
        calibration: Calibration,
        spotter: Spotter | None = None,
        person: PersonJudge | None = None,
        ring: Ring | None = None,
    ) -> None:
        self._room, self._source = room, source
        self._ear = Ear(network, calibration)
        self._bursts = Bursts()
        self._spotter = spotter
        self._cried: list[Sound] = []
        self._person = person
        self._keeps = ring is None
        self._ring = Ring(RING_S) if ring is None else ring
        self._calling = Calling(self._said, self._lines)
        self._events = Events(calibration)
        self._aftermath = Aftermath()
        self._smoke = SmokeRule()
        self._origin_ns: int | None = None
        self._heard = 0
        self._smoke_told_s: float | None = None
        self._screamed_s = -1.0
        self.looked = self.chunks = 0
        """Chunks in all, and those that the network was run on."""

    @classmethod
    def create(
        cls,
        room: str,
        source: str,
        *,
        folder: Path = FOLDER,
        spotter: Spotter | None = None,
        person: PersonJudge | None = None,
        ring: Ring | None = None,
    ) -> SoundListener:
        """Return a listener with the network that this version carries.

        Raises
        ------
        ModelError
            It is missing or damaged.
        """
        network = Network.load(folder)
        return cls(room, source, network, outputs.load(folder), spotter, person, ring)

    def push(self, block: Block) -> list[SoundHeard]:
        """Take in a block; return what was heard with it."""
        found: list[SoundHeard] = []
        if self._origin_ns is not None:
            due = self._origin_ns + self._heard * SAMPLE_NS
            if block.lost or abs(block.began_ns - due) > GAP_NS:
                found += self.finish()
        self._origin_ns = block.t_ns - (self._heard + block.samples.size) * SAMPLE_NS
        for first in range(0, block.samples.size, _PIECE):
            piece = block.samples[first : first + _PIECE]
            self._heard += piece.size
            if self._keeps:
                self._ring.push(Block(piece, self._time(self._heard / RATE)))
            for heard in self._ear.push(piece):
                found += self._chunk(heard)
        return found

    def _said(self, burst: Burst) -> Said:
        """Return which word a burst is."""
        if self._spotter is None:
            return Said(0.0, 0.0)
        end = burst.end_s + _AFTER_S
        start = min(burst.start_s - _BEFORE_S, end - _WINDOW_S)
        heard = self._ring.between(self._time(start), self._time(end))
        said = self._spotter.said(heard, (end - burst.start_s, end - burst.end_s))
        if said.cry >= self._spotter.cried:
            cry = Sound(SoundClass.SCREAM, burst.start_s, burst.end_s, said.cry, burst.level_db)
            self._cried.append(cry)
        return said

    def _lines(self, burst: Burst) -> Tones:
        """Return the tones of a burst."""
        start, end = burst.start_s - _EDGE_S, burst.end_s + _EDGE_S
        return tones(self._ring.between(self._time(start), self._time(end)))

    def _cries(self, now: float) -> list[SoundHeard]:
        """Return the cries that were asked about since, unless they have been told as screams."""
        found = [
            self._sound(each, now)
            for each in self._cried
            if self._screamed_s < each.start_s - _BEFORE_S
        ]
        self._cried.clear()
        return found

    def finish(self) -> list[SoundHeard]:
        """End the sound; return what this cuts off."""
        now = self._heard / RATE
        sounds = self._events.finish()
        bursts = self._bursts.finish()
        calls = [*self._calling.push(bursts, now, None), *self._calling.finish(now)]
        found = [self._sound(each, now) for each in sounds]
        found += [told for each in calls for told in self._call(each, now)]
        found += self._cries(now)
        for part in (self._ear, self._calling, self._aftermath, self._smoke):
            part.reset()
        if self._keeps:
            self._ring.wipe()
        self._origin_ns, self._heard, self._smoke_told_s = None, 0, None
        self._screamed_s = -1.0
        return found

    def _chunk(self, heard: Heard) -> list[SoundHeard]:
        self.chunks += 1
        self.looked += heard.looked
        now = end_s(heard.first + len(heard.said) - 1)
        sounds = self._events.push(heard)
        thuds = [each for each in sounds if each.sound is SoundClass.THUD]
        found = [self._sound(each, now) for each in sounds]
        found += [self._sound(each, now) for each in self._aftermath.push(heard, thuds)]
        bursts = self._bursts.push(heard)
        for call in self._calling.push(bursts, now, self._bursts.open):
            found += self._call(call, now)
        found += self._cries(now)
        found += self._alarm(self._smoke.push(heard.frames), now, heard)
        return found

    def _alarm(self, sure: float, now: float, heard: Heard) -> list[SoundHeard]:
        again = self._smoke_told_s is not None and now - self._smoke_told_s < _SMOKE_AGAIN_S
        if sure < MENTIONED or again:
            return []
        if sure >= RINGS[SoundClass.SMOKE_ALARM]:
            self._smoke_told_s = now
        level = float(heard.level_db.max())
        return [self._told(SoundClass.SMOKE_ALARM, now, sure, _SMOKE_PERIOD_S, level)]

    def _call(self, call: Call, now: float) -> list[SoundHeard]:
        if call.probability < MENTIONED:
            return []
        if call.probability >= RINGS[SoundClass.HELP] and self._loudspeaker(call):
            call = replace(call, probability=LOUDSPEAKER)
        return [self._told(SoundClass.HELP, now, call.probability, call.seconds, call.level_db)]

    def _loudspeaker(self, call: Call) -> bool:
        """Return whether a loudspeaker is taken to have called: by the call and what was before.

        A word alone is too short to tell; a television that called has spoken before as well.
        """
        if self._person is None:
            return False
        end = self._time(call.end_s + _AFTER_S)
        heard = self._ring.between(self._time(call.end_s + _AFTER_S - LOOK_S), end)
        return self._person.person(heard) < PERSON

    def _sound(self, each: Sound, now: float) -> SoundHeard:
        if each.sound is SoundClass.SCREAM:
            self._screamed_s = max(self._screamed_s, each.end_s)
        seconds = each.end_s - each.start_s
        return self._told(each.sound, now, each.probability, seconds, each.level_db)

    def _told(
        self, sound: SoundClass, end: float, sure: float, seconds: float, level: float
    ) -> SoundHeard:
        return SoundHeard(
            t=self._time(end),
            room=self._room,
            source=self._source,
            sound=sound,
            probability=min(1.0, max(0.0, sure)),
            seconds=max(0.0, seconds),
            level=level,
        )

    def _time(self, seconds: float) -> int:
        origin = self._origin_ns if self._origin_ns is not None else 0
        return max(0, origin + round(seconds * SECOND_NS))
