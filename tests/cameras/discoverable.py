"""A device that answers WS-Discovery at a socket of its own."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ASKED = "urn:uuid:1"
# As a Hikvision sends it, but for its prefixes: a list of addresses, and scopes with %-encoding.
ANSWER = (
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
    "<e:Header><w:RelatesTo>{message}</w:RelatesTo></e:Header><e:Body><d:ProbeMatches>"
    "<d:ProbeMatch><d:Scopes>onvif://www.onvif.org/type/video_encoder"
    " onvif://www.onvif.org/hardware/DS-2CD onvif://www.onvif.org/name/East%20gate</d:Scopes>"
    "<d:XAddrs>{addresses}</d:XAddrs></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"
)
MESSAGE = re.compile(rb"MessageID>([^<]+)<")


def answer(addresses: str, message: str = ASKED, before: str = "") -> bytes:
    return (before + ANSWER.format(message=message, addresses=addresses)).encode()


class Device:
    """A device at a loopback address that answers every question as `reply` says."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.asked = 0

    def serve(self, reply: Callable[[str], bytes]) -> None:
        while True:
            data, sender = self.line.recvfrom(65536)
            found = MESSAGE.search(data)
            if found is None:
                return
            self.asked += 1
            self.line.sendto(reply(found[1].decode()), sender)


@contextmanager
def answering(host: str, port: int, reply: Callable[[str], bytes]) -> Iterator[Device]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind((host, port))
        device = Device(line)
        thread = threading.Thread(target=device.serve, args=(reply,))
        thread.start()
        try:
            yield device
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"enough", (host, port))
            thread.join(timeout=10)


def honest(host: str) -> Callable[[str], bytes]:
    return lambda message: answer(f"http://{host}/onvif/device_service", message)
