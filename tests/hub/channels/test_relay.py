"""A relay as a way out, against a real Modbus server: closed while an alarm is to be shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ambient.errors import ConfigError
from ambient.hub.alarms.inputs import OnMyWay
from ambient.hub.alarms.signal import SIREN, Delivery
from ambient.hub.channels import sender
from ambient.hub.channels.relay import RelayChannel
from tests.hub.channels.kit import Bench, bench, channel, notice, technical
from tests.relays.modbus import Module


@pytest.fixture
def module() -> Iterator[Module]:
    with Module() as found:
        yield found


@pytest.fixture
def bed(tmp_path: Path, module: Module) -> Iterator[Bench]:
    options = RelayChannel.Options(modbus=module.address, coil=1)
    with bench(tmp_path, lambda house: RelayChannel(options, house)) as one:
        yield one


def test_it_stays_closed_until_nothing_is_to_be_shown(bed: Bench, module: Module) -> None:
    first, second = bed.fall(10, "r1"), bed.fall(20, "r2")
    bed.step(3)
    assert module.wait_for(True)
    bed.store.decide(OnMyWay(condition=first, who="anna"), bed.now())
    bed.step(3)
    assert not module.wait_for(True, False, within_s=0.1), "the other one still sounds"
    bed.restart()
    bed.store.decide(OnMyWay(condition=second, who="anna"), bed.now())
    bed.step(3)
    assert module.wait_for(True, False), "also after the hub was started anew"
    bed.pass_time(601)
    bed.step(4)
    assert module.wait_for(True, False, True), "nobody came: it sounds again"


def test_a_module_that_is_unplugged_is_tried_again(bed: Bench, module: Module) -> None:
    module.unplug()
    alarm = bed.fall(10)
    bed.step()
    assert bed.store.case(alarm)[0].signals[0].failed is not None
    module.plug_in()
    bed.pass_time(1)
    bed.step()
    assert module.wait_for(True)
    assert bed.store.case(alarm)[0].signals[0].shown is not None


def test_a_siren_that_is_unplugged_is_replaced_and_told_at_once(
    tmp_path: Path, module: Module
) -> None:
    options = RelayChannel.Options(modbus=module.address)
    with bench(tmp_path, lambda house: RelayChannel(options, house), name=SIREN) as bed:
        bed.step()
        module.unplug()
        alarm = bed.fall(10)
        bed.pass_time(10)  # nobody is reached by `way`, which says nothing
        bed.step()
        given = [(one.recipient, one.channel) for one in bed.store.case(alarm)[0].signals]
        assert given[-2:] == [("everybody", "siren"), ("everybody", "page")]
        bed.pass_time(1)
        bed.step()
        assert technical(bed.store) == ["channel:siren"]
        module.plug_in()
        bed.pass_time(1)
        bed.step()
        assert module.wait_for(True), "it is tried all the same"
        assert technical(bed.store) == []


def test_a_siren_that_is_unplugged_is_told_before_it_is_needed(
    tmp_path: Path, module: Module
) -> None:
    options = RelayChannel.Options(modbus=module.address)
    with bench(tmp_path, lambda house: RelayChannel(options, house), name=SIREN) as bed:
        told = []
        for change in (None, module.unplug, None, module.plug_in):
            if change is not None:
                change()
            bed.pass_time(30)
            bed.step()
            told.append(technical(bed.store))
        assert told == [[], [], ["channel:siren"], []]
        assert not module.wait_for(True, within_s=0.0), "asking does not sound it"


def test_a_module_without_the_coil_is_told_as_that(tmp_path: Path, module: Module) -> None:
    options = RelayChannel.Options(modbus=module.address, coil=60_000)
    with bench(tmp_path, lambda house: RelayChannel(options, house), name=SIREN) as bed:
        bed.pass_time(30)
        bed.step()
        with bed.database.read() as db:
            why = sender.health_of(db, SIREN).why
        assert "has no coil 60000; correct coil" in why


@pytest.mark.parametrize(
    ("options", "fields"), [({"pulse_s": 0.1}, {}), ({}, {"test": True})], ids=["edge", "test"]
)
def test_it_closes_for_a_moment(
    module: Module, options: dict[str, float], fields: dict[str, bool]
) -> None:
    way = channel("relay", {"modbus": module.address, **options})
    assert way.deliver(notice(**fields)).delivery is Delivery.SHOWN
    assert module.wait_for(True, False)
    assert way.told() == f"relay: coil 0 of {module.address}"
    way.close()


def test_a_line_of_this_machine_is_left_to_a_trial_until_it_is_needed(tmp_path: Path) -> None:
    chip = tmp_path / "none"
    assert channel("relay", {"gpio": 4, "chip": str(chip)}).probe() is None
    way = channel("relay", {"gpio": 4, "chip": str(chip)})
    assert way.deliver(notice()).delivery is Delivery.FAILED


def test_it_opens_when_the_hub_ends(bed: Bench, module: Module) -> None:
    bed.fall(10)
    bed.step()
    bed.sender.close()
    assert module.wait_for(True, False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "channels.way.options: expected gpio"),
        ({"gpio": 1, "modbus": "tcp://h:1"}, "got both"),
        ({"gpio": 1, "pulse_s": 60}, "channels.way.options.pulse_s: expected"),
    ],
)
def test_options_that_are_wrong(options: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        channel("relay", options)
    assert said in str(error.value)


def test_whoever_only_asked_for_a_siren_leaves_it_as_it_is(module: Module) -> None:
    sounds, asks = (channel("relay", {"modbus": module.address}) for _ in range(2))
    assert sounds.deliver(notice()).delivery is Delivery.SHOWN
    assert asks.probe() is True
    asks.close()
    assert not module.wait_for(True, False, within_s=0.1), "another hub's siren went silent"
    sounds.close()
    assert module.wait_for(True, False)
