"""Picks the ports to listen on: the wanted one, or the next that is free."""

import errno
import socket
from collections.abc import Container

from bin.steps.journal import Failed

TRIES = 100


def first_free(host: str, wanted: int, taken: Container[int] = ()) -> int:
    """The first port from `wanted` on that can be listened on at `host`.

    Raises:
        Failed: `host` is not an address of this machine, the port needs root, or 100 are taken.
    """
    for port in range(wanted, min(wanted + TRIES, 65536)):
        if port not in taken and _is_free(host, port):
            return port
    raise Failed(f"no port from {wanted} on is free: name another one with --port.")


def _is_free(host: str, port: int) -> bool:
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as listener:
            # As the servers do: a connection that is closing does not make a port taken.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1)
    except socket.gaierror:
        raise Failed(f"'{host}' is not an address: give --host one of this machine's.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        if error.errno == errno.EACCES:
            raise Failed(f"port {port} is for administrators: name one above 1023.") from None
        raise Failed(f"this machine has no address {host}: give --host one of its own.") from None
    return True
