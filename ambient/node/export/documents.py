"""Values of an export as FHIR R4B Observations or as Open mHealth data points.

FHIR resources are built with the library that validates them. An instant is the site's wall clock
shifted as in the tables, stated in UTC, because a shifted date has no zone of its own. Values with
doubts carry them: FHIR as notes, Open mHealth in the header of the schema of this project.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, Final

from ambient.node.export.rows import ValueRow

LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
_SPACE: Final = uuid.UUID("6f0b1f5e-2a8c-5c1b-9a57-5d1b6d2f3c10")

# Schema, version, key of the number and its unit as Open mHealth spells it.
_OMH: Final = {
    "heart_rate": ("heart-rate", "2.0", "heart_rate", "beats/min"),
    "pulse_rate": ("heart-rate", "2.0", "heart_rate", "beats/min"),
    "respiratory_rate": ("respiratory-rate", "2.0", "respiratory_rate", "breaths/min"),
    "oxygen_saturation": ("oxygen-saturation", "2.0", "oxygen_saturation", "%"),
    "body_temperature": ("body-temperature", "4.0", "body_temperature", "C"),
    "weight": ("body-weight", "2.0", "body_weight", "kg"),
    "steps": ("step-count", "3.0", "step_count", "steps"),
}


def as_fhir(rows: Iterable[ValueRow]) -> Iterator[dict[str, Any]]:
    """Yield an Observation for each row that has a LOINC code.

    Raises
    ------
    pydantic.ValidationError
        When a resource would not be valid; none that this project makes is.
    """
    from fhir.resources.R4B.observation import Observation

    for row in rows:
        if row.code is None:
            continue
        resource: dict[str, Any] = {
            "resourceType": "Observation",
            "id": _id(row),
            "status": "final",
            "code": {"coding": [{"system": LOINC, "code": row.code}], "text": row.name},
            "subject": {"reference": f"Patient/{row.subject}"},
            "device": {"reference": f"Device/{row.source}"},
            "effectiveDateTime": f"{row.local}Z",
            "valueQuantity": {
                "value": row.value,
                "unit": row.unit,
                "system": UCUM,
                "code": row.unit,
            },
        }
        if row.doubts:
            resource["note"] = [{"text": f"doubts: {row.doubts}"}]
        yield json.loads(Observation.model_validate(resource).model_dump_json())


def as_omh(rows: Iterable[ValueRow]) -> Iterator[dict[str, Any]]:
    """Yield a data point for each row; in the namespace ``ambient`` where ``omh`` has no schema."""
    for row in rows:
        when = {"date_time": f"{row.local}Z"}
        known = _OMH.get(row.name)
        if known is None:
            schema = {"namespace": "ambient", "name": row.name.replace("_", "-"), "version": "1.0"}
            body: dict[str, Any] = {row.name: {"value": row.value, "unit": row.unit}}
        else:
            name, version, key, unit = known
            schema = {"namespace": "omh", "name": name, "version": version}
            body = {key: {"value": row.value, "unit": unit}}
        body["effective_time_frame"] = when
        header: dict[str, Any] = {
            "id": _id(row),
            "creation_date_time": f"{row.local}Z",
            "schema_id": schema,
            "user_id": row.subject,
            "acquisition_provenance": {"source_name": row.source, "modality": "sensed"},
        }
        if row.doubts:
            header["doubts"] = row.doubts.split()
        yield {"header": header, "body": body}


def as_lines(documents: Iterable[dict[str, Any]]) -> bytes:
    """Return `documents` as JSON lines in UTF-8."""
    return b"".join(json.dumps(one, allow_nan=False).encode() + b"\n" for one in documents)


def _id(row: ValueRow) -> str:
    """Return the same id for the same row."""
    return str(uuid.uuid5(_SPACE, f"{row.subject}|{row.source}|{row.name}|{row.t}|{row.value}"))
