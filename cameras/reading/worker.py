"""Reads one device and ends.  Runs as a process of its own, with no Django.

Reads one JSON object from standard input: {"address", "host", "port", "path", "login"}; the login
comes through the pipe, never on a command line.  Writes one JSON object to standard output:
{"device", "profiles", "more", "login", "reason", "detail"}; `reason` says why there is no more.

Every question only reads: GetSystemDateAndTime (for the time that a token is signed with),
GetDeviceInformation, GetCapabilities, GetProfiles, GetStreamUri, GetSnapshotUri.  onvif-zeep is
used for its WSDL alone: its own client leaves subscriptions on the device and waits for ever.
"""

import io
import json
import re
import resource
import sys
import warnings
from datetime import UTC, datetime, timedelta
from importlib.metadata import files
from pathlib import Path
from typing import Any

from zeep import Client, Settings
from zeep.exceptions import DTDForbidden, Fault
from zeep.proxy import ServiceProxy
from zeep.wsse.username import UsernameToken

if __name__ == "__main__":
    # Isolated (-I), nothing of the project can be found before this.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cameras.probe import wire_soap
from cameras.probe.digest import authorization
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, plain
from cameras.probe.steps_login import refused, withheld
from cameras.probe.target import ForeignAddress, Login, kept_path
from cameras.reading.device import LONGEST_PATH, MOST_PROFILES
from cameras.reading.transport import NeedsLogin, Stopped, Transport
from gis_server.confine import confine

MAX_MEMORY_BYTES = 1024**3
TELLS_PASSWORD = re.compile(r"pass(?:word|wd)?=|pwd=", re.IGNORECASE)
DEVICE, MEDIA = (f"http://www.onvif.org/ver10/{name}/wsdl" for name in ("device", "media"))
BINDINGS = {DEVICE: f"{{{DEVICE}}}DeviceBinding", MEDIA: f"{{{MEDIA}}}MediaBinding"}
# Both services in one document, so that the schema that they share (most of it) is parsed once.
BOTH = (
    '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:both">'
    '<import namespace="{device}" location="{folder}/devicemgmt.wsdl"/>'
    '<import namespace="{media}" location="{folder}/media.wsdl"/></definitions>'
)


class Session:
    """One device: what it is asked through, and the login once it has wanted one."""

    def __init__(self, transport: Transport, client: Any, login: Login | None) -> None:
        self.transport, self.client, self.login = transport, client, login
        self.outcome = LoginOutcome.NOT_SENT
        self.clock_off = timedelta(0)
        self._way = ""

    def ask(self, service: str, path: str, action: str, **told: Any) -> Any:
        """The answer to one question, with the login once the device has wanted it.

        Raises:
            Stopped: there is none.  A login that is refused is sent to no further question.
        """
        try:
            return self.call(service, path, action, told)
        except NeedsLogin as wanted:
            if self._way:
                raise self._refused(action, wanted.status) from None
            self._take_login(wanted)
        try:
            answer = self.call(service, path, action, told)
        except NeedsLogin as no:
            raise self._refused(action, no.status) from None
        self.outcome = LoginOutcome.ACCEPTED
        return answer

    def _take_login(self, wanted: NeedsLogin) -> None:
        login = self.login
        if login is None:
            raise Stopped(Reason.LOGIN_NEEDED, "wants a login and none is stored")
        if not (login.may_try and login.may_try_onvif):
            result = withheld(login)
            raise Stopped(result.reason, result.detail)
        answerable = authorization(login, wanted.offered, method="POST", uri="/") is not None
        self._way = "http" if answerable else "token"
        self.transport.login = login if answerable else None

    def _refused(self, action: str, status: int) -> Stopped:
        if self.outcome is LoginOutcome.ACCEPTED:
            # The password is right: this user may not see that much.
            return Stopped(Reason.REJECTED, f"{action} is not allowed to this user")
        self.outcome = LoginOutcome.REFUSED
        assert self.login is not None  # noqa: S101 - for the type checker
        result = refused(self.login, action, status)
        return Stopped(result.reason, result.detail)

    def call(self, service: str, path: str, action: str, told: dict[str, Any]) -> Any:
        self.client.wsse = self._token() if self._way == "token" else None
        binding = binding_of(self.client, BINDINGS[service])
        address = f"http://device{path}"  # the transport takes its path alone
        proxy = ServiceProxy(self.client, binding, address=address)  # type: ignore[no-untyped-call]
        try:
            return proxy[action](**told)
        except (Stopped, NeedsLogin):
            raise
        except Fault as fault:
            said = plain(f"{' '.join(str(one) for one in fault.subcodes or [])} {fault.message}")
            if wire_soap.wants_login(said):
                raise NeedsLogin([], 401) from None
            raise Stopped(Reason.REJECTED, f"{action}: {said.strip()}") from None
        except DTDForbidden:
            detail = "declares a document type, which no answer needs"
            raise Stopped(Reason.NOT_ONVIF, detail) from None
        except Exception as error:  # noqa: BLE001 - whatever a device can make a parser raise
            detail = f"{action}: no answer of ONVIF ({type(error).__name__})"
            raise Stopped(Reason.NOT_ONVIF, detail) from None

    def _token(self) -> Any:
        """A fresh UsernameToken with the device's time; "Z", as Hikvision refuses "+00:00"."""

        assert self.login is not None  # noqa: S101 - for the type checker
        return UsernameToken(  # type: ignore[no-untyped-call]
            self.login.username,
            self.login.password,
            use_digest=True,
            created=datetime.now(UTC).replace(tzinfo=None) + self.clock_off,
            zulu_timestamp=True,
        )


def open_session(order: dict[str, Any]) -> Session:
    transport = Transport(order["address"], order["port"], order["host"])
    settings = Settings(
        strict=False, xml_huge_tree=False, forbid_dtd=True, forbid_entities=True,
        forbid_external=True, force_https=False,
    )  # fmt: skip
    both = BOTH.format(device=DEVICE, media=MEDIA, folder=wsdl_folder())
    source = io.BytesIO(both.encode())
    client = Client(source, transport=transport, settings=settings)  # type: ignore[no-untyped-call]
    login = Login(**order["login"]) if order["login"] else None
    return Session(transport, client, login)


def binding_of(client: Any, name: str) -> Any:
    """A binding of an imported document, which zeep's own `create_service` does not see."""
    every = client.wsdl._definitions.values()
    return next(one.bindings[name] for one in every if name in one.bindings)


def wsdl_folder() -> Path:
    found = next(one for one in files("onvif-zeep") or [] if one.name == "devicemgmt.wsdl")
    return Path(str(found.locate())).parent


def answer(order: dict[str, Any]) -> dict[str, Any]:
    """What the process writes."""
    session = open_session(order)
    told: dict[str, Any] = {
        "device": None, "profiles": [], "more": 0, "reason": "ok", "detail": "",
    }  # fmt: skip
    try:
        session.clock_off = clock_off(session, order["path"])
        told["device"] = device_of(session, order["path"])
        path = media_path(session, order["path"])
        every = session.ask(MEDIA, path, "GetProfiles") or []
        told["more"] = max(0, len(every) - MOST_PROFILES)
        for one in every[:MOST_PROFILES]:
            told["profiles"].append(profile_of(session, path, one))
    except Stopped as stop:
        told |= {"reason": stop.reason.value, "detail": plain(str(stop))}
    return told | {"login": session.outcome.value}


def clock_off(session: Session, path: str) -> timedelta:
    """The device's clock less ours; none where it is told only after a login, or wrongly."""
    try:
        said = session.call(DEVICE, path, "GetSystemDateAndTime", {}).UTCDateTime
        day, hour = said.Date, said.Time
        parts = (day.Year, day.Month, day.Day, hour.Hour, hour.Minute, min(hour.Second, 59))
        return datetime(*parts, tzinfo=UTC) - datetime.now(UTC)
    except NeedsLogin:
        return timedelta(0)
    except Stopped as stop:
        if stop.reason is Reason.REJECTED:
            return timedelta(0)
        raise
    except (AttributeError, TypeError, ValueError, OverflowError):
        return timedelta(0)


def device_of(session: Session, path: str) -> dict[str, str]:
    said = session.ask(DEVICE, path, "GetDeviceInformation")
    names = {
        "make": "Manufacturer", "model": "Model", "firmware": "FirmwareVersion",
        "serial": "SerialNumber",
    }  # fmt: skip
    return {name: text_of(said, field) for name, field in names.items()}


def media_path(session: Session, path: str) -> str:
    """Where the media service is: of the address that is named, only the path is believed."""
    said = session.ask(DEVICE, path, "GetCapabilities", Category=["All"])
    named = getattr(getattr(said, "Media", None), "XAddr", None)
    try:
        return kept_path(str(named)).partition("?")[0] if named else path
    except ForeignAddress:
        return path


SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


def profile_of(session: Session, path: str, said: Any) -> dict[str, str]:
    """One stream: how it is called, its picture, and the paths of stream and snapshot."""
    encoder = getattr(said, "VideoEncoderConfiguration", None)
    size = getattr(encoder, "Resolution", None)
    width, height = getattr(size, "Width", None), getattr(size, "Height", None)
    token = getattr(said, "token", None)
    stream = session.ask(MEDIA, path, "GetStreamUri", StreamSetup=SETUP, ProfileToken=token)
    try:
        picture = session.ask(MEDIA, path, "GetSnapshotUri", ProfileToken=token)
    except Stopped as stop:
        if stop.reason is not Reason.REJECTED:
            raise
        picture = None  # not every device has it
    return {
        "name": text_of(said, "Name"),
        "encoding": text_of(encoder, "Encoding"),
        "size": f"{width}×{height}" if isinstance(width, int) and isinstance(height, int) else "",
        "path": path_of(stream),
        "snapshot_path": path_of(picture),
    }


def path_of(said: Any) -> str:
    """The path of a named address; empty where there is none that the registry may hold."""
    uri = getattr(said, "Uri", None)
    try:
        path = kept_path(str(uri)) if uri else ""
    except ForeignAddress:
        return ""
    # Some write name and password into the path, where everybody could read them.
    return "" if len(path) > LONGEST_PATH or TELLS_PASSWORD.search(path) else path


def text_of(said: Any, field: str) -> str:
    value = getattr(said, field, None)
    return wire_soap.printable(str(value)) if value is not None else ""


def main() -> None:
    order = json.load(sys.stdin)
    confine()
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    warnings.simplefilter("ignore")  # zeep's own
    sys.stdout.write(json.dumps(answer(order)))


if __name__ == "__main__":
    main()
