"""FHIR R5 and R4B: an Observation or a Bundle of them in, readings out.

Comes in: JSON. Goes out: what it says of vital signs, each refusal by name; pure. The library
(fhir.resources) validates: a Bundle's shell and each Observation of it by itself, so that one bad
entry does not lose the others. Whom an Observation is about is not read: a device tells, and the
installer says whose it is. Other resources of a Bundle are passed over unread.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from ambient.observations import Doubt
from vitals import codes
from vitals.readings import AnyReading, Refused, ValueRead

MAX_BYTES: Final = 4_194_304
"""Of one document; two thousand Observations take about one and a half."""
MAX_ENTRIES: Final = 2_000

LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
MDC: Final = "urn:iso:std:iso:11073:10101"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TAKEN: Final = {
    "final": (),
    "amended": (),
    "corrected": (),
    "preliminary": (Doubt.EARLY,),
}
"""Status of Observations that are read, and what it makes doubtful."""
_BEYOND_SCALE: Final = frozenset({"<", ">"})
_TEST_DATA: Final = "HTEST"


class Version(StrEnum):
    """Of the specification; a Content-Type names it as ``fhirVersion``."""

    R5 = "5.0"
    R4B = "4.3"


@dataclass(frozen=True, slots=True)
class Document:
    """What was read.

    Attributes
    ----------
    valid
        Whether it is a document of the kinds read here; else `items` is one refusal.
    items
        Readings and refusals in the order of the document.
    """

    valid: bool
    items: tuple[AnyReading | Refused, ...]


def parse(
    data: bytes, *, device: str = "", version: Version | None = None
) -> tuple[AnyReading | Refused, ...]:
    """Return the readings and refusals of one document; see `read`."""
    return read(data, device=device, version=version).items


def read(data: bytes, *, device: str = "", version: Version | None = None) -> Document:
    """Return what an Observation or a Bundle says of vital signs.

    Parameters
    ----------
    data
        JSON, at most `MAX_BYTES`.
    device
        Whose readings those are that name no device.
    version
        None: R5, and R4B where that does not fit.
    """
    if len(data) > MAX_BYTES:
        return _bad(f"expected at most {MAX_BYTES} bytes, got {len(data)}")
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _bad("expected JSON")
    versions = tuple(Version) if version is None else (version,)
    kind = found.get("resourceType") if isinstance(found, dict) else None
    if kind == "Observation":
        entry = _validated("Observation", found, versions)
        return _bad(entry) if isinstance(entry, str) else Document(True, _items(entry, device))
    if kind == "Bundle":
        return _bundle(found, device, versions)
    shown = codes.shown(kind) if isinstance(kind, str) else "nothing of the kind"
    return _bad(f"expected an Observation or a Bundle, got {shown}")


def _bundle(found: dict[str, Any], device: str, versions: tuple[Version, ...]) -> Document:
    entries = found.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        return _bad(f"expected a list of at most {MAX_ENTRIES} entries")
    shells: list[Any] = []
    resources: list[Any] = []
    for entry in entries:
        whole = isinstance(entry, dict)
        shells.append(
            {key: value for key, value in entry.items() if key != "resource"} if whole else entry
        )
        resources.append(entry.get("resource") if whole else None)
    # An entry without its resource may be empty, which no element of FHIR is.
    shell = {**found, "entry": [one for one in shells if one]}
    if not shell["entry"]:
        del shell["entry"]
    why = _validated("Bundle", shell, versions)
    if isinstance(why, str):
        return _bad(why)
    items: list[AnyReading | Refused] = []
    for number, resource in enumerate(resources):
        if not isinstance(resource, dict) or resource.get("resourceType") != "Observation":
            continue
        observation = _validated("Observation", resource, versions)
        if isinstance(observation, str):
            items.append(Refused(f"entry {number}", observation))
        else:
            items += _items(observation, device)
    return Document(True, tuple(items))


def _validated(kind: str, found: dict[str, Any], versions: tuple[Version, ...]) -> Any:
    """Return the resource, or why the library refuses it."""
    why = ""
    for version in versions:
        try:
            return _model(kind, version).model_validate(found)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            at = ".".join(str(part) for part in first["loc"])
            why = why or codes.shown(f"{at}: {first['msg']}", 160)
        except (RecursionError, OverflowError, ValueError, TypeError):
            why = why or "expected a resource of FHIR"
    return why


@cache
def _model(kind: str, version: Version) -> Any:
    # A second of imports, so only in a process that reads FHIR.
    if version is Version.R5:
        from fhir.resources.bundle import Bundle
        from fhir.resources.observation import Observation

        return Bundle if kind == "Bundle" else Observation
    from fhir.resources.R4B import bundle, observation

    return bundle.Bundle if kind == "Bundle" else observation.Observation


def _items(observation: Any, device: str) -> tuple[AnyReading | Refused, ...]:
    if observation.status not in _TAKEN:
        what = f"observation {codes.shown(observation.status)}"
        return (Refused(what, f"expected the status {', '.join(_TAKEN)}"),)
    t = _time(observation)
    if isinstance(t, Refused):
        return (t,)
    device = _device(observation.device) or device
    if not device:
        return (Refused("device", "expected a reference to a device, got none"),)
    doubts = _TAKEN[observation.status] + (Doubt.DEMO,) * _is_test(observation)
    return tuple(_readings(observation, device, t, doubts))


def _readings(
    observation: Any, device: str, t: int | None, doubts: tuple[Doubt, ...]
) -> Iterator[AnyReading | Refused]:
    components = observation.component or []
    for part in (observation, *components):
        code = _code(part.code)
        if part is observation and components and not _has_value(part):
            # A panel: blood pressure has its numbers in components.
            continue
        if isinstance(code, Refused):
            yield code
            continue
        got = _value(part, code)
        if isinstance(got, Refused):
            yield got
            continue
        value, unit = got
        beyond = any(
            coding.code in _BEYOND_SCALE
            for concept in part.interpretation or []
            for coding in concept.coding or []
        )
        yield ValueRead(
            device=device,
            t=t,
            code=code,
            value=value,
            unit=unit,
            doubts=doubts + (Doubt.SATURATED,) * beyond,
        )


def _has_value(part: Any) -> bool:
    return any(
        getattr(part, name) is not None
        for name in ("valueQuantity", "valueInteger", "valueCodeableConcept", "dataAbsentReason")
    )


def _value(part: Any, code: str) -> tuple[float, str] | Refused:
    what = f"value of {codes.shown(code)}"
    if part.dataAbsentReason is not None:
        coding = (part.dataAbsentReason.coding or [None])[0]
        reason = coding.code if coding is not None and coding.code else "no reason"
        return Refused(what, f"absent: {codes.shown(reason)}")
    if part.valueQuantity is not None:
        return _quantity(part.valueQuantity, what)
    if part.valueInteger is not None:
        return float(part.valueInteger), "1"
    if part.valueCodeableConcept is not None and _is_consciousness(code):
        for coding in part.valueCodeableConcept.coding or []:
            level = codes.ACVPU.get(coding.code or "")
            if level is not None:
                return level, codes.CONSCIOUSNESS.unit
    return Refused(what, "expected a quantity, got none")


def _quantity(quantity: Any, what: str) -> tuple[float, str] | Refused:
    if quantity.value is None:
        return Refused(what, "expected a number, got none")
    if quantity.comparator is not None:
        return Refused(what, "expected a number without a comparison")
    value = float(quantity.value)
    if not math.isfinite(value):
        return Refused(what, "expected a finite number")
    if quantity.system == MDC:
        return value, codes.MDC_UNITS.get(quantity.code or "", quantity.code or "")
    if quantity.code and quantity.system in (UCUM, None):
        return value, quantity.code
    return value, quantity.unit or ""


def _code(concept: Any) -> str | Refused:
    """Return the LOINC code of a concept, one of the catalogue first."""
    # The library lets ``"code": null`` through, though FHIR asks for one.
    codings = concept.coding or [] if concept is not None else []
    coded = [(str(one.system), str(one.code)) for one in codings if one.code]
    loinc = [code for system, code in coded if system == LOINC]
    loinc += [codes.MDC_CODES[code] for system, code in coded if system == MDC and code in _MDC]
    for code in loinc:
        if code in codes.BY_CODE:
            return code
    if loinc:
        return loinc[0]
    shown = codes.shown(coded[0][1]) if coded else "(none)"
    return Refused(f"code {shown}", "expected LOINC, or an MDC code of the catalogue")


_MDC: Final = codes.MDC_CODES.keys()


def _is_consciousness(code: str) -> bool:
    return codes.BY_CODE.get(code) is codes.CONSCIOUSNESS


def _device(reference: Any) -> str:
    """Return what a reference calls the device: its id, else its identifier."""
    if reference is None:
        return ""
    if reference.reference and not reference.reference.startswith("#"):
        return str(reference.reference).rsplit("/", 1)[-1]
    if reference.identifier is not None and reference.identifier.value:
        return str(reference.identifier.value)
    return ""


def _time(observation: Any) -> int | Refused | None:
    """Return the instant that an Observation ends at, None when it names none."""
    period = observation.effectivePeriod
    if observation.effectiveTiming is not None:
        return Refused("time", "expected an instant or a period, got a timing")
    when = (
        observation.effectiveDateTime
        or observation.effectiveInstant
        or (period.end or period.start if period is not None else None)
    )
    if when is None:
        return None
    if not isinstance(when, datetime) or when.tzinfo is None:
        return Refused("time", "expected a time of day with a zone, got a date")
    try:
        return (when - _EPOCH) // timedelta(microseconds=1) * 1_000
    except OverflowError:
        return Refused("time", "expected a time between the years 1 and 9999")


def _is_test(observation: Any) -> bool:
    meta = observation.meta
    labels = (meta.security or []) if meta is not None else []
    return any(label.code == _TEST_DATA for label in labels)


def _bad(why: str) -> Document:
    return Document(False, (Refused("resource", why),))
