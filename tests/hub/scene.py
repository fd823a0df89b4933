"""A house in which something stands on every page: for tests of all pages, and for their pictures.

Comes in: a hub without nodes. Goes out: rooms, residents, alarms of some weeks, care settings of
which one is overdue, a fall that was not reported, a wizard that is open; drawn up, nobody's.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

from ambient import events
from ambient.bus import keys
from ambient.commands import KeepWindow, new_id
from ambient.config import HubConfig, RoomName
from ambient.config_alarms import Alarms, ShiftHours, Staff
from ambient.config_channels import ChannelConfig
from ambient.config_web import LinkListen, SecondFactor, Web
from ambient.events import (
    AnyEvent,
    Area,
    CommandKind,
    Corner,
    Coverage,
    Kept,
    Light,
    Outcome,
    Purpose,
    Station,
    StationResult,
    WizardAct,
)
from ambient.hub.alarms.condition import Judgement
from ambient.hub.alarms.inputs import NotReported, OnMyWay, Resolve
from ambient.hub.burden.deeds import start_shadow
from ambient.hub.identities import Role
from ambient.hub.people import care
from ambient.hub.people.care import CareSettings
from ambient.hub.people.consents import Capacity
from ambient.hub.people.register import Register
from ambient.hub.service import RunningHub
from ambient.observations import View
from tests.hub.kit import NS, USER, add_user, enrol, event, fall, kept, view
from tests.hub.weeks import ANNA, BERTA, weeks

DAY_S = 24 * 3600
ROLES = (Role.LEAD, Role.DPO, Role.INSTALLER, Role.CARER)
"""Users beside the administrator; each is called as its role is."""


def config(folder: Path, *, names: list[str] | None = None) -> HubConfig:
    """Return a house with ten rooms on two floors; with `names`, over its own HTTPS."""
    rooms = {
        f"r{n}": RoomName(name=f"Room {n}", floor="First floor" if n < 15 else "Second floor")
        for n in range(9, 19)
    }
    return HubConfig(
        site="lindenhof",
        state_dir=folder / "state",
        link=LinkListen(bind="tcp://127.0.0.1:0"),
        web=Web(port=0, second_factor=SecondFactor.OPTIONAL, names=names or []),
        rooms=rooms,
        silent_s=600,
        alarms=Alarms(
            shifts=[
                ShiftHours(id="day", hours="06:30-20:30"),
                ShiftHours(id="night", hours="20:30-06:30"),
            ],
            staff=[Staff(id=USER, shifts=["day", "night"])],
        ),
        channels={"push": _push(folder)},
    )


def furnish(hub: RunningHub) -> None:
    """Bring what the pages show."""
    for role in ROLES:
        add_user(hub, role.value, role)
    for node, rooms in (("n-1", range(9, 13)), ("n-2", range(13, 19))):
        enrol(hub.context.registry, node, [f"r{n}" for n in rooms], site="lindenhof")
    enrol(hub.context.registry, "n-3", ["r19"], site="lindenhof", accept=False)
    _past(hub)
    _rooms(hub)
    _residents(hub)
    _not_reported(hub)
    _installation(hub)
    life = fall(time.time() - 40, 2, room="r12")
    hub.context.store.store("n-1", life, time.time_ns())
    taken = fall(time.time() - 95, 2, node="n-2", room="r14")
    hub.context.store.store("n-2", taken, time.time_ns())
    seen_to = OnMyWay(condition=taken[0].chain, who="marta")
    hub.context.store.decide(seen_to, time.time_ns())


def _push(folder: Path) -> ChannelConfig:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "vapid.pem"
    made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    keys.write_private(key, made)
    options = {
        "key_file": str(key),
        "contact": "it@house.example",
        "devices": str(folder / "devices"),
    }
    return ChannelConfig(
        kind="webpush",
        options=options,
        recipients={USER: "phone-7", "everybody": "ward"},
        accepted_by="D. Schutz",
        accepted_on="2026-05-31",
    )


def _past(hub: RunningHub) -> None:
    """Bring alarms of the last weeks, and what people said of them."""
    store, now = hub.context.store, time.time()
    said = [
        Judgement.FALL,
        Judgement.FALSE_ALARM,
        Judgement.HELP,
        Judgement.FALL,
        Judgement.TEST,
    ]
    for number in range(15):
        began = now - (20 - number) * DAY_S
        life = fall(began, 2, room=f"r{9 + number % 4}")
        store.store("n-1", life, round((began + 9) * NS))
        given = Resolve(condition=life[0].chain, who=USER, judgement=said[number % 5])
        store.decide(given, round((began + 200) * NS))
    start_shadow(store, "r18", time.time_ns() + 5 * DAY_S * NS, "lead", time.time_ns())


def _rooms(hub: RunningHub) -> None:
    store, now = hub.context.store, time.time()
    for number in range(9, 19):
        node, room = ("n-1" if number < 13 else "n-2"), f"r{number}"
        kinds: dict[int, tuple[type[events.Quality], View, dict[str, Any]]] = {
            15: (
                events.QualityNotWatched,
                View.PAUSED,
                {"until": round((now + 960) * NS)},
            ),
            16: (events.QualityDegraded, View.COVERED, {}),
        }
        kind, seen, more = kinds.get(number, (events.QualityRestored, View.OK, {}))
        given = view(kind, now - 3600, seen, node=node, room=room, **more)
        store.store(node, [given], time.time_ns())
    own = [msgspec.structs.replace(one, room="r9") for one in weeks(now)]
    store.store("n-1", own, time.time_ns())


def _residents(hub: RunningHub) -> None:
    register, now = Register(hub.context.database), time.time_ns()
    for subject, room, bed in ((ANNA, "r9", "a"), (BERTA, "r10", "a"), ("s-77c1", "r10", "b")):
        register.move_in(subject, room, bed, "lead", now)
    for subject, purpose in ((ANNA, Purpose.VOICE), (BERTA, Purpose.SOUNDS)):
        register.decide(
            subject,
            purpose,
            True,
            by="E. Muster",
            capacity=Capacity.GUARDIAN,
            who="lead",
            now=now,
        )
    month = 30 * DAY_S * NS
    settings = [
        CareSettings(
            room="r9",
            bed="a",
            reason="Rolls out of bed",
            at=now - 2 * month,
            review=now - month,
            entered_by="lead",
            fall_mat=True,
            walking_aid=True,
        ),
        CareSettings(
            room="r10",
            bed="a",
            reason="COPD, ordered by Dr Weber",
            at=now,
            review=now + month,
            entered_by="lead",
            wheelchair=True,
            bed_exit_delay_min=10,
            saturation_scale=2,
        ),
    ]
    lifted = msgspec.structs.replace(
        settings[1], room="r12", reason="Stroke", hoist=True, saturation_scale=1
    )
    care.enter(hub.context.database, lifted, None)
    for one, subject in zip(settings, (ANNA, BERTA), strict=True):
        for order in care.enter(hub.context.database, one, subject):
            refused = one.room == "r10"
            _answer(hub, order.id, CommandKind.CARE, one.room, refused=refused)


def _answer(
    hub: RunningHub, command: str, kind: CommandKind, room: str, *, refused: bool = False
) -> None:
    answered = event(
        events.CommandApplied,
        time.time(),
        family=command,
        room=room,
        command=command,
        command_kind=kind,
        outcome=Outcome.REFUSED if refused else Outcome.APPLIED,
    )
    hub.context.store.store("n-1", [answered], time.time_ns())


def _not_reported(hub: RunningHub) -> None:
    """Bring two falls that no room told of: of one the recording is kept, of the other nothing."""
    store = hub.context.store
    for days, room, what, rows in (
        (3, "r9", Kept.KEPT, 18_204),
        (6, "r11", Kept.NOT_RECORDED, 0),
    ):
        at = time.time_ns() - days * DAY_S * NS
        said = NotReported(id=new_id(), room=room, about=at - 1800 * NS, who=USER)
        store.decide(said, at)
        order = store.keep_window(said, at)
        (command,) = (
            one
            for one in store.pending(at)["n-1"]
            if isinstance(one, KeepWindow) and one.id == order.id
        )
        store.store("n-1", [kept(command, at, what, rows)], at)


def _installation(hub: RunningHub) -> None:
    """Bring rooms that are installed, one that is not any more, and a wizard that is open."""
    store, now = hub.context.store, time.time()
    day = StationResult(Station.WALK, Light.DAY, Coverage.YES)

    def walked(room: str, at: float, *, complete: bool = True) -> AnyEvent:
        return event(
            events.NodeCommissioned,
            at,
            family="commissioned",
            node="n-1" if room == "r9" else "n-2",
            room=room,
            complete=complete,
            walked=[day],
            certificate="5f" * 32,
        )

    store.store("n-1", [walked("r9", now - 90 * DAY_S)], time.time_ns())
    store.store("n-2", [walked("r13", now - 80 * DAY_S)], time.time_ns())
    store.store("n-2", [walked("r14", now - 70 * DAY_S, complete=False)], time.time_ns())
    store.store("n-2", [walked("r17", now - 60 * DAY_S)], time.time_ns())
    turned = view(events.QualityDegraded, now - 2 * DAY_S, View.MOVED, node="n-2", room="r17")
    store.store("n-2", [turned], time.time_ns())
    opened = event(
        events.NodeWizard,
        now - 200,
        family="wizard",
        room=None,
        act=WizardAct.OPENED,
        certificate="a7" * 32,
        ipv4=(10 << 24) + 12,
        port=7443,
        until=round((now + 1600) * NS),
    )
    drawn = event(
        events.NodeZone,
        now - 100,
        family="zones",
        room="r11",
        source="c1",
        area=Area.BED,
        corners=[Corner(0, 0), Corner(1, 0), Corner(1, 1)],
    )
    seen = [
        StationResult(station, Light.DAY, Coverage.YES)
        for station in (Station.WALK, Station.SIT, Station.LIE_BED, Station.LIE_FLOOR_1)
    ]
    walk = event(
        events.NodeWizard,
        now - 30,
        began=now - 200,
        family="wizard",
        room=None,
        act=WizardAct.WALKED,
        walked=seen,
        stations=8,
    )
    told: list[AnyEvent] = [opened, drawn, msgspec.structs.replace(walk, room="r11")]
    store.store("n-1", told, time.time_ns())
