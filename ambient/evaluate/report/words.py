"""Why it was decided so, in words.

In: an outcome with its trace. Out: a sentence about what happened, and one line for each sense
that spoke for a fall or against it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from ambient.evaluate.manifest import Label
from ambient.evaluate.measure import Outcome, found
from ambient.evaluate.trace import DOWN, Said, Trace
from ambient.events import Contribution, FallConfirmed, FallRecovered, FallSuspected, Sense, kind_of

_FOR: Final[Mapping[Sense, str]] = {
    Sense.VISION_POSTURE: "the body looked lying or crumpled",
    Sense.VISION_DESCENT: "a fast descent was seen",
    Sense.VISION_STILLNESS: "the person kept still",
    Sense.PLACE: "the place is a floor",
    Sense.SOUND_SCREAM: "a scream was heard",
    Sense.SOUND_HELP: "a call for help was heard",
    Sense.SOUND_MOAN: "moaning was heard",
    Sense.SOUND_THUD: "a thud was heard",
    Sense.SOUND_GLASS: "breaking glass was heard",
    Sense.SOUND_SMOKE_ALARM: "a smoke detector was heard",
    Sense.SOUND_COUGH: "coughing was heard",
    Sense.VISION_MOVEMENT: "movement was unusual",
    Sense.WEARABLE_IMPACT: "the wearable felt a fall",
    Sense.WEARABLE_STILLNESS: "the wearable kept still",
    Sense.WEARABLE_ORIENTATION: "the wearable hung otherwise than before",
    Sense.WEARABLE_MOVEMENT: "the wearer moved unusually",
    Sense.HEART_RATE: "the heart rate rose",
    Sense.VITALS: "vital signs were worse",
    Sense.GLUCOSE: "glucose was low or falling",
    Sense.SENSOR_BED: "the bed was left",
    Sense.SENSOR_CHAIR: "the chair was left",
    Sense.SENSOR_MAT: "somebody lay on the mat",
    Sense.SENSOR_DOOR: "the door stayed shut",
    Sense.SENSOR_PRESENCE: "somebody was there",
    Sense.SENSOR_FALL: "the radar saw a fall",
    Sense.SENSOR_CORD: "a cord was pulled",
    Sense.CARER: "a carer was there and it went on",
    Sense.OWN_RATE: "it is rare here",
}
_AGAINST: Final[Mapping[Sense, str]] = {
    Sense.VISION_POSTURE: "the body looked upright, or was seen badly",
    Sense.VISION_DESCENT: "no fast descent was seen",
    Sense.VISION_STILLNESS: "the person moved",
    Sense.PLACE: "the place is a bed, a sofa or a chair",
    Sense.SOUND_SCREAM: "what was heard was hardly a scream",
    Sense.SOUND_HELP: "what was heard was hardly a call for help",
    Sense.SOUND_MOAN: "what was heard was hardly moaning",
    Sense.SOUND_THUD: "what was heard was hardly a thud",
    Sense.SOUND_GLASS: "what was heard was hardly breaking glass",
    Sense.SOUND_SMOKE_ALARM: "what was heard was hardly a smoke detector",
    Sense.SOUND_COUGH: "what was heard was hardly coughing",
    Sense.VISION_MOVEMENT: "movement was as usual",
    Sense.WEARABLE_IMPACT: "the wearable felt no fall",
    Sense.WEARABLE_STILLNESS: "the wearable moved",
    Sense.WEARABLE_ORIENTATION: "the wearable hung upright",
    Sense.WEARABLE_MOVEMENT: "the wearer moved as usual",
    Sense.HEART_RATE: "the heart rate was as usual",
    Sense.VITALS: "vital signs were as usual",
    Sense.GLUCOSE: "glucose was not low",
    Sense.SENSOR_BED: "somebody lay in the bed",
    Sense.SENSOR_CHAIR: "somebody sat in the chair",
    Sense.SENSOR_MAT: "nobody was on the mat",
    Sense.SENSOR_DOOR: "the door was opened",
    Sense.SENSOR_PRESENCE: "nobody was there",
    Sense.SENSOR_FALL: "the radar saw no fall",
    Sense.SENSOR_CORD: "no cord was pulled",
    Sense.CARER: "a carer was there",
    Sense.OWN_RATE: "it is frequent here",
}
_NEITHER: Final[Mapping[Sense, str]] = {
    Sense.VISION_POSTURE: "posture said nothing either way",
    Sense.VISION_DESCENT: "descent said nothing either way",
    Sense.VISION_STILLNESS: "stillness said nothing either way",
    Sense.PLACE: "the place is not known",
    Sense.SOUND_SCREAM: "a scream says nothing either way",
    Sense.SOUND_HELP: "a call for help says nothing either way",
    Sense.SOUND_MOAN: "moaning says nothing either way",
    Sense.SOUND_THUD: "a thud says nothing either way",
    Sense.SOUND_GLASS: "breaking glass says nothing either way",
    Sense.SOUND_SMOKE_ALARM: "a smoke detector says nothing either way",
    Sense.SOUND_COUGH: "coughing says nothing either way",
    Sense.VISION_MOVEMENT: "movement said nothing either way",
    Sense.WEARABLE_IMPACT: "the wearable said nothing either way",
    Sense.WEARABLE_STILLNESS: "stillness of the wearable said nothing either way",
    Sense.WEARABLE_ORIENTATION: "how the wearable hung said nothing either way",
    Sense.WEARABLE_MOVEMENT: "movement of the wearer said nothing either way",
    Sense.HEART_RATE: "the heart rate said nothing either way",
    Sense.VITALS: "vital signs said nothing either way",
    Sense.GLUCOSE: "glucose said nothing either way",
    Sense.SENSOR_BED: "the bed sensor said nothing either way",
    Sense.SENSOR_CHAIR: "the chair sensor said nothing either way",
    Sense.SENSOR_MAT: "the mat said nothing either way",
    Sense.SENSOR_DOOR: "the door said nothing either way",
    Sense.SENSOR_PRESENCE: "presence said nothing either way",
    Sense.SENSOR_FALL: "the radar said nothing either way",
    Sense.SENSOR_CORD: "the cord said nothing either way",
    Sense.CARER: "the carer said nothing either way",
    Sense.OWN_RATE: "how often it happens here said nothing either way",
}
_SLIGHT: Final = 0.05
"""Log-odds below which a sense said nothing."""
_STRONG: Final = 3.0
_CLEAR: Final = 1.0


class Reason(Struct, frozen=True):
    """What one sense contributed.

    Attributes
    ----------
    sense
        Which.
    words
        What it saw.
    llr
        Log-likelihood ratio (natural logarithm); positive speaks for a fall.
    weight
        How much that is, in a word.
    """

    sense: Sense
    words: str
    llr: float
    weight: str


def story(outcome: Outcome) -> str:
    """Return what happened in a recording that was judged wrong, or right, in a few sentences."""
    trace = outcome.trace
    if trace is None:
        return "No course was kept of this recording."
    if outcome.label == Label.FALL and not found(outcome):
        return _missed(outcome, trace)
    confirmed = _first(trace, kind_of(FallConfirmed))
    if confirmed is None:
        return "No alarm was given."
    held = " In the held time, after the recording's last frame." * (confirmed.t_s > trace.end_s)
    seen = [m for m in trace.moments if m.down >= DOWN]
    lying = f" Somebody was first seen down at {seen[0].t_s:.1f} s." if seen else ""
    return (
        f"Confirmed at {confirmed.t_s:.1f} s with a probability of "
        f"{confirmed.probability:.0%}.{held}{lying}"
    )


def deciding(trace: Trace) -> Said | None:
    """Return the statement whose contributions explain the outcome.

    The first confirmation; else the first suspicion; else the instant at which a fall was most
    probable.
    """
    return (
        _first(trace, kind_of(FallConfirmed)) or _first(trace, kind_of(FallSuspected)) or trace.peak
    )


def reasons(contributions: Sequence[Contribution]) -> list[Reason]:
    """Return what each sense contributed, in words, the weightiest first."""
    ordered = sorted(contributions, key=lambda one: -abs(one.llr))
    return [Reason(one.sense, _words(one), one.llr, _weight(one.llr)) for one in ordered]


def _missed(outcome: Outcome, trace: Trace) -> str:
    start = outcome.fall_start_s or 0.0
    after = [m for m in trace.moments if m.t_s >= start]
    if not after:
        return f"Nobody was seen from the start of the fall ({start:.1f} s) on."
    early = [s for s in outcome.alarms if s < start]
    if early:
        return f"An alarm came at {early[0]:.1f} s, before the fall, which does not count."
    suspected = _first(trace, kind_of(FallSuspected))
    if suspected is not None:
        recovered = _first(trace, kind_of(FallRecovered))
        ended = (
            f"; the person was seen up again at {recovered.t_s:.1f} s"
            if recovered is not None
            else ""
        )
        most = f" A fall was {trace.peak.probability:.0%} probable at most." if trace.peak else ""
        return f"Suspected at {suspected.t_s:.1f} s, never confirmed{ended}.{most}"
    down = [m for m in after if m.down >= DOWN]
    highest = max(m.down for m in after)
    last = after[-1]
    gone = f" Last seen at {last.t_s:.1f} s." if last.t_s < trace.end_s - 1.0 else ""
    if not down:
        return (
            "Nobody was seen down after the fall began: the probability of being down reached "
            f"{highest:.0%} at most.{gone}"
        )
    return (
        f"Somebody was seen down from {down[0].t_s:.1f} s on ({len(down)} instants), not surely or "
        f"not long enough to be suspected.{gone}"
    )


def _first(trace: Trace, kind: str) -> Said | None:
    return next((said for said in trace.said if said.kind == kind), None)


def _words(one: Contribution) -> str:
    if abs(one.llr) < _SLIGHT:
        return _NEITHER[one.sense]
    return (_FOR if one.llr > 0 else _AGAINST)[one.sense]


def _weight(llr: float) -> str:
    if abs(llr) < _SLIGHT:
        return "nothing"
    much = "strongly" if abs(llr) >= _STRONG else "clearly" if abs(llr) >= _CLEAR else "slightly"
    return f"{much} {'for' if llr > 0 else 'against'} a fall"
