"""Whose voice is enrolled on this node: consent, enrolment and erasure.

Comes in: a room or a pseudonym as somebody wrote it, a minute of sound. Goes out: an enrolment in
the node's state folder, or a clear reason against it. Without consent recorded for the room nothing
is heard; where consent is withdrawn or a subject erased, the enrolment goes too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ambient.config import NodeConfig, Room
from ambient.errors import UsageError
from ambient.events import Purpose
from ambient.node.switches import Switches

if TYPE_CHECKING:
    from audio.blocks import Block, Samples
    from audio.speech.enrolment import Enrolment
    from audio.speech.vad import SpeechNetwork

FOLDER: Final = "voices"
"""As `audio.speech.vault` calls it."""
MICROPHONE: Final = "microphone"
LONGEST_S: Final = 300.0
"""Of a file, that much is heard."""
CONSENT: Final = "run: ambient consent grant {room} recognise_voice"


@dataclass(frozen=True, slots=True)
class Resident:
    """Who is enrolled, and where."""

    room: Room
    subject: str


def find(config: NodeConfig, target: str) -> Resident:
    """Return the resident that `target` names: a pseudonym, or a room with one resident.

    Raises
    ------
    UsageError
        Nobody of this node is meant, or several are.
    """
    everybody = [
        Resident(room, bed.subject)
        for room in config.rooms
        for bed in room.beds
        if bed.subject is not None
    ]
    named = [resident for resident in everybody if resident.subject == target]
    if named:
        return named[0]
    if target not in {room.id for room in config.rooms}:
        known = ", ".join([*(r.subject for r in everybody), *(room.id for room in config.rooms)])
        raise UsageError(f"expected a resident or room of this node ({known}), got {target!r}")
    there = [resident for resident in everybody if resident.room.id == target]
    if len(there) == 1:
        return there[0]
    if not there:
        raise UsageError(
            f"{target}: expected a bed with a subject, got none; write beds: "
            "[{id: …, subject: s-…}] for this room in the configuration"
        )
    known = ", ".join(resident.subject for resident in there)
    raise UsageError(f"{target}: expected one resident, got {known}; name the one who speaks")


def expect_consent(resident: Resident, switches: Switches, t: int) -> None:
    """Refuse to listen where it is not allowed.

    Raises
    ------
    UsageError
        No consent is recorded, or the room is paused at `t`.
    """
    room = resident.room
    if not switches.is_on(room, Purpose.RECOGNISE_VOICE):
        raise UsageError(
            f"{room.id}: expected consent to recognise a voice, got none recorded; when the "
            f"resident has agreed, {CONSENT.format(room=room.id)}"
        )
    if switches.pause_end(room.id, t) is not None:
        raise UsageError(
            f"{room.id}: expected no privacy pause, got one; wait until it ends, or end it"
        )


def source_of(resident: Resident, wanted: str) -> str:
    """Return what to open for `wanted`: a file, or the room's microphone by ``microphone`` or id.

    Raises
    ------
    UsageError
        The room has no such microphone.
    """
    microphones = resident.room.microphones
    by_id = {each.id: each.source for each in microphones}
    if wanted in by_id:
        return by_id[wanted]
    if wanted != MICROPHONE:
        return wanted
    if len(microphones) != 1:
        got = ", ".join(by_id) or "none"
        raise UsageError(
            f"{resident.room.id}: expected one microphone, got {got}; name one by its id, or a file"
        )
    return microphones[0].source


def listen(
    blocks: Iterable[Block], seconds: float, told: Callable[[float], None] | None = None
) -> Samples:
    """Return the sound of `blocks`, at most `seconds` of it; `told` is called with what there is.

    Raises
    ------
    UsageError
        Sound is missing in between: a gap would be taken for a pause.
    """
    import numpy as np

    from audio.blocks import RATE

    pieces: list[Samples] = []
    held = 0
    for block in blocks:
        if block.lost and pieces:
            raise UsageError("expected sound without gaps, got one with some missing; record again")
        pieces.append(block.samples)
        held += block.samples.size
        if told is not None:
            told(held / RATE)
        if held >= seconds * RATE:
            break
    whole = np.concatenate([*pieces, np.zeros(0, np.float32)])
    return whole[: round(seconds * RATE)]


def enrol(subject: str, sound: Samples, models: Path | None, t: int) -> Enrolment:
    """Return the enrolment of the voice in `sound`; nothing is stored.

    Parameters
    ----------
    models
        ``models.dir`` of the configuration.

    Raises
    ------
    UsageError
        The sound is not fit for it.
    ModelError
        A network is missing.
    """
    from audio.speech import embedding, enrolment, vad
    from models.store import Store, locate

    store = Store(locate(models))
    return enrolment.enrol(
        subject,
        sound,
        speech_in(sound, vad.SileroVad(store.path(vad.MODEL))),
        embedding.CamPlus(store.path(embedding.MODEL)),
        network=store.catalogue.revision(embedding.MODEL),
        t=t,
    )


def speech_in(sound: Samples, network: SpeechNetwork) -> list[slice]:
    """Return where speech is, in samples."""
    from audio.blocks import SAMPLE_NS, Block
    from audio.speech.segments import SpeechFinder

    if not sound.size:
        return []
    finder = SpeechFinder(network)
    found = finder.push(Block(sound, sound.size * SAMPLE_NS)) + finder.finish()
    return [slice(each.start_ns // SAMPLE_NS, each.end_ns // SAMPLE_NS) for each in found]


def forget(state_dir: Path, subjects: Iterable[str]) -> list[str]:
    """Erase the enrolments of `subjects`; return whose there were.

    Raises
    ------
    StoreError
        The disk refuses.
    """
    subjects = list(subjects)
    if not (state_dir / FOLDER).is_dir():
        # The usual case: a process that erases need not load what enrolments are made with.
        return []
    from audio.speech.vault import VoiceVault

    vault = VoiceVault(state_dir)
    return [subject for subject in subjects if vault.erase(subject)]


def residents(room: Room) -> list[str]:
    """Return the pseudonyms of who lives in a room."""
    return [bed.subject for bed in room.beds if bed.subject is not None]


def enrolled(state_dir: Path, room: Room) -> tuple[tuple[str, int], ...]:
    """Return who of a room is enrolled, and when that was written (ns); looks at no voice."""
    found = []
    for subject in residents(room):
        try:
            written = (state_dir / FOLDER / f"{subject}.key").stat().st_mtime_ns
        except OSError:
            continue
        found.append((subject, written))
    return tuple(found)
