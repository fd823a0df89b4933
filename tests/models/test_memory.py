"""Pages of a file that was read once are given back, and what is in them stays."""

from __future__ import annotations

import mmap
import re
import subprocess
import sys
from pathlib import Path

import pytest

from models import memory

SIZE = 4 << 20


def _resident(path: Path) -> int:
    """Return how many kilobytes of a file this process holds."""
    found = re.findall(
        rf"^\S+ r\S+ .*{re.escape(str(path))}\n(?:.*\n)*?Rss:\s+(\d+) kB",
        Path("/proc/self/smaps").read_text(),
        re.MULTILINE,
    )
    return sum(map(int, found))


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel")
@pytest.mark.parametrize("named", ["the file", "its folder"])
def test_a_file_that_was_read_is_given_back(tmp_path, named):
    file = tmp_path / "weights.bin"
    file.write_bytes(bytes(range(256)) * (SIZE // 256))
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as held:
        assert sum(held[::4096]) == 0
        assert _resident(file) >= SIZE // 1024
        assert memory.give_back([file if named == "the file" else tmp_path]) == 1
        assert _resident(file) == 0
        assert held[SIZE - 1] == 255


MAPS = """\
7f10-7f20 r--s 00000000 fe:00 11 /cache/speech/1.blob
7f20-7f30 rw-p 00000000 fe:00 12 /cache/speech/2.blob
7f30-7f40 r--p 00000000 fe:00 13 /models/with a space/net.bin
7f40-7f50 r-xp 00000000 fe:00 14 /usr/lib/libc.so.6
7f50-7f60 r--p 00000000 00:00 0
7f60-7f70 r--p 00000000 00:00 0 [vvar]
"""


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["/cache/speech"], [(0x7F10, 0x7F20)]),
        (["/models/with a space/net.bin"], [(0x7F30, 0x7F40)]),
        (["/usr/lib", "/cache/speech/2.blob"], []),
        (["/cache/spee"], []),
        ([], []),
    ],
)
def test_only_what_nobody_can_write_and_what_was_named(files, found):
    assert memory._mapped(MAPS, [Path(file) for file in files], "r--") == found


def test_of_a_library_only_what_is_executed():
    assert memory._mapped(MAPS, [Path("/usr/lib")], "r-x") == [(0x7F40, 0x7F50)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks glibc")
def test_threads_share_one_arena():
    """In processes of their own: what was set cannot be taken back."""
    count = {
        asked: int(subprocess.check_output([sys.executable, "-c", _ARENAS, asked]))
        for asked in ("many", "one")
    }
    assert count["many"] > count["one"] == 1


_ARENAS = """
import ctypes, sys, tempfile, threading
from ambient import allocator

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.fopen.restype = ctypes.c_void_p

def arenas():
    taken = [threading.Thread(target=lambda: (libc.malloc(1000), gate.wait())) for _ in range(4)]
    gate = threading.Barrier(5)
    for each in taken:
        each.start()
    gate.wait()
    for each in taken:
        each.join()
    with tempfile.NamedTemporaryFile() as out:
        file = libc.fopen(out.name.encode(), b"w")
        libc.malloc_info(0, ctypes.c_void_p(file))
        libc.fclose(ctypes.c_void_p(file))
        return out.read().count(b"<heap ")

if sys.argv[1:] == ["one"]:
    allocator.one_arena()
print(arenas())
"""
