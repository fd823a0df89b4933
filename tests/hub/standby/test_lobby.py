"""Where nodes come to a hub that stands by: led on, or heard knocking."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ambient.bus import keys, sockets
from ambient.bus.protocol import PROTOCOL, Hello, encode
from ambient.bus.sockets import LinkChange
from ambient.evaluate.ports import free_port
from ambient.hub.standby.lobby import Door, Lobby
from tests.patience import until

PROOF = "0" * 64
HUB, NODE, STRANGER = keys.new_pair(), keys.new_pair(), keys.new_pair()


class Kept:
    """A door, who came, and what stands behind."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.knocks: list[tuple[int, str]] = []
        self.told: list[tuple[int, str]] = []
        self.link, self.far = free_port(), free_port()
        self.lobby = Lobby(
            f"tcp://127.0.0.1:{self.link}",
            f"tcp://127.0.0.1:{self.far}",
            HUB,
            door=lambda: self.door,
            admits=lambda key: (key == NODE.public, "n-1"),
            knocked=lambda term, proof: self.knocks.append((term, proof)),
            told=lambda term, proof: self.told.append((term, proof)),
        )

    @contextmanager
    def open(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.lobby.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def reached(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def test_while_the_other_hub_serves_connections_are_handed_on() -> None:
    kept = Kept(Door.ON)
    with socket.create_server(("127.0.0.1", kept.far)) as far, kept.open():
        until(lambda: reached(kept.link))
        far.accept()[0].close()  # of the look above
        with socket.create_connection(("127.0.0.1", kept.link)) as near:
            taken, _ = far.accept()
            with taken:
                near.sendall(b"there")
                assert taken.recv(9) == b"there"
                taken.sendall(b"back")
                assert near.recv(9) == b"back"
                kept.door = Door.SHUT
                assert near.recv(9) == b"", "when it is not handed on any more, it ends"


def test_a_connection_that_cannot_be_handed_on_ends() -> None:
    kept = Kept(Door.ON)
    with kept.open():
        until(lambda: reached(kept.link))
        with socket.create_connection(("127.0.0.1", kept.link)) as near:
            assert near.recv(9) == b""


@pytest.mark.parametrize(
    ("pair", "node", "expected"),
    [
        pytest.param(NODE, "n-1", [(7, PROOF)], id="enrolled"),
        pytest.param(NODE, "n-2", [], id="another's name"),
    ],
)
def test_who_knocks(pair: keys.KeyPair, node: str, expected: list[tuple[int, str]]) -> None:
    kept = Kept(Door.KNOCK)
    with kept.open(), dialled(kept.link, pair) as (changes, send):
        until(lambda: LinkChange.UP in changes())
        send(encode(Hello(protocol=PROTOCOL, node=node, software="1", term=7, proof=PROOF)))
        send(encode(Hello(protocol=PROTOCOL, node="n-1", software="1", term=8)))
        until(lambda: (8, "") in kept.knocks)
    assert kept.knocks == [*expected, (8, "")]


def test_who_only_tells_is_answered_and_does_not_knock() -> None:
    kept = Kept(Door.KNOCK)
    with kept.open(), dialled(kept.link, NODE) as (changes, send):
        until(lambda: LinkChange.UP in changes())
        send(encode(Hello(protocol=PROTOCOL, node="n-1", software="1", term=7, tells=True)))
        until(lambda: (7, "") in kept.told)
    assert kept.knocks == []


def test_a_stranger_does_not_even_connect() -> None:
    kept = Kept(Door.KNOCK)
    with kept.open(), dialled(kept.link, STRANGER) as (changes, _):
        until(lambda: LinkChange.REFUSED in changes())
    assert kept.knocks == []


@contextmanager
def dialled(
    port: int, pair: keys.KeyPair
) -> Iterator[tuple[Callable[[], list[LinkChange]], Callable[[bytes], None]]]:
    context = sockets.context()
    watch = sockets.dial(context, f"tcp://127.0.0.1:{port}", HUB.public, pair)
    try:
        yield watch.changes, lambda data: watch.socket.send(data)
    finally:
        watch.close()
        watch.socket.close()
        context.term()
