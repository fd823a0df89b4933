"""Which networks a camera gets: parts left out, and an object detector that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ambient.config_cameras import Camera
from ambient.errors import ModelError
from models.falls.network import FOLDER
from models.store import Store
from tests.vision.eyes import FakeEngine, FakeObjects
from vision import networks
from vision.networks import Networks, Part
from vision.objects.nanodet import MODEL
from vision.pose.types import PoseOptions
from vision.posture import RulePosture

CAMERA = Camera(id="c1", source="x")


class Learned(RulePosture):
    """Stands for the temporal network."""

    calibrated = False
    folder = Path()

    @classmethod
    def create(cls, folder: Path, *, calibrated: bool) -> Learned:
        made = cls()
        made.folder, made.calibrated = folder, calibrated
        return made


@pytest.fixture(autouse=True)
def without_networks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(networks.NanoDet, "create", lambda options: FakeObjects())
    monkeypatch.setattr(networks, "LearnedPosture", Learned)
    networks._say_missing.cache_clear()
    yield
    networks._say_missing.cache_clear()


@pytest.mark.parametrize(
    ("without", "detector", "furniture", "learned", "calibrated"),
    [
        ((), True, True, True, True),
        ((Part.SECOND_EYES,), False, False, True, True),
        ((Part.FURNITURE,), True, False, True, True),
        ((Part.TEMPORAL,), True, True, False, False),
        ((Part.CALIBRATION,), True, True, True, False),
        (tuple(Part), False, False, False, False),
    ],
    ids=[
        "everything", "no second eyes", "no furniture", "no temporal model", "no calibration",
        "poses alone",
    ],
)  # fmt: skip
def test_parts_can_be_left_out(
    without: tuple[Part, ...], detector: bool, furniture: bool, learned: bool, calibrated: bool
) -> None:
    with Networks.open(PoseOptions(), engine=FakeEngine(), without=without) as made:
        assert (made.detector is not None) is detector
        pipeline = made.pipeline("r1", CAMERA)
        assert (pipeline.furniture is not None) is furniture
        posture = made._posture()
        assert isinstance(posture, Learned) is learned
        assert getattr(posture, "calibrated", False) is calibrated


def test_the_temporal_network_comes_from_the_folder_that_is_asked_for(tmp_path: Path) -> None:
    options, engine = PoseOptions(), FakeEngine()
    for made, expected in (
        (Networks.open(options, engine=engine), FOLDER),
        (Networks.open(options, engine=engine, falls=tmp_path), tmp_path),
    ):
        posture = made._posture()
        assert isinstance(posture, Learned)
        assert posture.folder == expected


def test_each_camera_has_a_posture_model_and_furniture_of_its_own() -> None:
    with Networks.open(PoseOptions(), engine=FakeEngine()) as made:
        first, second = made.pipeline("r1", CAMERA), made.pipeline("r1", CAMERA)
        assert first.furniture is not second.furniture
        assert made._posture() is not made._posture()


def test_closing_frees_all() -> None:
    engine = FakeEngine()
    with Networks.open(PoseOptions(), engine=engine) as made:
        detector = made.detector
    assert isinstance(detector, FakeObjects)
    assert engine.closed
    assert detector.closed


def test_a_node_goes_on_without_the_object_detector(tmp_path: Path) -> None:
    options = PoseOptions(models_dir=tmp_path)
    with capture_logs() as logs:
        for _ in range(3):
            with Networks.open(options, engine=FakeEngine(), complete=False) as made:
                assert made.detector is None
                assert made.pipeline("r1", CAMERA).furniture is None
    assert [(line["event"], line["model"]) for line in logs] == [("vision.no_second_eyes", MODEL)]
    assert "ambient models pull" in logs[0]["mend"]


@pytest.mark.parametrize(
    ("damaged", "complete"), [(False, True), (True, True), (True, False)],
    ids=["missing where all is needed", "damaged", "damaged in a node"],
)  # fmt: skip
def test_other_models_that_cannot_be_used_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bool, complete: bool
) -> None:
    monkeypatch.undo()
    if damaged:
        Store(tmp_path).home(MODEL).mkdir(parents=True)
    with pytest.raises(ModelError, match=MODEL):
        Networks.open(PoseOptions(models_dir=tmp_path), engine=FakeEngine(), complete=complete)
