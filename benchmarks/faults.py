"""The fault matrix: each fault of the farm 50 times over, and the share that got the right reason.

Fifty devices with the quirks of real servers get each fault in turn, all at once, and are asked
through the whole engine.  The farm is a process of its own.  Faults of the ONVIF service must show
in their rung and leave the verdict good.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import uvloop

from benchmarks.report import Measure, at_least, finish
from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.result import Verdict, verdict_of
from cameras.probe.runner import probe
from cameras.probe.steps import steps_for
from cameras.probe.target import Login, Target
from fixtures.camera_farm import plan
from fixtures.camera_farm.control import Farm
from fixtures.camera_farm.faults import Fault

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 50
PORT = 28554
BUDGET_S, SHORT_S = 10.0, 1.0
NO_ROUTE_HOST = "2001:db8::1"  # RFC 3849: for documentation, routed nowhere
Change = Callable[[Target], Target]


@dataclass(frozen=True)
class Case:
    """A fault, and what the engine is to make of it.

    rung: the step that must show another reason than OK while the verdict stays.  change: what is
    asked instead of the device's right address and login.  clock_s: how far its clock is put off.
    """

    name: str
    fault: Fault
    reason: Reason
    rung: tuple[str, Reason] | None = None
    change: Change = lambda target: target
    budget_s: float = BUDGET_S
    clock_s: float = 0


def with_login(**changes: object) -> Change:
    def change(target: Target) -> Target:
        if target.login is None:
            raise ValueError("the device has no login")
        return replace(target, login=replace(target.login, **changes))  # type: ignore[arg-type]

    return change


def onvif(
    fault: Fault, reason: Reason, *, step: str = "onvif_clock", budget_s: float = BUDGET_S
) -> Case:
    return Case(fault.value, fault, Reason.OK, (step, reason), budget_s=budget_s)


def simple(fault: Fault, reason: Reason) -> Case:
    return Case(fault.value, fault, reason)


BELIEVED = with_login(believed=True)
CASES = (
    simple(Fault.NONE, Reason.OK),
    simple(Fault.REFUSE, Reason.REFUSED),
    Case("unreachable", Fault.UNREACHABLE, Reason.CONNECT_TIMEOUT, budget_s=SHORT_S),
    Case("silent", Fault.SILENT, Reason.SILENT, budget_s=SHORT_S),
    simple(Fault.HANG_UP, Reason.HUNG_UP),
    Case("tls", Fault.TLS, Reason.OK, change=lambda target: replace(target, tls=True)),
    Case(
        "tls at a port without it",
        Fault.NONE,
        Reason.TLS_FAILED,
        change=lambda target: replace(target, tls=True),
        budget_s=SHORT_S,
    ),
    Case(
        "broken tls",
        Fault.BROKEN_TLS,
        Reason.TLS_FAILED,
        change=lambda target: replace(target, tls=True),
    ),
    simple(Fault.NOT_RTSP, Reason.NOT_RTSP),
    simple(Fault.GARBAGE, Reason.NOT_RTSP),
    simple(Fault.TORN, Reason.HUNG_UP),
    simple(Fault.SLOW, Reason.OK),
    simple(Fault.DRIP, Reason.OK),
    simple(Fault.TWO_REPLIES, Reason.OK),
    simple(Fault.WRONG_CSEQ, Reason.NOT_RTSP),
    simple(Fault.BIG_HEADER, Reason.NOT_RTSP),
    simple(Fault.ENDLESS_BODY, Reason.NOT_RTSP),
    simple(Fault.REDIRECT, Reason.REJECTED),
    simple(Fault.ERROR, Reason.REJECTED),
    simple(Fault.WRONG_LOGIN, Reason.WRONG_LOGIN),
    Case("locked", Fault.LOCKED, Reason.LOCKED, change=BELIEVED),
    Case(
        "no login stored",
        Fault.NONE,
        Reason.LOGIN_NEEDED,
        change=lambda target: replace(target, login=None),
    ),
    Case("budget spent", Fault.NONE, Reason.WRONG_LOGIN, change=with_login(may_try=False)),
    simple(Fault.STALE, Reason.OK),
    simple(Fault.STALE_FOR_EVER, Reason.REJECTED),
    simple(Fault.NEW_NONCES, Reason.WRONG_LOGIN),
    simple(Fault.PLAIN_LOGIN, Reason.PLAIN_LOGIN_ONLY),
    simple(Fault.NO_VIDEO, Reason.NO_VIDEO),
    simple(Fault.EMPTY_SDP, Reason.NO_VIDEO),
    simple(Fault.UNKNOWN_CODEC, Reason.OK),
    simple(Fault.NOT_FOUND, Reason.STREAM_NOT_FOUND),
    simple(Fault.BUSY, Reason.BUSY),
    simple(Fault.NO_TCP, Reason.OK),
    simple(Fault.ODD_CSEQ, Reason.OK),
    simple(Fault.SPLIT_LINES, Reason.OK),
    simple(Fault.GUARDED_OPTIONS, Reason.OK),
    Case("clock off", Fault.NONE, Reason.CLOCK_OFF, clock_s=420),
    Case("clock slow", Fault.NONE, Reason.CLOCK_OFF, clock_s=-8 * 3600),
    simple(Fault.ONVIF_DIGEST, Reason.OK),
    simple(Fault.FOREIGN_XADDR, Reason.OK),
    onvif(Fault.ONVIF_REFUSES, Reason.WRONG_LOGIN, step="onvif_device"),
    onvif(Fault.ONVIF_SILENT, Reason.SILENT, budget_s=SHORT_S),
    onvif(Fault.ONVIF_BOMB, Reason.NOT_ONVIF),
    onvif(Fault.ONVIF_REDIRECT, Reason.REJECTED),
    onvif(Fault.ONVIF_ENDLESS, Reason.NOT_ONVIF),
    onvif(Fault.ONVIF_GZIP, Reason.NOT_ONVIF),
    Case(
        "no ONVIF",
        Fault.NONE,
        Reason.OK,
        ("onvif_clock", Reason.REFUSED),
        change=lambda target: replace(target, onvif_port=1),
    ),
    Case(
        "no route",
        Fault.NONE,
        Reason.NO_ROUTE,
        change=lambda target: replace(target, host=NO_ROUTE_HOST),
    ),
    Case(
        "no such name",
        Fault.NONE,
        Reason.NAME_NOT_RESOLVED,
        change=lambda target: replace(target, host="摄像机" * 30),
    ),
    Case(
        "not allowed",
        Fault.NONE,
        Reason.NOT_ALLOWED,
        change=lambda target: replace(target, host="203.0.113.66"),
    ),
)
"""Complete: a test holds it against the farm's faults."""


@contextmanager
def farm(count: int, port: int) -> Iterator[Farm]:
    """A farm of `count` light devices in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "farm.sock"
        command = [sys.executable, "-m", "fixtures.camera_farm", "--count", str(count)]
        command += ["--video", "0", "--port", str(port), "--control", str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                said = process.stdout.readline() if process.stdout else ""
                if "cameras answer" not in said:
                    raise RuntimeError(f"the farm said {said!r}")
                yield Farm(path)
            finally:
                process.terminate()


def target_of(device: plan.Device) -> Target:
    login = Login(device.username, device.password)
    return Target(device.host, device.port, device.path, login, onvif_port=device.onvif_port)


async def ask_all(case: Case, devices: Sequence[plan.Device]) -> list[Verdict]:
    net = TcpNet(["127.0.0.0/8", "2001:db8::/32"])
    steps = steps_for(clock=True, device=True)
    ladders = (
        probe(case.change(target_of(device)), steps, net, budget_s=case.budget_s)
        for device in devices
    )
    return [verdict_of(results) for results in await asyncio.gather(*ladders)]


def outcome(case: Case, verdict: Verdict) -> str:
    """ "" where it is right, else what was found instead."""
    shown = next(
        (r["reason"] for r in verdict.rungs if case.rung and r["step"] == case.rung[0]), ""
    )
    if verdict.reason is case.reason and (case.rung is None or shown == case.rung[1]):
        return ""
    return f"{verdict.reason.value} ({verdict.detail or shown})"


def tried(case: Case, control: Farm, devices: Sequence[plan.Device]) -> Counter[str]:
    """How often which outcome came; the devices are well again afterwards."""
    for device in devices:
        control.set_clock(device.host, case.clock_s)
        control.set(device.host, case.fault.value)
    try:
        verdicts = uvloop.run(ask_all(case, devices))
    finally:
        for device in devices:
            control.restore(device.host)
    return Counter(outcome(case, verdict) for verdict in verdicts)


def main() -> int:
    devices = plan.devices(REPEATS, 0, PORT)
    measures = []
    with farm(REPEATS, PORT) as control:
        for case in CASES:
            found = tried(case, control, devices)
            right = 100 * found.pop("", 0) / REPEATS
            for text, times in found.items():
                print(f"{case.name}: {times} times {text}", file=sys.stderr)
            name = f"{case.name} → {(case.rung or ('', case.reason))[1].value}"
            measures.append(Measure(name, right, "% right", goal=at_least(100)))
    return finish("faults", measures)


if __name__ == "__main__":
    sys.exit(main())
