"""The learned posture model: poses and boxes of one camera in, what the temporal network says out.

`LearnedPosture` is a `PostureModel`. It follows every person with the network of `models.falls`
and keeps `RulePosture` beside it, as guard and as fallback: where the network is missing the rules
answer alone. `look` gives the network everybody of a picture at once (one inference, whoever is
not seen is told so too); without it, `update` and `outline` ask for one person. Pure: time is the
`t` of what is seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray

from ambient.errors import ModelError
from ambient.observations import Box, BoxSeen, PoseSeen, Posture
from models.falls.inputs import Inputs
from models.falls.network import FOLDER, Network
from models.falls.outputs import Calibration, load
from models.skeletons.sequence import LABELS, PLACES
from vision.posture import Estimate, RulePosture

_log = structlog.get_logger(__name__)
_RULES: Final = 3.0
_NETWORK: Final = 6.0
"""Most log-odds of rules and network, either way."""
_UPRIGHT: Final = {"walk": 1.0, "standing": 1.0, "jump": 1.0, "stand_up": 0.5, "sitting": 0.8}
"""How far each label is upright; sitting may be on the floor."""
_WEIGHTS: Final = np.array([_UPRIGHT.get(label, 0.0) for label in LABELS])
_POSTURES: Final = tuple(Posture(label) for label in LABELS)

Floats = NDArray[np.float32]
Sight = PoseSeen | BoxSeen


@dataclass(frozen=True, slots=True)
class Learned:
    """What the network says of one person at one instant; all probabilities 0..1, calibrated.

    Attributes
    ----------
    t
        Nanoseconds.
    down, fell, help
        See `models.skeletons.sequence.Sequence`.
    labels
        In the order of `models.skeletons.sequence.LABELS`; sum to 1.
    """

    t: int
    down: float
    fell: float
    help: float
    labels: tuple[float, ...]

    @property
    def posture(self) -> Posture:
        """The most probable label."""
        return _POSTURES[self.labels.index(max(self.labels))]


@dataclass(slots=True)
class _Track:
    state: Floats
    aspect: float
    t: int
    inputs: Inputs = field(default_factory=Inputs)
    place: Floats = field(default_factory=lambda: np.zeros(len(PLACES), np.float32))
    last: Learned | None = None


class LearnedPosture:
    """A `vision.posture.PostureModel` that was learned; see the module.

    Parameters
    ----------
    network, calibration
        None: the rules answer alone.
    """

    def __init__(self, network: Network | None, calibration: Calibration | None) -> None:
        self._network = network
        self._calibration = calibration
        self._rules = RulePosture()
        self._tracks: dict[int, _Track] = {}

    @classmethod
    def create(cls, folder: Path = FOLDER, *, calibrated: bool = True) -> LearnedPosture:
        """Load the network; without it the rules answer alone, which is logged.

        `calibrated` off takes its outputs as they are, to measure what calibration brings.
        """
        try:
            calibration = load(folder)
            network = Network.load(folder)
            return cls(network, calibration if calibrated else calibration.undone())
        except ModelError as error:
            _log.warning("posture.rules_alone", error=str(error))
            return cls(None, None)

    @property
    def learned(self) -> bool:
        """Whether the network answers, not the rules alone."""
        return self._network is not None and self._calibration is not None

    @property
    def thresholds(self) -> tuple[float, float, float]:
        """From which probability on down, fell and help are a yes."""
        return (0.5, 0.5, 0.5) if self._calibration is None else self._calibration.thresholds

    def look(
        self,
        t: int,
        seen: Sequence[Sight],
        *,
        boxes: Mapping[int, tuple[Box, float]] | None = None,
        places: Mapping[int, Floats] | None = None,
    ) -> None:
        """Give the network everybody of one picture at once.

        Parameters
        ----------
        t
            Its instant, nanoseconds, later than the one before.
        seen
            Poses, and outlines of whom no pose is seen. Whoever is followed and not among them
            is unseen at this instant.
        boxes
            By track: box and score of the second detector for people whose pose is seen too.
        places
            By track: (4,) probabilities of `models.skeletons.sequence.PLACES`; kept until the
            next are given.
        """
        if self._network is None:
            return
        boxes = boxes or {}
        by_track = {sight.track: sight for sight in seen}
        for sight in seen:
            self._track(sight)
        for number, place in (places or {}).items():
            if number in self._tracks:
                self._tracks[number].place = np.asarray(place, np.float32)
        asked = [number for number, track in self._tracks.items() if track.t < t]
        rows = [self._row(number, t, by_track.get(number), boxes.get(number)) for number in asked]
        self._run(asked, rows, t)

    def update(self, pose: PoseSeen) -> Estimate:
        """Take the next pose of a track and return how the person is."""
        return self._combined(pose, self._rules.update(pose))

    def outline(self, seen: BoxSeen) -> Estimate:
        """Take the next sight of a track of which only the outline is known."""
        return self._combined(seen, self._rules.outline(seen))

    def end(self, track: int) -> None:
        """Forget a track."""
        self._rules.end(track)
        self._tracks.pop(track, None)

    def last(self, track: int) -> Learned | None:
        """Return what the network said last of a track; None when it was not asked."""
        known = self._tracks.get(track)
        return None if known is None else known.last

    def _track(self, sight: Sight) -> _Track:
        known = self._tracks.get(sight.track)
        if known is None and self._network is not None:
            known = _Track(self._network.start(1)[0], sight.aspect, sight.t - 1)
            self._tracks[sight.track] = known
        if known is None:
            raise ValueError("LearnedPosture: expected a network, got none; ask the rules")
        known.aspect = sight.aspect
        return known

    def _row(
        self, number: int, t: int, sight: Sight | None, box: tuple[Box, float] | None
    ) -> Floats:
        track = self._tracks[number]
        keypoints = world = None
        score = 0.0
        if isinstance(sight, PoseSeen):
            keypoints = np.asarray(sight.keypoints, np.float32)
            world = np.asarray(sight.world, np.float32) if sight.world else None
            score = sight.score
        elif isinstance(sight, BoxSeen):
            box = (sight.box, sight.score)
        corners = None if box is None else np.asarray(box[0], np.float32)
        sure = 0.0 if box is None else box[1]
        return track.inputs.update(
            t / 1e9, keypoints, world, score, track.aspect, corners, sure, track.place
        )

    def _run(self, numbers: Sequence[int], rows: Sequence[Floats], t: int) -> None:
        if self._network is None or self._calibration is None or not numbers:
            return
        states = [self._tracks[number].state for number in numbers]
        outputs, after = self._network.step(rows, states)
        said = self._calibration.probabilities(outputs).tolist()
        count = len(LABELS)
        for number, state, each in zip(numbers, after, said, strict=True):
            track = self._tracks[number]
            down, fell, helped = each[count:]
            track.state, track.t = state, t
            track.last = Learned(t, down, fell, helped, tuple(each[:count]))

    def _combined(self, sight: Sight, rules: Estimate) -> Estimate:
        if not self.learned:
            return rules
        if self._track(sight).t < sight.t:
            self._run([sight.track], [self._row(sight.track, sight.t, sight, None)], sight.t)
        learned = self.last(sight.track)
        return rules if learned is None else combine(rules, learned)


def combine(rules: Estimate, learned: Learned) -> Estimate:
    """Return what rules and network say together: they err in different places.

    Their log-odds are averaged, which is what is left of two witnesses who saw the same.
    """
    upright = float(np.dot(learned.labels, _WEIGHTS)) * (1.0 - learned.down)
    return Estimate(
        posture=learned.posture,
        probability=max(learned.labels),
        down=pooled(rules.down, learned.down),
        upright=pooled(rules.upright, upright),
        descent=pooled(rules.descent, learned.fell),
        still=rules.still,
        quality=rules.quality,
        at=rules.at,
        size=rules.size,
        body=rules.body,
    )


def pooled(rules: float, learned: float) -> float:
    """Return the probability whose log-odds are the mean of both.

    The network is calibrated, the rules are surer than they are right: theirs are held within
    `_RULES`, those of the network within `_NETWORK`.
    """
    total = _log_odds(rules, _RULES) + _log_odds(learned, _NETWORK)
    return 1.0 / (1.0 + math.exp(-total / 2.0))


def _log_odds(probability: float, most: float) -> float:
    odds = math.log((probability + 1e-9) / (1.0 - probability + 1e-9))
    return max(-most, min(most, odds))
