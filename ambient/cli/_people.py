"""``ambient hub consent|erase|disclose|care|retention``: residents' rights, at the hub.

In: ``hub.yaml``, a pseudonym, a decision and who made it. Out: what was entered and ordered; each
order is *ordered* until the node has answered. The hub may be running meanwhile.
"""

from __future__ import annotations

import getpass
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli._files import opened_hub, write_new

if TYPE_CHECKING:
    from ambient.hub.orders import Order

Config = Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")]
Subject = Annotated[str, typer.Argument(help="The resident's pseudonym (s-...).")]
PurposeName = Annotated[
    str,
    typer.Argument(
        help="falls, sounds, voice, recognise_voice, vitals or research.", metavar="PURPOSE"
    ),
]
By = Annotated[str, typer.Option("--by", help="Who decided, as on the signed form.")]
As = Annotated[str, typer.Option("--as", help="resident, guardian or proxy.")]
_HUB = Path("hub.yaml")

CARE = typer.Typer(no_args_is_help=True, help="What a nurse set for a bed.")
CONSENT = typer.Typer(no_args_is_help=True, help="Who lives where, and what they agreed to.")


def register(hub: typer.Typer) -> None:
    """Add these commands to the group ``hub``, once."""
    if all(known.name != "consent" for known in hub.registered_groups):
        hub.add_typer(CONSENT, name="consent")
        hub.command("erase")(erase)
        hub.command("disclose")(disclose)
        hub.command("retention")(retention)
        hub.add_typer(CARE, name="care")


@CONSENT.command("move-in")
def move_in(
    subject: Subject,
    room: Annotated[str, typer.Argument(help="The room's id.")],
    bed: Annotated[str, typer.Argument(help="The bed's id.")],
    config: Config = _HUB,
) -> None:
    """Enter that a resident lives in ROOM from now on.

    From then on this hub decides what the room is watched for: falls, and what everybody who lives
    there has agreed to.
    """
    from ambient.hub.people.register import Register

    with opened_hub(config) as (_, database):
        _tell(Register(database).move_in(_checked(subject), room, bed, _me(), time.time_ns()))


@CONSENT.command("move-out")
def move_out(subject: Subject, config: Config = _HUB) -> None:
    """Enter that a resident lives here no more."""
    from ambient.hub.people.register import Register

    with opened_hub(config) as (_, database):
        _tell(Register(database).move_out(_checked(subject), _me(), time.time_ns()))


@CONSENT.command("grant")
def grant(
    subject: Subject,
    purpose: PurposeName,
    by: By,
    capacity: As = "resident",
    until: Annotated[
        str | None, typer.Option("--until", help="Last day it holds (YYYY-MM-DD).")
    ] = None,
    config: Config = _HUB,
) -> None:
    """Enter that a resident agrees to PURPOSE; it opens when everybody in the room does."""
    _decide(config, subject, purpose, by, capacity, on=True, until=until)


@CONSENT.command("withdraw")
def withdraw(
    subject: Subject,
    purpose: PurposeName,
    by: By,
    capacity: As = "resident",
    config: Config = _HUB,
) -> None:
    """Enter that a resident withdraws or refuses PURPOSE.

    It is closed on the node, and what it held of the resident is erased there and here.
    """
    _decide(config, subject, purpose, by, capacity, on=False, until=None)


@CONSENT.command("list")
def show(config: Config = _HUB) -> None:
    """List every room with residents, and where each purpose stands."""
    from ambient.hub.people.register import Register

    with opened_hub(config, writes=False) as (_, database):
        for room in Register(database).rooms(time.time_ns()):
            who = ", ".join(f"{one.subject} ({one.bed})" for one in room.occupants)
            typer.echo(f"{room.room}: {who}")
            for purpose, stand in room.stands.items():
                lacking = ", ".join(room.missing[purpose])
                without = f"; not agreed: {lacking}" if lacking else ""
                typer.echo(f"  {purpose.value}: {stand.value}{without}")


def erase(
    subject: Subject,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Config = _HUB,
) -> None:
    """Erase a resident (GDPR art. 17): here, on the nodes, and in every later restore.

    It cannot be undone. Called again it says what became of the orders to the nodes.
    """
    from ambient.hub.people import erasure
    from ambient.hub.people.register import Register
    from ambient.hub.people.said import is_erased
    from ambient.hub.standby.unerased import unerased

    subject = _checked(subject)
    with opened_hub(config) as (loaded, database):
        with database.read() as db:
            known = is_erased(db, subject)
        if not known:
            if not yes:
                typer.confirm(f"Erase everything of {subject}, for good?", abort=True)
            files, now = erasure.ledger_files(loaded), time.time_ns()
            done = erasure.erase(database, files, subject, _me(), now, loaded.people.duties)
            typer.echo(f"{subject}: {done.rows} rows destroyed")
            for one in done.kept:
                typer.echo(f"  kept by law: {one.what.value} until {_day(one.until)}, {one.basis}")
            Register(database).follow(now)
        tag = database.vault.tag(subject)
        with database.read() as db:
            for node, state in erasure.states(db, tag).items():
                typer.echo(f"  {node}: {state}")
        if any(one.subject == tag for one in unerased(loaded, database, time.time_ns())):
            typer.echo(
                "  not yet at the other hub: it is erased there with the next copy; call this "
                "again to see"
            )


def disclose(
    subject: Subject,
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    key: Annotated[
        str | None,
        typer.Option("--key", help="Public key (age1...) of who asked; else it is not sealed."),
    ] = None,
    config: Config = _HUB,
) -> None:
    """Write everything that the hub keeps about a resident (GDPR art. 15), in plain language."""
    from ambient import sealing
    from ambient.hub.people.disclosure import archive, collect

    with opened_hub(config, writes=False) as (loaded, database):
        data = archive(collect(loaded, database, _checked(subject), time.time_ns()))
    if key is not None:
        data = sealing.sealed(data, sealing.recipient_of(key))
    write_new(out, data)
    how = "sealed; only who has the key can open it" if key else "a zip file, not sealed"
    typer.echo(f"{out}: {how}")


@CARE.command("set")
def care_set(
    room: Annotated[str, typer.Argument(help="The room's id.")],
    bed: Annotated[str, typer.Argument(help="The bed's id.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    review: Annotated[str, typer.Option("--review", help="Day to look at it again (YYYY-MM-DD).")],
    by: Annotated[str, typer.Option("--by", help="The nurse who decided.")],
    subject: Annotated[
        str | None, typer.Option("--subject", help="Who sleeps there (s-...).")
    ] = None,
    floor_bed: Annotated[
        bool,
        typer.Option("--floor-bed", help="The bed stands on the floor: lying there is permitted."),
    ] = False,
    fall_mat: Annotated[
        bool,
        typer.Option("--fall-mat", help="A mat lies before the bed: lying there is permitted."),
    ] = False,
    hoist: Annotated[bool, typer.Option("--hoist", help="A hoist is used.")] = False,
    wheelchair: Annotated[bool, typer.Option("--wheelchair", help="A wheelchair is used.")] = False,
    walking_aid: Annotated[
        bool, typer.Option("--walking-aid", help="A walking aid is used.")
    ] = False,
    exit_delay: Annotated[
        int | None,
        typer.Option("--exit-delay", min=0, max=240, help="Minutes out of bed before it rings."),
    ] = None,
    scale_2: Annotated[
        bool, typer.Option("--scale-2", help="Oxygen by scale 2 of NEWS2, prescribed.")
    ] = False,
    config: Config = _HUB,
) -> None:
    """Set what the care of a bed needs; it stands beside what was set before, never over it."""
    from ambient.hub.people import care
    from ambient.hub.people.days import end_of

    with opened_hub(config) as (loaded, database):
        given = care.CareSettings(
            room=room,
            bed=bed,
            reason=reason,
            at=time.time_ns(),
            review=end_of(review, loaded),
            entered_by=f"{by}, entered by {_me()}",
            floor_bed=floor_bed,
            fall_mat=fall_mat,
            hoist=hoist,
            wheelchair=wheelchair,
            walking_aid=walking_aid,
            bed_exit_delay_min=exit_delay,
            saturation_scale=2 if scale_2 else 1,
        )
        ordered = care.enter(database, given, None if subject is None else _checked(subject))
        typer.echo(f"{room} {bed}: kept")
        _tell(ordered)


@CARE.command("list")
def care_list(config: Config = _HUB) -> None:
    """List what is set for each bed, and what must be looked at again."""
    from ambient.hub.people import care

    with opened_hub(config, writes=False) as (_, database):
        settings = care.in_force(database)
        due = care.to_review(settings, time.time_ns())
        for one in settings:
            words = [
                name.replace("_", " ")
                for name in ("floor_bed", "fall_mat", "hoist", "wheelchair", "walking_aid")
                if getattr(one, name)
            ]
            if one.bed_exit_delay_min is not None:
                words.append(f"bed exit after {one.bed_exit_delay_min} min")
            words.append(f"oxygen scale {one.saturation_scale}")
            late = "; REVIEW IS DUE" if one in due else f"; review {_day(one.review)}"
            said = ", ".join(words)
            typer.echo(f"{one.room} {one.bed}: {said} ({one.reason}; {one.entered_by}){late}")


def retention(
    config: Config = _HUB,
    enforce: Annotated[bool, typer.Option("--enforce", help="Delete now what is over.")] = False,
) -> None:
    """Show how long what is kept; a running hub deletes every night what is over."""
    from ambient.hub.people import erasure
    from ambient.hub.people import retention as rules

    with opened_hub(config, writes=enforce) as (loaded, database):
        for category, days in rules.limits(loaded).items():
            typer.echo(f"{category.value}: {days} days")
        with database.read() as db:
            for one in erasure.kept(db):
                typer.echo(f"kept by law: {one.what.value} until {_day(one.until)}, {one.basis}")
        if enforce:
            for category, gone in rules.enforce(loaded, database, time.time_ns()).items():
                typer.echo(f"{category.value}: {gone} deleted")


def _decide(
    config: Path,
    subject: str,
    purpose: str,
    by: str,
    capacity: str,
    *,
    on: bool,
    until: str | None,
) -> None:
    from ambient.errors import UsageError
    from ambient.events import Purpose
    from ambient.hub.people.consents import Capacity
    from ambient.hub.people.days import end_of
    from ambient.hub.people.register import Register

    if purpose not in list(Purpose):
        raise UsageError(f"expected a purpose ({', '.join(Purpose)}), got {purpose!r}")
    if capacity not in list(Capacity):
        raise UsageError(f"--as: expected {', '.join(Capacity)}, got {capacity!r}")
    with opened_hub(config) as (loaded, database):
        ordered = Register(database).decide(
            _checked(subject),
            Purpose(purpose),
            on,
            by=by,
            capacity=Capacity(capacity),
            who=_me(),
            now=time.time_ns(),
            until=None if until is None else end_of(until, loaded),
        )
        _tell(ordered)


def _checked(subject: str) -> str:
    import re

    from ambient.errors import UsageError
    from ambient.places import SUBJECT_PATTERN

    if re.match(SUBJECT_PATTERN, subject) is None:
        raise UsageError(
            f"expected a pseudonym: s- and 4 to 16 hexadecimal digits, got {subject[:40]!r}"
        )
    return subject


def _tell(ordered: list[Order]) -> None:
    for one in ordered:
        typer.echo(f"{one.node}: {one.kind.value} {one.state.value}")
    if not ordered:
        typer.echo("entered; nothing to order")


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1e9, UTC).date().isoformat()


def _me() -> str:
    return f"{getpass.getuser()} (command line)"
