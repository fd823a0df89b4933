"""``docs/gateways.md``: its client runs as it stands; schema and names are those of the code."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec

from ambient.bus.keys import load_pair
from ambient.config_gateways import Way
from ambient.node.gateways.zeromq import KEY, MAX_NAME, Status
from ambient.observations import Doubt, SensorKind, VitalMeasured
from tests.node.gateways.kit import House, config, in_loop
from tests.node.gateways.test_zeromq import LAB, Lab
from vitals.parse import native

PAGE = (Path(__file__).parents[3] / "docs" / "gateways.md").read_text("utf-8")
ROOMS = "\n  - id: r1\n    purposes: {falls: on, vitals: on}\n" + (
    "    wearables: [{id: band, device: lab/band-7, via: zeromq}]\n"
)


def example() -> str:
    found = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def test_the_client_is_as_short_as_is_said() -> None:
    assert len([line for line in example().splitlines() if line.strip()]) <= 20


@in_loop
async def test_the_client_runs_as_it_stands(tmp_path: Path) -> None:
    house = House(tmp_path, config(tmp_path, rooms=ROOMS, key=LAB.public))
    async with Lab(tmp_path, house).open() as lab:
        node = load_pair(tmp_path / KEY)
        assert node is not None
        text = example()
        for placeholder, value in (
            ("tcp://127.0.0.1:7450", lab.gateway.address),
            ("<the node's public key>", node.public),
            ("<your public key>", LAB.public),
            ("<your secret key>", LAB.secret),
        ):
            assert text.count(f'"{placeholder}"') == 1
            text = text.replace(f'"{placeholder}"', repr(value))
        client = await asyncio.create_subprocess_exec(
            sys.executable, "-c", text, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await asyncio.wait_for(client.communicate(), 120)
        assert client.returncode == 0
        assert said.decode().strip() == "taken []"
        (one,) = (each for each in house.fusion.seen if isinstance(each, VitalMeasured))
        assert (one.source, one.code, one.value, one.unit) == ("band", "8867-4", 72.0, "/min")


def test_every_field_of_the_schema_is_on_the_page() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
    for kind in get_args(native.AnySent):
        info: Any = msgspec.inspect.type_info(kind)
        for one in info.fields:
            if one.name not in ("t", "n"):
                assert f"`{one.name}`" in rows[info.tag], (info.tag, one.name)


def test_names_on_the_page_are_those_of_the_code() -> None:
    for doubt in Doubt:
        assert f"`{doubt}`" in PAGE
    for kind in SensorKind:
        assert str(kind) in PAGE
    for status in Status:
        assert f"| `{status}` |" in PAGE
    for way in Way:
        assert re.search(rf"gateways: {{{way}: {{|via: {way}\b", PAGE), way
    assert f"1 to {MAX_NAME} bytes" in PAGE
    assert f"{native.MAX_BYTES // 1024} KiB" in PAGE
