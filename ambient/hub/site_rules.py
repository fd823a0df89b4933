"""The rules of alarms as ``hub.yaml`` states them.

Comes in: a `HubConfig`. Goes out: `alarms.rules.Rules`, which the log keeps.
"""

from __future__ import annotations

from ambient.config import HubConfig
from ambient.hub.alarms.rota import Member, Rota, Shift
from ambient.hub.alarms.rules import Group, Plan, Rules, Step


def rules_of(config: HubConfig) -> Rules:
    """Return the rules of `config`."""
    alarms = config.alarms
    return Rules(
        rota=Rota(
            zone=config.time_zone or "",
            shifts=[
                Shift(id=one.id, begins=one.minutes[0], ends=one.minutes[1])
                for one in alarms.shifts
            ],
            staff=[
                Member(
                    id=one.id,
                    shifts=one.shifts,
                    rooms=one.rooms,
                    floors=one.floors,
                    nurse=one.nurse,
                    ways=one.ways,
                )
                for one in alarms.staff
            ],
        ),
        plans=[
            Plan(
                steps=[Step(to=Group(one.to.value), after_s=one.after_s) for one in plan.steps],
                rooms=plan.rooms,
                floors=plan.floors,
                shifts=plan.shifts,
            )
            for plan in alarms.plans
        ],
        floors={room: named.floor for room, named in config.rooms.items() if named.floor},
        outside=alarms.outside,
        remote=[name for name, channel in config.channels.items() if channel.delegated],
        coming_s=alarms.coming_min * 60,
        there_s=alarms.there_min * 60,
        repeat_s=alarms.repeat_s,
        backstop=True,
    )
