"""A folder of tables: each read once, whole files only, also over a crash in the middle of one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ambient.config_gateways import CsvFolder
from ambient.errors import StoreError
from ambient.node.gateways import csv_folder
from ambient.node.gateways.csv_folder import STATE, CsvGateway
from tests.node.gateways.kit import NS, START, House, eventually, in_loop

HEAD = "t,device,code,value,unit\n"


def rows(*seconds: int, value: float = 72.0) -> str:
    lines = (f"{START + s * NS},file-3,8867-4,{value:g},/min\n" for s in seconds)
    return HEAD + "".join(lines)


def gateway(house: House, folder: Path) -> CsvGateway:
    (folder / "csv").mkdir(exist_ok=True)
    return CsvGateway(CsvFolder(folder=folder / "csv"), folder, house.reception)


@in_loop
async def test_a_file_is_read_once_it_rests_and_only_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.at(100)
    one = gateway(house, tmp_path)
    file = tmp_path / "csv" / "a.csv"
    file.write_text(rows(1, 2))
    await one.look()
    assert house.fusion.values() == [], "it may still be growing"
    await one.look()
    assert house.fusion.values() == [(1, 72.0), (2, 72.0)]
    await one.look()
    (tmp_path / "csv" / "same.csv").write_text(rows(1, 2))
    for _ in range(3):
        await one.look()
    assert len(house.fusion.values()) == 2
    assert house.reception.health()["links"] == {"csv": None}


@in_loop
async def test_a_file_that_grows_gives_only_what_is_new(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.at(100)
    one = gateway(house, tmp_path)
    file = tmp_path / "csv" / "a.csv"
    file.write_text(rows(1, 2))
    await one.look()
    await one.look()
    file.write_text(rows(1, 2, 3))
    await one.look()
    await one.look()
    assert house.fusion.values() == [(1, 72.0), (2, 72.0), (3, 72.0)]


@in_loop
async def test_killed_in_the_middle_of_a_file_nothing_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fusion takes 25 of 40 rows, then the process is killed; the next one gives the others."""
    monkeypatch.setattr(csv_folder, "CHUNK", 10)
    house = House(tmp_path)
    house.at(100)
    one = gateway(house, tmp_path)
    (tmp_path / "csv" / "a.csv").write_text(rows(*range(40)))
    await one.look()
    house.fusion.room = 25
    looking = asyncio.create_task(one.look())
    await eventually(lambda: house.reception.counts.waited > 0)
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    first = house.fusion.values()
    assert len(first) == 25
    again = House(tmp_path)
    again.at(200)
    two = gateway(again, tmp_path)
    await two.look()
    await two.look()
    assert first + again.fusion.values() == [(s, 72.0) for s in range(40)]


@in_loop
async def test_killed_between_fusion_and_the_note_of_it_nothing_is_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path)
    house.at(100)
    one = gateway(house, tmp_path)
    (tmp_path / "csv" / "a.csv").write_text(rows(*range(40)))
    await one.look()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(CsvGateway, "_keep", killed)
    with pytest.raises(KeyboardInterrupt):
        await one.look()
    monkeypatch.undo()
    again = House(tmp_path)
    again.at(200)
    two = gateway(again, tmp_path)
    await two.look()
    await two.look()
    assert house.fusion.values() == [(s, 72.0) for s in range(40)]
    assert again.fusion.values() == []


@in_loop
async def test_bad_rows_and_bad_files_are_refused_and_the_next_is_read(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.at(100)
    one = gateway(house, tmp_path)
    folder = tmp_path / "csv"
    (folder / "a.csv").write_bytes(b"\xff\xfe\x00" * 1000)
    (folder / "b.csv").write_text("who,what\nx,y\n")
    (folder / "c.csv").write_text(rows(1) + "garbage\n" + rows(2)[len(HEAD) :])
    (folder / "d.csv").write_text("")
    (folder / "e.csv").write_text(HEAD + "x" * 300_000)
    (folder / "f.txt").write_text(rows(3))
    (folder / "g.csv").mkdir()
    (folder / "h.csv").symlink_to(folder / "nowhere")
    await one.look()
    await one.look()
    assert house.fusion.values() == [(1, 72.0), (2, 72.0)]
    assert sum(house.reception.counts.refused.values()) >= 4


@in_loop
async def test_a_folder_that_is_not_there_is_told_and_found_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.at(100)
    one = CsvGateway(CsvFolder(folder=tmp_path / "csv"), tmp_path, house.reception)
    await one.look()
    links = house.reception.health()["links"]
    assert isinstance(links, dict)
    assert "expected a folder, found none" in links["csv"]
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "a.csv").write_text(rows(1))
    await one.look()
    await one.look()
    assert house.fusion.values() == [(1, 72.0)]
    assert house.reception.health()["links"] == {"csv": None}


def test_a_broken_note_of_what_was_read_is_no_silent_beginning_anew(tmp_path: Path) -> None:
    (tmp_path / STATE).write_bytes(b"{")
    with pytest.raises(StoreError, match="restore it, or delete it"):
        gateway(House(tmp_path), tmp_path)
