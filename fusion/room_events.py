"""What the judges of one room found, as events of the closed list.

Comes in: changes of chains, statements about sources, hours and days of voices. Goes out: events
with ids that derive from the node's key, the chain, the place in it and the instant: derived again,
they are the same. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ambient.config import Room
from ambient.events import (
    EVENT_TYPES,
    AnyEvent,
    Bed,
    DistressHelp,
    DistressSmokeAlarm,
    FallConfirmed,
    FallLongLie,
    FallRecovered,
    FallSuspected,
    NodeClockStepped,
    NodeDataLate,
    NodeSourceSilent,
    QualityDegraded,
    QualityNotWatched,
    QualityRestored,
    SenseState,
    chain_id,
    event_id,
    kind_of,
)
from ambient.observations import ClockStepped, SoundClass
from fusion import chains, distress
from fusion.falls_state import Change, Step
from fusion.views import Family, Say, Statement
from fusion.vitals_events import Span, judged
from fusion.vitals_events import Stated as StatedOfVitals
from fusion.vitals_events import say as say_vitals
from fusion.voice import Stated
from fusion.voice_events import Say as Said
from fusion.voice_events import say as say_voice

_FALL: Final[Mapping[Step, type[AnyEvent]]] = {
    Step.SUSPECTED: FallSuspected,
    Step.CONFIRMED: FallConfirmed,
    Step.LONG_LIE: FallLongLie,
    Step.RECOVERED: FallRecovered,
}
_DISTRESS: Final[Mapping[SoundClass, type[AnyEvent]]] = {
    SoundClass.HELP: DistressHelp,
    SoundClass.SMOKE_ALARM: DistressSmokeAlarm,
}
_OF_KIND: Final = {kind_of(cls): cls for cls in EVENT_TYPES}
_SITUATION: Final = {kind: _OF_KIND[kind.value] for kind in chains.Kind}
_VIEW: Final[Mapping[Say, type[AnyEvent]]] = {
    Say.SILENT: NodeSourceSilent,
    Say.DEGRADED: QualityDegraded,
    Say.NOT_WATCHED: QualityNotWatched,
    Say.RESTORED: QualityRestored,
    Say.GONE: QualityRestored,
}


class RoomEvents:
    """Write the events of one room.

    Parameters
    ----------
    room
        As configured: its beds name the subjects.
    node, node_key, version
        Id and public key of the node, and the version of its configuration.
    """

    def __init__(self, room: Room, node: str, node_key: str, version: str) -> None:
        self._room = room.id
        self._beds = {bed.id: bed.subject for bed in room.beds}
        self._node = node
        self._key = node_key
        self._version = version

    def fall_chain(self, began: int, number: int) -> str:
        """Return the id of a chain of a fall."""
        return chain_id(self._key, self._room, f"fall-{number}", began)

    def view_chain(self, source: str, family: Family, began: int) -> str:
        """Return the id of a chain about a source."""
        return chain_id(self._key, self._room, f"{family}-{source}", began)

    def fall(self, change: Change, senses: list[SenseState]) -> AnyEvent:
        """Return the event of a step of a fall, with how the senses of the room were."""
        chain = change.chain
        fields: dict[str, object] = {}
        if change.step in (Step.SUSPECTED, Step.CONFIRMED):
            fields = {"place": chain.place, "descent_seen": chain.descent >= 0.5}
        if change.step is not Step.SUSPECTED:
            fields["down_s"] = round(change.down_s, 3)
        return self.event(
            _FALL[change.step],
            self.fall_chain(chain.began, chain.number),
            change.position,
            change.t,
            subject=chain.subject or (self._beds.get(chain.bed) if chain.bed else None),
            probability=round(change.probability, 4),
            contributions=change.contributions,
            senses=senses,
            **fields,
        )

    def sound(self, change: distress.Change) -> AnyEvent:
        """Return the event of a step of a sound of distress."""
        return self.event(
            _DISTRESS[change.sound],
            chain_id(self._key, self._room, f"distress-{change.sound.value}", change.began),
            change.position,
            change.t,
            probability=round(change.probability, 4),
            contributions=change.contributions,
            step=change.step,
            lasted_s=round(change.lasted_s, 3),
        )

    def situation(self, change: chains.Change, senses: list[SenseState], **own: object) -> AnyEvent:
        """Return the event of a step of a situation, with how each sense of the room is."""
        kind, who = _SITUATION[change.kind], change.who
        fields = {"bed": who.bed} if issubclass(kind, Bed) else own
        return self.event(
            kind,
            chain_id(self._key, self._room, f"{change.kind.value}-{who.key}", change.began),
            change.position,
            change.t,
            subject=who.subject,
            probability=round(change.probability, 4),
            contributions=list(change.contributions),
            senses=senses,
            step=change.step,
            lasted_s=round(change.lasted_s, 3),
            **fields,
        )

    def view(self, say: Statement) -> AnyEvent:
        """Return the event of what is stated about a source."""
        fields: dict[str, object] = {"source": say.source}
        if say.say is Say.SILENT:
            fields |= {"silent_s": say.silent_s, "device": say.device}
        else:
            fields |= {"view": say.view, "hearing": say.hearing}
        if say.say is Say.NOT_WATCHED:
            fields["until"] = say.until
        chain = self.view_chain(say.source, say.family, say.began)
        return self.event(_VIEW[say.say], chain, say.position, say.t, **fields)

    def voice(self, stated: Stated) -> AnyEvent:
        """Return the event of an hour, a day or a change of voices."""
        return self._said(say_voice(stated))

    def vitals(self, stated: StatedOfVitals, senses: list[SenseState]) -> AnyEvent:
        """Return the event of an hour, a day or a judgement of vital signs."""
        if not isinstance(stated, Span):
            change, own = judged(stated)
            return self.situation(change, senses, **own)
        return self._said(say_vitals(stated))

    def _said(self, said: Said) -> AnyEvent:
        chain = chain_id(self._key, self._room, said.family, said.began)
        return self.event(said.kind, chain, said.position, said.t, **said.fields)

    def clock(self, seen: ClockStepped) -> AnyEvent:
        """Return the event of a stepped clock; it is the node's, not the room's."""
        chain = chain_id(self._key, self._room, "clock", seen.t)
        stepped = round(seen.step_s, 3)
        return self.event(NodeClockStepped, chain, 0, seen.t, room=None, step_s=stepped)

    def late(self, source: str, t: int, observations: int, frames: int) -> AnyEvent:
        """Return the event that tells what came too late or was not looked at."""
        return self.event(
            NodeDataLate,
            chain_id(self._key, self._room, f"late-{source}", t),
            0,
            t,
            source=source,
            observations=observations,
            frames=frames,
        )

    def event(
        self, kind: type[AnyEvent], chain: str, position: int, t: int, **fields: object
    ) -> AnyEvent:
        """Return an event of this room with its derived id."""
        return kind(
            id=event_id(self._key, chain, position, kind_of(kind), t),
            t=t,
            node=self._node,
            chain=chain,
            position=position,
            config_version=self._version,
            **{"room": self._room, **fields},  # type: ignore[arg-type]
        )
