"""Resources of FHIR R5 for a notice: Flag and Communication, in one transaction. Pure.

In: a notice. Out: the Bundle. The subject is the room as a Location, or the house where it is about
all rooms; never a person.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.kinds import TECHNICAL
from ambient.hub.channels.seam import Notice

ARC: Final = "urn:oid:2.25.229584033477166347739531584543094259256"
"""Root of this project's identifiers (ITU-T X.667: a random UUID needs no registration)."""
ALARM, NOTICE, ROOM, KIND, SITE, RECIPIENT = (f"{ARC}.{n}" for n in range(1, 7))
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/flag-category"
PRIORITY: Final = {
    Priority.HIGH: "stat",
    Priority.MEDIUM: "asap",
    Priority.LOW: "routine",
    Priority.TECHNICAL: "routine",
}
Resource = dict[str, Any]
"""JSON of a resource; it travels from here to the wire and no further."""


def transaction(notice: Notice, site: str) -> Resource:
    """Return the Bundle of one notice."""
    one = f"identifier={quote(ALARM, safe=':')}|{quote(notice.alarm, safe='')}"
    once = f"identifier={quote(NOTICE, safe=':')}|{quote(notice.id, safe='')}"
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": flag(notice, site), "request": {"method": "PUT", "url": f"Flag?{one}"}},
            {
                "resource": communication(notice, site),
                "request": {"method": "POST", "url": "Communication", "ifNoneExist": once},
            },
        ],
    }


def flag(notice: Notice, site: str) -> Resource:
    """Return what the alarm is now."""
    category = "admin" if notice.kind in TECHNICAL else "safety"
    return {
        "resourceType": "Flag",
        "identifier": [{"system": ALARM, "value": notice.alarm}],
        "status": "inactive" if notice.over or notice.test else "active",
        "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
        "code": _kind(notice),
        "subject": _where(notice, site),
    }


def communication(notice: Notice, site: str) -> Resource:
    """Return that somebody was told."""
    made: Resource = {
        "resourceType": "Communication",
        "identifier": [{"system": NOTICE, "value": notice.id}],
        "status": "completed",
        "priority": PRIORITY[notice.priority],
        "topic": _kind(notice),
        "about": [
            {"type": "Flag", "identifier": {"system": ALARM, "value": notice.alarm}},
            _where(notice, site),
        ],
        "sent": datetime.fromtimestamp(notice.at // 1_000_000_000, UTC).isoformat(),
        "payload": [{"contentCodeableConcept": _kind(notice)}],
    }
    if notice.address is not None:
        known = {"system": RECIPIENT, "value": notice.address}
        made["recipient"] = [{"type": "Endpoint", "identifier": known}]
    return made


def _kind(notice: Notice) -> Resource:
    return {"coding": [{"system": KIND, "code": notice.kind.value}], "text": notice.text}


def _where(notice: Notice, site: str) -> Resource:
    if notice.room is None:
        known = {"system": SITE, "value": site}
        return {"type": "Organization", "identifier": known}
    known = {"system": ROOM, "value": f"{site}/{notice.room}"}
    return {"type": "Location", "identifier": known, "display": notice.room_name}
