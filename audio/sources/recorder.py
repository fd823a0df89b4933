"""The seam to the sound card: how a microphone is opened with PortAudio.

Comes in: a device's number or name. Goes out: chunks, handed to a function from PortAudio's own
thread. Tests put their own `OpenRecorder` here.

PortAudio lists the devices once; one that comes back later is not on the list. So the list is made
anew before a device is opened, unless another microphone is open, whose stream that would end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np

from ambient.errors import SourceError
from audio.sources.base import Chunk, Values

CALLBACK_S: Final = 0.05
"""Length of a chunk: every one costs a change of threads, and delays what is heard."""
PORTAUDIO: Final = "install it (Debian: apt install libportaudio2)"

Put = Callable[[Chunk], None]


class Recorder(Protocol):
    """A microphone that is open; chunks come until it is closed."""

    def close(self) -> None:
        """Close the device."""
        ...


OpenRecorder = Callable[[int | str | None, Put], Recorder]
"""Opens a device (number, part of a name, or None for the default) and begins to record."""

_open_lock = threading.Lock()
_open_count = 0


class _Stream:
    """A PortAudio stream, counted."""

    def __init__(self, stream: Any) -> None:
        self._stream: Any | None = stream

    def close(self) -> None:
        global _open_count
        with _open_lock:
            if self._stream is not None:
                self._stream.close()
                self._stream = None
                _open_count -= 1


def open_recorder(device: int | str | None, put: Put) -> Recorder:
    """Open with PortAudio, at the device's own rate, mono where it can.

    A device that only gives several channels (many sound cards) is opened with all of them.

    Raises
    ------
    SourceError
        When PortAudio or the device is not there, or the device is in use.
    """
    global _open_count
    shown = "the default microphone" if device is None else f"microphone {device}"
    try:
        import sounddevice as sd
    except OSError:
        raise SourceError(f"expected PortAudio for {shown}, found none; {PORTAUDIO}") from None
    with _open_lock:
        if _open_count == 0:
            sd._terminate()
            sd._initialize()
        try:
            stream = _open(sd, device, put)
        except (sd.PortAudioError, ValueError) as error:
            there = ", ".join(
                f"{number} {one['name']}"
                for number, one in enumerate(sd.query_devices())
                if one["max_input_channels"] > 0
            )
            raise SourceError(
                f"{shown}: expected a device that can be opened, got "
                f"{_words(error)}; devices: {there or 'none'}; check that it is plugged in, that "
                "nothing else uses it, and that this user is in group audio"
            ) from None
        _open_count += 1
    return _Stream(stream)


def _open(sd: Any, device: int | str | None, put: Put) -> Any:
    about = sd.query_devices(device, "input")
    rate = round(about["default_samplerate"])

    def heard(values: Values, _frames: int, _time: Any, status: Any) -> None:
        put(Chunk(np.array(values, np.float32), rate, overflowed=bool(status.input_overflow)))

    for channels in dict.fromkeys((1, int(about["max_input_channels"]))):
        try:
            stream = sd.InputStream(
                samplerate=rate,
                blocksize=round(rate * CALLBACK_S),
                device=device,
                channels=channels,
                dtype="float32",
                latency="high",
                callback=heard,
            )
        except sd.PortAudioError:
            if channels == about["max_input_channels"]:
                raise
            continue
        try:
            stream.start()
        except sd.PortAudioError:
            stream.close()
            raise
        return stream
    raise ValueError("no channel")


def _words(error: Exception) -> str:
    """Return what PortAudio said, in one line."""
    return " ".join(str(part) for part in error.args[:1]).strip() or "no answer"
