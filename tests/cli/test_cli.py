"""The command line: quick, light, one line for an error, documented exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from ambient import errors
from ambient.cli import app as cli
from models.catalogue import catalogue
from tests.patience import FAR_S

HEAVY = (
    "cv2",
    "openvino",
    "mediapipe",
    "numpy",
    "scipy",
    "zmq",
    "litestar",
    "sqlite_utils",
    "uvicorn",
    "librosa",
    "jinja2",
    "rich.table",
)


def _ambient(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:ambient", "-m", "ambient", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=FAR_S,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "NO_COLOR": "1"} | environment,
    )


def test_help_names_every_group_and_the_exit_codes() -> None:
    done = _ambient("--help", COLUMNS="200")
    assert done.returncode == 0
    assert "models" in done.stdout
    assert "Exit codes" in done.stdout


def test_gathering_the_commands_imports_nothing_heavy() -> None:
    code = (
        "import sys; from ambient.cli.app import build; build();"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def modules(app: typer.Typer) -> set[str]:
    """Return the modules that the commands of `app` and of its groups come from."""
    own = {command.callback.__module__ for command in app.registered_commands if command.callback}
    below = [group.typer_instance for group in app.registered_groups if group.typer_instance]
    return own.union(*map(modules, below))


@pytest.mark.parametrize("name", cli.groups())
def test_every_group_can_be_registered(name: str) -> None:
    import importlib

    module = importlib.import_module(f"ambient.cli.{name}")
    assert module.__doc__
    # Some add to the group of another module.
    assert module.__name__ in modules(cli.build())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.AmbientError, 1),
        (errors.UsageError, 2),
        (errors.ConfigError, 3),
        (errors.SourceError, 4),
        (errors.ModelError, 5),
        (errors.LinkError, 6),
        (errors.StoreError, 7),
        (KeyboardInterrupt, 130),
    ],
)
def test_an_error_is_one_line_and_a_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: type, code: int
) -> None:
    def run() -> typer.Typer:
        raise error("expected this,\n got that")

    monkeypatch.setattr(cli, "build", run)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("" if code == 130 else "ambient: expected this, got that\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--version",), 0, ""),
        ((), 2, ""),
        (("nonsense",), 2, "No such command"),
        (("models", "pull", "nobody"), 5, "ambient: expected a model of"),
        (("models", "pull", "pose_detector", "--all"), 2, "expected names or --all, got both"),
        (("models", "pull", "--from", "/nonexistent.tar"), 5, "found no file"),
        (("models", "verify"), 5, "models cannot be used"),
        (("models", "verify", "nobody"), 5, "got 'nobody'"),
        (("models", "bundle", "-o", "/tmp/x.tar"), 5, "run: ambient models pull"),
    ],
)
def test_exit_codes(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = _ambient(*arguments, AMBIENT_MODELS=str(tmp_path / "empty"))
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_list_as_json_is_one_line(tmp_path: Path) -> None:
    done = _ambient("models", "list", "--json", AMBIENT_MODELS=str(tmp_path))
    rows = json.loads(done.stdout.splitlines()[-1])
    assert len(done.stdout.splitlines()) == 1
    assert [row["model"] for row in rows] == list(catalogue().names())
    assert {row["state"] for row in rows} == {"missing"}
