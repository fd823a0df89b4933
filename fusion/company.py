"""Who else is in the room while somebody may be down, and what then waits or is let go.

Comes in: the people of a room and a chain as they are now. Goes out: whether the chain has company,
whether anybody's body was seen to lie there at all, and whether it is let go. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from ambient.observations import Posture
from fusion.descent import POSED
from fusion.falls_state import (
    CLEAR_DESCENT,
    Chain,
    RoomState,
    people_of,
    unseen_s,
)
from fusion.looks import GOOD_VIEW
from fusion.person import SURE_S, SURELY, Person
from fusion.same_body import in_one_place

LATELY_S: Final = 60.0
"""Whoever was up so lately, is still here and not down, is company: people who sit are seen badly
for seconds and minutes, behind a table or at the picture's border."""
NOW_S: Final = 2.0
"""Whoever sat or stood so lately does so now: a look may show otherwise."""
BESIDE: Final = 0.8
"""Who is low so near to somebody in a bed, in lengths of the body, is at that bed."""
IN_BED_S: Final = 15.0
"""Who was seen to lie in a bed so lately is there: the tracks of two who touch change places."""
HEAP_S: Final = 60.0
"""In company a descent that ended in a heap, which by itself looks more up than down, waits so
long: children and whoever plays with them go down fast, and sit or kneel there. So long waits as
well who was never seen better than an outline is, not to fall, and where nobody was lost: a coat
beside somebody who sits there. It is not for ever, for whoever sits by may be somebody who cannot
call."""
LET_GO_S: Final = 30.0
"""Such an outline that has not been seen for so long, while somebody sits in view, is let go: who
lies there is found again sooner. So is who left the picture and was never surely down, where
somebody new sits since."""
LOW_S: Final = 45.0
"""Nobody alone sits, kneels or crouches on the floor for so long, nearly still, who could get up:
where children play somebody is with them, and who cleans moves."""
ALONE_S: Final = 5.0
ALONE: Final = 0.85
"""Who lies motionless for so long, and is down with this probability at least, does not wait for
company: who plays, cleans or cares on the floor moves, and whoever sits by may be asleep, may not
be able to help, or may be a chair that is taken for somebody."""
SURELY_UP: Final = 0.1
"""Who looks less down than this is not down, however badly seen."""
COMPANY_DESCENT: Final = 0.87
"""A descent as clear as this was a fall, whoever else is there."""
SURE_DESCENT: Final = 0.985
"""… though whoever fell does not look surely down since, or was lost on the way."""
FILLS: Final = 0.9
"""So long, in picture heights, is hardly anybody who lies in a room (1 of 80 recorded falls that
are confirmed), but poses that are read into tables and coats, and whoever stands close to the
camera, often are."""


def in_company(state: RoomState, chain: Chain, t: int) -> bool:
    """Return whether somebody else is or just was up here and the fall was not clearly seen.

    Or whether it waits as if so, for what lies there may be no body.
    """
    people = people_of(state, chain)
    if _strayed(people, t) or _fills_picture(chain, people, t):
        return True
    unsure = any(p.supposed for p in people) or _unsure(people)
    clear = SURE_DESCENT if unsure else COMPANY_DESCENT
    # At a bed one of two may be seen for the other, which looks like a fall.
    cared = any(_is_cared_for(p, people, t) for p in state.people)
    if chain.descent >= clear and not cared:
        return False
    if any(p.down >= ALONE and p.motionless_s(t) >= ALONE_S for p in people):
        return False
    shadow = nobody_seen(chain, people) and young(chain, t) and _somebody_by(state, people, t)
    return cared or shadow or _others_were_up(state, people, t)


def lapse(state: RoomState, chain: Chain, t: int, up_s: float) -> None:
    """Let go of a suspicion in company that nothing bears out any more.

    `up_s` is for how long somebody must be upright to count as up.
    """
    people = people_of(state, chain)
    if not all(p.gone(t) for p in people):
        return
    up, stray = up_now(state, t, up_s), _strayed(people, t)
    gone = unseen_s(people, t) >= LET_GO_S
    others = stray or up or sits_now(state, t)
    let_go = _doubtful(chain, people, t) and others
    # Only who is new since may be the one that left; who sat there before may be unable to call.
    went = _went_out(people) and sits_now(state, t, since=max(p.t for p in people))
    if (up and chain.descent < CLEAR_DESCENT) or (gone and (let_go or went)):
        for person in people:
            person.down_since = None


def lingers(state: RoomState, person: Person, t: int) -> bool:
    """Return whether somebody alone has been low on the floor for longer than anybody would.

    Somebody whose pose was seen well: an outline may be a coat or a dog. Not alone is who has
    somebody else by, or had until a short while ago, who was once seen well and does not lie there.
    By another camera it may be the same body, unless that one was up.
    """
    since = person.low.since
    if since is None or person.low.lasts_s(t) < LOW_S or person.best < POSED:
        return False
    return not any(_knows_of(p, person, since) for p in state.people)


def _knows_of(other: Person, person: Person, since: int) -> bool:
    """Return whether somebody else was here since `since`, and has not been forgotten."""
    if other is person or other.best < POSED or other.down_since is not None or other.t < since:
        return False
    return other.source == person.source or (other.up.last is not None and other.up.last >= since)


def young(chain: Chain, t: int) -> bool:
    """Return whether a chain was opened less than a minute ago.

    What waits because it is doubtful waits so long, however often the body looks up meanwhile.
    """
    return (t - chain.began) / 1e9 < HEAP_S


def up_now(state: RoomState, t: int, up_s: float) -> bool:
    """Return whether somebody is seen up now, for `up_s`, who would still see whoever was lost."""
    return any(
        p.chain is None and not p.gone(t) and p.up.upright_s(t) >= up_s for p in state.people
    )


def sits_now(state: RoomState, t: int, since: int = 0) -> bool:
    """Return whether somebody, first seen at `since` or later, is off the floor now, well seen."""
    return any(
        p.chain is None
        and p.began >= since
        and not p.gone(t)
        and p.quality >= GOOD_VIEW
        and p.up.last is not None
        and (t - p.up.last) / 1e9 <= NOW_S
        for p in state.people
    )


def lost_unsurely(state: RoomState, chain: Chain, t: int) -> bool:
    """Return whether nobody of a chain is seen now or was surely seen down before."""
    people = people_of(state, chain)
    return _never_surely_down(people) and all(p.gone(t) for p in people)


def nobody_seen(chain: Chain, people: Sequence[Person]) -> bool:
    """Return whether `people` of a chain were seen no better than an outline is.

    Not clearly on the way down either, and where nobody was lost: a coat may be all of it.
    """
    unseen = chain.descent < CLEAR_DESCENT and not chain.lost
    return unseen and bool(people) and all(p.best < POSED for p in people)


def hardly_seen(state: RoomState, chain: Chain, t: int) -> bool:
    """Return whether nobody's body was seen to lie there.

    Down because of the descent alone; or out of sight and not surely down before; or seen no better
    than an outline is, not clearly on the way down, and where nobody was lost; or hardly ever
    surely down; or not whom the track had followed.
    """
    people = people_of(state, chain)
    if _doubtful(chain, people, t):
        return True
    seen = [p for p in people if not p.gone(t)]
    if not seen:
        return _unsure(people)
    return all(p.in_a_heap for p in seen)


def _doubtful(chain: Chain, people: Sequence[Person], t: int) -> bool:
    """Return whether `people` of a chain may be a thing, or hardly down."""
    return _strayed(people, t) or nobody_seen(chain, people) or _barely_down(chain, people)


def _strayed(people: Sequence[Person], t: int) -> bool:
    """Return whether a track of `people` that still counts went over to a thing.

    Of those that are seen; of all where none is.
    """
    seen = [p for p in people if not p.gone(t)]
    return any(p.stray for p in seen or people)


def _fills_picture(chain: Chain, people: Sequence[Person], t: int) -> bool:
    """Return whether those of `people` who are seen are too long to lie there, and none fell."""
    seen = [p for p in people if not p.gone(t)]
    return chain.descent < CLEAR_DESCENT and bool(seen) and all(p.size >= FILLS for p in seen)


def _barely_down(chain: Chain, people: Sequence[Person]) -> bool:
    """Return whether `people` of a chain were hardly ever surely seen down, nor clearly to fall."""
    return chain.descent < COMPANY_DESCENT and _never_surely_down(people)


def _went_out(people: Sequence[Person]) -> bool:
    """Return whether `people` of a chain all left the picture, never surely seen down."""
    return _never_surely_down(people) and all(p.left for p in people)


def _never_surely_down(people: Sequence[Person]) -> bool:
    return bool(people) and sum(p.sure_s for p in people) < SURE_S


def _unsure(people: Sequence[Person]) -> bool:
    """Return whether none of `people` looks surely down, one look by itself not counted."""
    return bool(people) and all(p.down < SURELY for p in people)


def _others_were_up(state: RoomState, down: Sequence[Person], t: int) -> bool:
    """Return whether somebody else is here who stood or sat a short while ago.

    Not who is seen badly where others are down: whoever falls may get a new track, and the old one
    live on as an outline of the same body.
    """
    return any(_up_lately(p, down, t) and not _remains(p, down) for p in state.people)


def _somebody_by(state: RoomState, down: Sequence[Person], t: int) -> bool:
    """Return whether somebody else is here, surely not down, who was seen well once.

    At the side of the picture or behind a table people are seen badly for minutes.
    """
    return any(
        p.chain is None
        and p.down_since is None
        and not p.gone(t)
        and p.best >= POSED
        and p.looks_down < SURELY_UP
        and not _remains(p, down)
        for p in state.people
    )


def _up_lately(person: Person, down: Sequence[Person], t: int) -> bool:
    """Return whether somebody stood or sat a short while ago and has not gone, or down, since.

    Who sat and is only out of sight has not gone.
    """
    if person.chain is not None or person.down_since is not None:
        return False
    return (not person.gone(t) or _sits_unseen(person, down)) and _was_up(person, t)


def _sits_unseen(person: Person, down: Sequence[Person]) -> bool:
    """Return whether somebody who sat still was lost in the room, seen beside each of `down`."""
    sat = person.posture is Posture.SITTING and person.where.safe >= 0.5
    return sat and not person.left and all(person.t > p.began for p in down)


def _was_up(person: Person, t: int) -> bool:
    last = person.up.last
    return last is not None and (t - last) / 1e9 <= LATELY_S


def _is_cared_for(person: Person, down: Sequence[Person], t: int) -> bool:
    """Return whether somebody was just seen in a bed, at which one of `down` had stood before.

    Who cares for somebody there bends over the bed, and the two are taken for each other.
    """
    lay = person.in_bed_last
    if lay is None or (t - lay) / 1e9 > IN_BED_S or person.chain is not None or person.left:
        return False
    return any(
        _was_up(p, t)
        and p.source == person.source
        and math.dist(p.at, person.at) <= BESIDE * max(p.size, person.size)
        for p in down
    )


def _remains(person: Person, down: Sequence[Person]) -> bool:
    return person.quality < GOOD_VIEW and any(in_one_place(p, person) for p in down)
