"""A story of one room, and what a node says of it.

In: what people, wearables, sensors and devices do, second by second, and what happens to the node
meanwhile. Out: the events of `fusion.judge.Judge`, each with its second of the story. The rooms
come from YAML, read by `ambient.config.load_node` as at an installation. Cameras, microphones and
the node tick each second unless they are silent. A reading arrives when it was received.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import msgspec

from ambient.commands import Acknowledged, new_id
from ambient.config import NodeConfig, load_node
from ambient.events import AnyEvent, Purpose, SituationStep, kind_of
from ambient.observations import (
    AnyObservation,
    Doubt,
    Hearing,
    HearingState,
    ImpactMeasured,
    MotionMeasured,
    SensorKind,
    SensorSeen,
    SoundClass,
    SoundHeard,
    Tick,
    View,
    ViewState,
    VitalMeasured,
    Wear,
    WearState,
)
from fusion.judge import Judge
from fusion.room import Snapshot
from tests.fusion.situations.people import Person

SECOND = 1_000_000_000
KEY = "k" * 40
BERLIN = ZoneInfo("Europe/Berlin")
DAY = datetime(2026, 11, 17, 14, 0, tzinfo=BERLIN)
NIGHT = datetime(2026, 11, 17, 1, 0, tzinfo=BERLIN)
UP, FLAT = (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)
MINUTE, HOUR = 60.0, 3600.0


@dataclass(frozen=True)
class Told:
    """One event of the node: its second of the story, and itself."""

    s: float
    event: AnyEvent

    @property
    def name(self) -> str:
        """Kind, and step where there is one: ``bed.exit confirmed``."""
        step = getattr(self.event, "step", None)
        kind = str(kind_of(self.event))
        return f"{kind} {step.value}" if isinstance(step, SituationStep) else kind


class Band:
    """What somebody wears.

    Parameters
    ----------
    source
        Its pseudonym, as in the configuration.
    late
        How long after it was measured all of it arrives, seconds.
    """

    def __init__(
        self, story: Story, source: str, subject: str | None, wear: Wear, late: float
    ) -> None:
        self._story, self.source, self.subject, self.wear = story, source, subject, wear
        self.late = late
        self.ahead = 0.0
        """How far its clock is off where the gateway did not mend it, seconds."""

    def _keys(self, at: float) -> dict[str, object]:
        story = self._story
        return {
            "t": story.ns(at + self.ahead),
            "received": story.ns(at + self.late),
            "room": story.room,
            "source": self.source,
            "subject": self.subject,
        }

    def moves(
        self, begin: float, end: float, counts: float, steps: int = 0, hangs: object = UP
    ) -> Band:
        """Measure a second after the other."""
        for i in range(round(end - begin)):
            self._story.put(
                MotionMeasured(
                    **self._keys(begin + i),  # type: ignore[arg-type]
                    wear=self.wear, counts=counts, peak=1.2, lowest=0.9, gravity=hangs, steps=steps,
                )
            )  # fmt: skip
        return self

    def walks(self, begin: float, end: float) -> Band:
        """Be worn by somebody who walks."""
        return self.moves(begin, end, 0.16, steps=2)

    def rests(self, begin: float, end: float, hangs: object = UP) -> Band:
        """Be worn by somebody who sits or lies without much movement."""
        return self.moves(begin, end, 0.008, hangs=hangs)

    def impact(
        self, at: float, fall: float = 0.97, still: float = 0.9, turned: float = 80.0
    ) -> Band:
        """Feel an impact; the detector tells of it 4 s later."""
        story = self._story
        story.put(
            ImpactMeasured(
                **self._keys(at + 4.0),  # type: ignore[arg-type]
                wear=self.wear, impact=story.ns(at + self.ahead), fall=fall, still=still,
                turned=turned,
            )
        )  # fmt: skip
        return self

    def state(self, at: float, *, worn: bool | None = True, battery: float | None = 0.8) -> Band:
        """Say whether it is worn, and how full its battery is."""
        self._story.put(WearState(**self._keys(at), worn=worn, battery=battery))  # type: ignore[arg-type]
        return self

    def value(self, at: float, code: str, value: float, unit: str, *doubts: Doubt) -> Band:
        """Measure a vital sign."""
        self._story.put(
            VitalMeasured(
                **self._keys(at),  # type: ignore[arg-type]
                code=code, value=value, unit=unit, doubts=list(doubts),
            )
        )  # fmt: skip
        return self


class Story:
    """What happens, from second 0 to `until`.

    Parameters
    ----------
    config
        Of the node.
    start
        When second 0 is.
    until
        Length, seconds.
    """

    def __init__(self, config: NodeConfig, start: datetime, until: float, seed: int = 1) -> None:
        self.config, self.until, self._seed = config, until, seed
        self._start = round(start.timestamp()) * SECOND
        self.room = config.rooms[0].id
        self._seen: list[AnyObservation] = []
        self._deeds: list[tuple[int, Callable[[], None]]] = []
        self._silent: list[tuple[str, float, float]] = []
        self._off: list[tuple[float, float]] = []
        self._told: list[Told] = []
        self._judge = Judge(config, KEY, zone=config.zone)

    # -- what happens ---------------------------------------------------------------------------

    def ns(self, s: float) -> int:
        """Return the instant of second `s`, nanoseconds."""
        return self._start + round(s * SECOND)

    def put(self, seen: AnyObservation) -> None:
        """Add an observation."""
        self._seen.append(seen)

    def person(
        self, track: int = 1, camera: str = "c1", *, size: float = 0.36, quality: float = 0.9
    ) -> Person:
        """Return somebody whom a camera follows."""
        return Person(self, track, camera, size, quality, self._seed)

    def band(
        self,
        source: str = "w1",
        subject: str | None = "s-aaaa",
        wear: Wear = Wear.WRIST,
        late: float = 0.5,
    ) -> Band:
        """Return what somebody wears."""
        return Band(self, source, subject, wear, late)

    def sound(self, at: float, what: SoundClass, probability: float = 0.95) -> None:
        """Let a microphone hear something."""
        self.put(
            SoundHeard(
                t=self.ns(at), room=self.room, source="m1", sound=what, probability=probability
            )
        )

    def sensor(
        self, at: float, source: str, kind: SensorKind, on: bool = True, **keys: object
    ) -> None:
        """Let a small sensor speak."""
        t = self.ns(at)
        self.put(
            SensorSeen(t=t, received=t, room=self.room, source=source, kind=kind, on=on, **keys)  # type: ignore[arg-type]
        )

    def view(self, at: float, view: View, camera: str = "c1", until: float | None = None) -> None:
        """Let a camera say what it can see from now on."""
        end = None if until is None else self.ns(until)
        self.put(
            ViewState(
                t=self.ns(at), room=self.room, source=camera, view=view, until=end, run=self.ns(0)
            )
        )

    def hearing(self, at: float, hearing: Hearing, until: float | None = None) -> None:
        """Let the microphone say what it can hear from now on."""
        end = None if until is None else self.ns(until)
        self.put(
            HearingState(t=self.ns(at), room=self.room, source="m1", hearing=hearing, until=end)
        )

    def silent(self, source: str, begin: float, end: float) -> None:
        """Let a source say nothing at all."""
        self._silent.append((source, begin, end))

    def restart(self, at: float, back: float, home: str | None = None) -> None:
        """Cut the node's power at `at`; it goes on at `back` from what it had written.

        With another configuration where `home` is one; it has the same cameras and microphones.
        """
        self._off.append((at, back))
        config = self.config if home is None else _read(home)

        def go_on() -> None:
            kept = self._judge.state()
            self.config = config
            self._judge = Judge(self.config, KEY, zone=self.config.zone)
            self._judge.restore(kept, now=self.ns(back))

        self._deeds.append((self.ns(back), go_on))

    def go_on_from(self, other: Story) -> None:
        """Begin with what the node had written at the end of another story."""
        self._judge.restore(other._judge.state(), now=self._start)

    def resume(self, at: float) -> None:
        """Go on in another process from a snapshot, with nothing missed."""

        def go_on() -> None:
            encode, decode = msgspec.msgpack.encode, msgspec.msgpack.decode
            kept = {room: encode(self._judge.snapshot(room)) for room in self._judge.rooms}
            self._judge = Judge(self.config, KEY, zone=self.config.zone)
            for room, snapshot in kept.items():
                self._judge.rooms[room].resume(decode(snapshot, type=Snapshot))

        self._deeds.append((self.ns(at), go_on))

    def consent(self, at: float, purpose: Purpose, on: bool) -> None:
        """Let consent be given or withdrawn."""
        self._deeds.append((self.ns(at), lambda: self._judge.consent(self.room, purpose, on)))

    def acknowledge(self, at: float, kind: str) -> None:
        """Let a carer take the newest alarm of a kind."""

        def take() -> None:
            chain = [one.event.chain for one in self._told if kind_of(one.event) == kind][-1]
            self._judge.acknowledge(
                Acknowledged(id=new_id(), node="n-12", issued=0, expires=1, chain=chain)
            )

        self._deeds.append((self.ns(at), take))

    # -- what is said ---------------------------------------------------------------------------

    def play(self) -> list[Told]:
        """Give all of it to the node, in the order of its arrival; return what it says."""
        come = [*self._arrivals(), *self._ticks()]
        come.sort(key=lambda one: one[0])
        deeds = sorted(self._deeds, key=lambda one: one[0])
        for at, seen in come:
            while deeds and deeds[0][0] <= at:
                deeds.pop(0)[1]()
            self._say(self._judge.observe(seen))
        self._say(self._judge.finish())
        return self._told

    def _say(self, events: Iterable[AnyEvent]) -> None:
        self._told += [Told((event.t - self._start) / SECOND, event) for event in events]

    def _arrivals(self) -> list[tuple[int, AnyObservation]]:
        found = []
        for seen in self._seen:
            at = getattr(seen, "received", seen.t)
            if not self._is_quiet(seen.source, (at - self._start) / SECOND):
                found.append((at, seen))
        return found

    def _ticks(self) -> list[tuple[int, AnyObservation]]:
        found: list[tuple[int, AnyObservation]] = []
        for room in self.config.rooms:
            devices = [*(c.id for c in room.cameras), *(m.id for m in room.microphones)]
            for s in range(round(self.until) + 1):
                for source in ("node", *devices):
                    if not self._is_quiet(source, s):
                        tick = Tick(t=self.ns(s), room=room.id, source=source)
                        found.append((self.ns(s), tick))
        return found

    def _is_quiet(self, source: str, s: float) -> bool:
        off = any(begin <= s < end for begin, end in self._off)
        return off or any(one == source and begin <= s < end for one, begin, end in self._silent)


_READ: dict[str, NodeConfig] = {}


def installed(text: str, folder: Path) -> NodeConfig:
    """Return a node's configuration from its YAML, read once as at an installation."""
    if text not in _READ:
        file = folder / "node.yaml"
        file.write_text(text, "utf-8")
        _READ[text] = load_node(file)
    return _READ[text]


def _read(text: str) -> NodeConfig:
    with TemporaryDirectory() as folder:
        return installed(text, Path(folder))


def contributed(event: AnyEvent) -> set[str]:
    """Return the senses that stand behind an event."""
    return {one.sense.value for one in event.contributions if one.llr != 0.0}


def as_plain(event: AnyEvent) -> object:
    """Return an event as plain values, for messages of tests."""
    return msgspec.to_builtins(event)
