"""Ways to enrol a speaker and to judge what else they say: recordings in, pairs of talk out.

Where a set has moods, calm speech alone is enrolled, or the first half of each mood. The other half
is then judged as it is, in measured rooms that are not those of the enrolment, and in each room by
itself, where the voice was enrolled as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ambient.evaluate.mixtures import in_room
from audio.blocks import Samples

CALM: Final = ("neutral/", "calm/")
"""Labels of calm speech, where a set has moods."""
STRONG: Final = "/strong"
"""What labels of strong moods end with: shouting, mostly."""
FAR_SNR_DB: Final = 10.0
"""Where a set is also judged in measured rooms, over noise."""
ENROL_SNR_DB: Final = 20.0
"""… and enrolled in the same room."""
FAR: Final = ", in other rooms"
SAME: Final = ", in the room of the enrolment"
SEPARATOR: Final = " #"
"""Before the number of a room; all rooms of one way are told together."""

Talk = list[tuple[str, Samples]]
"""Labels and speech, in the order of `ambient.evaluate.speech_rows.in_order`."""


class Rooms:
    """Puts speech into measured rooms and over noises, which take turns from `turn` on."""

    def __init__(
        self, responses: Sequence[Samples], noises: Sequence[Samples], db: float, turn: int = 0
    ) -> None:
        self._responses, self._noises, self._db = responses, noises, db
        self._turn = turn

    def apart(self) -> Iterator[tuple[Rooms, Rooms]]:
        """Yield for each room what it is enrolled and what it is judged in: that room alone."""
        for room in self._responses:
            yield (
                Rooms([room], self._noises, ENROL_SNR_DB, self._turn),
                Rooms([room], self._noises, self._db, self._turn),
            )

    def heard(self, speech: Samples) -> Samples:
        """Return `speech` as it would be recorded in the next room."""
        self._turn += 1
        wet = in_room(speech, self._responses[self._turn % len(self._responses)])
        noise = np.resize(self._noises[self._turn % len(self._noises)], len(wet))
        level, other = (float(np.mean(np.square(x, dtype=np.float64))) for x in (wet, noise))
        gain = np.sqrt(level / (other + 1e-12) / 10 ** (self._db / 10))
        return np.asarray(wet + noise * np.float32(gain), np.float32)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to divide a speaker's recordings."""

    enrol: Talk
    judge: Talk
    rooms: Rooms | None = None
    enrolled_in: Rooms | None = None


def ways(talk: Talk, rooms: Rooms | None) -> dict[str, Way]:
    """Return the ways to enrol: half of everything; where there are moods, calm speech alone too.

    What is enrolled in half of everything is judged in `rooms` as well, where there are any: once
    enrolled without a room, once in each room by itself.
    Half of everything is the first half of each label: in ravdess-speech the other sentence.
    """
    first: Talk = []
    second: Talk = []
    for label in dict.fromkeys(label for label, _ in talk):
        same = [piece for piece in talk if piece[0] == label]
        first += same[: len(same) // 2]
        second += same[len(same) // 2 :]
    calm = [piece for piece in talk if piece[0].startswith(CALM)]
    moods = [piece for piece in talk if not piece[0].startswith(CALM)]
    if not calm or not moods:
        return _with_rooms("", Way(first, second), rooms)
    mild = [piece for piece in moods if not piece[0].endswith(STRONG)]
    return {
        ", calm enrolled": Way(calm, moods),
        ", calm enrolled, strong left out": Way(calm, mild),
        **_with_rooms(", calm and strong enrolled", Way(first, second), rooms),
    }


def _with_rooms(name: str, way: Way, rooms: Rooms | None) -> dict[str, Way]:
    found = {name: way}
    if rooms is not None:
        found[f"{name}{FAR}"] = Way(way.enrol, way.judge, rooms)
        for number, (before, later) in enumerate(rooms.apart()):
            found[f"{name}{SAME}{SEPARATOR}{number}"] = Way(way.enrol, way.judge, later, before)
    return found
