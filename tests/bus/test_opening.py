"""The code that opens a node's wizard: both ends work out the same one, nobody else any."""

from __future__ import annotations

import pytest

from ambient.bus import keys
from ambient.bus.opening import code_of, fingerprint, is_code, shared_secret

CERTIFICATE = "ab" * 32


def test_both_ends_work_out_the_same_code_and_a_third_does_not() -> None:
    node, hub, other = keys.new_pair(), keys.new_pair(), keys.new_pair()
    at_node = code_of(shared_secret(node.secret, hub.public), "n-1", CERTIFICATE)
    at_hub = code_of(shared_secret(hub.secret, node.public), "n-1", CERTIFICATE)
    assert at_node == at_hub
    for secret, public in ((other.secret, node.public), (other.secret, hub.public)):
        assert code_of(shared_secret(secret, public), "n-1", CERTIFICATE) != at_hub


@pytest.mark.parametrize(
    ("node", "certificate"), [("n-2", CERTIFICATE), ("n-1", "ac" * 32)], ids=["node", "opening"]
)
def test_the_code_serves_for_one_opening_of_one_node(node: str, certificate: str) -> None:
    shared = bytes(32)
    assert code_of(shared, "n-1", CERTIFICATE) != code_of(shared, node, certificate)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("ABOI-2345", True),
        ("aboi2345", True),
        ("  abOI - 2345 ", True),
        ("AB01-2345", True),
        ("ABOI-2346", False),
        ("ABOI-234", False),
        ("ABOI-23455", False),
        ("", False),
        ("ÄBOI-2345", False),
        ("A" * 100_000, False),
    ],
)
def test_what_is_given_by_hand(given: str, expected: bool) -> None:
    assert is_code(given, "ABOI-2345") is expected


def test_the_fingerprint_is_written_as_browsers_do() -> None:
    assert fingerprint("0a1b" + "0" * 60).startswith("0A:1B:00:")
