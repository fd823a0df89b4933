"""Writes the page that says what leaves a node, out of the closed list itself.

In: `ambient.events`. Out: the text of ``docs/what-leaves.md``, always the same for the same list;
a test compares it with the committed page, so the two cannot drift apart.
"""

from __future__ import annotations

import inspect
from typing import Final

import msgspec
from msgspec.inspect import (
    BoolType,
    CustomType,
    EnumType,
    Field,
    FloatType,
    IntType,
    ListType,
    Metadata,
    NoneType,
    StrType,
    StructType,
    Type,
    UnionType,
    type_info,
)

from ambient.events import (
    EVENT_TYPES,
    MAX_COUNT,
    MAX_LIST,
    Contribution,
    Corner,
    Event,
    FeatureDeviation,
    Mark,
    NodeWizard,
    Part,
    SenseState,
    StationResult,
    VoiceDeviation,
    kind_of,
)

MEANING: Final = {
    "act": "what happened to the wizard",
    "area": "what was drawn",
    "baseline_days": "days that the baseline has learned from",
    "bed": "whose bed",
    "began": "when the hour, the day or the time asked for began, nanoseconds since 1970",
    "certificate": "SHA-256 of a certificate, to compare: of the wizard's page, or of the walk",
    "command": "the command that is answered",
    "command_kind": "what was asked for",
    "complete": "whether every station is covered",
    "corners": "of the polygon drawn over furniture or floor, at most 16",
    "covered": "whether the room took notice",
    "days": "days with enough speech that stand behind it",
    "descent_seen": "whether the way down was seen, or only the person on the floor",
    "device": "what the source is",
    "digest": "SHA-256 of the file that is kept on the node",
    "down_s": "how long the person has been down, in seconds",
    "ended": "when the time asked for ended, nanoseconds since 1970",
    "feature": "which acoustic feature of the voice",
    "features": "which features lie how far from the own baseline, at most 16",
    "frames": "pictures that were not looked at because the machine was too slow",
    "free_mb": "room left on the node's disk, in megabytes",
    "form": "how the export was written",
    "group": "which sense",
    "has": "all rooms that the node has, or all devices that it awaits in that one, at most 16",
    "hearing": "what the microphone can hear",
    "ipv4": "where the wizard is reached on the house's own network: its IPv4 address as a number",
    "in_s": "when it is expected to be low, in seconds from then; 0 when it is",
    "kept": "whether it is kept, or why not",
    "lasted_s": "from when it was first noticed to the newest evidence of it, in seconds",
    "light": "by day, or in the light of the night",
    "llr": "how far it moved the judgement, as a natural logarithm of a likelihood ratio",
    "lower": "least score that the values known allow",
    "marker": "what is measured; each has a page in `docs/markers`",
    "marks": "what is summed up, at most 16",
    "missing": "how many parameters of the score are not known",
    "observations": "observations that came too late to be used",
    "of_room": "the room whose devices are named; nothing where the rooms are",
    "on": "whether it is on now",
    "outcome": "what became of the command",
    "place": "what the person is on",
    "port": "the port beside it",
    "purpose": "which purpose of the room",
    "red": "whether one parameter alone gives the highest points",
    "restarts": "how often it was started again",
    "rows": "how many undelivered statements were given up, or rows exported or kept",
    "seconds": "how much was spoken, listened to (speech time) or measured (vitals), in seconds",
    "segment": "which baseline: another microphone, room or version begins another one",
    "sense": "who contributed",
    "senses": "how each sense of the room was then, at most 16",
    "short": "whether it was the short walk after a node was replaced",
    "silent_s": "for how long, in seconds",
    "since": "when the first day that deviates began, nanoseconds since 1970",
    "slug": "its identifier in the node's configuration",
    "source": "which camera, microphone, wearable, sensor, way in of these, or `nurse-call`",
    "speech_s": "how much was spoken on those days, in seconds",
    "station": "what the walk asked for",
    "stations": "how many stations the walk asks for by day",
    "status": "how it was",
    "step": "where the situation stands",
    "step_s": "by how much, in seconds; negative when the clock was set back",
    "unit": "unit of the value, in UCUM; `1` for none",
    "upper": "highest score that the values known allow",
    "until": "when it ends by itself, nanoseconds since 1970, if known",
    "value": "the value, if there was enough to say one",
    "version": "version of the marker's definition",
    "view": "what the camera can see",
    "walked": "what each station of the walk gave (so far), at most 16",
    "worker": "which process of the node",
    "x": "to the right, as a share of the picture's width",
    "y": "down, as a share of the picture's height",
    "z": "distance from the own baseline in the person's own spreads, if it can be said",
}
"""What each field of the list means; a field without a line here fails the page's test."""

_ENVELOPE: Final = {
    "id": "name of this statement, derived from the node's key and the fields beside it",
    "t": "when the signal said so, nanoseconds since 1970",
    "node": "which node",
    "room": "which room; nothing for statements about the whole node",
    "subject": "which resident, as a pseudonym, when a bed tells; else nothing",
    "chain": "statements about one situation share this",
    "position": "its place in the situation, counted from 0",
    "probability": "how sure the judgement is; 1 for plain facts",
    "contributions": f"what each sense added to the judgement, at most {MAX_LIST}",
    "config_version": "which settings decided: 12 hexadecimal digits of their SHA-256",
}

_HEAD: Final = """\
# What leaves a room node

<!-- Generated from ambient/events: change that, then run `make docs`. -->

A node turns what cameras, microphones, wearables and sensors give into observations, and
observations into **events**. Only events leave it, over one encrypted link to the facility's own
hub. This page lists every event there is, with every field; the list is closed, and a test captures
all packets of a running node and compares.

## What *anonymised* means here

- **No signal.** No picture, no part of one, no sound, and nothing from which one could be made
  again: events hold numbers, words from fixed lists and identifiers, no byte strings.
- **No biometric.** No keypoint, outline, height, gait, face or voice. Nothing of the body's shape
  or movement leaves the node, and nothing in it is compared with anything to tell who somebody is.
  Where voice markers are on by consent, it is said how far a resident's voice lies from its own
  past, over a minute of speech at least: no pitch in hertz, no loudness, no word.
- **No name** and no free text. Rooms, cameras and beds are identifiers that the installer chose;
  what they are called is known to the hub alone. A resident is at most a random pseudonym
  (`s-` and hexadecimal digits); who that is stands outside the system.

**What remains.** A room and a time of day remain, and for a bed of one resident its pseudonym.
Somebody who knows who lives in the room can tell whom an event is about, as carers must. The law
may therefore still call this data *pseudonymous* and not anonymous, and then it is personal data:
with a legal basis, a time limit and rights of the resident. Falls are data about health. Treat
the hub's database accordingly.
"""

_TAIL: Final = """\
## Every connection

### A node opens

- **to the hub** it is enrolled at, or to the other one of two of which that hub told it, TCP (port
  7440 unless set otherwise), always once it is enrolled; `ambient enroll` opens the same. ZeroMQ
  with CURVE: encrypted, both sides known by their key. Out: events, heartbeats, the protocol's
  version, acknowledgements of commands. In: acknowledgements of events, and the closed list of
  commands (`ambient/commands.py`).
- **to its cameras**, RTSP, `rooms[].cameras[].source`, while a purpose that needs the camera is on
  and no privacy pause runs. Out: requests for the picture stream, with the camera's password when
  the source has one. The camera's sound is not asked for.
- **to its microphones** that are a network camera's or another stream's, RTSP or HTTP,
  `rooms[].microphones[].source`, while *sounds* or *voice* is on and no privacy pause runs. Out:
  requests for the sound, with the password when the source has one. The picture is not asked for.
- **to the name server of the machine**, only when the hub's address or a device's source is a
  name and not a number. Out: that name.

- **to the broker of wearables and sensors**, MQTT over TLS, `gateways.mqtt`, when the file names
  one. Out: which topics it wants, acknowledgements of what came, and its user's name and password
  or certificate. Nothing is published.

Its processes talk through sockets in its own directory. USB cameras and microphones are no
connection at all. Bluetooth (`gateways.ble`) is spoken by the machine's own Bluetooth service: the
node connects to the devices that its file names and to no other.

### A node listens

Nowhere, unless its file has wearables or monitors that send by themselves. Then the process
*gateways* listens where the file says, and nowhere else: `gateways.zeromq` (CURVE, known keys
only), `gateways.mllp` (HL7 version 2) and `gateways.https` (FHIR). What comes in there is turned
into observations; out go only acknowledgements and the reasons of refusals. The process holds no
key of the hub.

While a room is installed the node serves its own wizard, started by hand (`ambient commission`) or
by the hub's command *wizard*: HTTPS on port 7443 or the one that is named there, for 30 minutes at
most, and only after a code that the hub shows. To the installer's device go the edges of the room
and, as lines, who walks in it; a picture only after that was agreed to there, for some minutes, and
each is told to the hub as an event. To the hub go where the wizard is reached, the corners of what
was drawn and what the walk gave, as `node.wizard`, `node.zone` and `node.commissioned`.

### A hub opens

None, unless the site has two: then each connects to the other one (`standby.other`, TCP port 7441
unless set otherwise), ZeroMQ with CURVE under the key that both hold. The one that stands by copies
the other one's database over it, and hands connections of nodes on to the other one's link. A hub
listens where `hub.yaml` says: for nodes (`link.bind`, loopback port 7440 unless set otherwise), for
browsers (`web.host`, loopback port 8080 unless set otherwise) and for the other hub. The page loads
nothing from anywhere else.

### No library's telemetry

OpenVINO's Python package sends usage data to an analytics service when it is imported. Ambient
imports it without that part (`models/runtime.py`), the locks don't install it, and a test watches.

### By hand only

`ambient models pull`, `make setup` and `make lock` fetch packages from the package registries that
`pip` and `npm` are set to, and send nothing about the facility. `ambient doctor` asks the network
cameras of `node.yaml` whether they still take default passwords, and whether they have a way out
of the node's own network. A site without any way out installs from one file (`make bundle`).

## What stays

Sound stays in the memory of the process that opened the microphone, its last 13 seconds at most,
and is never written to a disk. Of a resident who agreed, the node keeps an enrolled voice,
enciphered; it is sent nowhere, and is erased with the consent.

Pictures stay in the memory of the process that opened the camera and are never written to a disk;
the systemd units switch swap and core dumps off. When the camera is paused or switched off, they
are gone before that is said. Over a privacy pause the process keeps in memory what it learned of
the room: where furniture and floor are, and how strong edges are in the usual picture, 160 pixels
wide and blurred, a mean over ten minutes or since the start, by which it notices that the camera
was turned meanwhile. Whoever kept still for most of that time is faintly in it. Switched off, that
goes as well. One exception goes no further than the installer's device, in memory: the picture
that was agreed to in the wizard (above). The one file that is ever made from them is the outline
which an installer asks for (`ambient outline`): edges at a coarse scale on blank paper, no texture
and no grey level. It lies where the installer puts it on the node's own disk and is sent nowhere;
delete it once the zones are drawn.

Observations (keypoints, boxes around people, postures, sounds, values of a voice, readings of
wearables and sensors) and what was learned of the furniture stay on the node. The node keeps its
events until the hub has acknowledged them and then for 24 hours (`outbox.keep_h`).
"""


def page() -> str:
    """Return the text of ``docs/what-leaves.md``.

    Raises
    ------
    KeyError
        An event has a field that `MEANING` does not explain.
    """
    return "\n".join([_HEAD, *_envelope(), *_kinds(), _TAIL])


def _envelope() -> list[str]:
    lines = ["## Every event has", ""]
    fields = {field.encode_name: field for field in _fields(Event)}
    lines += _table([(fields[name], text) for name, text in _ENVELOPE.items()])
    if missing := fields.keys() - _ENVELOPE.keys():
        raise KeyError(f"no explanation of {', '.join(sorted(missing))}")
    lines += ["", "A contribution is:", ""]
    lines += _table([(field, MEANING[field.encode_name]) for field in _fields(Contribution)])
    for title, cls in (
        ("A mark", Mark),
        ("A feature deviation", FeatureDeviation),
        ("A sense state", SenseState),
        ("A corner", Corner),
        ("A part", Part),
        ("A station result", StationResult),
    ):
        rows = [(field, MEANING[field.encode_name]) for field in _fields(cls)]
        lines += ["", f"{title} is:", "", *_table(rows)]
    return [*lines, ""]


def _kinds() -> list[str]:
    lines = ["## The closed list", ""]
    for cls in EVENT_TYPES:
        own = [field for field in _fields(cls) if field.encode_name not in _ENVELOPE]
        lines += [f"### `{kind_of(cls)}`", "", first_line(cls), ""]
        if own:
            lines += [*_table([(field, MEANING[field.encode_name]) for field in own]), ""]
    return lines


def _fields(cls: type[msgspec.Struct]) -> tuple[Field, ...]:
    info = type_info(cls)
    assert isinstance(info, StructType)
    return info.fields


def _table(rows: list[tuple[Field, str]]) -> list[str]:
    lines = ["| field | values | meaning |", "|---|---|---|"]
    lines += [f"| `{field.encode_name}` | {_values(field.type)} | {text} |" for field, text in rows]
    return lines


def first_line(cls: type) -> str:
    """Return the first line of what a class says of itself."""
    return (inspect.getdoc(cls) or "").split("\n", 1)[0]


def _values(kind: Type) -> str:
    """Say in words what a field may hold."""
    match kind:
        case Metadata():
            return _values(kind.type)
        case UnionType():
            held = [_values(one) for one in kind.types if not isinstance(one, NoneType)]
            return " or ".join([*held, "nothing"] if kind.includes_none else held)
        case EnumType():
            return ", ".join(f"`{member.value}`" for member in kind.cls)
        case BoolType():
            return "yes or no"
        case IntType():
            return f"whole number{_range(kind)}"
        case FloatType():
            return f"number{_range(kind)}"
        case StrType() if kind.pattern is not None:
            return _PATTERNS[kind.pattern]
        case ListType() if isinstance(kind.item_type, StructType) and kind.max_length is not None:
            return f"list of {_plural(kind.item_type.cls)}, at most {kind.max_length}"
        case CustomType() | StrType() | _:
            raise TypeError(f"nothing of this type may leave a node: {kind}")


def _plural(cls: type) -> str:
    """Return ``feature deviations`` for ``FeatureDeviation``."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in cls.__name__).strip() + "s"


def _patterns() -> dict[str, str]:
    """Return in words what each checked kind of text looks like, by its pattern."""
    words = {
        "node": "identifier of at most 32 of `a-z`, `0-9`, `-`",
        "subject": "`s-` and 4 to 16 hexadecimal digits",
        "id": "UUID",
        "config_version": "12 hexadecimal digits",
        "version": "three numbers with dots",
        "segment": "12 hexadecimal digits",
        "certificate": "64 hexadecimal digits",
    }
    found: dict[str, str] = {}
    for field in (*_fields(Event), *_fields(VoiceDeviation), *_fields(NodeWizard)):
        kinds = field.type.types if isinstance(field.type, UnionType) else (field.type,)
        for kind in kinds:
            if isinstance(kind, StrType) and kind.pattern and field.encode_name in words:
                found[kind.pattern] = words[field.encode_name]
    return found


def _range(kind: IntType | FloatType) -> str:
    # A limit that only keeps an integer within a machine's word says nothing to a reader.
    if kind.ge is not None and kind.le is not None and kind.le < MAX_COUNT:
        return f", {kind.ge:g} to {kind.le:g}"
    return f", at least {kind.ge:g}" if kind.ge is not None else ""


_PATTERNS: Final = _patterns()
