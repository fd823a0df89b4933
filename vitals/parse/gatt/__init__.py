"""Bluetooth LE: bytes of a GATT characteristic in, readings or refusals out; pure.

One module for each service, after the specifications of the Bluetooth SIG (each names its own).
In each, `decode` gives all fields of a message as they were sent, and `parse` the readings of
them; both give `Refused` for bytes that are no such message, and raise nothing.

Flags that nobody has defined refuse a message: they may mean a field that is not known here, or
(seen in scales: *below zero*) turn what is. Undefined bits of a status are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from vitals.parse.gatt import (
    battery,
    blood_pressure,
    cgm,
    glucose,
    heart_rate,
    pulse_oximeter,
    thermometer,
    weight,
)
from vitals.parse.gatt.base import Context, Parsed
from vitals.readings import Refused

__all__ = ["MEASUREMENTS", "Characteristic", "Context", "Parsed", "Service", "parse", "uuid"]


class Characteristic(IntEnum):
    """Assigned numbers of the characteristics that are read, written or subscribed to."""

    GLUCOSE = 0x2A18
    BATTERY = 0x2A19
    TEMPERATURE = 0x2A1C
    EARLY_TEMPERATURE = 0x2A1E
    BLOOD_PRESSURE = 0x2A35
    HEART_RATE = 0x2A37
    RECORD_ACCESS = 0x2A52
    OXIMETER_SPOT = 0x2A5E
    OXIMETER_CONTINUOUS = 0x2A5F
    OXIMETER_FEATURES = 0x2A60
    WEIGHT = 0x2A9D
    CGM = 0x2AA7
    CGM_FEATURE = 0x2AA8
    CGM_START = 0x2AAA


class Service(StrEnum):
    """What a device may offer, as an installer writes it."""

    HEART_RATE = "heart_rate"
    PULSE_OXIMETER = "pulse_oximeter"
    THERMOMETER = "thermometer"
    BLOOD_PRESSURE = "blood_pressure"
    WEIGHT_SCALE = "weight_scale"
    BATTERY = "battery"
    GLUCOSE = "glucose"
    CGM = "cgm"


MEASUREMENTS: Final[Mapping[Service, tuple[Characteristic, ...]]] = MappingProxyType(
    {
        Service.HEART_RATE: (Characteristic.HEART_RATE,),
        Service.PULSE_OXIMETER: (
            Characteristic.OXIMETER_CONTINUOUS,
            Characteristic.OXIMETER_SPOT,
        ),
        Service.THERMOMETER: (Characteristic.TEMPERATURE, Characteristic.EARLY_TEMPERATURE),
        Service.BLOOD_PRESSURE: (Characteristic.BLOOD_PRESSURE,),
        Service.WEIGHT_SCALE: (Characteristic.WEIGHT,),
        Service.BATTERY: (Characteristic.BATTERY,),
        Service.GLUCOSE: (Characteristic.GLUCOSE,),
        Service.CGM: (Characteristic.CGM,),
    }
)
"""What to subscribe to for each service; a device has at least one of a line."""

_PARSERS: Final[Mapping[int, Callable[[bytes, str, Context], Parsed]]] = MappingProxyType(
    {
        Characteristic.GLUCOSE: glucose.parse,
        Characteristic.BATTERY: battery.parse,
        Characteristic.TEMPERATURE: thermometer.parse,
        Characteristic.EARLY_TEMPERATURE: thermometer.parse_early,
        Characteristic.BLOOD_PRESSURE: blood_pressure.parse,
        Characteristic.HEART_RATE: heart_rate.parse,
        Characteristic.OXIMETER_SPOT: pulse_oximeter.parse_spot,
        Characteristic.OXIMETER_CONTINUOUS: pulse_oximeter.parse_continuous,
        Characteristic.WEIGHT: weight.parse,
        Characteristic.CGM: cgm.parse,
    }
)

_NOTHING_KNOWN: Final = Context()


def uuid(characteristic: Characteristic) -> str:
    """Return the full UUID of an assigned number (Bluetooth Core, volume 3, part B, 2.5.1)."""
    return f"0000{characteristic:04x}-0000-1000-8000-00805f9b34fb"


def parse(
    characteristic: int, data: bytes, device: str, context: Context = _NOTHING_KNOWN
) -> Parsed:
    """Return the readings of one notification, indication or read value.

    Parameters
    ----------
    characteristic
        Assigned number, 0..65535.
    data
        The value.
    device
        What to call the device in the readings.
    context
        What the message leaves out.

    Returns
    -------
    Readings and refusals in the order of the message's fields; never empty.
    """
    parser = _PARSERS.get(characteristic)
    if parser is None:
        return (Refused("characteristic", f"0x{characteristic:04X} is none that is read here"),)
    return parser(data, device, context)
