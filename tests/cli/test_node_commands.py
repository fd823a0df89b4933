"""Commands of node and hub: consent, enrolment, doctor; codes and one line of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ambient.bus import keys
from ambient.bus.invitation import parse_invitation
from tests.patience import FAR_S


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "node.yaml").write_text(
        f"{{site: s, node: n-1, state_dir: {tmp_path}/node, rooms: [{{id: r1}}]}}"
    )
    (tmp_path / "hub.yaml").write_text(
        f"{{site: s, state_dir: {tmp_path}/hub, link: {{bind: 'tcp://127.0.0.1:7441'}}}}"
    )
    return tmp_path


def ambient(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ambient", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=FAR_S,
        cwd=folder,
    )


def test_consent_is_kept(folder: Path) -> None:
    assert ambient(folder, "consent", "grant", "r1", "research").stdout == "r1: research is on\n"
    again = ambient(folder, "consent", "grant", "r1", "research")
    assert again.stdout == "r1: research was on already\n"
    assert ambient(folder, "consent", "withdraw", "r1", "falls").stdout == "r1: falls is off\n"
    shown = json.loads(ambient(folder, "consent", "list", "--json").stdout)
    assert shown["r1"]["research"] is True
    assert shown["r1"]["falls"] is False
    assert "falls off" in ambient(folder, "consent", "list").stdout


def test_an_invitation_is_made_and_can_be_read(folder: Path) -> None:
    done = ambient(folder, "invite", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert parse_invitation(answer["invitation"]).address == "tcp://127.0.0.1:7441"
    plain = ambient(folder, "invite", "--qr")
    assert parse_invitation(plain.stdout).key == parse_invitation(answer["invitation"]).key
    listed = json.loads(ambient(folder, "nodes", "list", "--json").stdout)
    assert listed == {"nodes": [], "pending": []}


def test_an_invitation_of_another_hub_than_the_node_speaks_to_is_refused(folder: Path) -> None:
    other = ambient(folder, "invite").stdout.strip()
    file, key = folder / "node.yaml", keys.new_pair().public
    named = f"state_dir: {folder}/node, hub: {{address: 'tcp://10.0.0.9:7440', key: '{key}'}},"
    file.write_text(file.read_text().replace(f"state_dir: {folder}/node,", named))
    done = ambient(folder, "enroll", other)
    assert done.returncode == 3, done
    assert "10.0.0.9" in done.stderr
    assert "7441" in done.stderr
    assert "take hub: out of node.yaml" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("consent", "grant", "r1", "dreams"), 2, "expected a purpose"),
        (("consent", "grant", "r9", "falls"), 2, "expected a room of this node (r1)"),
        (("consent", "list", "-c", "none.yaml"), 3, "found none"),
        (("enroll", "ambient1:nonsense"), 6, "expected a whole invitation"),
        (("nodes", "accept", "n-7"), 6, "n-7"),
        (("nodes", "revoke", "n-7"), 6, "n-7"),
        (("node", "-c", "none.yaml"), 3, "found none"),
        (("hub", "-c", "none.yaml"), 3, "found none"),
        (("demo", "--json"), 2, "expected --once"),
        (("doctor", "-c", "none.yaml"), 3, "found none"),
        (("doctor", "--room", "r9"), 2, "expected a room of this node (r1)"),
        (("evaluate", "falls", "none.csv"), 2, "none.csv"),
        (("benchmark", "vision", "none.mp4"), 4, "none.mp4"),
    ],
)
def test_exit_codes(folder: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = ambient(folder, *arguments)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_recording_that_cannot_be_read_is_listed_and_is_an_error(folder: Path) -> None:
    (folder / "manifest.csv").write_text(
        "file,dataset,use,label,fall_start_s\n"
        "gone.mp4,made-up,validate,adl,\nlost.mp4,made-up,validate,fall,1\n"
    )
    done = ambient(folder, "evaluate", "falls", "manifest.csv", "--json")
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert set(report["errors"]) == {"gone.mp4", "lost.mp4"}
    assert report["bar"]["specificity"]["n"] == 0
    assert (report["bar"]["sensitivity"]["k"], report["bar"]["sensitivity"]["n"]) == (0, 1)
    said = " ".join(done.stderr.split())
    assert all(file in said for file in report["errors"])
    assert ambient(folder, "evaluate", "falls", "manifest.csv", "--jobs", "1").returncode == 1


def test_doctor_says_what_is_wrong_in_one_line(folder: Path) -> None:
    (folder / "node.yaml").write_text(
        f"{{site: s, node: n-1, state_dir: {folder}/node, models: {{dir: {folder}/models}}, "
        "rooms: [{id: r1, cameras: [{id: c1, source: 'file:gone.mp4'}]}]}"
    )
    done = ambient(folder, "doctor", "--json")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    found = {one["check"]: one for one in answer["findings"]}
    assert found["camera r1/c1"]["level"] == "failed"
    assert found["model pose_detector"]["level"] == "failed"
    assert found["model pose_detector"]["mend"].startswith("run: ambient models pull")
    assert found["hub"]["level"] == "warning"
    table = ambient(folder, "doctor")
    assert table.returncode == 1
    assert "ambient models pull" in " ".join(table.stdout.split())
