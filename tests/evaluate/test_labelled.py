"""Manifests as others write them: what is read of them, and what is said of those that are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ambient.errors import SourceError, UsageError
from ambient.evaluate import manifest
from ambient.evaluate.manifest import Label
from audio.sources import open_sound
from vision.sources import open_source

HEAD = "file,dataset,use,label,fall_start_s"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}\nä ö.mp4,d,test,fall,1.5\n",
        f"\ufeff{HEAD}\nä ö.mp4,d,test,fall,1.5\n",
        f"{HEAD}\r\nä ö.mp4,d,test,fall,1.5\r\n\r\n",
        "note,label,use,fall_start_s,file,dataset\nx,fall,test,1.5,ä ö.mp4,d\n",
        f'{HEAD},description\n"ä ö.mp4",d,test,"fall"," 1.5 ","two\nlines"\n',
        f"{HEAD},fps,n_frames\nä ö.mp4,d,test, fall ,3/2,30000/1001,60\n",
        f"{HEAD}\nä ö.mp4,d,test,fall,1.5,more,values\n",
        f"{HEAD},subject\nä ö.mp4,d,test,fall,1.5\n",
    ],
)
def test_a_manifest_as_others_write_it(text: str, tmp_path: Path) -> None:
    file = tmp_path / "manifest.csv"
    file.write_bytes(text.encode())
    (row,) = manifest.read(file)
    assert (row.file, row.path) == ("ä ö.mp4", tmp_path / "ä ö.mp4")
    assert (row.dataset, row.use, row.label, row.fall_start_s) == ("d", "test", Label.FALL, 1.5)
    assert row.subject == ""
    assert row.duration_s == (pytest.approx(2.002) if "fps" in text else None)


@pytest.mark.parametrize("name", ["a\0b.mp4", "a\0b.wav", "\udcff.mp4"])
@pytest.mark.parametrize("opened", [open_source, open_sound])
def test_a_name_that_no_decoder_can_be_given(opened: Callable[[str], object], name: str) -> None:
    with pytest.raises(SourceError, match="expected a name in UTF-8, got another; rename"):
        opened(f"/none/{name}")


def test_a_path_may_be_absolute(tmp_path: Path) -> None:
    file = tmp_path / "manifest.csv"
    file.write_text(f"{HEAD}\n/elsewhere/a.mp4,d,test,adl,\n")
    assert manifest.read(file)[0].path == Path("/elsewhere/a.mp4")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected the columns file, .* among none"),
        (f"{HEAD}\n", "at least one row"),
        (f"{HEAD.replace(',', ';')}\na;b;c;adl;\n", "separated by commas, .* among file;dataset"),
        (f"{HEAD}\na.mp4,d,test,adl,\nb.mp4,d\n", "line 3: .* a row that ends before use"),
        (f'{HEAD}\n"a\n",d,test,adl,\nb.mp4,d,test,lies,\n', "line 4, label: expected fall, adl"),
        (f"{HEAD}\na.mp4,d,test,fall,\n", "line 2, fall_start_s: expected seconds"),
        (f"{HEAD}\na.mp4,d,test,fall,nan\n", "line 2, fall_start_s: expected a number, got 'nan'"),
        (f"{HEAD},fps\na.mp4,d,test,fall,1,0/0\n", "line 2, fps: expected a number, got '0/0'"),
        (f"{HEAD}\n{'x' * 140_000}\n", "expected CSV text"),
        (f"{HEAD}\n\udcff\n", "expected CSV text"),
    ],
)
def test_what_is_no_manifest_is_said_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "manifest.csv"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UsageError, match=said):
        manifest.read(file)


@pytest.mark.parametrize("there", [False, True])
def test_a_manifest_that_is_no_file(there: bool, tmp_path: Path) -> None:
    file = tmp_path / "manifest.csv"
    if there:
        file.mkdir()
    with pytest.raises(UsageError, match="expected a table of recordings, cannot read it"):
        manifest.read(file)
