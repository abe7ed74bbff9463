"""bin/up: from a clean checkout to a live wall, and cleanly down again on Ctrl-C."""

import argparse
import hashlib
import ipaddress
import os
import socket
import sys
import time
from contextlib import ExitStack, suppress

from bin.steps import journal, places, ports, product, shared
from bin.steps.journal import Journal
from bin.steps.places import Places
from bin.steps.supervise import Supervisor

COMMAND = "bin/up"
PRODUCT = ("web", "live", "positions", "poller", "pictures", "cover", "jobs")
LISTENING = (
    ("WEB_PORT", 0, "the wall"),
    ("LIVE_PORT", 1, "live news"),
    ("POSITIONS_PORT", 2, "positions of phones"),
)
"""Each with how many ports it comes after the wall's, unless it is named."""
# People on duty of the demo, who walk while it runs.
WALKERS = ("walkers",)
# The first device of the demo farm (fixtures/camera_farm/plan.py).
FARM = ("127.77.0.1", 8554)
DEMO_INTERVAL_S = "10"


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description="Set up what is missing, start everything, and stop it on Ctrl-C.",
    )
    parser.add_argument("--yes", "-y", action="store_true", help="install packages without asking")
    parser.add_argument(
        "--bare",
        action="store_true",
        help="without the model district, demo users and demo cameras",
    )
    parser.add_argument(
        "--host", default=os.environ.get("WEB_HOST") or "127.0.0.1",
        help="address to listen on (default: only this machine)",
    )  # fmt: skip
    parser.add_argument(
        "--port", type=_port, default=os.environ.get("WEB_PORT") or "8000",
        help="port of the wall (default: 8000); the next free one where it is taken",
    )  # fmt: skip
    parser.add_argument("--no-start", action="store_true", help="set up and stop there")
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def up(options: argparse.Namespace) -> int:
    began = time.monotonic()
    where, notes = shared.begin(COMMAND)
    lock = places.take_lock(
        where, "up", f"it already runs here: {_address_of_other(where)} (Ctrl-C there stops it)."
    )
    with lock, journal.undisturbed_end() as stack:
        shared.ensure_files(where, notes, for_tests=False)
        env = product.environment(where)
        supervisor = Supervisor(where, env)
        supervisor.clear_leftovers()
        product.count_anew(env)
        servers = start_servers(where, notes, env, stack)
        identity = next((one.identity for one in servers if one.identity), None)
        env |= reach(where, options, env)
        fill(where, notes, env, identity, bare=options.bare)
        if options.no_start:
            print("Everything is set up; bin/up starts it.")
            return 0
        supervisor.env.update(env)
        supervisor.names = [*PRODUCT, *([] if options.bare else [*farm(), *WALKERS])]
        stack.callback(supervisor.stop)
        supervisor.servers = [one.server for one in servers]
        serve(where, notes, supervisor, began, demo=not options.bare)
        say("\nStopping …")
    say("Stopped.")
    return 0


def start_servers(
    where: Places, notes: Journal, env: dict[str, str], stack: ExitStack
) -> list[shared.Running]:
    """Start the private servers, or try those that the user named; fills in their addresses.

    Returns the private ones.
    """
    for name in ("DATABASE_URL", "REDIS_URL"):
        if env.get(name):
            product.check_given(where, notes, env, name)
    started = []
    if not env.get("DATABASE_URL"):
        postgis = shared.database(where, notes, name="pg", lasting=True)
        started.append(stack.enter_context(postgis))
    if not env.get("REDIS_URL"):
        cache = shared.redis(where, notes, name="redis", lasting=True)
        started.append(stack.enter_context(cache))
    for one in started:
        env |= one.env
    return started


def fill(
    where: Places, notes: Journal, env: dict[str, str], identity: str | None, *, bare: bool
) -> None:
    """Tables, static files and, unless `bare`, the model district and the demo."""
    product.migrate(where, notes, env, identity)
    product.collect_static(where, notes, env)
    if not bare:
        product.load_district(where, notes, env, identity)
        given = hashlib.sha256(env["DATABASE_URL"].encode()).hexdigest()
        product.load_demo(where, notes, env, identity or given)


def reach(where: Places, options: argparse.Namespace, env: dict[str, str]) -> dict[str, str]:
    """Where it listens and by which names it may be called; says so when a port was taken."""
    found = {"WEB_HOST": options.host}
    taken: set[int] = set()
    for name, after, what in LISTENING:
        # --port stands for WEB_PORT; the others follow it unless they are named themselves.
        named = env.get(name) if after else None
        wanted = _port(named) if named else min(options.port + after, 65535)
        got = ports.first_free(options.host, wanted, taken=taken)
        if wanted != got and wanted not in taken:
            print(f"Port {wanted} is taken; {what} takes {got}.")
        taken.add(got)
        found[name] = str(got)
    if not env.get("ALLOWED_HOSTS"):
        found["ALLOWED_HOSTS"] = ",".join(own_names(options.host))
    return found | ({} if options.bare else demo_settings(where, env))


def demo_settings(where: Places, env: dict[str, str]) -> dict[str, str]:
    """Let the demo's cameras on loopback be probed, and often enough to watch it."""
    ours = {
        "PROBE_NETWORKS": product.DEMO_NETWORKS,
        "PROBE_INTERVAL_S": DEMO_INTERVAL_S,
        "CAMERA_FARM": str(where.sockets / "farm.sock"),
    }
    return {name: value for name, value in ours.items() if not env.get(name)}


def farm() -> list[str]:
    """The farm's line in Procfile; nothing when a farm of another checkout holds its addresses.

    The devices of all farms are the same, so that one serves this checkout as well.
    """
    host, port = FARM
    if ports.first_free(host, port) == port:
        return ["farm"]
    print(f"Port {port} of {host} is taken; the cameras that another demo keeps there are used.")
    return []


def own_names(host: str) -> list[str]:
    """Names under which a browser may ask for us; any other `Host` header is refused."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    if is_everywhere(host):
        names.append(socket.gethostname())
        with suppress(OSError):
            names += socket.gethostbyname_ex(socket.gethostname())[2]
    else:
        names.append(f"[{host}]" if ":" in host else host)
    return list(dict.fromkeys(names))


def is_everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def serve(
    where: Places, notes: Journal, supervisor: Supervisor, began: float, *, demo: bool
) -> None:
    """Start the processes, say where they are, and keep them until Ctrl-C or a polite kill."""
    host = supervisor.env["WEB_HOST"]
    shown = "127.0.0.1" if is_everywhere(host) else f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{supervisor.env['WEB_PORT']}/"
    with notes.step("Processes"):
        supervisor.start()
        supervisor.wait_until_ready(address + "readyz")
    notes.note_time("Everything", round(time.monotonic() - began, 2))
    (where.run / "address").write_text(address, encoding="utf-8")
    # From the moment that the address is said, Ctrl-C is the ordinary way to end.
    with suppress(KeyboardInterrupt):
        print(f"\nThe wall is at {address} after {time.monotonic() - began:.0f} s.")
        if demo:
            say_sign_ins(where, host)
        print(f"Its processes write to {where.as_seen(supervisor.log)}.  Ctrl-C stops everything.")
        supervisor.watch()


def say_sign_ins(where: Places, host: str) -> None:
    print(product.sign_ins_file(where).read_text(encoding="utf-8").strip())
    if not host.startswith("127."):
        print("Others can reach this address, and the demo's passwords are public knowledge.")


def _address_of_other(where: Places) -> str:
    try:
        return f"the wall is at {(where.run / 'address').read_text(encoding='utf-8')}"
    except OSError:
        return "it is still starting"


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    arguments = read_arguments()
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: up(arguments)))
