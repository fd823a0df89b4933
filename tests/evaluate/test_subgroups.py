"""Drawn falls that differ in one attribute, and what is made of them."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.config_cameras import Mount, Night
from ambient.evaluate import subgroups
from ambient.evaluate.subgroups_falls import Fall
from ambient.evaluate.subgroups_report import (
    BedSeen,
    FallSeen,
    Report,
    attribute_found,
    summarise,
)
from ambient.evaluate.subgroups_scenes import (
    LEVELS,
    Attribute,
    Level,
    Zones,
    base_levels,
    bed_scene,
    fall_scene,
    frame_at,
    variants,
)
from ambient.evaluate.subgroups_watch import Cause, Watched, config_of, drawn, lit, outline, watch
from ambient.observations import Place
from models.store import State, Store, locate
from vision.networks import Networks
from vision.pose import PoseOptions

MISSED = Watched(suspected=[], confirmed=[], seen=0, down=0, looks=40, place="nowhere")
FOUND = Watched(suspected=[3.0], confirmed=[9.0], seen=40, down=40, looks=40, place="floor")


def seen(number: int, levels: dict[Attribute, Level], *, found: bool) -> FallSeen:
    return FallSeen(number, "forward", levels, 2.0, FOUND if found else MISSED)


def every(missed: set[tuple[int, Level]], count: int = 4) -> list[FallSeen]:
    """All clips of `count` base scenes; those that differ by a level in `missed` are missed."""
    out = []
    for number in range(count):
        base = base_levels(1, number)
        for levels in variants(1, number):
            changed = [levels[a] for a in LEVELS if levels[a] is not base[a]]
            out.append(
                seen(number, levels, found=not any((number, one) in missed for one in changed))
            )
    return out


def test_variants_differ_from_the_base_in_one_attribute_and_show_every_level() -> None:
    base, *others = variants(1, 5)
    changed = [[a for a in LEVELS if one[a] is not base[a]] for one in others]
    assert all(len(attributes) == 1 for attributes in changed)
    for attribute, levels in LEVELS.items():
        shown = {one[attribute] for one in [base, *others]}
        assert shown == set(levels)
    assert len(others) == sum(len(levels) - 1 for levels in LEVELS.values())


def test_those_that_differ_in_light_alone_follow_the_base() -> None:
    base, *others = variants(1, 5)
    lights = [one[Attribute.LIGHT] is not base[Attribute.LIGHT] for one in others]
    assert lights == sorted(lights, reverse=True)
    assert any(lights)


def test_base_levels_are_balanced_and_independent() -> None:
    bases = [base_levels(3, number) for number in range(36)]
    assert bases == [base_levels(3, number) for number in range(36)]
    for attribute, levels in LEVELS.items():
        counts = Counter(one[attribute] for one in bases)
        assert set(counts.values()) == {36 // len(levels)}
    for a, b in combinations(LEVELS, 2):
        together = Counter((one[a], one[b]) for one in bases)
        expected = 36 / (len(LEVELS[a]) * len(LEVELS[b]))
        assert max(together.values()) < 2.2 * expected


@pytest.mark.parametrize("number", range(18))
def test_every_fall_ends_low_in_the_room_and_begins_otherwise(number: int) -> None:
    scene = fall_scene(1, number, base_levels(1, number))
    act = scene.act
    assert scene.fall is list(Fall)[number % 6]
    assert 0 < act.start_s < act.end_s < act.rest_s < act.seconds
    start, end = act.posed(act.start_s - 0.05), act.posed(act.rest_s + 1.0)
    assert start.joints[0, 2] > 0.4
    assert end.joints[0, 2] < 0.35
    assert end.vertices[:, 2].min() == pytest.approx(0.0, abs=1e-6)
    assert (end.vertices[:, :2] > 0.0).all()
    assert (end.vertices[:, :2] < scene.room.size[:2]).all()
    pixels, depth = scene.camera.project(end.joints[:1])
    assert depth[0] > 0.5
    assert (pixels > 0).all()
    assert (pixels < (scene.camera.width, scene.camera.height)).all()


@pytest.mark.parametrize(
    ("attribute", "level", "same"),
    [
        (Attribute.SKIN, Level.DARK_SKIN, ("movement", "camera", "room")),
        (Attribute.CONTRAST, Level.LIKE_FLOOR, ("movement", "camera", "room")),
        (Attribute.LIGHT, Level.DIM, ("movement", "camera", "room")),
        (Attribute.VIEW, Level.CEILING, ("movement", "room")),
        (Attribute.AID, Level.FRAME, ("camera", "room")),
        (Attribute.AGE, Level.STOOPED, ("camera",)),
        (Attribute.BUILD, Level.HEAVY, ("camera",)),
    ],
)
def test_all_else_stays(attribute: Attribute, level: Level, same: tuple[str, ...]) -> None:
    base = base_levels(1, 1) | {attribute: LEVELS[attribute][0]}
    if base[attribute] is level:
        base[attribute] = LEVELS[attribute][-1]
    one, other = fall_scene(1, 1, base), fall_scene(1, 1, base | {attribute: level})
    assert one.mirrored == other.mirrored
    if "camera" in same:
        assert one.camera == other.camera
    if "room" in same:
        assert one.room == other.room
    t = one.act.end_s
    if "movement" in same:
        np.testing.assert_array_equal(one.act.posed(t).vertices, other.act.posed(t).vertices)
    assert other.act.end_s == one.act.end_s


def test_a_frame_goes_with_its_user_and_is_pushed_over_in_a_fall_ahead() -> None:
    levels = base_levels(1, 0) | {Attribute.AID: Level.FRAME}
    scene = fall_scene(1, 0, levels)
    early, late = frame_at(scene, 0.2), frame_at(scene, scene.act.start_s - 0.01)
    after = frame_at(scene, scene.act.seconds)
    assert early is not None
    assert late is not None
    assert after is not None
    assert np.hypot(*np.subtract(early[0], late[0])) > 0.4
    assert np.hypot(*np.subtract(after[0], late[0])) == pytest.approx(1.2, abs=0.1)
    assert (early[2], late[2], abs(after[2])) == (0.0, 0.0, 90.0)
    assert frame_at(fall_scene(1, 0, levels | {Attribute.AID: Level.NO_AID}), 0.2) is None


def test_light_changes_a_picture_as_it_says() -> None:
    clean = np.full((40, 60, 3), (60, 120, 180), np.uint8)
    clean[:20] //= 2
    day, dim, infrared = (
        lit(clean, light, np.random.default_rng(1)) for light in LEVELS[Attribute.LIGHT]
    )
    assert day.mean() == pytest.approx(clean.mean(), abs=1.0)
    assert dim.mean() == pytest.approx(0.35 * clean.mean(), abs=3.0)
    assert (infrared == infrared[..., :1]).all()
    assert day.shape == dim.shape == infrared.shape == clean.shape


@pytest.mark.parametrize("number", [0, 1, 2, 3, 5])
def test_somebody_lies_within_the_zone_of_bed_or_sofa(number: int) -> None:
    scene = bed_scene(1, number)
    assert scene.soft is not None
    joints = scene.act.posed(scene.act.seconds).joints
    pelvis = joints[0]
    assert scene.soft.low[0] < pelvis[0] < scene.soft.high[0]
    assert scene.soft.low[1] < pelvis[1] < scene.soft.high[1]
    assert scene.soft.high[2] - 0.05 < pelvis[2] < scene.soft.high[2] + 0.3
    points = np.array(outline(scene))
    pixels, _ = scene.camera.project(joints[:1])
    x, y = pixels[0] / (scene.camera.width, scene.camera.height)
    x = 1 - x if scene.mirrored else x
    assert points[:, 0].min() < x < points[:, 0].max()
    assert points[:, 1].min() < y < points[:, 1].max()


def test_the_node_knows_of_zone_and_infrared_what_an_installer_says() -> None:
    scene = next(
        one for one in (bed_scene(1, number) for number in range(9)) if one.light is Level.INFRARED
    )
    drawn_in = config_of(scene, Zones.DRAWN).rooms[0].cameras[0]
    assert [zone.kind for zone in drawn_in.zones] == [Place.BED]
    assert drawn_in.night is Night.INFRARED
    assert not config_of(scene, Zones.NONE).rooms[0].cameras[0].zones


def test_the_node_knows_of_a_ceiling_what_an_installer_says() -> None:
    levels = base_levels(1, 0)
    for view, mount in ((Level.CEILING, Mount.CEILING), (Level.HIGH, Mount.WALL)):
        scene = fall_scene(1, 0, levels | {Attribute.VIEW: view})
        assert config_of(scene).rooms[0].cameras[0].mount is mount


def test_no_fall_has_an_outline_of_a_bed() -> None:
    with pytest.raises(ValueError, match="scene 0: expected a bed or sofa, got a fall"):
        outline(fall_scene(1, 0, base_levels(1, 0)))


@pytest.mark.parametrize(
    ("watched", "cause"),
    [
        (FOUND, None),
        (MISSED, Cause.NOT_SEEN),
        (msgspec.structs.replace(MISSED, seen=9), Cause.NOT_DOWN),
        (msgspec.structs.replace(MISSED, seen=9, down=4), Cause.NOT_SUSPECTED),
        (msgspec.structs.replace(FOUND, confirmed=[]), Cause.NOT_CONFIRMED),
        (msgspec.structs.replace(FOUND, confirmed=[1.0]), Cause.NOT_CONFIRMED),
    ],
)
def test_a_miss_has_a_cause(watched: Watched, cause: Cause | None) -> None:
    assert watched.cause(2.0) is cause


def test_a_gap_is_between_the_same_falls() -> None:
    base = base_levels(1, 0)
    others = [one for one in LEVELS[Attribute.VIEW] if one is not base[Attribute.VIEW]]
    worst = others[0]
    falls = every({(0, worst)})
    found = attribute_found(falls, Attribute.VIEW)
    by = {one.level: one for one in found.levels}
    assert by[worst].found.k == 3
    assert by[worst].gap.change == -0.25
    assert by[worst].causes == {Cause.NOT_SEEN: 1}
    assert found.best is not worst
    assert by[found.best].gap.change == 0.0
    assert found.largest_gap == by[worst].gap
    # What the miss of one view takes from the others is nothing.
    assert all(one.found.k == 4 for one in attribute_found(falls, Attribute.SEX).levels)


def test_a_scene_without_all_levels_is_refused() -> None:
    falls = [one for one in every(set()) if one.levels[Attribute.VIEW] is not Level.LOW]
    with pytest.raises(ValueError, match="view wall, low: expected scenes .0, 1, 2, 3., got"):
        attribute_found(falls, Attribute.VIEW)


def test_the_report_names_large_gaps_misses_and_beds() -> None:
    base = base_levels(1, 0)
    other = next(one for one in LEVELS[Attribute.LIGHT] if one is not base[Attribute.LIGHT])
    falls = every({(0, other)})
    beds = [
        BedSeen(n, "bed, lies", zones, base, int(zones is Zones.NONE and n == 1), 0, True, "floor")
        for n in range(4)
        for zones in Zones
    ]
    report = summarise(falls, beds, seed=1, count=4, seconds=1.0)
    assert report.beyond == [Attribute.LIGHT]
    assert (report.all.k, report.all.n) == (len(falls) - 1, len(falls))
    assert (report.base.k, report.base.n) == (4, 4)
    assert report.causes == {Cause.NOT_SEEN: 1}
    assert len(report.missed) == 1
    assert f"light {other}" in report.missed[0]
    assert report.confirmed_after.p50_s == 7.0
    assert {bed.zones: bed.per_clip.rate for bed in report.beds} == {
        Zones.DRAWN: 0.0,
        Zones.NONE: 0.25,
    }
    assert len(report.bed_alarms) == 1
    again = msgspec.json.decode(msgspec.json.encode(report), type=Report)
    assert again == report


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_the_report(monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    base = base_levels(1, 0)
    other = next(one for one in LEVELS[Attribute.VIEW] if one is not base[Attribute.VIEW])
    beds = [BedSeen(0, "sofa, lies", zones, base, 1, 1, True, "unknown") for zones in Zones]
    asked: dict[str, int | None] = {}

    def run(count: int, **options: Any) -> Report:
        asked.update(options, count=count)
        return summarise(every({(0, other)}), beds, 1, count, 1.0)

    monkeypatch.setattr(subgroups, "run", run)
    arguments = ["evaluate", "subgroups", "--count", "4", "--seed", "7", "--beds", "1"]
    done = CliRunner().invoke(
        build(), [*arguments, *(["--json"] if as_json else [])], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert (asked["count"], asked["seed"], asked["beds"], asked["jobs"]) == (4, 7, 1, 1)
    if as_json:
        (line,) = done.stdout.splitlines()
        assert msgspec.json.decode(line, type=Report).beyond == [Attribute.VIEW]
    else:
        assert "largest gap above 0.05: view" in done.stdout
        assert f"alarm in 0: sofa, lies, {Zones.NONE}" in done.stdout
        assert "not found: 0: forward" in done.stdout


def test_a_drawn_person_is_seen_by_the_node() -> None:
    if Store(locate()).look("pose_detector").state is not State.OK:
        pytest.skip("models aren't here, run: ambient models pull")
    scene = next(
        one
        for one in (bed_scene(1, number) for number in range(30))
        if one.act.end_s == 0 and one.light is Level.DAY
    )
    frames = list(drawn(scene))
    assert len(frames) == 60
    assert frames[0].shape == (360, 640, 3)
    assert frames[0] is frames[1]  # who only breathes is drawn anew twice a second
    assert (frames[0] != frames[10]).any()
    with Networks.open(PoseOptions(num_people=3)) as networks:
        first, again = (watch(scene, frames[:20], networks, 1, Zones.DRAWN) for _ in range(2))
    assert first == again
    assert first.looks == 60
    assert first.confirmed == []
