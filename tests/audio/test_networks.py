"""Microphones that open at the same time share their networks."""

from __future__ import annotations

import threading

import pytest

from ambient.observations import Tick
from audio import networks
from audio.networks import Ears, Wanted
from audio.speech import vad
from models import store
from tests.audio.rooms import LoudIsSpeech, Mic

WAIT_S = 60.0


@pytest.fixture
def ears() -> Ears:
    there = store.Store(store.locate())
    if there.look(vad.MODEL).state is not store.State.OK:
        pytest.skip(f"model {vad.MODEL} isn't here, run: ambient models pull")
    return Ears()


def test_one_microphone_opens_after_the_other(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    opening = 0
    most = 0
    second = threading.Event()

    def open_network(_: object) -> LoudIsSpeech:
        nonlocal opening, most
        opening += 1
        most = max(most, opening)
        if most == 1:
            # Long enough for the other to come, if nothing kept it waiting.
            second.wait(0.3)
        opening -= 1
        return LoudIsSpeech()

    def open_microphone() -> None:
        made.append(ears.pipeline("r12", Mic(), Wanted(sounds=False, voice=True)))
        second.set()

    monkeypatch.setattr(networks, "SileroVad", open_network)
    made: list[object] = []
    threads = [threading.Thread(target=open_microphone) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(WAIT_S)
    assert len(made) == 3
    assert most == 1


def test_a_ring_is_shared_with_who_hears_sounds(ears: Ears) -> None:
    made = ears.pipeline("r12", Mic(), Wanted(sounds=True, voice=False))
    found = made.silence(10**9)
    assert [type(each) for each in found] == [Tick]
    assert made._sounds._ring is made._ring  # type: ignore[union-attr]
