"""Observations inside a node: many producers, one fusion, over a ZeroMQ ipc socket.

Comes in: observations from vision (and later audio and gateways). Goes out: the same, at fusion.
The queue is bounded on both sides and a producer never waits: what cannot be queued is counted.
A garbled or oversized frame is counted and passed over; it never stops the receiver.

There is no CURVE here. A Unix socket in a folder that only the service user may enter (0700) is
reachable by nobody whom a key could keep out: whoever gets in is that user already, and could read
the key as well. The folder is checked at both ends.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

import msgspec
import zmq

from ambient.bus.sockets import LinkChange, Watch
from ambient.closing import Closing
from ambient.errors import LinkError
from ambient.observations import AnyObservation, decode, encode

MAX_OBSERVATION_BYTES: Final = 64 * 1024
"""A pose with world landmarks has about 1.5 kB."""

WALL_BYTES: Final = 1024 * 1024
"""ZeroMQ closes the connection of a sender that announces more, before it takes memory."""

QUEUE: Final = 2_000
"""Observations in each queue: ten cameras at 10 fps with two people for some seconds."""

_PATH_MAX: Final = 107


def socket_path(runtime_dir: Path) -> Path:
    """Return where the observations' socket stands in a node's runtime folder."""
    return runtime_dir / "observations.sock"


class ObservationSender(Closing):
    """A producer's end."""

    def __init__(self, path: Path) -> None:
        """Connect to the socket at `path`; fusion may come later, or again.

        Raises
        ------
        LinkError
            When the folder is not the user's own, or the path is too long.
        """
        endpoint = _endpoint(path)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.PUSH)
        self._socket.setsockopt(zmq.SNDHWM, QUEUE)
        # What fusion has not taken when a producer stops may have a moment to get there.
        self._socket.setsockopt(zmq.LINGER, 500)
        self._socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self._socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1_000)
        self._socket.connect(endpoint)
        self._watch: Watch | None = None
        self.sent = 0
        self.unsent = 0
        """Observations that found the queue full, since the start."""

    def send(self, observation: AnyObservation) -> bool:
        """Queue `observation`; return whether there was room. Never waits."""
        try:
            self._socket.send(encode(observation), zmq.NOBLOCK)
        except zmq.Again:
            self.unsent += 1
            return False
        self.sent += 1
        return True

    def watch(self) -> Watch:
        """Begin to see fusion come and go; what it says must be taken from then on."""
        if self._watch is None:
            self._watch = Watch.over(self._socket)
        return self._watch

    def close(self) -> None:
        """Close; waits at most half a second for what is queued."""
        if self._watch is not None:
            self._watch.close()
        self._socket.close()
        self._context.term()


class ObservationReceiver(Closing):
    """Fusion's end."""

    def __init__(self, path: Path) -> None:
        """Bind the socket at `path`, in place of one that a killed process left.

        Raises
        ------
        LinkError
            When the folder is not the user's own, the path is too long, or cannot be bound.
        """
        endpoint = _endpoint(path)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.PULL)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVHWM, QUEUE)
        self._socket.setsockopt(zmq.MAXMSGSIZE, WALL_BYTES)
        self._watch = Watch.over(self._socket)
        try:
            self._socket.bind(endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise LinkError(f"{path}: cannot listen here ({error.strerror})") from None
        self.received = 0
        self.garbled = 0
        """Frames that were no observation of this version, or of several parts."""
        self.oversized = 0
        """Frames above `MAX_OBSERVATION_BYTES`."""
        self.disconnected = 0
        """Connections that ended, those included that ZeroMQ closed for a frame above the wall."""

    def receive(self, timeout_s: float) -> AnyObservation | None:
        """Return the next observation, or nothing when none came within `timeout_s`.

        What is no observation is counted and ends the wait as well, so that a flood of garbage
        cannot hold the caller for longer than it asked for.
        """
        self._look()
        if not self._socket.poll(max(0, int(timeout_s * 1000))):
            return None
        return self._take()

    def receive_all(self, timeout_s: float, most: int = 256) -> list[AnyObservation]:
        """Return what waits, at most `most`, after waiting up to `timeout_s` for the first."""
        first = self.receive(timeout_s)
        found = [] if first is None else [first]
        for _ in range(most - 1):
            if not self._socket.poll(0):
                break
            one = self._take()
            if one is not None:
                found.append(one)
        return found

    def close(self) -> None:
        """Close and forget what still waits."""
        self._watch.close()
        self._socket.close()
        self._context.term()

    def _take(self) -> AnyObservation | None:
        frames = self._socket.recv_multipart()
        if any(len(frame) > MAX_OBSERVATION_BYTES for frame in frames):
            self.oversized += 1
            return None
        if len(frames) != 1:
            self.garbled += 1
            return None
        try:
            observation = decode(frames[0])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self.garbled += 1
            return None
        self.received += 1
        return observation

    def _look(self) -> None:
        self.disconnected += self._watch.changes().count(LinkChange.DOWN)


def _endpoint(path: Path) -> str:
    """Check the folder and return the ZeroMQ endpoint."""
    folder = path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.stat()
    except OSError as error:
        raise LinkError(f"{folder}: cannot be used ({error.strerror}); check its owner") from None
    if facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
        raise LinkError(
            f"{folder}: expected a folder of user id {os.geteuid()} with mode 0700, got user id "
            f"{facts.st_uid} and mode {stat.S_IMODE(facts.st_mode):04o}; run: chmod 700 {folder}"
        )
    if len(os.fsencode(path)) > _PATH_MAX:
        raise LinkError(
            f"{path}: expected at most {_PATH_MAX} bytes for a socket's path, got "
            f"{len(os.fsencode(path))}; choose a shorter runtime folder"
        )
    return f"ipc://{path}"
