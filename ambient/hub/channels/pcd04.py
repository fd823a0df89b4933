r"""ORU^R40 of a notice: transaction PCD-04 of IHE's Alert Communication Management. Pure.

In: a notice. Out: the bytes of a message of HL7 2.6. MSH-10 is the notice's id, so that a message
sent again is known; OBR-3 is the alarm's at its start and the notice's later on, with OBR-29
pointing at the start. After IHE DEV TF-2 (2019), 3.4 and appendix B: no patient (PID is empty), the
room in PV1-3, the recipient in PRT. No code of ISO/IEEE 11073-10101 says that a person is on the
floor, so the kind is a local one (L).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.kinds import TECHNICAL
from ambient.hub.channels.seam import Notice

PRIORITY: Final = {
    Priority.HIGH: "PH",
    Priority.MEDIUM: "PM",
    Priority.LOW: "PL",
    Priority.TECHNICAL: "PL",
}
PROFILE: Final = "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.4.1^ISO"
ALARM: Final = "196616^MDC_EVT_ALARM^MDC"
_ESCAPES: Final = {"\\": "E", "|": "F", "^": "S", "&": "T", "~": "R", "\r": ".br", "\n": ".br"}


def message_of(notice: Notice, site: str, to: tuple[str, str], now: int) -> bytes:
    """Return the message of a notice, without its frame.

    Parameters
    ----------
    to
        Application and facility of the receiver (MSH-5, MSH-6).
    now
        Hub time (ns).
    """
    first = notice.times == 1 and not notice.over
    phase = "end" if notice.over else "start" if first else "continue"
    own = f"{_escaped(notice.alarm if first else notice.id)}^ambient^{_escaped(site)}^L"
    parent = "" if first else f"^{_escaped(notice.alarm)}&ambient&{_escaped(site)}&L"
    at, sent = _stamp(notice.at), _stamp(now)
    about = "ST" if notice.kind in TECHNICAL else "SA" if notice.test else "SP"
    room = _escaped(notice.room or "")
    rows = [
        ("1", "CWE", ALARM, f"{notice.kind.value}^{_escaped(notice.text)}^L"),
        ("2", "ST", "68480^MDC_ATTR_ALERT_SOURCE^MDC", room),
        ("3", "ST", "68481^MDC_ATTR_EVENT_PHASE^MDC", phase),
        ("4", "ST", "68482^MDC_ATTR_ALARM_STATE^MDC", "inactive" if notice.over else "active"),
        ("5", "ST", "68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC", "enabled"),
    ]
    flags = f"{PRIORITY[notice.priority]}~{about}"
    segments = [
        rf"MSH|^~\&|ambient|{_escaped(site)}|{_escaped(to[0])}|{_escaped(to[1])}|{sent}||"
        f"ORU^R40^ORU_R40|{_escaped(notice.id)}|{'T' if notice.test else 'P'}|2.6|||AL|NE||"
        f"UNICODE UTF-8|||{PROFILE}",
        "PID|||",
        f"PV1||N|^{room}^^{_escaped(site)}",
        f"OBR|1||{own}|{ALARM}|||{at}{'|' * 22}{parent}".rstrip("|"),
        *(
            f"OBX|{n}|{kind}|{code}|1.0.0.0.{n}|{value}|||{flags if n == '1' else ''}|||F|||{at}"
            for n, kind, code, value in rows
        ),
    ]
    if notice.address is not None:
        segments.append(f"PRT|1|AD||AR^Alert Recipient^HL70912|{_escaped(notice.address)}")
    return "".join(f"{one}\r" for one in segments).encode()


def _stamp(ns: int) -> str:
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime("%Y%m%d%H%M%S+0000")


def _escaped(text: str) -> str:
    """Return `text` for a field (HL7 2.6, 2.7); what is beyond ASCII stays as it is."""
    return "".join(f"\\{_ESCAPES[c]}\\" if c in _ESCAPES else c for c in text)
