"""What ONVIF devices answer, as they write it and as an attacker would."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.probe import wire_soap
from cameras.probe.target import Login
from cameras.probe.wire_head import Malformed
from fixtures.camera_farm import plan, soap

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def clock_answer(inside: str) -> bytes:
    return (
        '<E:Envelope xmlns:E="http://www.w3.org/2003/05/soap-envelope" xmlns:t="u:1"><E:Body>'
        f"<t:GetSystemDateAndTimeResponse><t:SystemDateAndTime>{inside}</t:SystemDateAndTime>"
        "</t:GetSystemDateAndTimeResponse></E:Body></E:Envelope>"
    ).encode()


def field(name: str, year: int, hour: int) -> str:
    date = f"<Date><Year>{year}</Year><Month>3</Month><Day>1</Day></Date>"
    time = f"<Time><Hour>{hour}</Hour><Minute>0</Minute><Second>0</Second></Time>"
    return f"<t:{name}>{time}{date}</t:{name}>"


def test_the_farms_clock_is_read() -> None:
    device = plan.devices(1, 0)[0]
    _, document = soap.answer(device, device.password, wire_soap.CLOCK_QUESTION, NOON)

    assert wire_soap.parse_clock(wire_soap.texts(document)).utc == NOON


def test_the_farm_lets_a_signed_question_in() -> None:
    device = plan.devices(1, 0)[0]
    login = Login(device.username, device.password)
    asked = wire_soap.signed_device_question(login, NOON, b"0123456789abcdef")

    status, document = soap.answer(device, device.password, asked, NOON)

    assert status == 200
    assert wire_soap.parse_device(wire_soap.texts(document)).serial == "SIM000000"


def test_the_profiles_own_example_of_a_digest() -> None:
    # ONVIF Application Programmer's Guide, 6.1.1.3: nonce "LKqI6G/AikKCQrN0zqZFlg==", created
    # 2010-09-16T07:50:45Z, password "userpassword" give "tuOSpGlFlIXsozq4HFNeeGeFLEI=".
    nonce = bytes.fromhex("2caa88e86fc08a428242b374cea64596")
    created = datetime(2010, 9, 16, 7, 50, 45, tzinfo=UTC)

    asked = wire_soap.signed_device_question(Login("user", "userpassword"), created, nonce)

    assert b">tuOSpGlFlIXsozq4HFNeeGeFLEI=<" in asked
    assert b">LKqI6G/AikKCQrN0zqZFlg==<" in asked


def test_a_token_says_z_and_holds_no_password() -> None:
    beijing = NOON.astimezone(timezone(timedelta(hours=8)))
    asked = wire_soap.signed_device_question(Login("a<b&c", "secret<"), beijing, b"n" * 16)

    assert b">2026-03-01T12:00:00Z<" in asked
    assert b"secret" not in asked
    assert b"<Username>a&lt;b&amp;c</Username>" in asked


@pytest.mark.parametrize(
    ("inside", "utc"),
    [
        pytest.param(field("UTCDateTime", 2026, 12), NOON, id="plain"),
        pytest.param(
            field("UTCDateTime", 2026, 12) + field("LocalDateTime", 2026, 20), NOON, id="with local"
        ),
        pytest.param(
            field("UTCDateTime", 1970, 0), datetime(1970, 3, 1, tzinfo=UTC), id="never set"
        ),
        pytest.param(
            field("UTCDateTime", 2026, 12).replace("<Second>0<", "<Second>60<"),
            NOON + timedelta(seconds=59),
            id="a leap second",
        ),
    ],
)
def test_clocks_that_are_read(inside: str, utc: datetime) -> None:
    assert wire_soap.parse_clock(wire_soap.texts(clock_answer(inside))).utc == utc


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("", id="empty"),
        pytest.param(field("LocalDateTime", 2026, 12), id="local time alone"),
        pytest.param(field("UTCDateTime", 2026, 25), id="hour 25"),
        pytest.param(field("UTCDateTime", 0, 1), id="year 0"),
        pytest.param(field("UTCDateTime", 20260, 1), id="a year of five digits"),
        pytest.param(field("UTCDateTime", 2026, 1).replace("<Hour>1<", "<Hour>-1<"), id="minus"),
        pytest.param(field("UTCDateTime", 2026, 1).replace("<Hour>1<", "<Hour>١<"), id="Arabic"),
        pytest.param(field("UTCDateTime", 2026, 1).replace("<Hour>1</Hour>", ""), id="no hour"),
    ],
)
def test_clocks_that_are_none(inside: str) -> None:
    with pytest.raises(Malformed):
        wire_soap.parse_clock(wire_soap.texts(clock_answer(inside)))


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("CST-8", 8),
        ("<+08>-8", 8),
        ("UTC0", 0),
        ("EST5EDT,M3.2.0,M11.1.0", -5),
        ("", 0),
        ("IST-5:30", 5.5),
        ("NST3:30", -3.5),
        ("Asia/Shanghai", 0),
        ("8", 0),
    ],
)
def test_what_a_zone_adds(zone: str, hours: float) -> None:
    # POSIX.1-2017, 8.3: the offset is what must be added to local time to get UTC.
    assert wire_soap.Clock(NOON, None, zone).zone_offset() == timedelta(hours=hours)


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(f"<!DOCTYPE x [{BOMB}]><x>&a9;</x>".encode(), id="a billion laughs"),
        pytest.param(
            b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>', id="a file"
        ),
        pytest.param(b'<!DOCTYPE x SYSTEM "http://10.0.0.1/x.dtd"><x/>', id="a DTD elsewhere"),
        pytest.param("<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>".encode("utf-16"), id="in UTF-16"),
        pytest.param(b"<x>&nothing;</x>", id="an entity nobody has declared"),
        pytest.param(b"<x>" * 100, id="too deep"),
        pytest.param(b"<x>" + b"<y/>" * 5000 + b"</x>", id="too many"),
        pytest.param(b"<x></y>", id="crossed"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html><br></html>", id="a web page"),
        pytest.param(b"<?xml version='1.0' encoding='utf-9'?><x/>", id="an unknown encoding"),
        pytest.param(b"<x>\xff\xfe</x>", id="no UTF-8"),
    ],
)
def test_what_is_no_answer_is_refused(document: bytes) -> None:
    with pytest.raises(Malformed):
        wire_soap.texts(document)


def test_texts_are_cut_and_printable() -> None:
    inside = f"<Manufacturer>{'海' * 100_000}</Manufacturer><Model>\n a&#9;b </Model>"
    document = (
        f"<E><Body><GetDeviceInformationResponse>{inside}</GetDeviceInformationResponse></Body></E>"
    )

    device = wire_soap.parse_device(wire_soap.texts(document.encode()))

    assert device == wire_soap.DeviceInfo("海" * 80, "a b", "", "")


@pytest.mark.parametrize(
    ("fault", "wants"),
    [
        pytest.param(
            "<Code><Value>s:Sender</Value><Subcode><Value>ter:NotAuthorized</Value></Subcode></Code>",
            True,
            id="SOAP 1.2",
        ),
        pytest.param(
            "<faultcode>Client</faultcode><faultstring>Sender not authorized</faultstring>",
            True,
            id="SOAP 1.1",
        ),
        pytest.param("<Reason><Text>Action Not Implemented</Text></Reason>", False, id="another"),
    ],
)
def test_a_fault_tells_whether_a_login_is_wanted(fault: str, wants: bool) -> None:
    document = f"<E><Body><Fault>{fault}</Fault></Body></E>"

    said = wire_soap.fault_of(wire_soap.texts(document.encode()))

    assert said is not None
    assert wire_soap.wants_login(said) is wants


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<Envelope>",
                "</Envelope>",
                "<Body/>",
                "<!DOCTYPE x>",
                "<!-- -->",
                "&lt;",
                "&#0;",
                "<SystemDateAndTime>",
                "<UTCDateTime>",
                "<![CDATA[",
                "]]>",
                "<?x?>",
                "é",
                "\x00",
                "5",
            ]
        ),
        max_size=20,
    )
)
def test_any_text_is_read_or_refused(parts: list[str]) -> None:
    try:
        found = wire_soap.texts("".join(parts).encode())
        wire_soap.fault_of(found)
        wire_soap.parse_clock(found)
    except Malformed:
        return
