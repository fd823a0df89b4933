"""Short stretches of voice to learn words from: a cast in, frames and which word it is out.

Each is as a node cuts it: a little less than two seconds that end shortly after somebody stopped
speaking. Half of them hold a word of the list. The others hold what a room says instead: everyday
words, the ends of sentences, words that no language has, a television, recorded speech and
sounds, screams. All go through the same rooms, microphones and noise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.sounds.narrow import RATE, Floats, narrow
from models.sounds.spotter import SAMPLES, Word
from models.sounds.synthesis import machines, voice
from models.sounds.synthesis.basics import Rng, peak, pick, place, unit
from models.sounds.synthesis.rooms import loudspeaker, microphone, through
from models.sounds.synthesis.scenes import Cast
from models.sounds.synthesis.words import CALLS, TALK, Words

SECONDS: Final = SAMPLES / RATE
SHARES: Final[dict[str, float]] = {
    "word": 0.50, "short": 0.12, "sentence": 0.10, "nonsense": 0.13, "recorded": 0.07,
    "television": 0.03, "voice": 0.03, "sound": 0.02,
}  # fmt: skip
"""How often each is made, for words."""
_BEHIND: Final = 30
"""Different backgrounds."""
_SHORT: Final = 14
"""Letters of a text that may be said alone."""
_VOWELS: Final = "aaeeiioou"
_CONSONANTS: Final = ("b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "sch",
                      "st", "tr", "pl", "ch", "z")  # fmt: skip
_WORDLESS: Final = (voice.scream, voice.moan, voice.cough)


@dataclass(frozen=True, slots=True, eq=False)
class Utterances:
    """n of them.

    Attributes
    ----------
    embedded
        (n, `models.sounds.spotter.STEPS`, `WIDTH`) float16.
    word
        (n,) number of the word; -1 for none of the list.
    kinds
        (n,) of the shares; ``cry`` is a scream or a shout without a word.
    snr_db
        (n,).
    """

    embedded: NDArray[np.float16]
    word: NDArray[np.int64]
    kinds: NDArray[np.str_]
    snr_db: NDArray[np.float32]


def vocabulary(words: Mapping[str, Words] = CALLS) -> tuple[Word, ...]:
    """Return the words of a list, in a fixed order."""
    return tuple(
        Word(language, kind, text)
        for language, of in words.items()
        for kind in ("help", "call")
        for text in getattr(of, kind)
    )


def learned(text: str) -> bool:
    """Return whether an everyday text is learned from: three in ten are only measured with."""
    return hashlib.sha256(text.encode()).digest()[1] % 10 < 7


def utterances(
    made_of: Cast,
    words: Sequence[Word],
    count: int,
    seed: int,
    embed: Callable[[Floats], Floats],
    *,
    shares: Mapping[str, float] = SHARES,
    tell: Callable[[str], None] = lambda line: None,
) -> Utterances:
    """Return so many; the same seed makes the same ones.

    Parameters
    ----------
    embed
        The network: frames (`FRAMES`, 32) in, (STEPS, WIDTH) out.
    shares
        How often each kind is made.
    """
    rng = np.random.default_rng((seed, 0))
    behind = [_behind(rng, made_of, number) for number in range(_BEHIND)]
    found, number, kinds, snr = [], [], [], []
    for one in range(count):
        rng = np.random.default_rng((seed, 1, one))
        kind = str(rng.choice(list(shares), p=list(shares.values())))
        samples, which, snr_db = _utterance(rng, made_of, words, kind, behind)
        found.append(embed(narrow(samples)).astype(np.float16))
        number.append(which)
        kinds.append(kind)
        snr.append(snr_db)
        if (one + 1) % 5000 == 0:
            tell(f"{one + 1} of {count} utterances")
    return Utterances(np.stack(found), np.array(number), np.array(kinds), np.array(snr, np.float32))


def _utterance(
    rng: Rng, made_of: Cast, words: Sequence[Word], kind: str, behind: Sequence[Floats]
) -> tuple[Floats, int, float]:
    which = int(rng.integers(len(words))) if kind == "word" else -1
    sound = _front(rng, made_of, kind, words[which] if which >= 0 else None)
    made = np.zeros(SAMPLES, np.float32)
    end = SECONDS - rng.uniform(0.1, 0.7)
    start = end - len(sound) / RATE
    place(made, sound, start)
    if rng.random() < 0.3:
        # What was said before: the same again, or something else.
        other = sound if rng.random() < 0.5 else _front(rng, made_of, "short", None)
        before = start - rng.uniform(0.25, 1.4) - len(other) / RATE
        place(made, other, before, rng.uniform(0.3, 1.0))
        if which >= 0 and other is not sound and len(sound) > SAMPLES:
            which = -1
    if len(made_of.rooms) and rng.random() < 0.9:
        made = through(made, pick(rng, made_of.rooms))[:SAMPLES]
    loud = np.square(made, dtype=np.float64)
    level = float(np.sqrt(loud[loud > loud.max() * 1e-3].mean())) if loud.any() else 1.0
    snr_db = float(rng.uniform(0.0, 30.0))
    noise = pick(rng, behind)
    first = int(rng.integers(len(noise) - SAMPLES))
    made = made / np.float32(level)
    made = made + unit(noise[first : first + SAMPLES]) * np.float32(10 ** (-snr_db / 20))
    return microphone(rng, np.asarray(made, np.float32)), which, snr_db


def _front(rng: Rng, made_of: Cast, kind: str, word: Word | None) -> Floats:
    effort = float(rng.uniform(0.0, 1.0))
    if word is not None:
        return made_of.speaker.say(rng, word.language, word.text, effort=effort)
    if kind == "recorded" and len(made_of.speech):
        sound = peak(pick(rng, made_of.speech))
        cut = round(rng.uniform(0.3, 1.6) * RATE)
        sound = sound[: cut + int(rng.integers(max(1, len(sound) - cut)))]
        return voice.revoice(rng, sound, effort=effort) if rng.random() < 0.4 else sound
    if kind == "sound" and made_of.recorded:
        sound = peak(pick(rng, made_of.recorded[str(rng.choice(list(made_of.recorded)))]))
        return sound[: round(rng.uniform(0.5, 2.0) * RATE)]
    if kind == "cry":
        return voice.scream(rng)
    if kind == "voice":
        return pick(rng, _WORDLESS)(rng)
    language = str(rng.choice(list(TALK)))
    texts = [each for each in TALK[language] if made_of.held or learned(each)]
    if kind == "nonsense":
        return made_of.speaker.say(rng, language, nonsense(rng), effort=effort)
    if kind in ("sentence", "television"):
        sound = made_of.speaker.say(rng, language, str(rng.choice(texts)), effort=effort)
        # Anywhere in it somebody may stop.
        cut = round(rng.uniform(0.3, 1.0) * len(sound))
        sound = sound[:cut]
        return loudspeaker(rng, sound, held=made_of.held) if kind == "television" else sound
    short = [each for each in texts if len(each) < _SHORT]
    return made_of.speaker.say(rng, language, str(rng.choice(short)), effort=effort)


def nonsense(rng: Rng) -> str:
    """Return a word that no language has, of one to four syllables."""
    made = "".join(
        pick(rng, _CONSONANTS) + _VOWELS[int(rng.integers(len(_VOWELS)))]
        for _ in range(int(rng.integers(1, 5)))
    )
    return made + (pick(rng, ("", "n", "l", "f", "s", "r", "p")))


def _behind(rng: Rng, made_of: Cast, number: int) -> Floats:
    """Return twelve seconds of what is always there."""
    seconds = 12.0
    if number % 5 == 0:
        made = np.zeros(round(seconds * RATE), np.float32)
        language, at = str(rng.choice(list(TALK))), 0.0
        while at < seconds:
            said = made_of.speaker.say(rng, language, str(rng.choice(TALK[language])))
            place(made, said, at, rng.uniform(0.5, 1.0))
            at += len(said) / RATE + rng.exponential(0.3)
        return loudspeaker(rng, made, held=made_of.held)
    makers = list(machines.STEADY.values())
    return makers[0](rng, seconds) if number % 2 else pick(rng, makers)(rng, seconds)
