"""Beds that nobody has drawn are said so before anybody sleeps in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.config import load_node
from ambient.doctor.findings import Level
from ambient.doctor.zones import zones

YAML = """
site: lindenhof
node: n-12
state_dir: {state}
rooms:
  - id: r12
    beds: [{beds}]
    cameras: [{{id: c1, source: "rtsp://127.0.0.1/none", zones: [{zones}]}}]
"""
BED = "{kind: bed, %spolygon: [[0.5, 0.4], [0.9, 0.4], [0.9, 0.8]]}"


@pytest.mark.parametrize(
    ("beds", "drawn", "levels"),
    [
        (["a", "b"], ["a", "b"], [Level.OK, Level.OK]),
        (["a", "b"], ["b"], [Level.WARNING, Level.OK]),
        (["a"], [], [Level.WARNING]),
        (["a"], [None], [Level.OK]),
        (["a", "b"], [None], [Level.WARNING, Level.WARNING]),
        ([], [], [Level.NOTE]),
    ],
)
def test_every_bed_is_looked_for(tmp_path: Path, beds, drawn, levels):
    file = tmp_path / "node.yaml"
    text = YAML.format(
        state=tmp_path,
        beds=", ".join(f"{{id: {bed}}}" for bed in beds),
        zones=", ".join(BED % ("" if bed is None else f"bed: {bed}, ") for bed in drawn),
    )
    file.write_text(text)
    found = list(zones(load_node(file)))
    assert [one.level for one in found] == levels
    assert all(one.mend for one in found if one.level is not Level.OK)


def test_a_room_without_a_camera_needs_no_zone(tmp_path: Path):
    file = tmp_path / "node.yaml"
    file.write_text(
        "site: l\nnode: n-1\nstate_dir: /tmp\nrooms: [{id: r1, beds: [{id: a}], microphones: "
        '[{id: m1, source: "rtsp://127.0.0.1/none"}]}]\n'
    )
    assert list(zones(load_node(file))) == []
