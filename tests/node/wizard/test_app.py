"""The wizard's answers: nothing without the code, no picture unless agreed, no way outside."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from ambient.bus.opening import code_of
from ambient.config import load_node
from ambient.errors import ConfigError, LinkError, StoreError
from ambient.events import NodeCommissioned, NodeWizard, NodeZone, WizardAct
from ambient.node.notices import NoticeBoard
from ambient.node.place import NodePlace
from ambient.node.wizard import agreed, sockets
from ambient.node.wizard.announce import Announcer
from ambient.node.wizard.answers import HEADERS
from ambient.node.wizard.app import COOKIE, create_app
from ambient.node.wizard.door import Door
from ambient.node.wizard.gate import OPEN_S, TRIES, Gate, Verdict, opened
from ambient.node.wizard.installation import Installation
from ambient.node.wizard.looks import LookWanted, Outlined
from ambient.node.wizard.watcher import Watcher
from ambient.observations import Place, Posture, PostureSeen
from tests.patience import PATIENCE_S

URL = "https://node.local"
CODE = code_of(bytes(32), "n-12", "ab" * 32)
KEY = "k" * 40
JPEG = b"\xff\xd8\xff a picture"
NS = 1_000_000_000
TEXT = """\
site: lindenhof
node: n-12
state_dir: {state}
rooms:
  - id: r12
    beds: [{{id: r12-a}}]
    purposes: {{falls: on}}
    cameras: [{{id: c1, source: rtsp://camera/stream}}]
"""
SQUARE = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]


class Bench:
    """A wizard without network and clock; `at` is the time in seconds."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 1000.0
        self.file = folder / "node.yaml"
        self.file.write_text(TEXT.format(state=folder / "state"))
        config = load_node(self.file)
        NodePlace(config.state_dir).make()
        self.state_dir = config.state_dir
        self.watcher = Watcher()
        announcer = Announcer(config, KEY, self.now)
        self.installation = Installation(self.file, announcer, self.watcher, self.now, "F-P")
        self.door = Door(opened(CODE, self.at), lambda: self.at, announcer, "ab" * 32)
        monkeypatch.setattr(sockets, "ask", self._ask)

    def now(self) -> int:
        return round(self.at * NS)

    def app(self) -> Litestar:
        return create_app(self.installation, self.door)

    def told(self) -> list[Any]:
        return [notice.event for _, notice in NoticeBoard(self.state_dir).waiting()]

    def acts(self) -> list[WizardAct]:
        return [one.act for one in self.told() if isinstance(one, NodeWizard)]

    def _ask(self, run_dir: Path, name: str, question: bytes, timeout_s: float) -> bytes:
        """Answer as a process would that gives a picture to whoever asks, which ours does not."""
        wanted = msgspec.msgpack.decode(question, type=LookWanted)
        still = JPEG if wanted.still else b""
        return msgspec.msgpack.encode(Outlined(pictures=3, strokes=[[(0, 0), (1, 1)]], still=still))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


@pytest.fixture
def stranger(bench: Bench) -> Iterator[TestClient[Litestar]]:
    with TestClient(bench.app(), base_url=URL) as client:
        yield client


@pytest.fixture
def installer(stranger: TestClient[Litestar]) -> TestClient[Litestar]:
    answer = stranger.post("/enter", data={"code": CODE.lower()}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    stranger.headers["Origin"] = URL
    return stranger


INSIDE = [
    ("GET", "/room/r12"),
    ("GET", "/api/people/r12"),
    ("GET", "/api/outline/r12/c1"),
    ("GET", "/api/areas/r12/c1"),
    ("POST", "/api/areas/r12/c1"),
    ("POST", "/api/mount/r12/c1"),
    ("POST", "/api/missing/r12/c1"),
    ("POST", "/api/still/r12/c1"),
    ("GET", "/still/r12/c1"),
    ("POST", "/api/walk/r12/begin"),
    ("POST", "/api/walk/r12/end"),
    ("GET", "/api/walk/r12"),
    ("POST", "/api/finish/r12"),
    ("GET", "/certificate/r12"),
    ("GET", "/api/certificate/r12"),
    ("POST", "/close"),
]


def test_the_table_of_handlers_is_whole(bench: Bench) -> None:
    paths = {
        (method, route.path.replace("{room:str}", "r12").replace("{camera:str}", "c1"))
        for route in bench.app().routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS" and not route.path.startswith("/static")
    }
    assert paths - {("GET", "/"), ("POST", "/enter")} == set(INSIDE)


@pytest.mark.parametrize(("method", "path"), INSIDE)
def test_without_the_code_there_is_nothing(
    stranger: TestClient[Litestar], bench: Bench, method: str, path: str
) -> None:
    stranger.headers["Origin"] = URL
    for cookie in (None, "guess"):
        if cookie is not None:
            stranger.cookies.set(COOKIE, cookie)
        answer = stranger.request(method, path, json={})
        assert answer.status_code == 401, answer.text
    assert bench.told() == []


@pytest.mark.parametrize(("method", "path"), [row for row in INSIDE if row[0] == "POST"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_a_foreign_page_can_do_nothing(
    installer: TestClient[Litestar], method: str, path: str, origin: str | None
) -> None:
    installer.headers.pop("Origin")
    headers = {} if origin is None else {"Origin": origin}
    assert installer.request(method, path, json={}, headers=headers).status_code == 403


def test_brute_force_ends_after_five_tries_even_with_the_right_code(
    stranger: TestClient[Litestar], bench: Bench
) -> None:
    found = [
        stranger.post("/enter", data={"code": f"AAAA-AAA{number}"}).status_code
        for number in range(2, 2 + TRIES)
    ]
    assert found == [401] * (TRIES - 1) + [429]
    assert stranger.post("/enter", data={"code": CODE}).status_code == 429
    assert bench.acts() == [WizardAct.LOCKED], "told once"


@pytest.mark.parametrize(
    ("language", "tries", "said"),
    [
        ("en", 1, r"not the code\. Tries left: 4\. .* this opening ends, in 30 min\."),
        ("en", 4, r"not the code\. Tries left: 1\. .* this opening ends, in 27 min\."),
        ("en", 5, r"nobody gets in any more\. This opening ends in 26 min; .* a new code\."),
        ("de", 2, r"nicht der Code\. Verbleibende Versuche: 3\. .* endet, in 29 min\."),
        ("de", 6, r"kommt niemand mehr hinein\. Diese Öffnung endet in 25 min; .* neuen Code\."),
    ],
)
def test_a_wrong_code_says_how_many_tries_are_left_and_how_long_to_wait(
    stranger: TestClient[Litestar], bench: Bench, language: str, tries: int, said: str
) -> None:
    text = ""
    for _ in range(tries):
        answer = stranger.post(
            "/enter", data={"code": "AAAA-AAAA"}, headers={"Accept-Language": language}
        )
        (text,) = re.findall(r'role="alert"[^>]*>([^<]*)', answer.text)
        bench.at += 60
    assert re.search(said, text), text


def test_tries_side_by_side_each_count(bench: Bench) -> None:
    """While one code is judged, another comes in: neither takes the other's place."""
    door = bench.door
    judged = door._gate
    other = threading.Thread(target=door.enter, args=("AAAA-AAA3",))

    class Slow(Gate):
        def enter(self, given: str, token: str, now: float) -> tuple[Gate, Verdict]:
            if given == "AAAA-AAA2":
                other.start()
                other.join(0.2)  # it is through by then, unless it waits its turn
            return super().enter(given, token, now)

    door._gate = Slow(judged.code, judged.until)
    door.enter("AAAA-AAA2")
    other.join(PATIENCE_S)
    assert door._gate.wrong == 2


def test_a_second_device_does_not_get_in_with_the_same_code(
    installer: TestClient[Litestar], bench: Bench
) -> None:
    installer.cookies.clear()
    assert installer.post("/enter", data={"code": CODE}).status_code == 401
    assert bench.acts() == [WizardAct.ENTERED]


def test_after_thirty_minutes_nothing_is_answered(
    installer: TestClient[Litestar], bench: Bench
) -> None:
    bench.at += OPEN_S - 1
    assert installer.get("/room/r12").status_code == 200
    assert not bench.door.over
    bench.at += 1
    assert installer.get("/room/r12").status_code == 401
    assert installer.get("/").status_code == 410
    assert installer.post("/enter", data={"code": CODE}).status_code == 410
    assert bench.door.over


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/certificate/..%2f..%2fnode",
        "/certificate/%2e%2e",
        "/api/certificate/r13",
        "/room/r13",
        "/still/r12/..%2fc1",
        "/api/outline/r12/c9",
    ],
)
def test_no_path_leads_outside(installer: TestClient[Litestar], path: str) -> None:
    answer = installer.get(path)
    assert answer.status_code == 404
    assert "import" not in answer.text


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/areas/r12/c1", [{"area": "bed", "polygon": SQUARE[:2]}], 400),
        ("/api/areas/r12/c1", [{"area": "bed", "polygon": SQUARE * 6}], 400),
        ("/api/areas/r12/c1", [{"area": "roof", "polygon": SQUARE}], 400),
        ("/api/areas/r12/c1", [{"area": "bed", "polygon": SQUARE, "more": 1}], 400),
        ("/api/areas/r12/c1", [{"area": "bed", "polygon": SQUARE, "bed": "r99-a"}], 409),
        ("/api/areas/r12/c1", [{"area": "bed", "polygon": SQUARE}] * 33, 409),
        ("/api/areas/r12/c9", [], 404),
        ("/api/mount/r12/c1", {"mount": "roof"}, 400),
        ("/api/mount/r12/c9", {"mount": "ceiling"}, 404),
        ("/api/walk/r12/begin", {"station": "fly", "light": "day"}, 400),
        ("/api/walk/r12/begin", {"station": "clap", "light": "day"}, 409),
        ("/api/walk/r12/end", {}, 409),
        ("/api/finish/r12", {"by": ""}, 400),
        ("/api/finish/r12", {"by": "x" * 61}, 400),
        ("/api/still/r12/c1", {"everybody": False}, 403),
    ],
)
def test_what_is_refused_changes_nothing(
    installer: TestClient[Litestar], bench: Bench, path: str, body: object, status: int
) -> None:
    before = bench.file.read_text()
    assert installer.post(path, json=body).status_code == status
    assert bench.file.read_text() == before
    assert bench.acts() == [WizardAct.ENTERED]


@pytest.mark.parametrize(
    ("path", "body", "status", "english", "german"),
    [
        ("/room/r9", None, 404, "a room of this node (r12), got", "Zimmer dieses Knotens (r12)"),
        ("/api/areas/r12/c9", None, 404, "a camera of r12 (c1)", "eine Kamera von r12 (c1)"),
        ("/api/walk/r12/end", {}, 409, "press Begin first", "drücken Sie zuerst Beginnen"),
        (
            "/api/areas/r12/c1",
            [{"area": "sofa", "polygon": SQUARE, "bed": "r12-a"}],
            409,
            "area 1 (Sofa): expected a bed of this room (r12-a)",
            "Fläche 1 (Sofa): Erwartet wird ein Bett dieses Zimmers (r12-a)",
        ),
        ("/api/still/r12/c1", {"everybody": False}, 403, "everybody", "alle im Zimmer"),
        ("/still/r12/c1", None, 404, "nobody agreed", "Niemand hat einem Bild zugestimmt"),
        ("/certificate/r12", None, 404, "nobody has walked", "noch niemand gegangen"),
        ("/api/finish/r12", {"by": ""}, 400, "load the page anew", "laden Sie sie neu"),
        ("/nothing", None, 404, "nothing at this address", "Unter dieser Adresse gibt es nichts"),
    ],
)
def test_a_refusal_is_in_the_language_of_the_page(
    installer: TestClient[Litestar],
    path: str,
    body: object,
    status: int,
    english: str,
    german: str,
) -> None:
    for language, said in (("en", english), ("de-AT", german)):
        headers = {"Accept-Language": language}
        if body is None:
            answer = installer.get(path, headers=headers)
        else:
            answer = installer.post(path, json=body, headers=headers)
        assert answer.status_code == status
        assert said in answer.json()["detail"]


def test_who_is_kept_out_is_told_so_in_the_language_of_the_page(
    installer: TestClient[Litestar],
) -> None:
    german = {"Accept-Language": "de"}
    foreign = installer.post("/close", headers={**german, "Origin": "https://evil.example"})
    assert foreign.json()["detail"] == "Erwartet wird eine Anfrage von einer Seite des Assistenten."
    installer.cookies.clear()
    stranger = installer.get("/room/r12", headers=german)
    assert "Erwartet wird das Gerät, das den Code" in stranger.json()["detail"]


@pytest.mark.parametrize(
    ("error", "status", "english", "german"),
    [
        (StoreError("/x: the disk is full"), 507, "could not keep this: /x", "nicht speichern: /x"),
        (ConfigError("x: bad"), 409, "could not run with this: x", "der Knoten nicht laufen: x"),
        (LinkError("x"), 409, "could not do this: x", "konnte das nicht tun: x"),
        (RuntimeError("x"), 500, "made a mistake", "hat einen Fehler gemacht"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_the_node_cannot_do_is_said_in_the_language_of_the_page(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    english: str,
    german: str,
) -> None:
    def fails(*_: object) -> None:
        raise error

    with TestClient(bench.app(), base_url=URL, raise_server_exceptions=False) as client:
        client.post("/enter", data={"code": CODE}, headers={"Origin": URL})
        monkeypatch.setattr(bench.installation, "areas", fails)
        for language, said in (("en", english), ("de", german)):
            answer = client.get("/api/areas/r12/c1", headers={"Accept-Language": language})
            assert answer.status_code == status
            assert said in answer.json()["detail"]


def test_a_body_without_end_is_refused(installer: TestClient[Litestar]) -> None:
    answer = installer.post("/api/areas/r12/c1", content=b"[" + b" " * 100_000 + b"]")
    assert answer.status_code == 413


def test_every_answer_is_kept_by_nobody_and_framed_by_nobody(
    installer: TestClient[Litestar],
) -> None:
    for path in ("/", "/room/r12", "/api/people/r12", "/static/wizard.js", "/nothing"):
        answer = installer.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path


def test_a_picture_only_while_it_is_agreed_to(
    installer: TestClient[Litestar], bench: Bench
) -> None:
    """Although this process would give one to whoever asks."""
    assert JPEG not in installer.get("/api/outline/r12/c1").content
    assert installer.get("/still/r12/c1").status_code == 404
    agree = installer.post("/api/still/r12/c1", json={"everybody": True})
    assert agree.json() == {"seconds": agreed.MOST_S}
    shown = installer.get("/still/r12/c1")
    assert (shown.content, shown.headers["cache-control"]) == (JPEG, "no-store")
    bench.at += agreed.MOST_S
    assert installer.get("/still/r12/c1").status_code == 404
    assert bench.acts() == [WizardAct.ENTERED, WizardAct.STILL_AGREED, WizardAct.STILL_SHOWN]


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ({"room": "r12", "camera": "c1", "began": 10, "until": 20}, True),
        ({"room": "r12", "camera": "c2", "began": 10, "until": 20}, False),
        ({"room": "r13", "camera": "c1", "began": 10, "until": 20}, False),
        ({"room": "r12", "camera": "c1", "began": 10, "until": 15}, False),
        ({"room": "r12", "camera": "c1", "began": 16, "until": 20}, False),
        ("garbled", False),
        (None, False),
    ],
)
def test_what_counts_as_an_agreement(tmp_path: Path, kept: object, expected: bool) -> None:
    if kept is not None:
        (tmp_path / agreed.FILE).write_text(json.dumps(kept))
    assert agreed.in_force(tmp_path, "r12", "c1", 15) is expected


def test_an_agreement_of_a_year_holds_for_five_minutes(tmp_path: Path) -> None:
    kept = {"room": "r12", "camera": "c1", "began": 0, "until": 10**18}
    (tmp_path / agreed.FILE).write_text(json.dumps(kept))
    last = agreed.MOST_S * NS
    assert agreed.in_force(tmp_path, "r12", "c1", last - 1)
    assert not agreed.in_force(tmp_path, "r12", "c1", last)


def test_areas_are_saved_and_told_with_the_new_version(
    installer: TestClient[Litestar], bench: Bench
) -> None:
    body = [{"area": "bed", "polygon": SQUARE, "bed": "r12-a"}]
    version = installer.post("/api/areas/r12/c1", json=body).json()["version"]
    assert load_node(bench.file).version == version
    assert installer.get("/api/areas/r12/c1").json() == body
    (zone,) = [one for one in bench.told() if isinstance(one, NodeZone)]
    assert (zone.config_version, zone.source, zone.bed) == (version, "c1", "r12-a")
    assert [(corner.x, corner.y) for corner in zone.corners] == [tuple(xy) for xy in SQUARE]


def test_the_only_bed_is_saved_and_told_as_whose_it_is(
    installer: TestClient[Litestar], bench: Bench
) -> None:
    body = [{"area": "bed", "polygon": SQUARE}]
    asked = [installer.post("/api/missing/r12/c1", json=areas).json() for areas in ([], body)]
    assert asked == [
        {"ownerless": [], "undrawn": ["r12-a"]},
        {"ownerless": [], "undrawn": []},
    ]
    assert "zones" not in bench.file.read_text(), "asking saves nothing"
    assert installer.post("/api/areas/r12/c1", json=body).status_code == 200
    assert installer.get("/api/areas/r12/c1").json() == [{**body[0], "bed": "r12-a"}]
    (zone,) = [one for one in bench.told() if isinstance(one, NodeZone)]
    assert zone.bed == "r12-a"


def lie(
    installer: TestClient[Litestar],
    bench: Bench,
    station: str,
    light: str,
    at: tuple[float, float] = (0.5, 0.5),
) -> Any:
    """Lie on the floor for a station, and return what it gave."""
    begun = {"station": station, "light": light}
    assert installer.post("/api/walk/r12/begin", json=begun).status_code == 200
    bench.watcher.take(
        PostureSeen(
            t=bench.now() + i * NS // 4,
            room="r12",
            source="c1",
            track=1,
            posture=Posture.LYING,
            probability=0.9,
            down=0.9,
            upright=0.0,
            place=Place.FLOOR,
            at=at,
            size=0.5,
        )
        for i in range(20)
    )
    bench.at += 6
    return installer.post("/api/walk/r12/end", json={}).json()


def test_two_places_on_the_floor_at_one_spot_are_one(
    installer: TestClient[Litestar], bench: Bench
) -> None:
    assert lie(installer, bench, "lie_floor_1", "day")["covered"] == "yes"
    assert lie(installer, bench, "lie_floor_1", "night")["covered"] == "yes", "in another light"
    again = lie(installer, bench, "lie_floor_2", "day", (0.55, 0.5))
    assert (again["covered"], again["verdicts"][0]["why"]) == ("no", "same_place")
    assert lie(installer, bench, "lie_floor_3", "day", (0.9, 0.5))["covered"] == "yes"
    installer.post("/api/finish/r12", json={"by": "A"})
    gaps = installer.get("/api/certificate/r12").json()["not_covered"]
    floor = [(gap["missing"], gap["what"]) for gap in gaps if "lie_floor" in gap["what"]]
    assert floor == [("same_place", "lie_floor_2/day")]
    assert "less than a metre" in installer.get("/certificate/r12").text


def test_a_walk_with_what_was_seen_ends_in_a_certificate(
    installer: TestClient[Litestar], bench: Bench
) -> None:
    assert installer.get("/certificate/r12").status_code == 404
    assert lie(installer, bench, "lie_floor_1", "night")["covered"] == "yes"
    made = installer.post("/api/finish/r12", json={"by": "<b>A"}).json()
    assert made["complete"] is False
    page = installer.get("/certificate/r12", headers={"Accept-Language": "de-DE,de;q=0.9"})
    assert "Das Zimmer ist NICHT vollständig abgenommen." in page.text
    assert "&lt;b&gt;A" in page.text
    assert made["digest"] in page.text
    kept = installer.get("/api/certificate/r12").json()
    assert {gap["missing"] for gap in kept["not_covered"]} >= {"wet_room", "no_microphone"}
    (told,) = [one for one in bench.told() if isinstance(one, NodeCommissioned)]
    assert (told.certificate, told.complete) == (made["digest"], False)


def test_closing_lets_nobody_in_any_more(installer: TestClient[Litestar], bench: Bench) -> None:
    assert "Nothing of it is left" in installer.post("/close").text
    assert not bench.door.over, "the last page still loads what it is shown by"
    bench.at += 2
    assert bench.door.over
    assert installer.get("/room/r12").status_code == 401
