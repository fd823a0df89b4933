"""What a facility installs: examples that load, units that take rights away, scripts that parse."""

from __future__ import annotations

import configparser
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from ambient.config import load_hub, load_node
from ambient.config_gateways import Way
from ambient.node import hubs
from ambient.node.wizard import asked, gate
from ambient.node.wizard.serve import PORT

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = {name: DEPLOY / "systemd" / f"ambient-{name}.service" for name in ("node", "hub")}
BACKUP = DEPLOY / "systemd" / "ambient-backup.service"
WIZARD = DEPLOY / "systemd" / "ambient-wizard.service"
HUBS = DEPLOY / "systemd" / "ambient-hubs.service"
UNITS_BESIDE = [BACKUP, WIZARD, WIZARD.with_suffix(".path"), HUBS, HUBS.with_suffix(".path")]


def _service(name: str) -> dict[str, list[str]]:
    """Return a unit's [Service] section; a key may stand there several times."""
    lines = UNITS[name].read_text("utf-8").split("[Service]")[1].split("[Install]")[0].splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def test_the_example_of_a_node_loads() -> None:
    config = load_node(DEPLOY / "node.yaml")
    assert config.models.dir == Path("/var/lib/ambient/models")
    assert config.rooms[0].cameras[0].zones == []  # a bed that nobody drew here is none


def test_the_example_of_wearables_and_sensors_loads_when_it_is_taken(tmp_path: Path) -> None:
    """What stands behind # from the wearables on is taken; other comments hold words alone."""
    text = (DEPLOY / "node.yaml").read_text("utf-8").replace("<40 characters>", "k" * 40)
    lines = text.splitlines()
    taken = re.compile(r"^( *)# ( *(?:wearables:|sensors:|gateways:|- \{id: (?!m)|[a-z]+: \{).*)$")
    found = [taken.sub(r"\1\2", line) for line in lines]
    file = tmp_path / "node.yaml"
    file.write_text("\n".join(found), "utf-8")
    loaded = load_node(file)
    (room,) = loaded.rooms
    assert [one.id for one in room.wearables] == ["band-a"]
    assert [one.id for one in room.sensors] == ["bath-door", "cord"]
    assert all(loaded.gateways.has(way) for way in Way)


def test_the_example_of_a_hub_loads_and_stays_on_loopback() -> None:
    config = load_hub(DEPLOY / "hub.yaml")
    assert config.web.host == "127.0.0.1"
    assert config.link.bind.startswith("tcp://127.0.0.1:")
    assert set(config.rooms) == {room.id for room in load_node(DEPLOY / "node.yaml").rooms}


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("NoNewPrivileges", "true"),
        ("CapabilityBoundingSet", ""),
        ("AmbientCapabilities", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "true"),
        ("LimitCORE", "0"),
        ("MemorySwapMax", "0"),
        ("IPAddressDeny", "any"),
        ("IPAddressAllow", "localhost"),
        ("DevicePolicy", "closed"),
        ("UMask", "0077"),
        ("StateDirectoryMode", "0700"),
        ("Restart", "always"),
    ],
)
def test_a_unit_takes_away(name: str, key: str, value: str) -> None:
    assert _service(name)[key] == [value]


def test_users_devices_and_models() -> None:
    node, hub = _service("node"), _service("hub")
    assert (node["User"], hub["User"]) == (["ambient-node"], ["ambient-hub"])
    users = (DEPLOY / "systemd" / "ambient-sysusers.conf").read_text("utf-8")
    assert set(re.findall(r"^u (\S+)", users, re.MULTILINE)) == {"ambient-node", "ambient-hub"}
    assert "char-video4linux rw" in node["DeviceAllow"]
    assert hub["DeviceAllow"] == ["char-gpiochip rw"]
    assert hub["SupplementaryGroups"] == ["gpio"]
    assert (hub["Type"], hub["WatchdogSec"]) == (["notify"], ["30"])
    assert "AMBIENT_MODELS=/var/lib/ambient/models" in node["Environment"]
    assert node["SocketBindDeny"] == ["any"]
    assert "bluetooth" in node["SupplementaryGroups"][0].split()
    assert "AF_BLUETOOTH" not in node["RestrictAddressFamilies"][0]


def test_the_wizard_has_a_unit_of_its_own_that_may_what_the_nodes_may_not() -> None:
    wizard, node = WIZARD.read_text("utf-8"), UNITS["node"].read_text("utf-8")
    path = WIZARD.with_suffix(".path").read_text("utf-8")
    assert f"/node/{asked.FILE}" in path
    assert f"/node/{asked.FILE}" in wizard, "the wish goes whatever becomes of it"
    assert f"Environment={asked.OUTSIDE}=1" in node
    assert f"SocketBindAllow=tcp:{PORT}\n" in wizard
    assert "ReadWritePaths=/var/lib/ambient/node /etc/ambient\n" in wizard
    assert "ReadOnlyPaths=/var/lib/ambient/models /etc/ambient\n" in node
    assert "IPAddressDeny=any\n" in wizard
    assert float(re.findall(r"^RuntimeMaxSec=(\d+)$", wizard, re.MULTILINE)[0]) > gate.OPEN_S


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("path", [*UNITS.values(), *UNITS_BESIDE], ids=lambda path: path.name)
def test_systemd_understands_the_unit(tmp_path: Path, path: Path) -> None:
    unit = tmp_path / path.name
    text = path.read_text("utf-8")
    unit.write_text(text.replace("/opt/ambient/bin/ambient", "/bin/true"), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert complaints == []
    if path.suffix != ".service":
        return
    rating = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    match = re.search(r"exposure level for \S+: ([\d.]+)", rating.stdout)
    assert match is not None, rating.stderr
    assert float(match[1]) < 2.0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_a_backup_is_due_each_night() -> None:
    timer = BACKUP.with_suffix(".timer").read_text("utf-8")
    when = re.findall(r"^OnCalendar=(.*)$", timer, re.MULTILINE)
    done = subprocess.run(
        ["systemd-analyze", "calendar", *when], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Persistent=true" in timer


@pytest.fixture(scope="module")
def addresses() -> ModuleType:
    spec = importlib.util.spec_from_file_location("addresses", DEPLOY / "addresses.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NODE = """
site: s
node: n
state_dir: {state}
hub: {{address: "tcp://{hub}:7440", key: "{key}"}}
rooms: [{{id: r, cameras: [{{id: c1, source: "{one}"}}, {{id: c2, source: "{two}"}}]}}]
"""


@pytest.mark.parametrize(
    ("hub", "one", "two", "allowed"),
    [
        ("10.0.0.5", "rtsp://10.0.1.21/s", "/dev/video0", ["10.0.0.5", "10.0.1.21"]),
        ("10.0.0.5", "rtsp://u:p%40w@10.0.1.21:554/s", "file:/a.mp4", ["10.0.0.5", "10.0.1.21"]),
        ("[fd00::5]", "rtsp://10.0.1.21/s", "rtsp://10.0.1.21/t", ["10.0.1.21", "fd00::5"]),
        ("127.0.0.1", "/dev/video0", "/dev/video1", ["127.0.0.1"]),
    ],
)
def test_a_node_may_talk_to_its_hub_and_cameras(
    tmp_path: Path, addresses: ModuleType, hub: str, one: str, two: str, allowed: list[str]
) -> None:
    file = tmp_path / "node.yaml"
    file.write_text(NODE.format(hub=hub, one=one, two=two, key="k" * 40, state=tmp_path), "utf-8")
    text = addresses.drop_in(load_node(file), "nameserver 10.0.0.1\n")
    parser = configparser.ConfigParser(strict=False)
    parser.read_string(text)
    assert parser.sections() == ["Service"]
    assert re.findall(r"^IPAddressAllow=(.*)$", text, re.MULTILINE) == allowed


@pytest.mark.parametrize(
    ("told", "allowed"),
    [
        ("10.0.0.6", ["10.0.0.5", "10.0.0.6"]),
        ("8.8.8.8", ["10.0.0.5"]),
        ("hub.example", ["10.0.0.5"]),
    ],
    ids=["of the house", "of the internet", "a name"],
)
def test_a_node_may_talk_to_the_other_hub_of_the_house(
    tmp_path: Path, addresses: ModuleType, told: str, allowed: list[str]
) -> None:
    file = tmp_path / "node.yaml"
    cameras = {"one": "/dev/video0", "two": "/dev/video1"}
    text = NODE.format(hub="10.0.0.5", key="k" * 40, state=tmp_path, **cameras)
    file.write_text(text, "utf-8")
    config = load_node(file)
    assert config.hub is not None
    known = hubs.Hubs(config.hub)
    known.welcome(2, [config.hub.address, f"tcp://{told}:7440"])
    hubs.keep(known, tmp_path)
    made = addresses.drop_in(config, "")
    assert re.findall(r"^IPAddressAllow=(.*)$", made, re.MULTILINE) == allowed


def test_it_may_talk_to_the_hub_that_is_left_of_two(tmp_path: Path, addresses: ModuleType) -> None:
    file = tmp_path / "node.yaml"
    cameras = {"one": "/dev/video0", "two": "/dev/video1"}
    file.write_text(NODE.format(hub="10.0.0.5", key="k" * 40, state=tmp_path, **cameras), "utf-8")
    config = load_node(file)
    assert config.hub is not None
    known = hubs.Hubs(config.hub)
    known.welcome(3, [config.hub.address, "tcp://10.0.0.6:7440"])
    known.gone()
    known.welcome(3, [])
    hubs.keep(known, tmp_path)
    made = addresses.drop_in(config, "")
    assert "IPAddressAllow=10.0.0.6" in made.splitlines()


def test_a_node_listens_on_the_ports_of_its_ways_and_no_other(
    tmp_path: Path, addresses: ModuleType
) -> None:
    file = tmp_path / "node.yaml"
    ways = """
gateways:
  mqtt: {host: 10.0.2.5}
  mllp: {port: 2575, allow: [10.0.2.7]}
  https: {port: 8443, certificate: c.pem, private_key: c.key}
  zeromq: {bind: "tcp://127.0.0.1:7450", clients: [{id: lab, key: "%s"}]}
""" % ("k" * 40)
    base = NODE.format(
        hub="10.0.0.5", one="/dev/video0", two="/dev/video1", key="k" * 40, state=tmp_path
    )
    for text, bound, allowed in (
        (base, [], ["10.0.0.5"]),
        (base + ways, ["tcp:2575", "tcp:7450", "tcp:8443"], ["10.0.0.5", "10.0.2.5", "10.0.2.7"]),
    ):
        file.write_text(text, "utf-8")
        made = addresses.drop_in(load_node(file), "")
        assert re.findall(r"^SocketBindAllow=(.*)$", made, re.MULTILINE) == bound
        assert re.findall(r"^IPAddressAllow=(.*)$", made, re.MULTILINE) == allowed


def test_a_name_lets_the_name_server_in(
    tmp_path: Path, addresses: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known(host: str, port: None) -> list[tuple[object, ...]]:
        return [(None, None, None, "", ("10.0.0.9", 0))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", known)
    file = tmp_path / "node.yaml"
    file.write_text(
        NODE.format(hub="hub", one="/dev/video0", two="/dev/video1", key="k" * 40, state=tmp_path)
    )
    text = addresses.drop_in(load_node(file), "search x\nnameserver 10.0.0.1\nnameserver\n")
    assert re.findall(r"=(\S+)$", text, re.MULTILINE) == ["10.0.0.1", "10.0.0.9"]


def test_a_name_that_nobody_knows(
    tmp_path: Path, addresses: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(host: str, port: None) -> None:
        raise addresses.socket.gaierror

    monkeypatch.setattr(addresses.socket, "getaddrinfo", unknown)
    file = tmp_path / "node.yaml"
    file.write_text(
        NODE.format(hub="hub", one="/dev/video0", two="/dev/video1", key="k" * 40, state=tmp_path)
    )
    with pytest.raises(SystemExit, match="expected a host that is known here, got 'hub'"):
        addresses.drop_in(load_node(file), "")


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_a_script_parses_and_may_run(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    done = subprocess.run(["sh", "-n", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


LOCKS = Path(__file__).parents[2] / "requirements"


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_lock_has_hashes_and_names_no_index(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert not re.search(r"--(extra-)?index-url|--find-links|https?://|file:|@ ", text)
    pinned = re.findall(
        r"^[a-z0-9][^=\s]*==[^\n]*\n(\s+--hash=sha256:[0-9a-f]{64})?", text, re.MULTILINE
    )
    assert len(pinned) > 20
    assert all(pinned), "every package needs a hash"


@pytest.mark.parametrize("lock", ["base", "node", "hub", "audio", "dev"])
def test_one_cv2_and_no_torch(lock: str) -> None:
    names = re.findall(r"^([a-z0-9._-]+)==", (LOCKS / f"{lock}.txt").read_text("utf-8"), re.M)
    assert [name for name in names if "opencv" in name] == (
        ["opencv-contrib-python"] if lock in ("node", "dev") else []
    )
    assert "torch" not in names
    assert "openvino-telemetry" not in names, "it sends usage data when OpenVINO is imported"
