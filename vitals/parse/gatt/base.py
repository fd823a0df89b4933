"""What the parsers of all characteristics share: layouts, limits, and readings of one value.

Comes in: bytes and numbers. Goes out: readings, or `Refused` by name. A message of the wrong
length is refused whole: what does not fit its own flags is not read on a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ambient.observations import Doubt
from vitals.parse.gatt.numbers import Number, Special
from vitals.readings import AnyReading, Refused, ValueRead

Parsed = tuple[AnyReading | Refused, ...]
"""What one message gave: readings, and what of it was refused."""

UNKNOWN_USER: Final = 255

HEART_RATE: Final = "8867-4"
PULSE_RATE: Final = "8889-8"
"""Heart rate by pulse oximetry."""
SATURATION: Final = "59408-5"
PERFUSION: Final = "61006-3"
"""Perfusion index of tissue by pulse oximetry."""
BODY_TEMPERATURE: Final = "8310-5"
SKIN_TEMPERATURE: Final = "39106-0"
SYSTOLIC: Final = "8480-6"
DIASTOLIC: Final = "8462-4"
MEAN_PRESSURE: Final = "8478-0"
WEIGHT: Final = "29463-7"
BLOOD_GLUCOSE_MASS: Final = "2339-0"
BLOOD_GLUCOSE_MOLES: Final = "15074-8"
PLASMA_GLUCOSE_MASS: Final = "2345-7"
PLASMA_GLUCOSE_MOLES: Final = "14749-6"
TISSUE_GLUCOSE_MASS: Final = "99504-3"
TISSUE_GLUCOSE_MOLES: Final = "105272-9"

LIMITS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "/min": (0.0, 600.0),
        "%": (0.0, 100.0),
        "Cel": (-50.0, 100.0),
        "[degF]": (-58.0, 212.0),
        "mm[Hg]": (0.0, 500.0),
        "kPa": (0.0, 66.7),
        "kg": (0.0, 327.675),
        "[lb_av]": (0.0, 655.35),
        "kg/L": (0.0, 0.05),
        "mol/L": (0.0, 0.2775),
        "mg/dL": (0.0, 5000.0),
    }
)
"""What can be meant at all, in each unit that these parsers give: a share of a whole, a pressure
that a cuff can hold, a thermometer in a house, glucose that dissolves in blood. Far wider than
what a living person has, which `vitals.codes` judges and marks; beyond these a number is a
mistake of coding and is refused. The two ranges of one quantity are one range in two units
(glucose: 180.16 g/mol)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a message leaves out and the device said elsewhere.

    Attributes
    ----------
    users
        User number of a device that several people share, and the device id of each of them.
        Empty: the device is one person's, whatever user it names.
    off_body_told
        Whether a pulse oximeter can tell that it is not on the finger (PLX Features).
    crc
        Whether each CGM record ends with a checksum (CGM Feature).
    session_start
        When the session of a CGM began, nanoseconds since the Unix epoch; None if unknown.
    sample
        What a CGM measures in, by number (CGM Feature; see `glucose.Sample`): tissue fluid.
    """

    users: Mapping[int, str] = field(default_factory=dict)
    off_body_told: bool = False
    crc: bool = False
    session_start: int | None = None
    sample: int = 9


@dataclass(frozen=True, slots=True)
class Layout:
    """How long a message with a flags byte in front is.

    Attributes
    ----------
    name
        What the message is, for refusals.
    lengths
        Bytes of the whole message by flags (256); 0 for flags that this version does not know.
    """

    name: str
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, name: str, fixed: int, optional: Mapping[int, int], known: int) -> Layout:
        """Return the layout of `fixed` bytes and, for each bit of flags, so many more.

        Parameters
        ----------
        known
            All bits of flags that have a meaning, those that change no length included.
        """
        lengths = [
            0 if flags & ~known else fixed + sum(n for bit, n in optional.items() if flags & bit)
            for flags in range(256)
        ]
        return cls(name, tuple(lengths))

    def misfit(self, data: bytes) -> Refused | None:
        """Return why `data` cannot be read by its own flags; None when it can."""
        if not data:
            return Refused(self.name, "expected a flags byte, got nothing")
        expected = self.lengths[data[0]]
        if expected == 0:
            return Refused(self.name, f"flags 0x{data[0]:02X} have bits that nobody has defined")
        if len(data) != expected:
            return Refused(
                self.name,
                f"expected {expected} bytes by its flags 0x{data[0]:02X}, got {len(data)}",
            )
        return None


def misfit(name: str, data: bytes, *lengths: int) -> Refused | None:
    """Return why `data` has none of the `lengths`; None when it has."""
    if len(data) in lengths:
        return None
    expected = " or ".join(str(length) for length in lengths)
    return Refused(name, f"expected {expected} bytes, got {len(data)}")


def impossible_time(name: str) -> Refused:
    """Return the refusal of a message whose time stamp is no date: the rest is no better."""
    return Refused(name, "its time stamp is no date and time of day")


def value(
    device: str,
    code: str,
    number: Number,
    unit: str,
    doubts: tuple[Doubt, ...] = (),
    *,
    t: int | None = None,
    count: int | None = None,
    quality: float = 1.0,
) -> ValueRead | Refused:
    """Return the reading of one value, or its refusal when it is none or cannot be.

    Parameters
    ----------
    number
        In `unit`, which `LIMITS` must know.
    """
    if isinstance(number, Special):
        return Refused(code, f"no value: {number}")
    least, most = LIMITS[unit]
    if not least <= number <= most:
        return Refused(code, f"expected {least:g} to {most:g} {unit}, got {number:g}")
    return ValueRead(
        device=device,
        t=t,
        number=count,
        code=code,
        value=number,
        unit=unit,
        doubts=doubts,
        quality=quality,
    )


def raised(status: int, meaning: Iterable[tuple[int, Doubt]]) -> tuple[Doubt, ...]:
    """Return the doubts of the bits set in `status`, each once, in order of `meaning`."""
    return tuple(dict.fromkeys(doubt for bits, doubt in meaning if status & bits))


def of_user(context: Context, device: str, user: int | None) -> str | Refused:
    """Return whose device it was: a device that several people share tells them by number."""
    if not context.users:
        return device
    if user is None or user == UNKNOWN_USER:
        return Refused("user", "expected the number of a user, the device does not know who it was")
    known = context.users.get(user)
    if known is None:
        return Refused("user", f"user {user} is not in the configuration")
    return known
