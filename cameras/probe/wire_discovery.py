"""WS-Discovery on the wire, as ONVIF uses it (Core, 7): one question, and who answers.  Pure.

A device is believed only about the address that its answer came from: whatever else it names is
not looked at, so nobody can have the server ask a third party.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from cameras.probe import wire_soap
from cameras.probe.wire_head import Malformed

PORT = 3702
GROUP = "239.255.255.250"
MAX_DATAGRAM_BYTES = 64 * 1024
MOST_ADDRESSES_NAMED = 8
DEFAULT_PORT = 80
QUESTION = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">'
    "<s:Header><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
    "<a:MessageID>{message}</a:MessageID>"
    "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header><s:Body>"
    '<Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
    '<Types xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</Types>'
    "</Probe></s:Body></s:Envelope>"
)
SCOPE = re.compile(r"onvif://www\.onvif\.org/(name|hardware)/(\S+)")


class Found(NamedTuple):
    """A device that answered; name and hardware are what it calls itself, empty if it does not."""

    address: str
    onvif_port: int
    name: str
    hardware: str


def question(message: str) -> bytes:
    """A probe for cameras and recorders; `message` is its id, a urn."""
    return QUESTION.format(message=message).encode()


def read_answer(datagram: bytes, sender: str, message: str) -> Found:
    """The device at `sender`, an address, that answers the question `message`.

    Raises:
        Malformed: too long, no XML, a document type, an answer to somebody else, or one that names
            no service at the sender's own address.
    """
    if len(datagram) > MAX_DATAGRAM_BYTES:
        raise Malformed(f"more than {MAX_DATAGRAM_BYTES} bytes")
    found = wire_soap.texts(datagram)
    if told(found, "RelatesTo") != message:
        raise Malformed("answers another question")
    ports = [
        port
        for uri in told(found, "ProbeMatch/XAddrs").split()[:MOST_ADDRESSES_NAMED]
        if (port := port_at(uri, sender))
    ]
    if not ports:
        raise Malformed("names no service at its own address")
    scopes = dict(SCOPE.findall(told(found, "ProbeMatch/Scopes")))
    name, hardware = (
        wire_soap.printable(unquote(scopes.get(one, ""))) for one in ("name", "hardware")
    )
    return Found(sender, ports[0], name, hardware)


def told(found: dict[str, str], end: str) -> str:
    return next((text for path, text in found.items() if path.endswith(f"/{end}")), "")


def port_at(uri: str, sender: str) -> int | None:
    """The port of an address over plain HTTP at the sender; None for any other address."""
    try:
        parts = urlsplit(uri)
        port = parts.port or DEFAULT_PORT
    except ValueError:
        return None
    return port if parts.scheme.lower() == "http" and parts.hostname == sender else None
