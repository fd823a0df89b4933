"""Open mHealth data points (JSON): what wearables' gateways publish.

Comes in: bytes of one data point or of a list of them, as openmhealth.org describes them (schemas
of the namespace ``omh``, versions 1 to 4; IEEE 1752.1 keeps the same header). Goes out: readings,
or `Refused` by name. Units and codes are passed on as they came and judged by `vitals.codes`.

Accelerometers and raw waves have no schema there. This project's own are of the namespace
``ambient``, documented in ``docs/gateways.md``: ``acceleration-batch``, ``wave-batch``,
``rr-intervals`` and ``wear-state``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct, field

from ambient.observations import Wear
from vitals.parse import samples
from vitals.parse.instants import nanoseconds
from vitals.parse.words import plain
from vitals.readings import AnyReading, Refused, ValueRead, WearRead

Parsed = tuple[AnyReading | Refused, ...]

MAX_BYTES: Final = 4 * 1024 * 1024
"""A batch of `samples.MAX_SAMPLES` rows in text has less than half of this."""
MAX_POINTS: Final = 10_000

HEART_RATE: Final = "8867-4"
SYSTOLIC: Final = "8480-6"
DIASTOLIC: Final = "8462-4"
SATURATION: Final = "2708-6"
SATURATION_BY_PULSE: Final = "59408-5"
RESPIRATION: Final = "9279-1"
WEIGHT: Final = "29463-7"
STEPS: Final = "55423-8"
TEMPERATURE: Final = "8310-5"
SKIN: Final = "39106-0"

_TEMPERATURE_AT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "axillary": "8328-7",
        "oral": "8331-1",
        "rectal": "8332-9",
        "tympanic": "8333-7",
        "temporal artery": "75539-7",
        "forehead": "75539-7",
        "finger": SKIN,
        "toe": SKIN,
        "wrist": SKIN,
    }
)
"""LOINC code of a temperature by `measurement_location`; elsewhere it is the body's."""

_GLUCOSE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "interstitial fluid": "99504-3",
        "capillary blood": "41653-7",
        "plasma": "2345-7",
        "serum": "2345-7",
        "whole blood": "2339-0",
        "": "2339-0",
    }
)
"""LOINC code of glucose by `specimen_source`; the catalogue converts between mass and moles."""

_SECONDS: Final[Mapping[str, float]] = MappingProxyType(
    {"ms": 1e-3, "sec": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
)

_Text = Annotated[str, Meta(max_length=64)]


class _UnitValue(Struct, frozen=True):
    value: float
    unit: _Text


class _Interval(Struct, frozen=True):
    start_date_time: _Text | None = None
    end_date_time: _Text | None = None
    duration: _UnitValue | None = None


class _Frame(Struct, frozen=True):
    date_time: _Text | None = None
    time_interval: _Interval | None = None


class _Samples(Struct, frozen=True):
    rate: float
    samples: list[tuple[float, float, float]]
    unit: _Text = "g"


class _Wave(Struct, frozen=True):
    rate: float
    samples: list[float]
    kind: _Text = "ppg"


class _Body(Struct, frozen=True):
    """The fields of all bodies that are read; a schema has some of them."""

    effective_time_frame: _Frame = field(default_factory=_Frame)
    descriptive_statistic: _Text | None = None
    measurement_location: _Text = ""
    measurement_method: _Text = ""
    specimen_source: _Text = ""
    heart_rate: _UnitValue | None = None
    systolic_blood_pressure: _UnitValue | None = None
    diastolic_blood_pressure: _UnitValue | None = None
    oxygen_saturation: _UnitValue | None = None
    body_temperature: _UnitValue | None = None
    respiratory_rate: _UnitValue | None = None
    blood_glucose: _UnitValue | None = None
    body_weight: _UnitValue | None = None
    step_count: _UnitValue | None = None
    rr_interval: _UnitValue | None = None
    rr_intervals: list[float] | None = None
    acceleration: _Samples | None = None
    wave: _Wave | None = None
    worn: bool | None = None
    battery: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None


class _Schema(Struct, frozen=True):
    name: _Text
    namespace: _Text
    version: _Text | float = ""


class _Provenance(Struct, frozen=True):
    modality: _Text | None = None


class _Header(Struct, frozen=True):
    schema_id: _Schema
    modality: _Text | None = None
    acquisition_provenance: _Provenance = field(default_factory=_Provenance)


class _Head(Struct, frozen=True):
    """What must be read of a data point before its body can be."""

    header: _Header
    body: msgspec.Raw


_points: Final = msgspec.json.Decoder(list[msgspec.Raw])
_head: Final = msgspec.json.Decoder(_Head)
_body: Final = msgspec.json.Decoder(_Body)


def parse(device: str, data: bytes) -> Parsed:
    """Return the readings of one data point, or of a list of them, of `device`."""
    if len(data) > MAX_BYTES:
        return (Refused("message", f"expected at most {MAX_BYTES} bytes, got {len(data)}"),)
    try:
        is_list = data.lstrip()[:1] == b"["
        points = _points.decode(data) if is_list else [msgspec.Raw(data)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return (Refused("message", f"expected a list of data points: {_says(error)}"),)
    if len(points) > MAX_POINTS:
        return (Refused("message", f"expected at most {MAX_POINTS} points, got {len(points)}"),)
    return tuple(one for point in points for one in _point(device, bytes(point)))


def _point(device: str, data: bytes) -> Parsed:
    try:
        head = _head.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return (Refused("data point", f"expected one of Open mHealth: {_says(error)}"),)
    schema = head.header.schema_id
    name = f"{schema.namespace}:{schema.name}"
    read = _READ.get(name) or _READ.get(f"omh:{schema.name}" if schema.namespace == "ieee" else "")
    if read is None:
        return (Refused(f"schema {plain(name)}", "not one that is read"),)
    modality = head.header.modality or head.header.acquisition_provenance.modality
    if modality == "self-reported":
        return (Refused(f"schema {name}", "self-reported; only what was sensed is taken"),)
    try:
        body = _body.decode(head.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return (Refused(f"schema {name}", _says(error)),)
    if body.descriptive_statistic not in (None, "average", "mean", "median"):
        # The largest of a day is not how it is now.
        what = plain(str(body.descriptive_statistic))
        return (Refused(f"statistic {what}", f"expected one value or an average, of {name}"),)
    try:
        t = _time(body.effective_time_frame)
    except ValueError as error:
        return (Refused("effective_time_frame", str(error)),)
    return read(device, t, body) or (Refused(f"schema {name}", "its value is missing"),)


def _time(frame: _Frame) -> int | None:
    """Return the instant, or the end of the interval; None where none is given."""
    if frame.date_time is not None:
        return nanoseconds(frame.date_time)
    span = frame.time_interval
    if span is None:
        return None
    if span.end_date_time is not None:
        return nanoseconds(span.end_date_time)
    if span.start_date_time is None or span.duration is None:
        raise ValueError("expected an interval with two of start, end and duration")
    factor = _SECONDS.get(span.duration.unit)
    if factor is None or not 0 <= span.duration.value * factor <= 366 * 86_400:
        raise ValueError("expected a duration in ms, sec, min, h or d of at most a year")
    return nanoseconds(span.start_date_time) + round(span.duration.value * factor * 1e9)


def _one(device: str, t: int | None, code: str, held: _UnitValue | None) -> Parsed:
    if held is None:
        return ()
    return (ValueRead(device=device, t=t, code=code, value=held.value, unit=held.unit),)


def _pressure(device: str, t: int | None, body: _Body) -> Parsed:
    return (
        *_one(device, t, SYSTOLIC, body.systolic_blood_pressure),
        *_one(device, t, DIASTOLIC, body.diastolic_blood_pressure),
    )


def _saturation(device: str, t: int | None, body: _Body) -> Parsed:
    by_pulse = body.measurement_method in ("", "pulse oximetry")
    code = SATURATION_BY_PULSE if by_pulse else SATURATION
    return _one(device, t, code, body.oxygen_saturation)


def _temperature(device: str, t: int | None, body: _Body) -> Parsed:
    code = _TEMPERATURE_AT.get(body.measurement_location, TEMPERATURE)
    return _one(device, t, code, body.body_temperature)


def _glucose(device: str, t: int | None, body: _Body) -> Parsed:
    code = _GLUCOSE_OF.get(body.specimen_source)
    if code is None:
        what = f"specimen {plain(body.specimen_source)}"
        return (Refused(what, f"expected one of {', '.join(filter(None, _GLUCOSE_OF))}"),)
    return _one(device, t, code, body.blood_glucose)


def _interval(device: str, t: int | None, body: _Body) -> Parsed:
    if body.rr_intervals is not None:
        return (samples.intervals(device, body.rr_intervals, t=t),)
    held = body.rr_interval
    if held is None:
        return ()
    factor = _SECONDS.get(held.unit)
    if factor is None:
        return (Refused(f"unit {plain(held.unit)}", "expected ms or sec for rr_interval"),)
    return (samples.intervals(device, [held.value * factor], t=t),)


def _acceleration(device: str, t: int | None, body: _Body) -> Parsed:
    held = body.acceleration
    if held is None:
        return ()
    place = body.measurement_location
    wear = Wear(place) if place in list(Wear) else Wear.ELSEWHERE
    return (
        samples.acceleration(device, held.samples, rate=held.rate, unit=held.unit, wear=wear, t=t),
    )


def _wave(device: str, t: int | None, body: _Body) -> Parsed:
    held = body.wave
    if held is None:
        return ()
    if held.kind not in ("ppg", "ecg"):
        return (Refused(f"wave {plain(held.kind)}", "expected ppg or ecg"),)
    return (samples.wave(device, held.samples, rate=held.rate, ecg=held.kind == "ecg", t=t),)


def _wear(device: str, t: int | None, body: _Body) -> Parsed:
    if body.worn is None and body.battery is None:
        return ()
    return (WearRead(device=device, t=t, worn=body.worn, battery=body.battery),)


def _field(code: str, name: str) -> Callable[[str, int | None, _Body], Parsed]:
    def read(device: str, t: int | None, body: _Body) -> Parsed:
        return _one(device, t, code, getattr(body, name))

    return read


_READ: Final[Mapping[str, Callable[[str, int | None, _Body], Parsed]]] = MappingProxyType(
    {
        "omh:heart-rate": _field(HEART_RATE, "heart_rate"),
        "omh:blood-pressure": _pressure,
        "omh:oxygen-saturation": _saturation,
        "omh:body-temperature": _temperature,
        "omh:respiratory-rate": _field(RESPIRATION, "respiratory_rate"),
        "omh:blood-glucose": _glucose,
        "omh:body-weight": _field(WEIGHT, "body_weight"),
        "omh:step-count": _field(STEPS, "step_count"),
        "omh:rr-interval": _interval,
        "ambient:rr-intervals": _interval,
        "ambient:acceleration-batch": _acceleration,
        "ambient:wave-batch": _wave,
        "ambient:wear-state": _wear,
    }
)
SCHEMAS: Final = tuple(_READ)
"""What is read, as ``namespace:name``."""


def _says(error: Exception) -> str:
    """Return what is wrong, so that a log can hold it."""
    return plain(str(error)) if not isinstance(error, RecursionError) else "nested too deeply"
