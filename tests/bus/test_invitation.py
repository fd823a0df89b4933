"""Invitations: what a person may do to the text, and what is noticed."""

from __future__ import annotations

import pytest

from ambient.bus.invitation import Invitation, new_token, parse_invitation
from ambient.bus.keys import new_pair
from ambient.errors import LinkError

INVITATION = Invitation(
    address="tcp://10.0.0.5:7440",
    key="rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
    token="00112233445566778899aabbccddeeff",
    expires=1_800_000_000,
)
TEXT = INVITATION.text()


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.upper(),
        f"  {TEXT}\n",
        "\n".join(TEXT[i : i + 20] for i in range(0, len(TEXT), 20)),
        TEXT.replace("ambient1:", "ambient1: "),
    ],
)
def test_it_bears_what_people_do_to_it(text: str) -> None:
    assert parse_invitation(text) == INVITATION


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "begins with ambient1:"),
        ("tcp://10.0.0.5:7440", "begins with ambient1:"),
        ("ambient2:" + TEXT[9:], "begins with ambient1:"),
        ("ambient1:", "whole invitation"),
        (TEXT[:-1], "whole invitation"),
        (TEXT[:-20], "whole invitation"),
        (TEXT + "a", "whole invitation"),
        (TEXT[:30] + ("a" if TEXT[30] != "a" else "b") + TEXT[31:], "whole invitation"),
        (TEXT[:30] + "!" + TEXT[31:], "whole invitation"),
        (TEXT[:30] + TEXT[31] + TEXT[30] + TEXT[32:], "whole invitation"),
        ("ambient1:" + "a" * 100_000, "whole invitation"),
    ],
)
def test_what_was_mistyped_is_noticed(text: str, error: str) -> None:
    with pytest.raises(LinkError, match=error):
        parse_invitation(text)


def test_the_token_is_128_bits_and_shows_in_no_log() -> None:
    assert len(bytes.fromhex(new_token())) == 16
    assert new_token() != new_token()
    assert INVITATION.token not in repr(INVITATION)


@pytest.mark.parametrize("address", ["tcp://[fd00::1]:7440", "tcp://hub.house-of-linden.example:1"])
def test_any_address_and_key_goes_through(address: str) -> None:
    made = Invitation(address=address, key=new_pair().public, token=new_token(), expires=1)
    assert parse_invitation(made.text()) == made


def test_the_qr_code_holds_the_text_in_capitals() -> None:
    assert INVITATION.qr_svg().startswith("<svg")
    lines = INVITATION.qr_terminal().splitlines()
    assert 15 < len(lines) < 40
    # Alphanumeric mode: version 8 to 11 instead of 10 to 13.
    assert INVITATION._qr().mode == "alphanumeric"
