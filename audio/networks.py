"""What one microphone listens with: which senses are wanted in, a pipeline out.

One place says which networks a microphone needs, so that a node, an evaluation and a benchmark all
listen with the same. Only what a purpose needs is loaded, and what remembers nothing from one call
to the next is there once for all microphones.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from audio.blocks import Samples
from audio.features import VERSION
from audio.pipeline import RING_S, MicrophonePipeline
from audio.ring import Ring
from audio.settings import MicrophoneSettings
from audio.sounds.listener import SoundListener
from audio.speech import embedding, vad
from audio.speech.embedding import CamPlus, Embedder, Vector
from audio.speech.enrolment import Enrolment
from audio.speech.gate import VoiceGate
from audio.speech.television import TelevisionJudge
from audio.speech.vad import SileroVad
from models import memory
from models.sounds import spotter
from models.sounds.spotter import Spotter
from models.store import Store, compiled, locate


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a microphone may be listened to for.

    Attributes
    ----------
    sounds
        Sounds of distress.
    voice
        Speech: how much of it, and the voices of residents who are enrolled.
    """

    sounds: bool
    voice: bool


class InTurn:
    """An embedder that several threads use one after the other.

    A request of the speaker network takes 3.7 MB (measured), and a microphone needs it for 10 ms in
    3 s of speech.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()

    def embed(self, speech: Samples) -> Vector:
        """Return the direction of a voice, when it is this caller's turn."""
        with self._lock:
            return self._embedder.embed(speech)


class Ears:
    """Opens pipelines with the networks of this machine.

    Parameters
    ----------
    models
        ``models.dir`` of the configuration; the machine's own store without one.
    words
        ``sounds.words`` of the configuration: what is listened for; None for all that is known.
    words_dir
        ``sounds.words_dir`` of the configuration: a site's own list, as ``ambient train words``
        writes it; None for the one that this version carries.

    Raises
    ------
    ModelError
        A site's own list is missing or damaged.
    ConfigError
        A word is not in the list.
    """

    def __init__(
        self,
        models: Path | None = None,
        words: Collection[str] | None = None,
        words_dir: Path | None = None,
    ) -> None:
        self._store = Store(locate(models))
        self._opening = threading.Lock()
        """Microphones open one after the other: two that look for a network at once would both find
        none, and each compile its own (ten microphones: 45 MB and 36 threads more, measured)."""
        self._measuring = threading.Lock()
        self._words, self._words_dir = words, words_dir or spotter.FOLDER
        if words is not None or words_dir is not None:
            spotter.checked(spotter.load(self._words_dir), words)

    @property
    def version(self) -> str:
        """Of everything that decides about the values of a voice; another one is another baseline.

        That is the features' own version, and a hash over the networks that choose the speech.
        """
        catalogue = self._store.catalogue
        parts = [
            catalogue.revision(vad.MODEL),
            catalogue.revision(embedding.MODEL),
            self._person.version,
        ]
        return f"{VERSION}+{hashlib.sha256(':'.join(parts).encode()).hexdigest()[:8]}"

    def pipeline(
        self,
        room: str,
        microphone: MicrophoneSettings,
        wanted: Wanted,
    ) -> MicrophonePipeline:
        """Return a pipeline that has heard nothing yet.

        Raises
        ------
        ModelError
            A model is missing or damaged.
        """
        with self._opening:
            sounds, ring = None, Ring(RING_S)
            if wanted.sounds:
                sounds = SoundListener.create(
                    room, microphone.id, spotter=self._spotter, person=self._person, ring=ring
                )
            if wanted.voice:
                made = MicrophonePipeline(
                    room,
                    microphone,
                    speech=SileroVad(self._store.path(vad.MODEL)),
                    person=self._person,
                    sounds=sounds,
                    version=self.version,
                    ring=ring,
                    turn=self._measuring,
                )
            else:
                made = MicrophonePipeline(room, microphone, sounds=sounds, ring=ring)
            self._give_back()
            return made

    def gates(self, enrolments: Iterable[Enrolment]) -> dict[str, VoiceGate]:
        """Return what lets the voices of these residents pass, by subject.

        Raises
        ------
        ModelError
            The network is missing, or an enrolment was made with another one.
        """
        network = self._store.catalogue.revision(embedding.MODEL)
        found: dict[str, VoiceGate] = {}
        with self._opening:
            for enrolment in enrolments:
                found[enrolment.subject] = VoiceGate(enrolment, self._speaker, network)
            self._give_back()
        return found

    def _give_back(self) -> None:
        """Let go of what only opening needed.

        That is 40 MB of OpenVINO's code alone (measured), and 6 MB of what other libraries ran
        once, when they were loaded or an enrolment was deciphered.
        """
        memory.give_back([self._store.directory, compiled()], [memory.EVERYWHERE])

    @cached_property
    def _spotter(self) -> Spotter:
        return Spotter.load(self._store.path(spotter.MODEL), self._words_dir, self._words)

    @cached_property
    def _person(self) -> TelevisionJudge:
        return TelevisionJudge()

    @cached_property
    def _speaker(self) -> InTurn:
        return InTurn(CamPlus(self._store.path(embedding.MODEL)))
