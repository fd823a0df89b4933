"""The page of consents, by real requests to a real hub."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from ambient.hub.identities import Role
from ambient.hub.service import RunningHub
from tests.hub.kit import add_user, client, enrol

ONE = "s-00aa11bb"


@pytest.fixture(scope="module")
def hub(bare_hub: RunningHub) -> RunningHub:
    enrol(bare_hub.context.registry, "n-1", ["r1"])
    for role in (Role.DPO, Role.CARER):
        add_user(bare_hub, role.value, role)
    return bare_hub


def test_consent_withdrawal_and_erasure_by_the_page(hub: RunningHub, tmp_path: Path) -> None:
    with client(hub, user="dpo") as http:

        def sent(path: str, **fields: str) -> int:
            return http.post(f"/consents/{path}", data={"subject": ONE, **fields}).status_code

        def shown() -> str:
            return http.get("/consents", headers={"Accept-Language": "en"}).text

        assert sent("move-in", room="r1", bed="a") == 303
        assert sent("move-in", room="r1", bed="a") == 409, "they live there already"
        assert "not agreed: " + ONE in shown()
        given = {"purpose": "voice", "by": "E. <Muster>"}
        assert sent("decide", what="agree", until="2000-01-01", **given) == 409
        assert sent("decide", what="agree", until="not a day", **given) == 400
        assert sent("decide", what="agree", **given) == 303
        assert "switching on is ordered, the room has not answered" in shown()
        assert sent("decide", what="withdraw", **given) == 303
        assert "switching off is ordered, the room has not answered" in shown()
        told = http.get(f"/consents/{ONE}/told")
        with zipfile.ZipFile(io.BytesIO(told.content)) as files:
            assert "E. &lt;Muster&gt;" in files.read("about-you.html").decode()
        assert sent("erase", sure="s-ffff") == 409, "typed another the second time"
        assert ONE in shown()
        assert sent("erase", sure=ONE) == 303
        assert ONE not in shown()
        assert http.get(f"/consents/{ONE}/told").status_code == 409
        assert sent("move-in", room="r1", bed="a") == 409, "a new pseudonym is needed"


@pytest.mark.parametrize("path", ["", "/move-in", "/move-out", "/decide", "/erase"])
def test_a_carer_neither_records_consent_nor_erases(hub: RunningHub, path: str) -> None:
    with client(hub, user="carer") as http:
        answer = (
            http.post(f"/consents{path}", data={"subject": ONE}) if path else http.get("/consents")
        )
        assert answer.status_code == 403


def test_it_speaks_german(hub: RunningHub) -> None:
    with client(hub, user="dpo") as http:
        page = http.get("/consents", headers={"Accept-Language": "de"}).text
    assert '<h1 class="page-title">Einwilligungen</h1>' in page
    assert "Endgültig löschen" in page
