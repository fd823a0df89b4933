"""Who gets into the wizard: one code, five tries, thirty minutes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.node.wizard.gate import OPEN_S, TRIES, Verdict, opened

CODE = "ABCD-EFGH"


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        pytest.param([(1, CODE)], [Verdict.ENTERED], id="right"),
        pytest.param([(1, "x"), (2, CODE)], [Verdict.WRONG, Verdict.ENTERED], id="second try"),
        pytest.param(
            [(at, "x") for at in range(TRIES)] + [(9, CODE)],
            [Verdict.WRONG] * (TRIES - 1) + [Verdict.LOCKED, Verdict.LOCKED],
            id="brute force: the right one comes too late",
        ),
        pytest.param([(1, CODE), (2, CODE)], [Verdict.ENTERED, Verdict.USED], id="twice"),
        pytest.param([(OPEN_S - 1, CODE)], [Verdict.ENTERED], id="at the last second"),
        pytest.param([(OPEN_S, CODE)], [Verdict.OVER], id="thirty minutes are over"),
    ],
)
def test_tries(tries: list[tuple[float, str]], expected: list[Verdict]) -> None:
    gate, found = opened(CODE, 0.0), []
    for at, given_code in tries:
        gate, verdict = gate.enter(given_code, "token", at)
        found.append(verdict)
    assert found == expected


def test_the_device_that_was_let_in_stays_for_thirty_minutes_and_no_longer() -> None:
    gate, _ = opened(CODE, 100.0).enter(CODE, "token", 101.0)
    assert gate.admits("token", 101.0)
    assert gate.admits("token", 100.0 + OPEN_S - 0.001)
    assert not gate.admits("token", 100.0 + OPEN_S)
    assert not gate.admits("other", 101.0)
    assert not gate.admits(None, 101.0)
    assert not opened(CODE, 0.0).admits("", 1.0)


def test_nobody_can_ask_for_more_than_thirty_minutes() -> None:
    assert opened(CODE, 0.0, 10 * OPEN_S).until == OPEN_S


@given(st.lists(st.text(max_size=7), max_size=30))
def test_without_the_code_nobody_is_ever_let_in(tries: list[str]) -> None:
    gate = opened("ABCD-EFG2", 0.0)
    for number, text in enumerate(tries):
        gate, verdict = gate.enter(text, "token", float(number))
        assert verdict in (Verdict.WRONG, Verdict.LOCKED)
    assert gate.wrong == min(len(tries), TRIES)
