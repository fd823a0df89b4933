"""What a camera can see: dark, over-exposed, covered, blurred, frozen, moved, slow or gone.

Comes in: every frame of one camera and its time. Goes out: a `ViewState` at each lasting change
and once a minute. Pure: time is an argument. All but `FROZEN` is judged on the small grey picture
of 160 pixels (`vision.small`); `FROZEN` on single pixels of the full picture, whose noise tells a
still room from a picture that stands.

Blur and cover are judged against the camera's own history, so no threshold fits one lens only;
the absolute ones are stated below, with what they were set on. `SLOW` is about the time between
pictures: the machine has too many cameras, or the camera too slow a network.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ambient.observations import View, ViewState
from vision.small import Gray, small_gray
from vision.usual import HISTORY_S, LEARN_S, UsualView

HOLD_S: Final = 3.0
"""A view must last so long before it is said; some need longer."""
LONGER_S: Final = {View.BLURRED: 6.0, View.MOVED: 5.0, View.SLOW: 20.0}
"""A lens being covered, or a person close to it, passes through the first two; other work of the
machine takes a while."""
SILENT_S: Final = 5.0
REPEAT_S: Final = 60.0

DARK: Final = 28.0
"""90th percentile of luma (0..255). Lit rooms of the training clips lie at 147 and above; those
clips darkened to a tenth lie at 15 to 25."""
OVER: Final = 0.5
"""Share of pixels at 250 and above. Rooms with a window in the picture reach 0.09."""
FLAT: Final = 4.0
"""Standard deviation of luma below which a picture shows nothing whatever the history; rooms
reach 36 and above."""
COVERED: Final = 0.4
"""Standard deviation of luma, as a share of the usual."""
FINE: Final = 0.25
"""Fine texture (variance of the Laplacian) of a covered lens, as a share of the usual."""
COVERED_MATCH: Final = 0.3
BLURRED: Final = 0.12
"""Sharpness as a share of the usual. Sharpness is the variance of the Laplacian over the variance
of luma, which the strength of the light does not change. A Gaussian blur with a standard deviation
of 6 pixels at 640 × 360 brings the training clips to 0.03 to 0.04 of theirs, one of 3 pixels (a
person is still well seen) to 0.15 to 0.21; a person close to the lens to 0.73."""
MOVED: Final = 0.25
"""Share of the scene still in its place. The training clips have 0.79 and more, with a person
over a third of the picture 0.54; shifted by 15 % of the width 0.09 and less, by 5 % 0.10 to 0.41
(half of them are noticed), by 2 % 0.38 and more."""
STEADY: Final = 0.7
"""A turned camera stands still again; somebody close to the lens does not."""
SAME_MEAN: Final = 0.02
SAME_MOST: Final = 2
"""Mean and largest difference (levels) of pixels that are the same picture, coded again."""
STILL_RUN_S: Final = 60.0
"""Longest stillness that a codec is believed to cause."""
SLOW_FPS: Final = 3.3
BACK_FPS: Final = 3.8
"""Pictures a second over the last minute below which a view is slow, and from which it is not any
more. The posture network is trained at 5 to 30; at 3.3 a fall is three pictures or none."""
LEAVE: Final = 1.25
"""To leave a view its measure must be better than the threshold by this factor."""


@dataclass(frozen=True, slots=True)
class Look:
    """Measures of one frame.

    Attributes
    ----------
    luma
        Mean, 0..255.
    bright
        90th percentile of luma, 0..255.
    over
        Share of pixels at 250 and above.
    deviation
        Standard deviation of luma.
    fine
        Variance of the Laplacian.
    """

    luma: float
    bright: float
    over: float
    deviation: float
    fine: float

    @property
    def sharpness(self) -> float:
        """Fine texture for the contrast there is; independent of the strength of the light."""
        return self.fine / (self.deviation * self.deviation + 1.0)


def look(small: Gray) -> Look:
    """Measure a small grey picture."""
    counts = cv2.calcHist([small], [0], None, [256], [0, 256]).ravel()
    total = np.cumsum(counts)
    mean, deviation = cv2.meanStdDev(small)
    _, fine = cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_16S))
    return Look(
        luma=float(mean[0, 0]),
        bright=float(np.searchsorted(total, 0.9 * total[-1])),
        over=float(counts[250:].sum() / total[-1]),
        deviation=float(deviation[0, 0]),
        fine=float(fine[0, 0]) ** 2,
    )


@dataclass(slots=True)
class Stillness:
    """For how long a camera has sent the very same picture.

    Some cameras send a still room as one picture for seconds on end, until the codec's next full
    frame. Such a run ends by itself without anything else happening, and from then on only a run
    twice as long counts.
    """

    frozen_s: float
    _pixels: npt.NDArray[np.uint8] | None = None
    _since_ns: int = -1
    _usual_s: float = 0.0

    def update(self, image: npt.NDArray[np.uint8], small: Gray, t_ns: int) -> float:
        """Return the seconds since the picture last changed."""
        size = (small.shape[1], small.shape[0])
        pixels = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_NEAREST), np.uint8)
        before, self._pixels = self._pixels, pixels
        if before is None or before.shape != pixels.shape:
            self._since_ns = t_ns
            return 0.0
        run_s = (t_ns - self._since_ns) / 1e9
        difference = cv2.absdiff(before, pixels)
        same = cv2.norm(difference, cv2.NORM_INF) <= SAME_MOST and (
            cv2.norm(difference, cv2.NORM_L1) <= SAME_MEAN * difference.size
        )
        if same:
            return run_s
        if run_s <= STILL_RUN_S:
            self._usual_s = max(self._usual_s, run_s)
        self._since_ns = t_ns
        return 0.0

    @property
    def limit_s(self) -> float:
        """From here on the picture counts as frozen."""
        return max(self.frozen_s, 2.0 * self._usual_s)


class QualityMonitor:
    """Says what one camera can see.

    Parameters
    ----------
    room, source
        Of the observations that it makes.
    frozen_s
        A picture that does not change at all for so long is frozen.
    silent_s
        Without any frame for so long the camera is gone.
    dark_by_plan
        The camera is not meant to see at night: darkness is `NOT_WATCHED`.
    infrared
        The camera sees in the dark: darkness can only be a covered lens (or a dead lamp).
    usual
        Of an earlier monitor of the same camera; taken over.
    """

    def __init__(
        self,
        room: str,
        source: str,
        *,
        frozen_s: float = 10.0,
        silent_s: float = SILENT_S,
        dark_by_plan: bool = False,
        infrared: bool = False,
        usual: UsualView | None = None,
    ) -> None:
        self._room = room
        self._source = source
        self._silent_ns = round(silent_s * 1e9)
        self._dark = View.NOT_WATCHED if dark_by_plan else View.COVERED if infrared else View.DARK
        self._stillness = Stillness(frozen_s)
        self.usual = usual or UsualView()
        """What the view is judged against; changed by the next `update`."""
        self._times: deque[int] = deque(maxlen=round(30 * HISTORY_S))
        self._view: View | None = None
        self._overridden = False
        self._candidate: View | None = None
        self._candidate_ns = 0
        self._frame_ns: int | None = None
        self._run_ns = 0
        self._said_ns = 0

    @property
    def view(self) -> View | None:
        """What was last said; None before the first frame."""
        return self._view

    def update(
        self, image: npt.NDArray[np.uint8], t_ns: int, small: Gray | None = None
    ) -> ViewState | None:
        """Take in a frame; return what to say, if anything.

        Parameters
        ----------
        image
            BGR uint8, shape (height, width, 3).
        t_ns
            Its event time.
        small
            ``small_gray(image)``, where the caller has it already.
        """
        if small is None:
            small = small_gray(image)
        passed_ns = 0 if self._frame_ns is None else t_ns - self._frame_ns
        passed_s = min(1.0, passed_ns / 1e9)
        self._frame_ns = t_ns
        self._run_ns = self._run_ns or t_ns
        self._count(passed_ns, t_ns)
        seen = look(small)
        still_s = self._stillness.update(image, small, t_ns)
        view, measure = self._judge(seen, still_s)
        good = view.clear
        usual = self.usual
        usual.scene.update(small, t_ns, learn=good)
        if good:
            usual.deviation.learn(seen.deviation, passed_s)
            usual.fine.learn(seen.fine, passed_s)
            usual.sharpness.learn(seen.sharpness, passed_s)
        return self._settle(view, measure, t_ns)

    def silence(self, t_ns: int) -> ViewState | None:
        """Return what to say at `t_ns` when no frame has come; call it about once a second."""
        if self._overridden:
            return self._repeat(0.0, t_ns)
        if self._frame_ns is None:
            self._frame_ns = t_ns
            return None
        silent_ns = t_ns - self._frame_ns
        if silent_ns < self._silent_ns:
            return None
        if self._view is View.GONE:
            return self._repeat(silent_ns / 1e9, t_ns)
        return self._say(View.GONE, silent_ns / 1e9, t_ns)

    def override(self, view: View | None, t_ns: int) -> ViewState | None:
        """Say `view` (paused, off) until overridden with None, from when frames decide again."""
        self._overridden = view is not None
        if view is None:
            self._frame_ns = t_ns
            self._view = None
            return None
        return self._say(view, 0.0, t_ns)

    def _judge(self, seen: Look, still_s: float) -> tuple[View, float]:
        """Return what this frame by itself shows, and the number that decided."""

        def below(value: float, limit: float, view: View) -> bool:
            return value < limit * (LEAVE if self._view is view else 1.0)

        match = self.usual.scene.match
        scene = 1.0 if match is None else match.scene
        texture = self.usual.deviation.share(seen.deviation)
        sharpness = self.usual.sharpness.share(seen.sharpness)
        if below(seen.bright, DARK, self._dark):
            return self._dark, seen.bright
        if seen.over > OVER / (LEAVE if self._view is View.OVER_EXPOSED else 1.0):
            return View.OVER_EXPOSED, seen.over
        hidden = below(texture, COVERED, View.COVERED) and below(
            self.usual.fine.share(seen.fine), FINE, View.COVERED
        )
        if below(seen.deviation, FLAT, View.COVERED) or (
            hidden and below(scene, COVERED_MATCH, View.COVERED)
        ):
            return View.COVERED, texture
        if below(sharpness, BLURRED, View.BLURRED):
            return View.BLURRED, sharpness
        if still_s >= self._stillness.limit_s:
            return View.FROZEN, still_s
        steady = 0.0 if match is None else match.steady
        if below(scene, MOVED, View.MOVED) and (steady >= STEADY or self._view is View.MOVED):
            return View.MOVED, scene
        rate = self._rate()
        if rate < (BACK_FPS if self._view is View.SLOW else SLOW_FPS):
            return View.SLOW, rate
        return View.OK, seen.luma

    def _count(self, passed_ns: int, t_ns: int) -> None:
        """Take in when a picture came; whether there was none for long is said elsewhere."""
        times = self._times
        if not 0 <= passed_ns < self._silent_ns:
            times.clear()
        times.append(t_ns)
        while t_ns - times[0] > HISTORY_S * 1e9:
            times.popleft()

    def _rate(self) -> float:
        """Return how many pictures a second came in the last minute; enough while not known."""
        lasted_s = (self._times[-1] - self._times[0]) / 1e9
        return (len(self._times) - 1) / lasted_s if lasted_s >= LEARN_S else BACK_FPS

    def _settle(self, view: View, measure: float, t_ns: int) -> ViewState | None:
        """Say `view` once it has lasted."""
        if self._view is None:
            return self._say(view, measure, t_ns)
        if view is self._view:
            self._candidate = None
            return self._repeat(measure, t_ns)
        if view is not self._candidate:
            self._candidate, self._candidate_ns = view, t_ns
        # Who was blind sees at once, how seldom soever.
        waits = view is not View.SLOW or self._view is View.OK
        hold_ns = (LONGER_S.get(view, HOLD_S) if waits else HOLD_S) * 1e9
        # Frozen has lasted by its own definition.
        if view is View.FROZEN or t_ns - self._candidate_ns >= hold_ns:
            return self._say(view, measure, t_ns)
        return self._repeat(measure, t_ns)

    def _repeat(self, measure: float, t_ns: int) -> ViewState | None:
        if self._view is None or t_ns - self._said_ns < REPEAT_S * 1e9:
            return None
        # What may be said next goes on to last.
        candidate = self._candidate
        said = self._say(self._view, measure, t_ns)
        self._candidate = candidate
        return said

    def _say(self, view: View, measure: float, t_ns: int) -> ViewState:
        self._view = view
        self._candidate = None
        self._said_ns = t_ns
        return ViewState(
            t=t_ns,
            room=self._room,
            source=self._source,
            view=view,
            measure=round(measure, 3),
            run=self._run_ns,
        )
