"""What is fuzzed and how: planted faults are found, every parser is on the list, all stay sound."""

from __future__ import annotations

import pkgutil
import random
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

import vitals.parse
from ambient.observations import SensorKind, SensorSeen, VitalMeasured
from vitals import fuzz, fuzz_parsers
from vitals.fuzz import Parser, fuzz_one, misfit
from vitals.parse.gatt import Characteristic
from vitals.readings import AnyReading, Refused, ValueRead

PULSE = ValueRead(device="d", t=None, code="8867-4", value=72.0, unit="/min")
Items = Iterable[AnyReading | Refused]


def _planted(fault: Callable[[], Items]) -> Parser:
    """Return a parser that is sound but for inputs with an ``x``."""
    return Parser(
        name="planted",
        parse=lambda data: fault() if b"x" in data else (PULSE,),
        seeds=[b"abc"],
        words=[b"x"] * 20,
    )


def _crash() -> Items:
    raise KeyError("planted")


def _late_crash() -> Items:
    yield PULSE
    raise IndexError("planted")


def _endless() -> Items:
    while True:
        try:
            sum(range(1000))
        except Exception:  # noqa: BLE001 - what a careless parser would write
            continue


def _slow() -> Items:
    for _ in range(300):
        sum(range(10_000))
    return (PULSE,)


@pytest.mark.parametrize(
    ("fault", "what"), [(_crash, "KeyError: 'planted'"), (_late_crash, "IndexError: planted")]
)
def test_a_planted_crash_is_found_with_its_input(fault: Callable[[], Items], what: str) -> None:
    result = fuzz_one(_planted(fault), 200, seed=1)
    assert result.crashes > 0
    assert result.crashes + result.accepted == 200
    assert not result.ok
    assert result.findings[0].what == what
    assert b"x" in bytes.fromhex(result.findings[0].data)


def test_a_planted_input_that_never_ends_is_given_up() -> None:
    """In a process of its own: its timer counts the time of every thread that other tests left."""
    script = (
        "from tests.vitals.test_fuzz import _endless, _planted\n"
        "from vitals import fuzz\n"
        "fuzz.STUCK_S = 0.05\n"
        "result = fuzz.fuzz_one(_planted(_endless), 20, seed=1)\n"
        "print(result.hangs, result.accepted, result.findings[0].what)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    hangs, accepted, what = done.stdout.split(maxsplit=2)
    assert int(hangs) > 0
    assert int(hangs) + int(accepted) == 20
    assert what.startswith("did not end")


def test_a_planted_slow_input_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "HANG_S", 0.005)
    result = fuzz_one(_planted(_slow), 20, seed=1)
    assert result.hangs > 0
    assert not result.ok
    assert result.longest_s > 0.005


def test_what_is_slow_only_the_first_time_is_no_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "HANG_S", 0.005)
    loaded: list[int] = []

    def parse(data: bytes) -> Items:
        if not loaded:
            loaded.append(1)
            return _slow()
        return (PULSE,)

    assert fuzz_one(Parser(name="loads", parse=parse, seeds=[b"a"]), 20, seed=1).hangs == 0


def test_a_planted_value_out_of_range_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    # Intake itself refuses such values; here it forgets to.
    monkeypatch.setattr(
        fuzz,
        "_through",
        lambda parsed, intake, received: tuple(
            VitalMeasured(
                t=received,
                room="r1",
                source="s",
                received=received,
                code=one.code,
                value=one.value,
                unit=one.unit,
            )
            for one in parsed
        ),
    )
    wrong = ValueRead(device="d", t=None, code="59408-5", value=-3.0, unit="%")
    result = fuzz_one(_planted(lambda: (wrong,)), 200, seed=1)
    assert result.out_of_range > 0
    assert result.findings[0].what.startswith("59408-5: -3.0 is not within")


@pytest.mark.parametrize(
    ("t", "received", "probability", "what"),
    [
        (5, 5, 0.5, None),
        (6, 5, 0.5, "is of a time after it was received"),
        (2**70, 5, 0.5, "cannot be sent"),
        (5, 5, float("nan"), "cannot be sent"),
        (5, 5, 1.5, "cannot be sent"),
    ],
)
def test_what_is_no_observation(
    t: int, received: int, probability: float, what: str | None
) -> None:
    seen = SensorSeen(
        t=t,
        room="r1",
        source="s",
        received=received,
        kind=SensorKind.DOOR,
        on=True,
        probability=probability,
    )
    found = misfit(seen)
    assert found is None if what is None else (found or "").startswith(what)


def test_every_parser_there_is_is_fuzzed() -> None:
    names = {one.name for one in fuzz_parsers.parsers()}
    assert len(names) == len(fuzz_parsers.parsers())
    assert {f"gatt {one.name.lower()}" for one in Characteristic} <= names
    helpers = {"hl7_encoding", "instants", "picking", "samples", "words"}
    named = {"csv": "csv", "fhir": "fhir r5", "hl7": "hl7", "native": "native json"}
    named |= {"homeassistant": "home assistant state", "omh": "open mhealth"}
    for module in pkgutil.iter_modules(vitals.parse.__path__):
        if module.name not in helpers | {"gatt"}:
            assert named[module.name] in names


@pytest.mark.parametrize("parser", fuzz_parsers.parsers(), ids=lambda one: one.name)
def test_valid_messages_are_read_and_a_thousand_broken_ones_do_no_harm(parser: Parser) -> None:
    valid = fuzz_one(parser, len(parser.seeds), seed=1)
    assert valid.accepted > 0
    result = fuzz_one(parser, 1000, seed=1)
    assert result.ok, result.findings
    assert result.refused > 0
    assert result.inputs == result.accepted + result.refused


def test_the_same_seed_gives_the_same_inputs() -> None:
    def inputs(seed: int) -> list[bytes]:
        seen: list[bytes] = []

        def parse(data: bytes) -> Items:
            seen.append(data)
            return ()

        fuzz_one(Parser(name="p", parse=parse, seeds=[b"seed 12.5"]), 50, seed)
        return seen

    assert inputs(1) == inputs(1)
    assert inputs(1) != inputs(2)


def test_a_tree_is_changed_in_one_place() -> None:
    rng = random.Random(1)
    tree = {"a": [1, 2, {"b": "text"}], "c": 3.0}
    seen = {repr(fuzz.changed(rng, tree)) for _ in range(200)}
    assert len(seen) > 50
    assert tree == {"a": [1, 2, {"b": "text"}], "c": 3.0}
