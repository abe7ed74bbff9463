"""A community of two grids, its cameras, whoever reports there and whoever walks, while something
breaks: `python -m tests.faults.people PORT` enters them into the database that the environment
names, the cameras as those of a farm at that port, and prints what their phones need as JSON.
`people yards 12` has twelve in each yard of `tests.faults.province`, a site each.
"""

import json
import sys
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402

from benchmarks.faults import target_of  # noqa: E402
from cameras.models import Camera, Site  # noqa: E402
from cameras.probe.target import Login, Target  # noqa: E402
from fixtures.camera_farm import plan  # noqa: E402
from gis_server.accounts import tokens  # noqa: E402
from gis_server.roles import Permission, Role  # noqa: E402
from patrols.intake.tokens import new_token  # noqa: E402
from tests.events.reports import HERE, make_entry  # noqa: E402
from tests.events.town import STREET, make_person  # noqa: E402
from tests.faults import yard  # noqa: E402
from tests.faults.fleet import register  # noqa: E402
from tests.grids.territory import COMMUNITY, two_grids  # noqa: E402
from tests.patrols.on_duty import make_device, make_duty, make_member  # noqa: E402

CAMERAS, CANARIES = 60, 4


def token_of(role: Role, *permissions: Permission) -> str:
    user = make_person(role.value, role, STREET)
    wanted = tokens.Wanted("faults", list(permissions), [], 1)
    return tokens.make(user=user, wanted=wanted, now=timezone.now())[1]


def on_duty_now() -> tuple[int, str]:
    """The device of somebody whose duty lasts from hours ago to hours from now, and its token."""
    begins, ends = (timezone.localtime() + timedelta(hours=hours) for hours in (-4, 4))
    member = make_member(COMMUNITY, number="FAULTS")
    make_duty(
        member, begins.date(), begins=begins.time().replace(microsecond=0),
        ends=ends.time().replace(microsecond=0), code=COMMUNITY,
    )  # fmt: skip
    token = new_token()
    return make_device(member, token).pk, token


def enter_cameras(port: int) -> None:
    devices = plan.devices(CAMERAS + CANARIES, 0, port)
    register([target_of(device) for device in devices[:CAMERAS]])
    Camera.objects.update(has_video=False)  # the light devices of a farm show no films
    canaries = [f"{device.host}:{device.port}" for device in devices[CAMERAS:]]
    Site.objects.update_or_create(name="main", defaults={"canaries": canaries})


def enter_yards(cameras: int) -> None:
    login = Login("viewer", "right-horse")
    targets = []
    for name, network in yard.SITES.items():
        hosts = yard.hosts(network, cameras)
        targets += [Target(host, yard.PORT, "/live", login) for host in hosts[:cameras]]
        canaries = [f"{host}:{yard.PORT}" for host in hosts[cameras:]]
        Site.objects.create(name=name, networks=[f"{network}.0/24"], canaries=canaries)
    register(targets)
    for name, network in yard.SITES.items():
        site = Site.objects.get(name=name)
        Camera.objects.filter(host__startswith=f"{network}.").update(site=site, has_video=False)


def main() -> None:
    two_grids()
    if sys.argv[1] == "yards":
        enter_yards(int(sys.argv[2]))
    else:
        enter_cameras(int(sys.argv[1]))
    device, device_token = on_duty_now()
    told = {
        "reports": token_of(Role.GRID_WORKER, Permission.REPORT_EVENTS),
        "sees": token_of(Role.OPERATOR, Permission.SEE_CAMERAS, Permission.SEE_EVENTS),
        "category": make_entry().code,
        "device": device,
        "device_token": device_token,
    }
    json.dump(told | HERE, sys.stdout)


if __name__ == "__main__":
    main()
