"""Which of a site's hubs a node speaks with."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.config import HubLink
from ambient.node import hubs
from ambient.node.hubs import Hubs, Known

FIRST, SECOND, NAME = "tcp://10.0.0.5:7440", "tcp://10.0.0.6:7440", "tcp://hub.lan:7440"
LINK = HubLink(address=FIRST, key="k" * 40)


def told(term: int = 2) -> Hubs:
    one = Hubs(LINK)
    assert one.welcome(term, [FIRST, SECOND])
    return one


def test_with_one_hub_there_is_nowhere_else_to_go() -> None:
    one = Hubs(LINK)
    assert one.welcome(0, [])
    one.gone()
    assert (one.address, one.several, one.term) == (FIRST, False, 0)


def test_a_hub_that_is_alone_now_is_found_again_where_it_was(tmp_path: Path) -> None:
    one = told(3)
    one.gone()
    assert one.welcome(3, [])
    hubs.keep(one, tmp_path)
    again = hubs.load(LINK, tmp_path)
    assert (again.address, again.addresses, again.several) == (SECOND, [SECOND, FIRST], True)
    again.gone()
    again.gone()
    assert again.address == SECOND, "the one of the enrolment may be gone for good"
    again.gone()
    assert again.welcome(3, [])
    assert (again.address, again.addresses, again.several) == (FIRST, [FIRST], False)


def test_each_is_tried_in_turn() -> None:
    one = told()
    seen = []
    for _ in range(4):
        seen.append(one.address)
        one.gone()
    assert (seen, one.several) == ([FIRST, SECOND, FIRST, SECOND], True)


def test_the_name_of_the_enrolment_is_tried_as_well() -> None:
    one = Hubs(HubLink(address=NAME, key=LINK.key))
    assert one.address == NAME
    one.welcome(2, [FIRST, SECOND])
    assert one.addresses == [FIRST, SECOND, NAME]
    assert one.address == NAME


@pytest.mark.parametrize(
    ("term", "counts"), [(1, False), (2, True), (3, True), (0, False)], ids=str
)
def test_a_welcome_of_an_older_term_does_not_count(term: int, counts: bool) -> None:
    one = told(2)
    assert one.welcome(term, [FIRST, SECOND]) is counts
    assert one.term == max(2, term)


def test_it_is_known_after_a_start_and_only_of_this_site(tmp_path: Path) -> None:
    one = told(3)
    one.gone()
    one.welcome(3, [FIRST, SECOND], "a" * 64)
    hubs.keep(one, tmp_path)
    again = hubs.load(LINK, tmp_path)
    assert (again.known, again.address) == (one.known, SECOND)
    assert again.known.proof == "a" * 64
    other = HubLink(address=NAME, key="o" * 40)
    assert hubs.load(other, tmp_path).known == Known(key=other.key)


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / hubs.FILE).write_text("{")
    (tmp_path / hubs.FILE).chmod(0o600)
    assert hubs.load(LINK, tmp_path).known == Known(key=LINK.key)
