"""The switches of judgements on vital signs: off unless asked for, and nothing else is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.config import NodeConfig, load_node
from ambient.config_vitals import ResearchUse
from ambient.errors import ConfigError

NODE = """
site: home
node: n-1
{switches}
rooms:
  - id: r1
    beds: [{{id: a, subject: s-aaaa{scale}}}]
"""


def read(folder: Path, switches: str = "", scale: str = "") -> NodeConfig:
    path = folder / "node.yaml"
    path.write_text(NODE.format(switches=switches, scale=scale))
    return load_node(path)


def test_all_is_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    config = read(tmp_path)
    assert config.research_use == ResearchUse(
        news2=False, glucose=False, rhythm=False, baseline=False
    )
    assert config.rooms[0].beds[0].saturation_scale == 1


@pytest.mark.parametrize("one", ["news2", "glucose", "rhythm", "baseline"])
def test_each_has_its_own_switch(tmp_path: Path, one: str) -> None:
    config = read(tmp_path, f"research_use: {{{one}: on}}")
    assert config.research_use == ResearchUse(**{one: True})


def test_scale_two_is_a_beds(tmp_path: Path) -> None:
    assert read(tmp_path, scale=", saturation_scale: 2").rooms[0].beds[0].saturation_scale == 2


@pytest.mark.parametrize(
    ("switches", "scale", "said"),
    [
        ("research_use: {news: true}", "", "research_use"),
        ("research_use: {news2: 1}", "", "research_use.news2: expected "),
        (
            "",
            ", saturation_scale: 3",
            "beds[0].saturation_scale: expected a whole number from 1 to 2, got 3",
        ),
        (
            "",
            ", saturation_scale: 0",
            "beds[0].saturation_scale: expected a whole number from 1 to 2, got 0",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, switches: str, scale: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, switches, scale)
    assert said in str(error.value)
