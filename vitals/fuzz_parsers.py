"""Every parser of this package with valid messages of it: what `vitals.fuzz` is given.

Comes in: nothing. Goes out: `parsers`, one for each kind of message that a node takes. A parser
that is not listed here is not fuzzed; a test compares this list with the modules there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

import msgspec

from ambient.observations import SensorKind
from vitals.fuzz import Parser
from vitals.parse import csv, fhir, gatt, hl7, homeassistant, native, omh
from vitals.parse.gatt import Characteristic, Context, cgm, pulse_oximeter, records
from vitals.readings import AnyReading, Refused

Items = Iterable[AnyReading | Refused]

DEVICE: Final = "device-1"
_DATE: Final = "e9070b19042300"
"""2025-11-25 04:35:00, as GATT writes it."""

# A message with every optional field, and the shortest one, of each characteristic.
_GATT: Final[dict[Characteristic, tuple[str, ...]]] = {
    Characteristic.HEART_RATE: ("0048", "1f48000a0000031003"),
    Characteristic.BATTERY: ("37",),
    Characteristic.TEMPERATURE: ("006e0100ff", f"076e0300ff{_DATE}02"),
    Characteristic.EARLY_TEMPERATURE: ("006e0100ff", f"066e0100ff{_DATE}02"),
    Characteristic.BLOOD_PRESSURE: ("00780050005d00", f"1e780050005d00{_DATE}4800010000"),
    Characteristic.OXIMETER_SPOT: ("0061004800", f"0f61004800{_DATE}000000000001f0"),
    Characteristic.OXIMETER_CONTINUOUS: ("0061004800", "1f610048006100480061004800000000000001f0"),
    Characteristic.WEIGHT: ("00b036", f"0eb036{_DATE}01fa00ae06"),
    Characteristic.GLUCOSE: (f"000100{_DATE}", f"0b0100{_DATE}050032b0110000"),
    Characteristic.CGM: ("060078000500", "0de37800050000000005000300"),
}


def parsers() -> list[Parser]:
    """Return all parsers."""
    return [*_bluetooth(), *_told(), *_text(), *_sensors(), _hl7(), *_fhir()]


def _bluetooth() -> Iterator[Parser]:
    contexts = (Context(), Context(crc=True, session_start=10**18, off_body_told=True))
    for characteristic, messages in _GATT.items():
        sent = [bytes.fromhex(message) for message in messages]
        if characteristic is Characteristic.CGM:
            longer = [bytes((one[0] + 2,)) + one[1:] for one in sent]
            sent += [one + cgm.checksum(one).to_bytes(2, "little") for one in longer]
        yield Parser(
            name=f"gatt {characteristic.name.lower()}",
            parse=partial(_any_context, characteristic, contexts),
            seeds=sent,
            words=[b"\xff\x07", b"\x00\x08", b"\xfe\x07", b"\x01\x08", b"\xff\xff\x7f\x00"],
            weight=10,
        )


def _told() -> Iterator[Parser]:
    """Return the parsers of what a device says of itself, and of a reading that follows it."""
    given: dict[Characteristic, tuple[Callable[[bytes], Items], tuple[str, ...]]] = {
        Characteristic.OXIMETER_FEATURES: (_oximeter, ("0000", "03000001000010")),
        Characteristic.CGM_FEATURE: (_cgm_feature, ("00000059ffff",)),
        Characteristic.CGM_START: (_cgm_start, (f"{_DATE}0400", f"{_DATE}80ff")),
        Characteristic.RECORD_ACCESS: (_answer, ("06000101", "06000106")),
    }
    for characteristic, (parse, messages) in given.items():
        yield Parser(
            name=f"gatt {characteristic.name.lower()}",
            parse=parse,
            seeds=[bytes.fromhex(message) for message in messages],
            weight=3,
        )


def _oximeter(data: bytes) -> Items:
    told = pulse_oximeter.decode_features(data)
    if isinstance(told, Refused):
        return (told,)
    message = bytes.fromhex(_GATT[Characteristic.OXIMETER_CONTINUOUS][1])
    context = Context(off_body_told=told)
    return gatt.parse(Characteristic.OXIMETER_CONTINUOUS, message, DEVICE, context)


def _cgm_feature(data: bytes) -> Items:
    told = cgm.decode_feature(data)
    return (told,) if isinstance(told, Refused) else _cgm(Context(crc=told.crc))


def _cgm_start(data: bytes) -> Items:
    for crc in (False, True):
        told = cgm.decode_start(data, crc=crc)
        if isinstance(told, Refused):
            yield told
        elif isinstance(told, int):
            yield from _cgm(Context(session_start=told))


def _cgm(context: Context) -> Items:
    message = bytes.fromhex(_GATT[Characteristic.CGM][0])
    return gatt.parse(Characteristic.CGM, message, DEVICE, context)


def _answer(data: bytes) -> Items:
    told = records.answer(data)
    return (told,) if isinstance(told, Refused) else gatt.parse(_BATTERY, b"\x37", DEVICE)


_BATTERY: Final = Characteristic.BATTERY


def _any_context(
    characteristic: Characteristic, contexts: tuple[Context, ...], data: bytes
) -> Items:
    for context in contexts:
        yield from gatt.parse(characteristic, data, DEVICE, context)


def _text() -> Iterator[Parser]:
    t = 1_790_000_000_000_000_000
    values = [
        {"type": "value", "t": t, "n": 3, "code": "8867-4", "value": 72.5, "unit": "/min"},
        {"type": "value", "code": "59408-5", "value": 50, "unit": "%", "doubts": ["off_body"]},
        {"type": "intervals", "t": t, "seconds": [0.81, 0.79]},
        {"type": "wear", "worn": True, "battery": 0.5},
        {"type": "acceleration", "t": t, "samples": [[0, 0, 1], [0.1, 0, 1]], "rate": 50},
        {"type": "wave", "t": t, "samples": [0.1, 0.2], "rate": 100, "ecg": True},
        {"type": "sensor", "kind": "door", "on": True, "probability": 0.9},
    ]
    messages: list[dict[str, Any]] = [
        *({"v": 1, "device": DEVICE, "readings": [one]} for one in values),
        {"v": 1, "device": DEVICE, "readings": values},
    ]
    words = [b"8480-6", b"[degF]", b"mmol/L", b"15074-8", b"null", b"[]", b"{}", b'"value"']
    yield Parser(
        name="native json",
        parse=native.parse,
        seeds=[_json(one) for one in messages],
        words=words,
        trees=messages,
        encoded=_json,
        weight=12,
    )
    yield Parser(
        name="native msgpack",
        parse=native.parse,
        seeds=[_msgpack(one) for one in messages],
        words=words,
        trees=messages,
        encoded=_msgpack,
        weight=12,
    )
    yield Parser(name="csv", parse=_csv, seeds=_CSV, words=[b"rr", b"worn", b"sensor:"], weight=12)
    points = list(_open_mhealth())
    yield Parser(
        name="open mhealth",
        parse=partial(omh.parse, DEVICE),
        seeds=[_json(one) for one in points],
        trees=points,
        encoded=_json,
        words=[*words, b"unit_value", b"2027-01-15T08:00:00Z", b"bpm"],
        weight=12,
    )


def _json(tree: object) -> bytes:
    return json.dumps(tree).encode()


def _msgpack(tree: object) -> bytes:
    try:
        return msgspec.msgpack.encode(tree)
    except OverflowError:
        # MessagePack has no integer beyond 64 bits.
        return b"\xcf" + b"\xff" * 8


_CSV: Final = (
    b"t,device,code,value,unit\n2027-01-15T08:00:00Z,d,8867-4,72,bpm\n,d,worn,1,\n,d,rr,0.8,s\n",
    b"t,device,code,value,unit,number,quality,doubts\n1790000000000000000,d,8310-5,98.6,[degF],1,"
    b"0.9,motion early\n,d,sensor:door,1,,,,\n,d,battery,0.5,,,,\n",
    b"t,device,x,y,z,wear\n1790000000000000000,d,0,0,1,wrist\n1790000000020000000,d,0,0,1,wrist\n",
)


def _csv(data: bytes) -> Items:
    return csv.parse(data.decode("utf-8", "replace").splitlines(keepends=True))


def _open_mhealth() -> Iterator[dict[str, Any]]:
    bodies: dict[str, dict[str, Any]] = {
        "heart-rate": {"heart_rate": {"value": 72, "unit": "beats/min"}},
        "blood-pressure": {
            "systolic_blood_pressure": {"value": 121, "unit": "mmHg"},
            "diastolic_blood_pressure": {"value": 80, "unit": "mmHg"},
        },
        "oxygen-saturation": {"oxygen_saturation": {"value": 97, "unit": "%"}},
        "body-temperature": {"body_temperature": {"value": 98.6, "unit": "F"}},
        "blood-glucose": {"blood_glucose": {"value": 5.5, "unit": "mmol/L"}},
        "step-count": {"step_count": {"value": 12, "unit": "steps"}},
        "rr-interval": {"rr_interval": {"value": 812, "unit": "ms"}},
    }
    for name, body in bodies.items():
        yield {
            "header": {"schema_id": {"namespace": "omh", "name": name, "version": "2.0"}},
            "body": {**body, "effective_time_frame": {"date_time": "2027-01-15T08:00:00Z"}},
        }


def _sensors() -> Iterator[Parser]:
    yield Parser(
        name="home assistant description",
        parse=_described,
        seeds=[_json(one) for one in _DESCRIPTIONS],
        trees=_DESCRIPTIONS,
        encoded=_json,
        words=[b"binary_sensor", b"value_json.a", b"{{", b"~", b"#", b"availability"],
        weight=8,
    )
    yield Parser(
        name="home assistant state",
        parse=_state,
        seeds=[b"ON", b"OFF", b'{"contact": "open"}', b'{"contact": "closed", "battery": 90}'],
        words=[b"unavailable", b"true"],
        weight=12,
    )


_DESCRIPTIONS: Final[tuple[dict[str, Any], ...]] = (
    {"unique_id": "d1", "state_topic": "home/d1", "device_class": "door"},
    {
        "~": "home/d1",
        "uniq_id": "d1",
        "stat_t": "~/state",
        "val_tpl": "{{ value_json.contact }}",
        "pl_on": "open",
        "pl_off": "closed",
        "avty": [{"t": "~/there"}],
        "off_dly": 5,
    },
    {"unique_id": "d2", "availability_topic": "home/there", "state_topic": "home/d2"},
)


def _described(data: bytes) -> Items:
    read = homeassistant.describe("homeassistant", _TOPIC, data)
    yield from read.refused
    for entity in read.entities:
        for kind in (SensorKind.DOOR, SensorKind.CORD):
            for value in sorted(entity.on | entity.off)[:2]:
                told = homeassistant.state(
                    entity, value.encode("utf-8", "replace"), kind, retained=False
                )
                if told is not None:
                    yield told


def _state(data: bytes) -> Items:
    for entity in _ENTITIES:
        told = homeassistant.state(entity, data, SensorKind.DOOR, retained=True)
        if told is not None:
            yield told


def _describe(description: dict[str, Any]) -> homeassistant.Described:
    return homeassistant.describe("homeassistant", _TOPIC, _json(description))


_TOPIC: Final = "homeassistant/binary_sensor/d1/config"
_ENTITIES: Final = tuple(entity for one in _DESCRIPTIONS[:2] for entity in _describe(one).entities)


def _hl7() -> Parser:
    head = "MSH|^~\\&|MON-7^0012^EUI-64|W|||20270115080000+0000||ORU^R01^ORU_R01|c-1|P|2.6\r"
    seeds = [
        head + "OBX|1|NM|8867-4^Heart rate^LN||72|/min^^UCUM|||||F|||20270115080000\r",
        head
        + "PID|||4711\rOBR|1|||X|||20270115075930.5+0100\r"
        + "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||AB\r"
        + "OBX|2|SN|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|^71|264864^^MDC||QUES~H|||R\r"
        + "OBX|3|NM|0^MDC_PULS_OXIM_SAT_O2^MDC|1.2|97~96|262688^MDC_DIM_PERCENT^MDC|||||P\r",
        head + "OBX|1|CWE|67775-7^^LN||248234008^Mentally alert^SCT||||||F\r",
        head + "OBX|1|NM|8310-5^^LN||98.6|[degF]|||||F||||||A\\T\\B\\X41\\\r",
    ]
    return Parser(
        name="hl7",
        parse=hl7.parse,
        seeds=[one.encode() for one in seeds],
        words=[b"\\.sp9\\", b"\\X", b"^^", b"~~", b"||", b"\rOBX|", b"\rMSH|^~\\&|", b"MDC", b"SN"],
        weight=10,
    )


def _fhir() -> Iterator[Parser]:
    def quantity(value: float, unit: str) -> dict[str, Any]:
        return {"value": value, "unit": unit, "system": fhir.UCUM, "code": unit}

    def coded(code: str) -> dict[str, Any]:
        return {"coding": [{"system": fhir.LOINC, "code": code}]}

    head: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "device": {"reference": f"Device/{DEVICE}"},
        "effectiveDateTime": "2027-01-15T08:00:00Z",
    }
    pulse = {**head, "code": coded("8867-4"), "valueQuantity": quantity(72, "/min")}
    pressure = {
        **head,
        "code": coded("85354-9"),
        "component": [
            {"code": coded("8480-6"), "valueQuantity": quantity(121, "mm[Hg]")},
            {"code": coded("8462-4"), "dataAbsentReason": coded("unknown")},
        ],
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"resource": one} for one in (pulse, {"resourceType": "Patient"}, pressure)],
    }
    documents = [pulse, pressure, bundle]
    words = [
        *(b"null", b"[]", b"{}", b"true", b'"comparator":"<",'),
        *(b"effectivePeriod", b"preliminary"),
    ]
    for version in fhir.Version:
        yield Parser(
            name=f"fhir {version.name.lower()}",
            parse=partial(fhir.parse, version=version),
            seeds=[_json(one) for one in documents],
            words=words,
            trees=documents,
            encoded=_json,
            weight=8,
        )
