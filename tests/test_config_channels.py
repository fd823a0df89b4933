"""The section `channels` of hub.yaml: what is taken, and how what is wrong is told."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from ambient.config import HubConfig, load_hub
from ambient.errors import ConfigError
from ambient.hub.site_rules import rules_of

GOOD = """
site: house
channels:
  pager:
    kind: espa
    options: {address: "tcp://10.0.0.20:4444"}
    recipients: {anna: "101"}
    accepted_by: M. Beispiel
    accepted_on: 2026-05-31
  phone: {kind: webhook, delegated: true, language: de}
alarms:
  staff: [{id: anna, ways: [page, pager]}]
  outside: [phone]
"""


def load(tmp_path: Path, text: str) -> HubConfig:
    path = tmp_path / "hub.yaml"
    path.write_text(text)
    return load_hub(path)


def test_what_the_file_says(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD)
    pager, phone = config.channels["pager"], config.channels["phone"]
    assert (pager.accepted, pager.accepted_on) == (True, datetime.date(2026, 5, 31))
    assert pager.options == {"address": "tcp://10.0.0.20:4444"}
    assert (phone.accepted, phone.language, phone.per_minute) == (False, "de", 60)
    assert rules_of(config).remote == ["phone"]


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        (
            "    accepted_by: M. Beispiel\n",
            "",
            "channels.pager: expected accepted_by and accepted_on",
        ),
        ("accepted_on: 2026-05-31", "accepted_on: soon", "channels.pager.accepted_on: expected"),
        (
            "ways: [page, pager]",
            "ways: [pagr]",
            "staff[0].ways[0]: expected a channel (page",
        ),
        ("outside: [phone]", "outside: [fax]", "alarms.outside[0]: expected a channel"),
        ("  phone: {", "  page: {", "channels.page: expected another name"),
        ("language: de", "language: fr", "channels.phone.language: expected"),
        ("kind: espa", "knd: espa", "channels.pager.knd: expected"),
        ("delegated: true", "per_minute: 0", "channels.phone.per_minute: expected"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, wrong: str, right: str, said: str) -> None:
    assert wrong in GOOD
    with pytest.raises(ConfigError) as error:
        load(tmp_path, GOOD.replace(wrong, right))
    assert said in str(error.value)
