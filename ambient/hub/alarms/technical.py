"""Technical conditions of one cause within a minute are one, which lists the rooms.

Comes in: open technical cases. Goes out: which one leads. Every condition keeps its own life and
ends by its own evidence; only the leader is shown and given. When the leader ends, the next one of
those that are left leads, seen to by whoever saw to the leader.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ambient.events import Device
from ambient.hub.alarms.book import Case
from ambient.hub.alarms.condition import Condition
from ambient.hub.alarms.kinds import TECHNICAL, AlarmKind
from ambient.hub.alarms.rules import NS, Rules

_ALONE: Final = (AlarmKind.UNENROLLED, AlarmKind.CHANNEL)
"""Each of these names something else to be done."""


def cause(condition: Condition) -> str | None:
    """Return the cause that `condition` may share with others; None when it stands alone."""
    if condition.kind not in TECHNICAL or condition.kind in _ALONE:
        return None
    seen = condition.view or condition.hearing
    if condition.device is Device.NURSE_CALL:
        # Behind a camera that is gone as well nobody would read of it.
        return f"{condition.kind.value}:{condition.device.value}"
    return condition.kind.value if seen is None else f"{condition.kind.value}:{seen.value}"


def leader_of(condition: Condition, leading: Iterable[Case], rules: Rules, now: int) -> Case | None:
    """Return which of the cases that lead stands for `condition`, new at `now` (ns), if any."""
    own = cause(condition)
    if own is None:
        return None
    since = now - round(rules.together_s * NS)
    near = [
        case
        for case in leading
        if case.condition.id != condition.id
        and case.condition.opened >= since
        and cause(case.condition) == own
    ]
    return min(near, key=_first, default=None)


def in_order(cases: Iterable[Case]) -> list[Case]:
    """Return `cases`, the first one first: it leads when the one that led them has ended."""
    return sorted(cases, key=_first)


def _first(case: Case) -> tuple[int, str]:
    return case.condition.opened, case.condition.id
