"""The section `alarms` of hub.yaml: what is taken, and how what is wrong is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.config import load_hub
from ambient.errors import ConfigError
from ambient.hub.site_rules import rules_of

GOOD = """
site: house
rooms: {r1: {name: Room 1, floor: First}, r2: {name: Room 2}}
time_zone: Europe/Berlin
alarms:
  shifts: [{id: day, hours: "06:30-21:00"}, {id: night, hours: "21:00-06:30"}]
  staff:
    - {id: anna, shifts: [day], rooms: [r1], ways: [page, pager]}
    - {id: ben, shifts: [night], floors: [First], nurse: true}
  plans:
    - {shifts: [night], steps: [{to: shift, after_s: 0}, {to: siren, after_s: 30}]}
  outside: [phone]
channels: {pager: {kind: espa}, phone: {kind: webhook}}
"""


def load(tmp_path: Path, text: str):  # type: ignore[no-untyped-def]
    path = tmp_path / "hub.yaml"
    path.write_text(text)
    return load_hub(path)


def test_rules_are_what_the_file_says(tmp_path: Path) -> None:
    rules = rules_of(load(tmp_path, GOOD))
    assert [(s.id, s.begins, s.ends) for s in rules.rota.shifts] == [
        ("day", 390, 1260),
        ("night", 1260, 390),
    ]
    assert [(m.id, m.ways, m.nurse) for m in rules.rota.staff] == [
        ("anna", ["page", "pager"], False),
        ("ben", ["page"], True),
    ]
    assert [(s.to.value, s.after_s) for s in rules.plans[0].steps] == [("shift", 0), ("siren", 30)]
    assert (rules.outside, rules.floors) == (["phone"], {"r1": "First"})


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('"21:00-06:30"', '"22:00-06:30"', "cover the whole day, got nobody at 21:00"),
        ("time_zone: Europe/Berlin", "", "expected the site's time zone for alarms.shifts"),
        ("Europe/Berlin", "Europe/Nowhere", "expected a time zone that this machine knows"),
        ("id: ben", "id: anna", "alarms.staff[1].id: expected an id used once, got 'anna'"),
        ("id: night", "id: day", "alarms.shifts[1].id: expected an id used once, got 'day'"),
        ("shifts: [day]", "shifts: [late]", "alarms.staff[0].shifts[0]: expected a shift of"),
        ("shifts: [day]", "shifts: []", "alarms.staff[0].shifts: expected at least one"),
        ("rooms: [r1]", "rooms: [r9]", "alarms.staff[0].rooms[0]: expected a room of this file"),
        ("floors: [First]", "floors: [Third]", "alarms.staff[1].floors[0]: expected a floor"),
        ("to: shift", "to: nobody", "alarms.plans[0].steps[0].to"),
        ("after_s: 30", "after_s: 5000", "alarms.plans[0].steps[1].after_s: expected"),
        ("21:00-06:30", "9pm-6am", "expected hours of the clock like 21:00-06:30"),
        ("outside: [phone]", "coming_min: 60", "alarms.coming_min: expected"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, wrong: str, right: str, said: str) -> None:
    text = GOOD.replace(wrong, right, 1) if wrong != "shifts: [day]" else GOOD.replace(wrong, right)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert said in str(caught.value)
