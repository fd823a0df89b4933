"""What goes with a device, with a resident and with a consent: forgotten, and nothing else is.

Rooms are filled by hand with all that they may remember, then begin anew with another
configuration, are told to erase somebody, or that a purpose was withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ambient.config import Bed, NodeConfig, Room
from ambient.config_gateways import Sensor, Way, Wearable
from ambient.config_watch import BedWatch, RoomWatch, WetRoom
from ambient.events import Purpose, Sense, SituationStep
from ambient.observations import SensorKind, SoundClass, VitalMeasured, Wear
from fusion.bed import BedState
from fusion.carer import Holder
from fusion.chains import Chains, Found, Kind, Who
from fusion.distress import Chain as Heard
from fusion.hypothesis import Evidence
from fusion.judge import Judge
from fusion.own_calls import OwnCalls
from fusion.restless import RestlessState
from fusion.room import RoomJudge, Snapshot
from fusion.wearers import Wearer
from tests.fusion.situation_kit import at, heard, moved, sensor, tick
from tests.fusion.situations import homes
from tests.fusion.situations.kit import FLAT, NIGHT, Story, installed

ANNA, BERTA, CLARA = "s-aaaa", "s-bbbb", "s-cccc"
KINDS = {
    "pad": SensorKind.BED,
    "mat": SensorKind.MAT,
    "badge": SensorKind.CARER,
    "cord": SensorKind.CORD,
    "radar": SensorKind.PRESENCE,
}
WATCH = BedWatch(edge=True, exit=True, restless=True)
WATCHES = RoomWatch(inactive=True, wandering=True, agitated=True)
replace = msgspec.structs.replace


def room(*subjects: str | None, bath: str | None = None, **keys: Any) -> Room:
    """Return a room with a bed for each, one of everything small, and a wet room."""
    beds = [
        Bed(id=name, subject=who, watch=WATCH) for name, who in zip("ab", subjects, strict=False)
    ]
    sensors = [
        Sensor(id=name, device=name, kind=kind, bed="a" if name in ("pad", "mat") else None)
        for name, kind in KINDS.items()
    ]
    bands = [Wearable(id="w1", device="w1", via=Way.MQTT, subject=subjects[0], wear=Wear.WAIST)]
    fields = {
        "beds": beds,
        "sensors": sensors,
        "wearables": bands,
        "wet_rooms": [WetRoom(id="bath", sensors=["radar"], subject=bath)],
        "watch": WATCHES,
        "purposes": {Purpose.SOUNDS: True, Purpose.VITALS: True},
        **keys,
    }
    return Room(id="r1", **fields)


def node(of: Room) -> RoomJudge:
    return Judge(NodeConfig(site="home", node="n-1", rooms=[of]), "k" * 40).rooms["r1"]


def lived_in(of: Room) -> RoomJudge:
    """Return the judge of a room that knows how its residents live."""
    made = node(of)
    state = made.situations.state
    for bed in of.beds:
        state.restless[bed.id].shares = [0.1] * 200
        state.people.lain[bed.id] = {"c1": (0.5, 0.4, 0.36, 0.3)}
    state.wet_rooms["bath"].stays = [300.0] * 20
    state.inactivity.usual = {9: [20.0] * 10}
    state.wandering.usual = [4.0] * 10
    state.agitation.rates = {Sense.SOUND_MOAN.value: 9.0}
    state.agitation.pulse = [70.0] * 30
    state.hung["w1"] = (0.0, -1.0, 0.0)
    made.distress.state.calls = OwnCalls(calls=90.0, hours=90.0, t=at(0))
    return made


def known(made: RoomJudge) -> set[str]:
    """Return what is known of how somebody lives."""
    state = made.situations.state
    found = {
        **{f"nights {name}": one.shares for name, one in state.restless.items()},
        **{f"lies {name}": state.people.lain.get(name) for name in state.beds},
        "stays": state.wet_rooms["bath"].stays,
        "hours": state.inactivity.usual,
        "walks": state.wandering.usual,
        "signs": state.agitation.rates,
        "pulse": state.agitation.pulse,
        "hangs": state.hung,
        "calls": made.distress.state.calls.calls,
    }
    return {name for name, one in found.items() if one}


def anew(made: RoomJudge, of: Room) -> RoomJudge:
    """Return the judge that goes on after a restart with this configuration."""
    other = node(of)
    other.restore(made.state())
    return other


OF_A, OF_B = {"nights a", "lies a"}, {"nights b", "lies b"}
OF_ALL = {"hours", "walks", "signs", "pulse", "calls"}
SHARED = {"stays", *OF_ALL}


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        (room(ANNA), room(ANNA), set()),
        (room(ANNA), room(BERTA), {*OF_A, "hangs", *SHARED}),
        (room(ANNA), room(None), {*OF_A, "hangs", *SHARED}),
        (room(None), room(ANNA), {*OF_A, "hangs", *SHARED}),
        (room(ANNA, BERTA), room(ANNA, CLARA), {*OF_B, *SHARED}),
        (room(ANNA, BERTA), room(BERTA, ANNA), {*OF_A, *OF_B, "hangs"}),
        (room(ANNA, bath=ANNA), room(BERTA, bath=ANNA), {*OF_A, "hangs", *OF_ALL}),
        (room(ANNA, BERTA, bath=BERTA), room(ANNA, BERTA, bath=ANNA), {"stays"}),
        (room(ANNA), room(ANNA, sensors=[]), set()),
    ],
)  # fmt: skip
def test_a_new_occupant_begins_anew(before: Room, after: Room, gone: set[str]) -> None:
    made = lived_in(before)
    assert known(anew(made, after)) == known(made) - gone
    assert known(anew(anew(made, after), after)) == known(made) - gone


def test_what_is_known_of_nobody_knows_whom_is_kept_once() -> None:
    """A state of before it was noted whose habits it holds."""
    made = lived_in(room(ANNA))
    made.situations.state.whose = {}
    again = anew(made, room(ANNA))
    assert known(again) == known(made)
    assert known(anew(again, room(BERTA))) == set()


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize(
    ("subject", "gone"),
    [(ANNA, {*OF_A, "hangs", *SHARED}), (BERTA, {*OF_B, *SHARED}), (CLARA, set())],
)
def test_who_is_erased_leaves_no_habit(subject: str, gone: set[str], noted: bool) -> None:
    made = lived_in(room(ANNA, BERTA))
    if not noted:
        made.situations.state.whose = {}
    everything = known(made)
    made.forget(subject)
    assert known(made) == everything - gone


def test_the_former_resident_can_be_erased_after_another_moved_in() -> None:
    made = anew(lived_in(room(ANNA)), room(BERTA))
    made.forget(ANNA)
    assert ANNA.encode() not in b"".join(made.state().values())


@pytest.mark.parametrize("how", ["moves out", "is erased"])
def test_what_was_told_of_somebody_goes_on_as_nobodys(how: str) -> None:
    made = lived_in(room(ANNA))
    open_chain(made.situations.state.beds["a"].chains, Kind.EXIT, "a")
    open_chain(made.situations.state.wet_rooms["bath"].chains, Kind.NOT_OUT, "bath")
    if how == "is erased":
        made.forget(ANNA)
    else:
        made.situations.state.beds["a"].left = at(1)
        made = anew(made, room(BERTA))
        assert made.situations.state.beds["a"].left is None, "who got up is not who lives here now"
    state = made.situations.state
    chains = [*state.beds["a"].chains.open, *state.wet_rooms["bath"].chains.open]
    assert [(one.kind, one.who.subject) for one in chains] == [
        (Kind.EXIT, None),
        (Kind.NOT_OUT, None),
    ]


def open_chain(chains: Chains, kind: Kind, key: str) -> None:
    chains.reach(kind, Who(key, ANNA), SituationStep.CONFIRMED, at(1), Found(at(1)))


def test_a_call_that_the_former_rate_held_back_rings() -> None:
    made = lived_in(room(ANNA))
    held = Heard(
        SoundClass.HELP, at(0), at(20), 0.95, SituationStep.SUSPECTED, called=at(0), own=-4
    )
    made.distress.state.chains = [held]
    again = anew(made, room(BERTA))
    (said,) = again.distress.heard(heard(30, SoundClass.HELP, 0.95))
    assert said.step is SituationStep.CONFIRMED


# -- devices -----------------------------------------------------------------------------------


def full(of: Room) -> RoomJudge:
    """Return the judge of a room in which every device has said something that lasts."""
    made = node(of)
    state, signs = made.situations.state, made.falls.down.signs
    for where in (state.carers, signs.carers):
        where.holders["badge"] = Holder(since=at(0))
    state.cord.since["cord"] = state.cord.newest["cord"] = at(0)
    state.movement.on["radar"] = SensorKind.PRESENCE
    state.movement.worn["w1"] = False
    state.wet_rooms["bath"].on = ["radar"]
    state.kinds = {"pad": SensorKind.BED, "mat": SensorKind.MAT}
    state.holds = {"a": {"pad": False, "mat": True}}
    state.beds["a"].held = [-6.0, -5.0, -1.0, -0.5]
    state.beds["a"].denying = ["pad", "mat"]
    state.hung["w1"] = (0.0, -1.0, 0.0)
    signs.kinds = dict(KINDS)
    signs.on = dict.fromkeys(KINDS, at(0))
    signs.wearers["w1"] = Wearer("w1", of.wearables[0].subject, Wear.WAIST, at(0), worn=False)
    return made


PLACES: dict[str, tuple[str, Callable[[RoomJudge], Any]]] = {
    "carers": ("badge", lambda made: made.situations.state.carers.holders),
    "carers of falls": ("badge", lambda made: made.falls.down.signs.carers.holders),
    "cords": ("cord", lambda made: made.situations.state.cord.since),
    "cords that were heard": ("cord", lambda made: made.situations.state.cord.newest),
    "somebody here": ("radar", lambda made: made.situations.state.movement.on),
    "wet room": ("radar", lambda made: made.situations.state.wet_rooms["bath"].on),
    "bed": ("pad", lambda made: made.situations.state.holds["a"]),
    "kinds": ("pad", lambda made: made.situations.state.kinds),
    "what denies": ("pad", lambda made: made.situations.state.beds["a"].denying),
    "on": ("radar", lambda made: made.falls.down.signs.on),
    "worn": ("w1", lambda made: made.situations.state.movement.worn),
    "hangs": ("w1", lambda made: made.situations.state.hung),
    "wearers": ("w1", lambda made: made.falls.down.signs.wearers),
}


def without(of: Room, device: str) -> Room:
    return replace(
        of,
        sensors=[one for one in of.sensors if one.id != device],
        wearables=[one for one in of.wearables if one.id != device],
        wet_rooms=[
            replace(one, sensors=[name for name in one.sensors if name != device])
            for one in of.wet_rooms
        ],
    )


@pytest.mark.parametrize("place", PLACES)
def test_a_device_that_is_taken_out_says_nothing_any_more(place: str) -> None:
    device, look = PLACES[place]
    made = full(room(ANNA))
    assert device in look(made)
    assert device in look(anew(made, room(ANNA)))
    others = [one for one in look(made) if one != device]
    assert list(look(anew(made, without(room(ANNA), device)))) == others


@pytest.mark.parametrize(
    "place", [place for place, (device, _) in PLACES.items() if device != "w1"]
)
def test_nor_does_one_whose_name_another_kind_has_now(place: str) -> None:
    device, look = PLACES[place]
    plain = room(ANNA, wet_rooms=[WetRoom(id="bath", sensors=[])])
    other = [replace(s, kind=SensorKind.FALL) if s.id == device else s for s in plain.sensors]
    assert device not in look(anew(full(room(ANNA)), replace(plain, sensors=other)))


def test_a_pad_that_is_put_into_another_bed_is_none_of_the_first_ones() -> None:
    plain = room(ANNA, BERTA)
    moved_over = [replace(s, bed="b") if s.bed == "a" else s for s in plain.sensors]
    state = anew(full(plain), replace(plain, sensors=moved_over)).situations.state
    assert state.holds == {}
    assert (state.beds["a"].held, state.beds["a"].denying) == ([0.0] * 4, [])


def test_what_the_other_sensor_of_a_bed_says_holds_on() -> None:
    made = anew(full(room(ANNA)), without(room(ANNA), "pad"))
    made.situations.observe(tick(10), at(10))
    bed: BedState = made.situations.state.beds["a"]
    assert bed.denying == ["mat"]
    assert bed.held[0] == -3.0


def test_a_cord_that_is_taken_out_while_it_calls_goes_on_to_call_for_an_hour() -> None:
    made = node(room(ANNA))
    made.situations.observe(sensor(0, SensorKind.CORD, True, "cord"), at(0))
    again = anew(made, without(room(ANNA), "cord")).situations
    said = [c for s in range(1, 3700, 10) for c in again.observe(tick(s), at(s))]
    steps = [(c.step, (c.t - at(0)) // 10**9) for c in said if c.kind is Kind.CORD]
    assert steps == [(SituationStep.LASTING, 181), (SituationStep.ENDED, 3601)]


def test_evidence_of_what_is_taken_out_speaks_for_a_fall_only() -> None:
    made = full(room(ANNA))
    signs = made.falls.down.signs
    signs.pieces.kept = [
        Evidence("mat_pressed", "mat", at(0), at(0), 1.0),
        Evidence("bed_taken", "pad", at(0), at(0), -2.0),
        Evidence("camera_upright_alone", "c1", at(0), at(0), -2.0),
    ]
    again = anew(made, replace(room(ANNA), sensors=[])).falls.down.signs
    assert [one.source for one in again.pieces.kept] == ["mat", "c1"]


def test_a_wearable_that_somebody_else_wears_now_knows_nothing_of_the_first() -> None:
    made = full(room(ANNA))
    made.falls.down.signs.wearers["w1"].pulse = [(at(0), 70.0)]
    (wearer,) = anew(made, room(BERTA)).falls.down.signs.wearers.values()
    assert (wearer.subject, wearer.pulse, wearer.worn) == (BERTA, [], False)


def test_going_on_from_a_snapshot_takes_nothing_out() -> None:
    """A recording begins with what is known then, be it of a device that is no longer there."""
    made = full(room(ANNA))
    decode, encode = msgspec.msgpack.decode, msgspec.msgpack.encode
    other = node(room(BERTA, sensors=[], wet_rooms=[WetRoom(id="bath", sensors=["x"])]))
    other.resume(decode(encode(made.snapshot()), type=Snapshot))
    assert other.state() == made.state()


# -- consent -----------------------------------------------------------------------------------


def sensed(*, worn: bool = True) -> RoomJudge:
    """Return the judge of a room in which each sense has told something."""
    made = lived_in(room(ANNA))
    state = made.situations.state
    if worn:
        made.situations.observe(moved(10, 0.3), at(10))
    for minute in range(25):
        value = {"code": "8867-4", "value": 70.0, "unit": "/min", "subject": ANNA}
        t = at(60 * minute)
        seen = VitalMeasured(t=t, received=t, room="r1", source="w1", **value)  # type: ignore[arg-type]
        if worn:
            made.situations.observe(seen, t)
    state.agitation.quick = at(1500) if worn else 0
    made.situations.observe(heard(1500, SoundClass.MOAN), at(1500))
    wet = state.wet_rooms["bath"]
    wet.since, wet.hurried = at(1000), at(1001)
    wet.worth = {Sense.SOUND_THUD.value: 2.0, Sense.SENSOR_PRESENCE.value: 4.0}
    state.beds["a"].worth = {Sense.WEARABLE_MOVEMENT.value: 5.0, Sense.SENSOR_BED.value: 0.9}
    return made


def test_withdrawn_sounds_leave_nothing_that_was_heard() -> None:
    made = sensed()
    made.consent(Purpose.SOUNDS, on=False)
    state = made.situations.state
    assert Sense.SOUND_MOAN.value not in state.agitation.signs
    assert Sense.SOUND_MOAN.value not in state.agitation.rates
    assert len(state.agitation.pulse) > 20
    wet = state.wet_rooms["bath"]
    assert (wet.hurried, wet.worth) == (None, {Sense.SENSOR_PRESENCE.value: 4.0})
    assert wet.since == at(1000)
    assert {"stays", "hours", "walks"} <= known(made)


def test_withdrawn_vitals_leave_nothing_that_a_wearable_told() -> None:
    made = sensed()
    made.situations.state.movement.worn["w1"] = True
    made.consent(Purpose.VITALS, on=False)
    state, told = made.situations.state, Sense.WEARABLE_MOVEMENT.value
    agitation = state.agitation
    assert (agitation.pulse, agitation.pulse_t, agitation.quick) == ([], 0, 0)
    assert told not in agitation.signs
    assert told not in agitation.rates
    assert Sense.SOUND_MOAN.value in agitation.signs
    assert (state.movement.moved, state.movement.watched, state.movement.worn) == ({}, {}, {})
    assert state.beds["a"].worth == {Sense.SENSOR_BED.value: 0.9}
    # Habits of moving were the camera's and the wearable's together.
    assert known(made) == {*OF_A, "stays", "signs", "calls"}


def test_that_vitals_are_off_as_ever_takes_no_habit_away() -> None:
    """A node says so after each start."""
    made = sensed(worn=False)
    made.situations.state.hung = {}
    for _ in range(2):
        made.consent(Purpose.VITALS, on=False)
    assert known(made) == {*OF_A, "stays", "signs", "calls", "hours", "walks"}


@pytest.mark.parametrize("purpose", [Purpose.SOUNDS, Purpose.VITALS])
def test_consent_that_is_given_forgets_nothing(purpose: Purpose) -> None:
    made = sensed()
    before = made.situations.state
    kept = msgspec.msgpack.encode(before)
    made.consent(purpose, on=True)
    assert msgspec.msgpack.encode(before) == kept


def test_a_bed_that_is_watched_no_more_is_left_out_with_its_sensors() -> None:
    made = full(room(ANNA))
    made.situations.state.restless["a"] = RestlessState(shares=[0.1] * 200)
    unwatched = replace(room(ANNA), beds=[Bed(id="a", subject=ANNA)])
    state = anew(made, unwatched).situations.state
    assert (state.beds, state.restless, state.holds) == ({}, {}, {})


def test_a_fall_that_is_open_goes_on_as_nobodys_where_somebody_else_moves_in(
    tmp_path: Path,
) -> None:
    ward = homes.home(watch=homes.ALWAYS, wearables=homes.WEARS_A)
    story = Story(installed(ward, tmp_path), NIGHT, 150)
    story.band().walks(1, 10).impact(10).rests(11, 29, FLAT)
    story.restart(30, 40, home=ward.replace("s-aaaa", "s-ffff"))
    told = {each.name: each.event.subject for each in story.play() if each.s > 40}
    assert told["fall.long_lie"] is None
