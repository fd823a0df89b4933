"""The ring of sound: what it holds, by length and by time, and that it forgets."""

import numpy as np
import pytest

from audio.blocks import RATE, SAMPLE_NS, Block
from audio.ring import Ring

S = 1_000_000_000


def counted(first: int, count: int, lost: int = 0) -> Block:
    """Return samples whose value is their number; the end lies at that number's time."""
    samples = np.arange(first, first + count, dtype=np.float32)
    return Block(samples, (first + count) * SAMPLE_NS, lost=lost)


@pytest.mark.parametrize("sizes", [[10], [3, 4, 5], [1] * 12, [7, 1, 9, 30, 2], [100]])
def test_holds_the_last(sizes):
    ring = Ring(10 / RATE)
    total = 0
    for size in sizes:
        ring.push(counted(total, size))
        total += size
        held = min(10, total)
        assert len(ring) == held
        assert ring.last(1.0).tolist() == list(range(total - held, total))
        assert ring.last(4 / RATE).tolist() == list(range(max(0, total - 4), total))
    assert ring.t_ns == total * SAMPLE_NS


@pytest.mark.parametrize(
    ("began", "ended", "expected"),
    [
        (12, 15, [12, 13, 14]),
        (0, 100, list(range(10, 20))),
        (5, 12, [10, 11]),
        (19, 20, [19]),
        (20, 30, []),
        (15, 15, []),
        (16, 12, []),
        (0, 10, []),
    ],
)
def test_between(began, ended, expected):
    ring = Ring(10 / RATE)
    ring.push(counted(0, 20))
    assert ring.between(began * SAMPLE_NS, ended * SAMPLE_NS).tolist() == expected


def test_what_is_missing_is_silence():
    ring = Ring(10 / RATE)
    ring.push(counted(0, 4))
    ring.push(counted(7, 2, lost=3))
    assert ring.last(1.0).tolist() == [0, 1, 2, 3, 0, 0, 0, 7, 8]
    ring.push(counted(10_000, 1, lost=9_991))
    assert ring.last(1.0).tolist() == [0] * 9 + [10_000]


def test_copies_are_given():
    ring = Ring(4 / RATE)
    ring.push(counted(1, 4))
    ring.last(1.0)[:] = 9
    assert ring.last(1.0).tolist() == [1, 2, 3, 4]


def test_wiped():
    ring = Ring(4 / RATE)
    ring.push(counted(1, 4))
    ring.wipe()
    assert (len(ring), ring.t_ns) == (0, None)
    assert ring.last(1.0).size == ring.between(0, S).size == 0
    assert not ring._kept.any()
    ring.push(counted(8, 1))
    assert ring.last(1.0).tolist() == [8]


def test_a_ring_holds_something():
    with pytest.raises(ValueError, match="expected a ring"):
        Ring(0.0)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0, np.float32), np.zeros((4, 2), np.float32), np.zeros(4), np.zeros(4, np.int16)],
)
def test_no_block(samples):
    with pytest.raises(ValueError, match="expected float32"):
        Block(samples, 0)


def test_a_block_knows_its_length():
    block = counted(RATE, RATE // 2)
    assert (block.seconds, block.began_ns, block.t_ns) == (0.5, S, 3 * S // 2)
