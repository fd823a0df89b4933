"""HL7 version 2: messages as monitors send them, what is refused, and the acknowledgement."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import hl7 as library
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ambient.observations import Doubt
from vitals.parse import hl7
from vitals.parse.hl7_encoding import Separators, instant
from vitals.readings import Refused, ValueRead

HEAD = "MSH|^~\\&|MON-7|WARD|||20240501100000+0200||ORU^R01^ORU_R01|c-1|P|2.6"
T = 1_714_550_370 * 1_000_000_000
"""2024-05-01 09:59:30 +02:00."""


def message(*rows: str, head: str = HEAD, end: str = "\r") -> bytes:
    return "".join(row + end for row in (head, *rows)).encode()


def obx(
    code: str = "8867-4^Heart rate^LN",
    value: str = "72",
    unit: str = "/min^^UCUM",
    *,
    kind: str = "NM",
    sub: str = "",
    flags: str = "",
    status: str = "F",
    t: str = "20240501095930+0200",
    device: str = "",
) -> str:
    return f"OBX|1|{kind}|{code}|{sub}|{value}|{unit}||{flags}|||{status}|||{t}||||{device}"


def only(data: bytes) -> ValueRead:
    (item,) = hl7.parse(data)
    assert isinstance(item, ValueRead), item
    return item


def refused(data: bytes) -> Refused:
    (item,) = hl7.parse(data)
    assert isinstance(item, Refused), item
    return item


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_a_row_becomes_a_reading(end: str) -> None:
    assert only(message(obx(), end=end)) == ValueRead(
        device="MON-7", t=T, code="8867-4", value=72.0, unit="/min"
    )


CODES = [
    # OBX-3, LOINC
    ("8867-4^Heart rate^LN", "8867-4"),
    ("8867-4^Heart rate^LOINC", "8867-4"),
    ("8867-4", "8867-4"),
    ("1^puls^LOCAL^8867-4^Heart rate^LN", "8867-4"),
    ("147842^MDC_ECG_HEART_RATE^MDC", "8867-4"),
    ("MDC_ECG_HEART_RATE^^MDC", "8867-4"),
    ("0^MDC_ECG_HEART_RATE^MDC", "8867-4"),
    ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "59408-5"),
    ("150021^MDC_PRESS_BLD_NONINV_SYS^MDC^8480-6^Systolic^LN", "8480-6"),
    ("1^x^LOCAL^150364^MDC_TEMP_BODY^MDC", "8310-5"),
    # Codes that the catalogue does not take go on: intake refuses them by their own name.
    ("718-7^Hemoglobin^LN", "718-7"),
]


@pytest.mark.parametrize(("field", "code"), CODES)
def test_codes(field: str, code: str) -> None:
    assert only(message(obx(code=field))).code == code


@pytest.mark.parametrize(
    "field", ["", "HR", "HR^Heart rate^LOCAL", "999999^MDC_NONE^MDC", "8867-4^Heart rate^LOCAL"]
)
def test_other_codes_are_refused_by_name(field: str) -> None:
    assert refused(message(obx(code=field))).what.startswith("code ")


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("/min^^UCUM", "/min"),
        ("{beat}/min^beats per minute^UCUM", "{beat}/min"),
        ("264864^MDC_DIM_BEAT_PER_MIN^MDC", "/min"),
        ("MDC_DIM_BEAT_PER_MIN^^MDC", "/min"),
        ("0^MDC_DIM_BEAT_PER_MIN^MDC", "/min"),
        ("266016^MDC_DIM_MMHG^MDC", "mm[Hg]"),
        ("268192^MDC_DIM_DEGC^MDC", "Cel"),
        ("bpm", "bpm"),
        ("mm\\T\\Hg", "mm&Hg"),
        ("", ""),
    ],
)
def test_units(field: str, unit: str) -> None:
    assert only(message(obx(unit=field))).unit == unit


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("NM", "72", 72.0),
        ("NM", "+72.50", 72.5),
        ("NM", "-.5", -0.5),
        ("NM", " 72 ", 72.0),
        ("SN", "^72", 72.0),
        ("SN", "=^72", 72.0),
        ("SN", "^72^", 72.0),
    ],
)
def test_numbers(kind: str, field: str, value: float) -> None:
    assert only(message(obx(kind=kind, value=field))).value == value


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("NM", ""),
        ("NM", "seventy"),
        ("NM", "nan"),
        ("NM", "inf"),
        ("NM", "1e5"),
        ("NM", "7_2"),
        ("NM", "0x48"),
        ("NM", "٧٢"),
        ("NM", "--"),
        ("NM", "9" * 40),
        ("NM", "120^80"),
        ("SN", ">^72"),
        ("SN", "<^72"),
        ("SN", "^120^-^140"),
        ("SN", "^1^:^128"),
        ("SN", ""),
        ("SN", "72"),
        ("ST", "72"),
        ("CWE", "72"),
        ("NA", "1^2^3"),
        ("ED", "^image^jpeg^Base64^AAAA"),
        ("", "72"),
    ],
)
def test_what_is_no_single_number_is_refused(kind: str, field: str) -> None:
    assert refused(message(obx(kind=kind, value=field))).what == "value of 8867-4"


@pytest.mark.parametrize(
    ("kind", "field", "level"),
    [
        ("CWE", "248234008^Mentally alert^SCT", 0.0),
        ("CWE", "130987000^Acute confusion^SCT", 1.0),
        ("ST", "V", 2.0),
        ("CE", "450847001^Responds to pain^SCT", 3.0),
        ("CWE", "U^Unresponsive^L", 4.0),
        ("NM", "2", 2.0),
    ],
)
def test_consciousness_is_coded(kind: str, field: str, level: float) -> None:
    got = only(message(obx("67775-7^Level of responsiveness^LN", field, "", kind=kind)))
    assert (got.value, got.unit) == (level, "{ACVPU}")


def test_an_unknown_level_of_consciousness_is_refused() -> None:
    got = refused(message(obx("67775-7^^LN", "asleep", "", kind="ST")))
    assert got.what == "value of 67775-7"


@pytest.mark.parametrize(
    ("status", "doubts"),
    [("F", ()), ("C", ()), ("R", ()), ("", ()), ("P", (Doubt.EARLY,))],
)
def test_status_of_results_that_are_taken(status: str, doubts: tuple[Doubt, ...]) -> None:
    assert only(message(obx(status=status))).doubts == doubts


@pytest.mark.parametrize("status", ["X", "D", "W", "I", "N", "O", "S", "U", "f", "FF"])
def test_status_of_results_that_are_not(status: str) -> None:
    assert refused(message(obx(status=status))).what == "value of 8867-4"


@pytest.mark.parametrize(
    ("flags", "doubts"),
    [
        ("", ()),
        ("H~A", ()),
        ("QUES", (Doubt.WEAK_SIGNAL,)),
        ("HH~QUES~QUES", (Doubt.WEAK_SIGNAL,)),
        (">", (Doubt.SATURATED,)),
        ("INV", (Doubt.NO_VALUE,)),
        ("NAV", (Doubt.NO_VALUE,)),
        ("EARLY", (Doubt.EARLY,)),
        ("TEST~DEMO", (Doubt.DEMO,)),
        ("QUES^Questionable^HL70078", (Doubt.WEAK_SIGNAL,)),
    ],
)
def test_flags_mark(flags: str, doubts: tuple[Doubt, ...]) -> None:
    assert only(message(obx(flags=flags))).doubts == doubts


def test_a_test_message_is_demonstration() -> None:
    head = HEAD.replace("|P|2.6", "|T|2.6")
    assert only(message(obx(), head=head)).doubts == (Doubt.DEMO,)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20240501095930+0200", T),
        ("20240501075930+0000", T),
        ("20240501022930-0530", T),
        ("20240501095930", T),
        ("202405010959", T - 30 * 10**9),
        ("20240501095930.5", T + 5 * 10**8),
        ("20240501095930.1234+0200", T + 123_400_000),
        ("20241027023000", 1_729_989_000 * 10**9),  # half past two, the first of two
        ("19691231235959+0000", -(10**9)),
        ("", None),
        ("20240501", None),
        ("2024050109", None),
        ("20240501095930.12345", None),
        ("20240501095960", None),
        ("20241301095930", None),
        ("20240230095930", None),
        ("00000501095930", None),
        ("20240501095930+2500", None),
        ("20240501095930Z", None),
        ("2024-05-01T09:59:30", None),
        ("٢٠٢٤٠٥٠١٠٩٥٩", None),
    ],
)
def test_times(text: str, expected: int | None) -> None:
    assert instant(text, BERLIN) == expected


@pytest.mark.parametrize(
    ("obx_14", "obr_7", "msh_7", "expected"),
    [
        ("20240501095930+0200", "20240501090000+0200", "20240501100000+0200", T),
        ("", "20240501095930+0200", "20240501100000+0200", T),
        ("20240501095930", "", "20240501100000+0200", T),
        ("20240501075930", "", "20240501080000+0000", T),
        ("20240501075930", "", "20240501080000", T),
        ("", "", "20240501100000+0200", None),
        ("today", "", "20240501100000+0200", None),
    ],
)
def test_where_the_time_comes_from(
    obx_14: str, obr_7: str, msh_7: str, expected: int | None
) -> None:
    head = HEAD.replace("20240501100000+0200", msh_7)
    data = message(f"OBR|1|||X|||{obr_7}", obx(t=obx_14), head=head)
    assert only(data).t == expected


def test_a_zone_that_the_installer_knows() -> None:
    head = HEAD.replace("20240501100000+0200", "20240501100000")
    (got,) = hl7.parse(message(obx(t="20240501095930"), head=head), zone=BERLIN)
    assert isinstance(got, ValueRead)
    assert got.t == T


def test_groups_rows_and_repeats_of_a_monitor() -> None:
    """Two OBR groups, containment by sub-id (IHE PCD), repeated values, and a patient."""
    data = message(
        "PID|||4711^^^HOSP^PI||Mustermann^Erika||19380401|F",
        "PV1||I|ICU^7^1",
        "OBR|1|a|a|182777000^monitoring of patient^SCT|||20240501095930+0200",
        "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||0012^^0012^EUI-64",
        obx(
            "147842^MDC_ECG_HEART_RATE^MDC", "72", "264864^MDC_DIM_BEAT_PER_MIN^MDC", sub="1.1.1.1"
        ),
        obx(
            "150456^MDC_PULS_OXIM_SAT_O2^MDC", "97~96", "262688^MDC_DIM_PERCENT^MDC", sub="1.2.1.1"
        ),
        "OBR|2|b|b|X|||20240501095900+0200",
        obx("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "121", "266016^MDC_DIM_MMHG^MDC", t=""),
        obx("8310-5^^LN", "36.6", "Cel", t="", device="THERM\\T\\2^^AB^EUI-64"),
        obx("8310-5^^LN", "36.6", "Cel", sub="2.1.1.1", device="^^CDEF^EUI-64"),
    )
    got = [item for item in hl7.parse(data) if isinstance(item, ValueRead)]
    assert [(v.device, v.code, v.value, v.t) for v in got] == [
        ("0012", "8867-4", 72.0, T),
        ("0012", "59408-5", 97.0, T),
        ("0012", "59408-5", 96.0, T),
        ("MON-7", "8480-6", 121.0, T - 30 * 10**9),
        ("THERM&2", "8310-5", 36.6, T - 30 * 10**9),
        ("CDEF", "8310-5", 36.6, T),
    ]
    assert "Mustermann" not in repr(hl7.read(data))
    assert "4711" not in repr(hl7.read(data))


def test_a_message_without_a_device() -> None:
    head = HEAD.replace("MON-7", "")
    assert refused(message(obx(), head=head)).what == "device"
    assert only(message(obx(), head=HEAD.replace("MON-7", "^0012^EUI-64"))).device == "0012"


def test_other_separators() -> None:
    data = message(obx(), obx(value="1~2")).decode()
    other = data.translate(str.maketrans("|^~\\&", "#@!%$")).encode()
    assert hl7.parse(other) == hl7.parse(data.encode())
    assert hl7.acknowledge(hl7.read(other), hl7.Ack.ACCEPTED, "", NOW).startswith(b"MSH#@!%$#")


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        ("A\\F\\B", "A|B"),
        ("A\\S\\B", "A^B"),
        ("A\\R\\B", "A~B"),
        ("A\\E\\B", "A\\B"),
        ("A\\X42\\C", "ABC"),
        ("A\\XZZ\\B", "AB"),
        ("A\\H\\B\\N\\C", "ABC"),
        ("A\\.br\\B", "AB"),
        ("A\\.sp9999999999\\B", "AB"),
        ("A\\", "A"),
        ("A\\\\B", "AB"),
    ],
)
def test_escape_sequences(escaped: str, text: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert only(message(obx(device=escaped))).device == text
    assert caplog.records == []


WHOLE = [
    # bytes, answer, words of it
    (b"", "AE", "five different separators"),
    (b"\x00" * 100, "AE", "five different separators"),
    (b"MSH", "AE", "five different separators"),
    (b"MSH|||||\r", "AE", "five different separators"),
    (b"MSH|^~\\^|\r", "AE", "five different separators"),
    (b"MSHABCDEF\r", "AE", "five different separators"),
    (b"PID|^~\\&|\r", "AE", "five different separators"),
    (message(head="MSH|^~\\&|"), "AE", "MSH-10"),
    (message(head=HEAD.replace("c-1", "")), "AE", "MSH-10"),
    (message(head=HEAD.replace("ORU^R01", "ADT^A01")), "AR", "got ADT^A01^ORU_R01"),
    (message(head=HEAD.replace("ORU^R01", "ORU^R30")), "AR", "got ORU^R30^ORU_R01"),
    (message(head=HEAD.replace("2.6", "3.0")), "AR", "got 3.0"),
    (message(HEAD), "AE", "one MSH"),
    (message(*[obx()] * 2000), "AE", "at most 2000 rows"),
    (message("x" * hl7.MAX_BYTES), "AE", "at most 1048576 bytes"),
]


@pytest.mark.parametrize(("data", "code", "words"), WHOLE)
def test_messages_that_are_not_taken_at_all(data: bytes, code: str, words: str) -> None:
    got = hl7.read(data)
    assert got.code == code
    assert words in got.text
    assert got.items == ()
    assert refused(data) == Refused("message", got.text)


def test_names_in_other_characters_stop_nothing() -> None:
    head = HEAD.encode().replace(b"WARD", "Männer".encode("latin-1"))
    assert len(hl7.parse(head + b"\r" + obx().encode() + b"\r")) == 1


NOW = datetime(2024, 5, 1, 8, 0, 1, tzinfo=UTC)


def test_the_acknowledgement() -> None:
    data = message(obx(), obx(code="HR^a|b^LOCAL".replace("|", "\\F\\")))
    got = hl7.read(data)
    assert hl7.acknowledge(got, got.code, got.text, NOW) == (
        b"MSH|^~\\&|AMBIENT||MON-7|WARD|20240501080001+0000||ACK^R01^ACK|c-1|P|2.6\r"
        b"MSA|AA|c-1|\r"
        b"ERR|||103|W||||code HR a b LOCAL: expected LOINC (LN) or an MDC code of the catalogue\r"
    )


@pytest.mark.parametrize(("data", "code", "words"), WHOLE)
def test_every_message_is_answered(data: bytes, code: str, words: str) -> None:
    got = hl7.read(data)
    answer = library.parse(hl7.acknowledge(got, got.code, got.text, NOW).decode())
    assert str(answer.segment("MSA")[1]) == code
    assert str(answer.segment("MSA")[2]) == got.control
    assert str(answer.segment("ERR")[4]) == "E"


@given(st.text(max_size=200))
@example("MSH|^~\\&|" + "\\" * 100)
def test_any_control_id_makes_a_sound_answer(text: str) -> None:
    head = HEAD.replace("c-1", text.replace("\r", "").replace("\n", ""))
    got = hl7.read(message(obx(), head=head))
    answer = hl7.acknowledge(got, got.code, got.text, NOW).decode()
    rows = answer.split("\r")
    assert rows[0].startswith("MSH|^~\\&|AMBIENT|")
    assert rows[1].startswith("MSA|")
    assert rows[-1] == ""


@pytest.mark.parametrize("signs", ["|^~\\&", "#@!%$", "!|*\\&"])
def test_separators(signs: str) -> None:
    found = Separators.of(f"MSH{signs}|")
    assert found is not None
    assert found.field + found.encoding == signs


@pytest.mark.parametrize(
    "signs", ["|^~\\", "|^~\\|", "a^~\\&", "|^~\\\x00", "|^~\\ ", "|.~\\&", "|^~\\é"]
)
def test_signs_that_separate_nothing(signs: str) -> None:
    assert Separators.of(f"MSH{signs}") is None
