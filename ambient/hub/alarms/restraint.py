"""What is kept and shown and does not ring: below an accepted threshold, or in shadow mode.

Comes in: conditions as evidence makes them, thresholds that somebody accepted, rooms in shadow
mode, the hub's time. Goes out: the condition with what restrains it. Pure.

A *threshold* holds back one of `kinds.BUDGETED` while it is less probable than agreed; nothing else
can have one, and what rang once rings on. In *shadow mode* a room, some kinds of it, or one version
of its configuration is only recorded, until a stated instant. Cords ring even then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from ambient.errors import UsageError
from ambient.hub.alarms import inputs
from ambient.hub.alarms.condition import Change, Condition, Deed, Entry, Presence, Stage
from ambient.hub.alarms.kinds import BUDGETED, SHADOWABLE, TASKS, AlarmKind

ThresholdInput = inputs.AcceptThreshold | inputs.TakeBackThreshold
ShadowInput = inputs.StartShadow | inputs.EndShadow
NS: Final = 1_000_000_000
LONGEST_SHADOW_S: Final = 28 * 24 * 3600
"""Nobody is protected by what is in shadow mode; it may not be forgotten there."""


class Threshold(Struct, frozen=True, kw_only=True):
    """What is less probable is shown and does not ring.

    Attributes
    ----------
    room
        None stands for every room that has none of its own.
    below
        Probability, above 0 and at most 1.
    since
        Hub time (ns).
    by
        Who accepted it.
    """

    id: str
    kind: AlarmKind
    room: str | None
    below: float
    since: int
    by: str


class Shadow(Struct, frozen=True, kw_only=True):
    """A room, or a new version in it, is only recorded.

    Attributes
    ----------
    kinds
        Empty stands for all of `kinds.SHADOWABLE`.
    version
        Configuration version (`Event.config_version`: models and settings) whose events are only
        recorded; None stands for all events of the room.
    since, until
        Hub time (ns).
    """

    id: str
    room: str
    kinds: list[AlarmKind]
    version: str | None
    since: int
    until: int
    by: str

    def covers(self, room: str | None, kind: AlarmKind, version: str | None) -> bool:
        """Return whether an event of `kind` and `version` in `room` is only recorded."""
        return (
            room == self.room
            and kind in SHADOWABLE
            and (not self.kinds or kind in self.kinds)
            and self.version in (None, version)
        )

    @property
    def unprotected(self) -> bool:
        """Whether somebody on the floor would only be recorded."""
        return not self.kinds or AlarmKind.FALL in self.kinds


def unprotected_until(shadows: Sequence[Shadow], room: str, version: str | None) -> int | None:
    """Return until when (ns) somebody on the floor of `room` is only recorded, None when not.

    Parameters
    ----------
    version
        Configuration version of the room's newest event, None when nothing is known of it.
    """
    ends = [s.until for s in shadows if s.covers(room, AlarmKind.FALL, version)]
    return max(ends, default=None)


def threshold_of(
    thresholds: Sequence[Threshold], room: str | None, kind: AlarmKind
) -> Threshold | None:
    """Return the threshold in force, the room's own before that of every room."""
    if kind not in BUDGETED:
        return None
    fits = [one for one in thresholds if one.kind is kind and one.room in (None, room)]
    return max(fits, key=lambda one: one.room is not None, default=None)


def stated(
    before: Condition | None,
    change: Change,
    version: str,
    thresholds: Sequence[Threshold],
    shadows: Sequence[Shadow],
    now: int,
) -> Change:
    """Return `change` with what restrains the condition after an event of `version` at `now` (ns).

    Parameters
    ----------
    before
        The condition before the event; None when the event opened it.
    """
    condition = change.condition
    if condition.kind not in SHADOWABLE and condition.kind not in BUDGETED:
        return change
    entries = list(change.entries)
    shadow = _shadow(before, condition, version, shadows)
    held = _held(before, condition, thresholds)
    news = change.news
    for was, has, began, ended in (
        (before and before.shadow, shadow, Deed.SHADOWED, Deed.UNSHADOWED),
        (before and before.held, held, Deed.HELD, Deed.RELEASED),
    ):
        if has is not None and was is None:
            entries.append(Entry(at=now, what=began))
        elif has is None and was is not None:
            entries.append(Entry(at=now, what=ended))
            news = news or condition.stage >= Stage.CONFIRMED
    restrained = msgspec.structs.replace(condition, shadow=shadow, held=held)
    return Change(condition=restrained, entries=entries, news=news)


def task_of(fall: Condition, change: Change) -> Change:
    """Return the task after a fall, in shadow mode when the fall is."""
    task = msgspec.structs.replace(change.condition, shadow=fall.shadow)
    return msgspec.structs.replace(change, condition=task)


def unshadowed(condition: Condition, over: Collection[str], now: int) -> Change | None:
    """Return the condition as it is when shadows end; None when it is in none of them, or stays.

    What is over by evidence stays recorded; whoever is still on the floor must be told of.
    """
    if condition.shadow not in over or condition.presence is not Presence.ON:
        return None
    if condition.kind in TASKS:
        return None
    changed = msgspec.structs.replace(condition, shadow=None)
    entry = Entry(at=now, what=Deed.UNSHADOWED)
    return Change(condition=changed, entries=[entry], news=True)


def reheld(condition: Condition, thresholds: Sequence[Threshold], now: int) -> Change | None:
    """Return a condition that was held, after thresholds have changed; None when it stays so."""
    if condition.held is None or not condition.open:
        return None
    held = _held(condition, condition, thresholds)
    if held == condition.held:
        return None
    changed = msgspec.structs.replace(condition, held=held)
    entries = [] if held else [Entry(at=now, what=Deed.RELEASED)]
    return Change(condition=changed, entries=entries, news=held is None)


def thresholds_after(
    thresholds: Sequence[Threshold], given: ThresholdInput, now: int
) -> list[Threshold]:
    """Return the thresholds in force after `given`; a new one replaces that of its kind and room.

    Raises
    ------
    UsageError
        When its kind may not have one, it is no probability, or there is none to take back.
    """
    if isinstance(given, inputs.TakeBackThreshold):
        kept = [one for one in thresholds if one.id != given.threshold]
        if len(kept) == len(thresholds):
            raise UsageError(
                f"threshold: expected one that is in force, got {given.threshold[:40]!r}; reload "
                "the report"
            )
        return kept
    if given.kind not in BUDGETED:
        words = ", ".join(sorted(one.value for one in BUDGETED))
        raise UsageError(
            f"kind: expected one that may be held back ({words}), got {given.kind.value}; an alarm "
            "about somebody who may need help now has no threshold"
        )
    if not 0 < given.below <= 1:
        raise UsageError(f"below: expected a probability above 0 and at most 1, got {given.below}")
    if any(one.id == given.id for one in thresholds):
        raise UsageError(f"id: expected an id used once, got {given.id[:40]!r} again")
    new = Threshold(
        id=given.id, kind=given.kind, room=given.room, below=given.below, since=now, by=given.who
    )
    kept = [one for one in thresholds if (one.kind, one.room) != (given.kind, given.room)]
    return [*kept, new]


def shadows_after(shadows: Sequence[Shadow], given: ShadowInput, now: int) -> list[Shadow]:
    """Return the shadow modes that last after `given`.

    Raises
    ------
    UsageError
        When it ends too late or not at all, names what is never only recorded, or there is none to
        end.
    """
    if isinstance(given, inputs.EndShadow):
        kept = [one for one in shadows if one.id != given.shadow]
        if len(kept) == len(shadows):
            raise UsageError(
                f"shadow: expected one that lasts, got {given.shadow[:40]!r}; reload the report"
            )
        return kept
    if not now < given.until <= now + LONGEST_SHADOW_S * NS:
        raise UsageError(
            f"until: expected an instant within {LONGEST_SHADOW_S // 86400} days from now, got one "
            f"{(given.until - now) / NS / 86400:.1f} days away"
        )
    for kind in given.kinds:
        if kind not in SHADOWABLE or kind in TASKS:
            words = ", ".join(sorted(one.value for one in SHADOWABLE - TASKS))
            raise UsageError(f"kinds: expected some of {words}, got {kind.value}")
    if any(one.id == given.id for one in shadows):
        raise UsageError(f"id: expected an id used once, got {given.id[:40]!r} again")
    new = Shadow(
        id=given.id,
        room=given.room,
        kinds=given.kinds,
        version=given.version,
        since=now,
        until=given.until,
        by=given.who,
    )
    return [*shadows, new]


def _shadow(
    before: Condition | None, condition: Condition, version: str, shadows: Sequence[Shadow]
) -> str | None:
    if before is not None and before.shadow is None:
        return None  # people know of it already
    covering = [s.id for s in shadows if s.covers(condition.room, condition.kind, version)]
    if before is not None and before.shadow in covering:
        return before.shadow
    return covering[0] if covering else None


def _held(
    before: Condition | None, condition: Condition, thresholds: Sequence[Threshold]
) -> str | None:
    told = before is not None and before.held is None and before.stage >= Stage.CONFIRMED
    threshold = threshold_of(thresholds, condition.room, condition.kind)
    if told or threshold is None or condition.probability >= threshold.below:
        return None
    return threshold.id
