"""The dossier: every document in both languages, facts of the configuration, no test invented."""

from __future__ import annotations

import ast
import json
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.config import load_hub
from ambient.events import AnyEvent, ConsentApplied, NodeWizard, Purpose, WizardAct
from ambient.hub.database import HubDatabase
from ambient.hub.installing import stills
from ambient.hub.people.dossier import facts
from ambient.hub.people.dossier.make import TITLES, documents
from ambient.hub.people.dossier.purposes import WORDS
from ambient.hub.people.dossier.risks import RISKS
from ambient.hub.store import Store
from ambient.languages import Language
from tests.hub.channels.far_sides import HOST, PushService
from tests.hub.channels.kit import accepted
from tests.hub.kit import event

ROOT = Path(__file__).parents[3]
HUB = """\
site: lindenhof
state_dir: {state}
keep_days: 200
rooms: {{r1: {{name: "Zimmer <12>", floor: First}}}}
people:
  facility: {{controller: "Haus Linde, Ort", officer: "D. Schutz"}}
  retention: {{hourly: 11}}
  duties: [{{what: fall_records, basis: "§ 1 Law", days: 3650}}]
channels:
  alerts:
    kind: webhook
    options: {{url: "https://user:geheim@pager.example:8443/hook?key=geheim", secret: geheim}}
    recipients: {{outside: nurse}}
    accepted_by: D. Schutz
    accepted_on: 2027-03-01
  later: {{kind: ntfy}}
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    file = tmp_path / "hub.yaml"
    file.write_text(HUB.format(state=tmp_path / "state"))
    return file


@pytest.fixture
def made(house: Path) -> facts.Facts:
    on = {"r1": [Purpose.FALLS, Purpose.VOICE]}
    cards = [facts.Model(name="falls", task="Falls over time", licence="Apache-2.0", card="f.md")]
    return facts.facts_of(load_hub(house), on, cards, ["dora (admin)"], "2027-03-01")


def existing(test: str) -> bool:
    file, _, name = test.partition("::")
    path = ROOT / file
    if not path.exists():
        return False
    tree = ast.parse(path.read_text("utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(tree))


@pytest.mark.parametrize("test", [test for risk in RISKS for test in risk.tests])
def test_every_test_that_the_risk_file_names_exists(test: str) -> None:
    assert existing(test)


def test_a_test_that_does_not_exist_would_be_found() -> None:
    assert not existing("tests/hub/test_store.py::test_nobody_wrote_this")
    assert not existing("tests/nowhere.py::test_x")


def test_nothing_lacks_its_words_or_its_test() -> None:
    for language in Language:
        assert set(WORDS[language]) == set(Purpose)
        assert set(TITLES[language]) == set(TITLES[Language.EN])
    for risk in RISKS:
        assert risk.tests
        assert {*risk.hazard, *risk.measure, *risk.left} == set(Language)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", TITLES[Language.EN])
def test_every_document_is_made_whole(made: facts.Facts, language: Language, name: str) -> None:
    page = documents(made, language)[f"{language}/{name}.html"]
    assert page.startswith("<!doctype html>")
    assert f'<html lang="{language}">' in page
    assert page.rstrip().endswith("</html>")
    assert "lindenhof" in page
    assert "<12>" not in page, "names of rooms are escaped"
    assert "geheim" not in page, "no secret, password or query of an address"
    assert not re.search(r"{{|{%|\bNone\b(?! is)|Purpose\.", page)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "dpia",
            ["Haus Linde", "D. Schutz", "200 days", "11 days", "Zimmer &lt;12&gt;", "§ 1 Law"],
        ),
        ("record", ["without TLS", "dora (admin)", "alerts (webhook)", "not configured"]),
        ("flows", ["pager.example:8443", "D. Schutz, 2027-03-01", "not accepted"]),
        ("consent", ["Within a minute", "☐ I do not agree", "How the voice changes"]),
        ("sign", ["Zimmer &lt;12&gt;", "Falls · How the voice changes"]),
        ("agreement", ["§ 87", "Haus Linde"]),
        ("aiact", ["Falls over time", "Apache-2.0", "is not in use here"]),
        ("risks", ["tests/e2e/test_leaves.py", "siren"]),
    ],
)
def test_facts_are_those_of_the_configuration(
    made: facts.Facts, name: str, words: list[str]
) -> None:
    page = documents(made, "en")[f"en/{name}.html"]
    for word in words:
        assert word in page


@pytest.mark.filterwarnings("ignore:.imghdr. is deprecated:DeprecationWarning")
def test_a_channel_says_itself_where_it_goes(house: Path, tmp_path: Path) -> None:
    """Also those that no option names: the services in a file, the makers of browsers."""
    push, urls = PushService(tmp_path, time.time_ns), tmp_path / "apprise.urls"
    urls.write_text("anna mailtos://user:geheim@mail.example?to=a@b.example\n")
    urls.chmod(0o600)
    channels = {
        "app": accepted("webpush", options=push.options),
        "messenger": accepted("apprise", options={"urls_file": str(urls)}),
        "broken": accepted("apprise", options={"urls_file": str(tmp_path / "none")}),
    }
    text = yaml.safe_load(house.read_text())
    text["channels"] |= json.loads(msgspec.json.encode(channels))
    house.write_text(yaml.safe_dump(text))
    out = tmp_path / "dossier"
    answer = CliRunner().invoke(build(), ["dossier", "-c", str(house), "--out", str(out)])
    assert answer.exit_code == 0, answer.output
    assert "where broken goes is not known" in answer.output
    for language, says in (("en", "the maker of each"), ("de", "der Hersteller des Browsers")):
        page = (out / language / "flows.html").read_text("utf-8")
        assert f"<td>web push by {HOST} (internet)</td>" in page
        assert "<td>Apprise: " in page
        assert says in page
        assert "geheim" not in page


def test_pictures_that_were_agreed_to_while_a_room_was_installed_are_named(
    house: Path, tmp_path: Path
) -> None:
    noon = 1_800_000_000.0
    until = round((noon + 300) * 1e9)

    def act(what: WizardAct, at: float, source: str = "c1", **fields: Any) -> AnyEvent:
        return event(NodeWizard, at, began=at, family=what, act=what, source=source, **fields)

    database = HubDatabase(tmp_path / "state" / "hub.db")
    told = [
        act(WizardAct.STILL_AGREED, noon, until=until),
        *(act(WizardAct.STILL_SHOWN, noon + after) for after in (1, 2, 301)),
        act(WizardAct.STILL_SHOWN, noon + 3, source="c2"),
    ]
    Store(database).store("n-1", told, 5)
    agreed = stills(database)
    database.close()
    given = facts.facts_of(load_hub(house), {}, [], [], "2027-03-01", stills=agreed)
    row = "<td>2027-01-15</td><td>Zimmer &lt;12&gt;</td><td>c1</td><td>5 minutes</td><td>2</td>"
    for name in ("record", "flows"):
        assert row in documents(given, Language.EN)[f"en/{name}.html"]
        assert "5 Minuten" in documents(given, Language.DE)[f"de/{name}.html"]
    for language, words in (
        ("en", "A real picture while the room is installed"),
        ("de", "Ein echtes Bild, während das Zimmer eingerichtet wird"),
    ):
        assert words in documents(given, Language(language))[f"{language}/consent.html"]


def test_what_only_the_house_knows_is_a_blank_with_the_question(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(f"site: h\nstate_dir: {tmp_path}\n")
    bare = facts.facts_of(load_hub(file), {}, [], [], "2027-03-01")
    for language in Language:
        for page in documents(bare, language).values():
            for question in re.findall(r'<span class="blank"[^>]*>([^<]*)</span>', page):
                assert question.rstrip().endswith(("?", "."))
    assert documents(bare, "en")["en/dpia.html"].count("blank") > 10


def test_as_somebody_types_it(house: Path, tmp_path: Path) -> None:
    database = HubDatabase(tmp_path / "state" / "hub.db")
    on = event(ConsentApplied, 5, family="consent.voice", purpose=Purpose.VOICE, on=True)
    Store(database).store("n-1", [on], 5)
    database.close()
    out = tmp_path / "dossier"
    answer = CliRunner().invoke(build(), ["dossier", "-c", str(house), "--out", str(out)])
    assert answer.exit_code == 0, answer.output
    assert "17 pages" in answer.output
    page = (out / "de" / "dpia.html").read_text("utf-8")
    assert "Stürze, Wie sich die Stimme verändert" in page
    models = (out / "en" / "aiact.html").read_text("utf-8")
    assert "models/cards/falls.md" in models
    assert re.search(r"<td>falls</td><td>[^<]+</td><td>Apache-2.0", models)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", ["dpia", "flows", "record"])
def test_a_second_machine_that_has_everything_is_named(
    made: facts.Facts, language: Language, name: str
) -> None:
    other = "https://10.0.0.6:8443"
    alone = documents(made, language)[f"{language.value}/{name}.html"]
    two = documents(msgspec.structs.replace(made, other_hub=other), language)
    assert other not in alone
    assert other in two[f"{language.value}/{name}.html"]


def test_the_second_machine_is_that_of_the_configuration(house: Path) -> None:
    other = {"address": "tcp://10.0.0.6:7441", "link": "tcp://10.0.0.6:7440", "page": "https://b:1"}
    section = {"order": "first", "bind": "tcp://0.0.0.0:7441", "other": other}
    with house.open("a") as file:
        yaml.safe_dump({"standby": section}, file)
    assert facts.facts_of(load_hub(house), {}, [], [], "").other_hub == "https://b:1"
