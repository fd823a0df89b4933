"""How a source of sound is written, and what may be said about it."""

from pathlib import Path

import pytest

from ambient.errors import SourceError
from audio.sources import Kind, kind_of, open_sound
from audio.sources.address import device_of, path_of


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("talk.wav", Kind.FILE),
        ("file:talk.wav", Kind.FILE),
        ("file:///tmp/a%20b.flac", Kind.FILE),
        ("micro.wav", Kind.FILE),
        ("mic", Kind.MICROPHONE),
        ("mic:", Kind.MICROPHONE),
        ("MIC:2", Kind.MICROPHONE),
        ("mic:USB Audio", Kind.MICROPHONE),
        ("rtsp://camera/stream", Kind.STREAM),
        ("RTSPS://camera/stream", Kind.STREAM),
        ("http://camera/audio.cgi", Kind.STREAM),
        ("https://camera/audio.cgi", Kind.STREAM),
    ],
)
def test_kinds(spec, kind):
    assert kind_of(spec) is kind
    assert kind.is_live == (kind is not Kind.FILE)


@pytest.mark.parametrize("spec", ["udp://u:secret@cam:1", "rtmp://u:secret@cam/x", "concat://a"])
def test_other_addresses_are_refused(spec):
    with pytest.raises(SourceError, match="expected a file, mic") as caught:
        open_sound(spec)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "device"),
    [
        ("mic", None),
        ("mic:", None),
        ("mic:default", None),
        ("mic:0", 0),
        ("mic:12", 12),
        ("mic: USB Audio ", "USB Audio"),
        ("mic:hw:1,0", "hw:1,0"),
    ],
)
def test_devices(spec, device):
    assert device_of(spec) == device


@pytest.mark.parametrize(
    ("spec", "path"),
    [("a b.wav", "a b.wav"), ("file:a.wav", "a.wav"), ("file:///tmp/a%20b.wav", "/tmp/a b.wav")],
)
def test_paths(spec, path):
    assert path_of(spec) == Path(path)
