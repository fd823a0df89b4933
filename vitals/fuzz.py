"""Feed parsers what no device would send, and look at what becomes of it.

Comes in: parsers with valid messages of theirs. Goes out: for each, how many inputs were taken and
refused, and every crash, hang and value out of range. Whatever a parser gives goes on through
`vitals.intake`, and each observation must come back from its MessagePack form and lie within what
the catalogue calls possible. The same seed gives the same inputs.
"""

from __future__ import annotations

import math
import random
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Final

import msgspec
import numpy as np

from ambient.observations import VitalMeasured, decode, encode
from vitals import codes
from vitals.clocks import NS
from vitals.devices import Device, Signal
from vitals.intake import AnyTaken, Intake
from vitals.readings import AnyReading, IntervalsRead, Refused

Parse = Callable[[bytes], Iterable[AnyReading | Refused]]

HANG_S: Final = 1.0
"""Processor time for one input that counts as a hang."""
STUCK_S: Final = 5.0
"""Processor time after which an input that does not end is given up."""
LONGEST: Final = 4096
"""Bytes of an input; mutations that would grow beyond are cut."""
MOST_SHOWN: Final = 5
"""Findings of a kind that are kept of each parser, with their inputs."""

_NOW: Final = 1_800_000_000 * NS
_SOURCE: Final = "fuzzed"
_DEVICE: Final = Device(source=_SOURCE, room="r1")
_EVERY: Final = 2_000
"""Inputs after which intake begins anew, so that no clock or claim lasts."""

NUMBERS: Final = (
    *(b"0", b"-1", b"-0.0", b"1e9", b"1e308", b"1e400", b"-1e400", b"5e-324", b"NaN", b"nan"),
    *(b"Infinity", b"-inf", b"0x10", b"1_000", b"9" * 30, b"2147483648", b"9223372036854775807"),
    *(b"18446744073709551616", b"-9223372036854775809", b"0.1", b"101", b"65535", b"1e-400"),
)
"""Numbers at which readers of numbers go wrong."""
SIGNS: Final = (
    *(b"\x00", b"\xff", b"\xc3\x28", b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf", b"\r", b"\n", b" "),
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"|", b"^", b"~", b"&", b"%", b"'"),
)
"""Signs that mean something to one reader or another."""

VALUES: Final[tuple[object, ...]] = (
    *(None, True, False, 0, -1, 1, 101, 2**31, 2**63 - 1, 2**63, 2**64 - 1, -(2**63)),
    *(0.0, -0.0, 0.5, 1e-320, 1e308, -1e308, math.nan, math.inf, -math.inf),
    *("", " ", "0", "72", "NaN", "x" * 300, "\x00", "\ud7ff\u202e", "é", "/min", "%", "[degF]"),
    *("mm[Hg]", "mmol/L", "10*99", "8867-4", "59408-5", "1969-12-31T23:59:59Z", "2024-02-30"),
    *("9999-12-31T23:59:59.999999Z", "2024-10-27T02:30:00+02:00", "http://loinc.org"),
    *([], {}, [[]], {"value": 1}, [0] * 50, {"coding": []}),
)
"""Values at which readers of JSON and the like go wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """One parser, as it is fuzzed.

    Attributes
    ----------
    name
        What it is called in a report.
    parse
        Bytes in, readings and refusals out.
    seeds
        Valid messages.
    words
        Pieces of its language that are put in.
    trees, encoded
        Valid messages before they are written as JSON or the like, and how they are written: half
        of the inputs are changed in their structure, which readers look at more closely.
    weight
        Its share of the inputs: quick parsers take many.
    """

    name: str
    parse: Parse
    seeds: Sequence[bytes]
    words: Sequence[bytes] = ()
    trees: Sequence[object] = ()
    encoded: Callable[[object], bytes] | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """What went wrong, and the input that did it, in hexadecimal digits."""

    what: str
    data: str


class Result(msgspec.Struct, kw_only=True):
    """What became of the inputs of one parser.

    Attributes
    ----------
    inputs
        How many there were.
    accepted
        Of those, how many gave at least one observation.
    refused
        The others that did not fail.
    crashes, hangs, out_of_range
        How many ended in an exception, took more than `HANG_S`, or gave what is no observation.
    longest_s
        Longest processor time of one input.
    findings
        The first of those that went wrong.
    """

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    crashes: int = 0
    hangs: int = 0
    out_of_range: int = 0
    longest_s: float = 0.0
    findings: list[Finding] = msgspec.field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.crashes or self.hangs or self.out_of_range)

    def add(self, other: Result) -> None:
        """Take in what became of further inputs."""
        for name in ("inputs", "accepted", "refused", "crashes", "hangs", "out_of_range"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest_s = max(self.longest_s, other.longest_s)
        self.findings = [*self.findings, *other.findings][:MOST_SHOWN]

    def note(self, what: str, data: bytes) -> None:
        """Keep a finding."""
        if len(self.findings) < MOST_SHOWN:
            self.findings.append(Finding(what, data.hex()))


def fuzz(
    parsers: Iterable[Parser],
    count: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Result]:
    """Return what became of `count` inputs, shared among `parsers` by weight.

    Parameters
    ----------
    parsers
        With names that differ.
    count
        Of all together; each parser gets at least one.
    seed
        Of the inputs.
    progress
        Called with (done, all) before each parser and at the end.
    """
    listed = shares(list(parsers), count)
    found: dict[str, Result] = {}
    for done, (name, parser, number) in enumerate(listed):
        if progress is not None:
            progress(done, len(listed))
        found[name] = fuzz_one(parser, number, seed)
    if progress is not None:
        progress(len(listed), len(listed))
    return found


def shares(parsers: Sequence[Parser], count: int) -> list[tuple[str, Parser, int]]:
    """Return how many of `count` inputs each parser gets; together at least `count`."""
    total = sum(one.weight for one in parsers)
    return [(one.name, one, max(1, -(-count * one.weight // total))) for one in parsers]


def fuzz_one(parser: Parser, count: int, seed: int) -> Result:
    """Return what became of `count` inputs of one parser.

    Call it in the main thread: only there can an input that does not end be given up.
    """
    rng = random.Random(f"{seed}/{parser.name}")
    words = (*parser.words, *NUMBERS, *SIGNS)
    result = Result(inputs=count)
    intake = _intake()
    with _given_up() as begin:
        for number in range(count):
            if number % _EVERY == _EVERY - 1:
                intake = _intake()
            # The valid ones come first: what is refused of those is a mistake of this list.
            data = (
                parser.seeds[number] if number < len(parser.seeds) else _input(rng, parser, words)
            )
            begin(number)
            _one(parser, data, intake, _NOW + number * NS, result)
    return result


def _one(parser: Parser, data: bytes, intake: Intake, received: int, result: Result) -> None:
    """Feed one input, and note what became of it."""
    began = time.thread_time()
    try:
        items = _through(parser.parse(data), intake, received)
        took = time.thread_time() - began
        if took > HANG_S:
            # The first of all loads what a parser needs; that is no fault of the input.
            began = time.thread_time()
            list(parser.parse(data))
            took = time.thread_time() - began
    except _Stuck:
        result.hangs += 1
        result.note(f"did not end in {STUCK_S:g} s", data)
        return
    except Exception as error:  # noqa: BLE001 - an exception is what is looked for
        result.crashes += 1
        result.note(f"{type(error).__name__}: {error}"[:200], data)
        return
    result.longest_s = max(result.longest_s, took)
    wrong = next((why for item in items if (why := misfit(item)) is not None), None)
    if took > HANG_S:
        result.hangs += 1
        result.note(f"took {took:.1f} s", data)
    elif wrong is not None:
        result.out_of_range += 1
        result.note(wrong, data)
    elif items:
        result.accepted += 1
    else:
        result.refused += 1


class _Stuck(BaseException):
    """An input does not end; no `except Exception` of a parser shall swallow it."""


@contextmanager
def _given_up() -> Iterator[Callable[[int], None]]:
    """Yield what is told of each input; one that lasts from one alarm to the next is given up."""
    now = last = -1

    def begin(number: int) -> None:
        nonlocal now
        now = number

    def alarm(_number: int, _frame: FrameType | None) -> None:
        nonlocal last
        if now == last:
            raise _Stuck
        last = now

    before = signal.signal(signal.SIGVTALRM, alarm)
    signal.setitimer(signal.ITIMER_VIRTUAL, STUCK_S, STUCK_S)
    try:
        yield begin
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _input(rng: random.Random, parser: Parser, words: Sequence[bytes]) -> bytes:
    if parser.encoded is None or rng.random() < 0.5:
        return mutated(rng, parser.seeds, words)
    tree = parser.trees[rng.randrange(len(parser.trees))]
    for _ in range(1 + min(3, int(rng.expovariate(1.0)))):
        tree = changed(rng, tree)
    return parser.encoded(tree)[:LONGEST]


def mutated(rng: random.Random, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Return one of `seeds` with one to eight changes, or noise."""
    if rng.random() < 0.02:
        return rng.randbytes(rng.randrange(64))
    data = bytearray(seeds[rng.randrange(len(seeds))])
    for _ in range(1 + min(7, int(rng.expovariate(1.0)))):
        at = rng.randrange(len(data) + 1)
        length = 1 + int(rng.expovariate(0.25))
        kind = rng.randrange(8)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at : at + length] = rng.randbytes(length)
        elif kind == 2:
            del data[at : at + length]
        elif kind == 3:
            data[at:at] = data[at : at + length] * rng.randrange(1, 4)
        elif kind == 4:
            data[at : at + rng.randrange(4)] = words[rng.randrange(len(words))]
        elif kind == 5:
            _renumber(rng, data, at)
        elif kind == 6:
            other = seeds[rng.randrange(len(seeds))]
            cut = rng.randrange(len(other) + 1)
            data[at:] = other[cut:]
        else:
            del data[at:]
        if not data:
            break
    return bytes(data[:LONGEST])


def changed(rng: random.Random, tree: object) -> object:
    """Return `tree` with one of its nodes another, gone, twice or under another name."""
    if isinstance(tree, dict) and tree and rng.random() < 0.9:
        key = list(tree)[rng.randrange(len(tree))]
        kind = rng.random()
        if kind < 0.06:
            return {name: value for name, value in tree.items() if name != key}
        if kind < 0.1:
            return {**tree, f"{key}x": tree[key]}
        return {**tree, key: changed(rng, tree[key])}
    if isinstance(tree, list) and tree and rng.random() < 0.9:
        at = rng.randrange(len(tree))
        kind = rng.random()
        if kind < 0.1:
            return [*tree[:at], *tree[at + 1 :]]
        if kind < 0.2:
            return [*tree[:at], *[tree[at]] * rng.randrange(1, 20), *tree[at:]]
        return [*tree[:at], changed(rng, tree[at]), *tree[at + 1 :]]
    if isinstance(tree, str) and rng.random() < 0.5:
        cut = rng.randrange(len(tree) + 1)
        return tree[:cut] + str(VALUES[rng.randrange(len(VALUES))]) + tree[cut:]
    if isinstance(tree, int | float) and rng.random() < 0.5:
        return tree * rng.choice((-1, 0, 0.5, 3, 1e3, 1e12, 1e300))
    return VALUES[rng.randrange(len(VALUES))]


def _renumber(rng: random.Random, data: bytearray, at: int) -> None:
    """Put another number where one stands, from `at` on."""
    begin = next((n for n in range(at, len(data)) if 48 <= data[n] <= 57), None)
    if begin is None:
        return
    end = next(
        (n for n in range(begin, len(data)) if not (48 <= data[n] <= 57 or data[n] in b".e-")),
        len(data),
    )
    data[begin:end] = NUMBERS[rng.randrange(len(NUMBERS))]


def misfit(item: AnyTaken) -> str | None:
    """Return why `item` is no observation that may exist, None when it is one."""
    if isinstance(item, Signal):
        reading = item.reading
        values = reading.seconds if isinstance(reading, IntervalsRead) else reading.samples
        return None if bool(np.isfinite(np.asarray(values)).all()) else "samples are not finite"
    try:
        if decode(encode(item)) != item:
            return "does not come back from MessagePack as it went"
    except (msgspec.MsgspecError, OverflowError) as error:
        return f"cannot be sent: {error}"
    if isinstance(item, VitalMeasured):
        low, high = codes.BY_CODE[item.code].possible
        if not low <= item.value <= high:
            return f"{item.code}: {item.value} is not within {low} to {high}"
    return None if item.t <= item.received else "is of a time after it was received"


def _through(
    parsed: Iterable[AnyReading | Refused], intake: Intake, received: int
) -> tuple[AnyTaken, ...]:
    """Return what intake makes of everything, whatever a reading calls its device."""
    everything = [
        one if isinstance(one, Refused) else replace(one, device=_SOURCE) for one in parsed
    ]
    return intake.take(everything, received=received, peer=_SOURCE).items


def _intake() -> Intake:
    known: Mapping[str, Device] = {_SOURCE: _DEVICE}
    return Intake(known)
