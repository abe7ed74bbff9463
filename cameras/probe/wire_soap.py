"""SOAP on the wire, as ONVIF's device service speaks it: two questions, and their answers read
back.  Pure and bounded.

Answers are read with expat alone, which fetches nothing; a document type is refused at its first
character, so there are no entities to expand (bombs) and none to read files with.  Prefixes are
dropped: devices bind them as they like, and some forget to.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape

from cameras.probe.target import Login
from cameras.probe.wire_head import Malformed

MAX_DEPTH = 32
MAX_ELEMENTS = 4000
MAX_FIELD_CHARS = 80
MAX_TEXT_CHARS = 400

DEVICE = "http://www.onvif.org/ver10/device/wsdl"
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">{header}'
    '<s:Body><{action} xmlns="' + DEVICE + '"/></s:Body></s:Envelope>'
)
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
SECURITY = (
    '<s:Header><Security s:mustUnderstand="1" xmlns="' + WSS + 'wssecurity-secext-1.0.xsd">'
    "<UsernameToken><Username>{username}</Username>"
    '<Password Type="' + WSS + 'username-token-profile-1.0#PasswordDigest">{digest}</Password>'
    '<Nonce EncodingType="' + WSS + 'soap-message-security-1.0#Base64Binary">{nonce}</Nonce>'
    '<Created xmlns="' + WSS + 'wssecurity-utility-1.0.xsd">{created}</Created>'
    "</UsernameToken></Security></s:Header>"
)
CLOCK_QUESTION = ENVELOPE.format(header="", action="GetSystemDateAndTime").encode()
DEVICE_ACTION = "GetDeviceInformation"
DEVICE_QUESTION = ENVELOPE.format(header="", action=DEVICE_ACTION).encode()

POSIX_ZONE = re.compile(r"(?:<[^>]*>|[A-Za-z]+)([+-]?\d{1,2})(?::(\d{2}))?.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device says it is; each text is cut and printable, empty where it is left out."""

    make: str
    model: str
    firmware: str
    serial: str


class Clock(NamedTuple):
    """A device's clock: its UTC, and its local time and zone where they were told."""

    utc: datetime
    local: datetime | None
    zone: str

    def calls_local_time_utc(self) -> bool:
        """Whether it fills local time into the field for UTC, as some do: both fields are the same
        although its zone is another.
        """
        return self.local == self.utc and bool(self.zone_offset())

    def zone_offset(self) -> timedelta:
        """What the zone adds to UTC (POSIX writes "CST-8" for UTC+8); nothing when unknown."""
        found = POSIX_ZONE.fullmatch(self.zone)
        if found is None:
            return timedelta(0)
        hours, minutes = int(found[1]), int(found[2] or 0)
        return -timedelta(hours=hours, minutes=minutes if hours >= 0 else -minutes)


def signed_device_question(login: Login, device_now: datetime, nonce: bytes) -> bytes:
    """GetDeviceInformation with a WS-UsernameToken (OASIS UsernameToken Profile 1.0, 3.1).

    `device_now` is the device's own time: devices refuse tokens that are 5 to 20 s off.  It is
    written with "Z", because Hikvision refuses "+00:00".
    """
    created = device_now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    secret = nonce + created.encode() + login.password.encode("utf-8", "surrogateescape")
    digest = hashlib.sha1(secret, usedforsecurity=False).digest()  # the profile knows no other
    header = SECURITY.format(
        username=escape(login.username),
        digest=base64.b64encode(digest).decode(),
        nonce=base64.b64encode(nonce).decode(),
        created=created,
    )
    return ENVELOPE.format(header=header, action=DEVICE_ACTION).encode("utf-8", "replace")


def texts(document: bytes) -> dict[str, str]:
    """The text of each element, by its path ("Envelope/Body/…", without prefixes); the first one
    where a path repeats.

    Raises:
        Malformed: no XML, a document type, or more of it than any answer needs.
    """
    reader = Reader()
    try:
        reader.parser.Parse(document, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        # ValueError and LookupError: an encoding that does not exist, or of several bytes.
        raise Malformed(f"no XML: {error}") from None
    return reader.found


class Reader:
    """Collects texts while expat parses."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._path: list[str] = []
        self._text: list[str] = []
        self._elements = self._length = 0
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _refuse(self, *_: object) -> None:
        raise Malformed("declares a document type, which no answer needs")

    def _start(self, name: str, _attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._path) >= MAX_DEPTH:
            raise Malformed("has more elements than any answer needs")
        self._path.append(name.rpartition(":")[2][:MAX_FIELD_CHARS])
        self._text, self._length = [], 0

    def _characters(self, data: str) -> None:
        if self._length < MAX_TEXT_CHARS:
            self._text.append(data[:MAX_TEXT_CHARS])
            self._length += len(data)

    def _end(self, _name: str) -> None:
        text = "".join(self._text)[:MAX_TEXT_CHARS].strip()
        if text:
            self.found.setdefault("/".join(self._path), text)
        self._path.pop()
        self._text, self._length = [], 0


def fault_of(found: Mapping[str, str]) -> str | None:
    """The SOAP fault in an answer, codes and reason in one line; None when there is none.

    SOAP 1.2 nests codes (Code/Subcode/Value), SOAP 1.1 has faultcode and faultstring.
    """
    parts = [text for path, text in found.items() if "/Fault/" in f"/{path}/"]
    return " ".join(dict.fromkeys(parts)) if parts else None


def wants_login(fault: str) -> bool:
    """Whether a fault says that the login is missing or wrong (ONVIF Core, ter:NotAuthorized;
    WS-Security, FailedAuthentication).
    """
    said = fault.replace(" ", "").lower()
    return any(word in said for word in ("notauthorized", "failedauthentication", "unauthorized"))


def parse_clock(found: Mapping[str, str]) -> Clock:
    """The answer to GetSystemDateAndTime.  Raises Malformed when it tells no UTC."""
    by_end = {
        path.partition("SystemDateAndTime/")[2]: text
        for path, text in found.items()
        if "SystemDateAndTime/" in path
    }
    utc = moment(by_end, "UTCDateTime")
    if utc is None:
        raise Malformed("tells no UTC time")
    return Clock(utc, moment(by_end, "LocalDateTime"), by_end.get("TimeZone/TZ", ""))


def moment(fields: Mapping[str, str], name: str) -> datetime | None:
    """A tt:DateTime; None where it is left out.  Raises Malformed for no real date."""
    words = ("Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second")
    said = [fields.get(f"{name}/{word}", "") for word in words]
    if not any(said):
        return None
    if not all(text.isascii() and text.isdigit() and len(text) <= 4 for text in said):
        raise Malformed(f"{name} is {' '.join(said)[:40]!r}")
    year, month, day, hour, minute, second = map(int, said)
    try:
        # A leap second is the last one of its minute to us.
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        raise Malformed(f"{name} is {' '.join(said)[:40]!r}") from None


def parse_device(found: Mapping[str, str]) -> DeviceInfo:
    """The answer to GetDeviceInformation.  Raises Malformed when it is another one."""
    fields = {
        path.rpartition("/")[2]: text
        for path, text in found.items()
        if "/GetDeviceInformationResponse/" in f"/{path}"
    }
    if not fields:
        raise Malformed("answers something else than GetDeviceInformation")
    names = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber")
    return DeviceInfo(*(printable(fields.get(name, "")) for name in names))


def printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:MAX_FIELD_CHARS]).strip()
