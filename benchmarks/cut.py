"""Seconds from a cut cable to "offline" among 10,000 cameras at 60 s, all parts real.

300 cameras of the farm are cut (packets to them vanish), each at a random moment of two minutes,
while the product's poller asks them and 9,700 of the fleet.  The time ends when a listener of the
change feed, as the live process is one, has read that the camera is offline: that is what the wall
is sent.
"""

import os
import random
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import django

from benchmarks import faults, sweep
from benchmarks.report import Measure, at_most, finish
from fixtures.camera_farm.control import Farm
from fixtures.camera_farm.faults import Fault

FLEET, CUT = 9_700, 300
FARM_PORT = 28_554
OVER_S = 120.0
PATIENCE_S = 240.0
INTERVAL_S = 60.0
CANARIES = 3


@dataclass
class Feed:
    """The change feed as a listener hears it."""

    line: Any
    heard_until: int = 0
    offline_s: dict[int, float] = field(default_factory=dict)
    """When which camera was first told to be offline, by this process's clock."""

    def listen(self, for_s: float) -> None:
        """Take in what comes within so many seconds, or until something has come."""
        if not select.select([self.line], [], [], max(0.0, for_s))[0]:
            return
        self.line.poll()
        self.line.notifies.clear()
        from gis_server.models import ChangeRow  # noqa: PLC0415 - Django is set up by now

        news = ChangeRow.objects.filter(id__gt=self.heard_until, topic="camera").order_by("id")
        for row in news:
            self.heard_until = row.pk
            if row.data["state"] == "offline":
                self.offline_s.setdefault(int(row.subject), time.monotonic())


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now

    call_command("migrate", verbosity=0)
    sweep.register(FLEET)
    with faults.farm(CUT, FARM_PORT) as farm, sweep.farm(FLEET, 0):
        hosts = register_farm()
        with sweep.poller():
            wait_until_online()
            cut_s, feed = cut_one_by_one(farm, hosts)
    took = sorted(
        feed.offline_s[camera] - began
        for camera, began in cut_s.items()
        if camera in feed.offline_s
    )
    return finish("cut", measures(took, [one for one in feed.offline_s if one not in cut_s]))


def measures(took: list[float], others: list[int]) -> list[Measure]:
    if not took:
        sys.exit("bench cut: nobody was called offline.")
    name = f"{CUT} of {FLEET + CUT:,} cameras, cut → offline"
    return [
        Measure(f"{name}: median", took[len(took) // 2], "s"),
        Measure(f"{name}: p99", took[int(len(took) * 0.99)], "s", goal=at_most(120)),
        Measure(f"{name}: latest", took[-1], "s", goal=at_most(180)),
        Measure("cut and not told within four minutes", CUT - len(took), "", goal=at_most(0)),
        Measure("told to be offline and not cut", len(others), "", goal=at_most(0)),
    ]


def register_farm() -> dict[int, str]:
    """The farm's devices beside the fleet, canaries, and a second of its own for each camera to be
    asked first; the addresses by the ids of their cameras.
    """
    from django.db import connection  # noqa: PLC0415 - Django is set up by now
    from django.utils import timezone  # noqa: PLC0415

    from cameras.models import Camera, CameraState, Site  # noqa: PLC0415
    from fixtures.camera_farm import plan  # noqa: PLC0415
    from gis_server.vault import seal  # noqa: PLC0415

    like = Camera.objects.first()
    assert like is not None
    made = {}
    for device in plan.devices(CUT, 0, FARM_PORT):
        camera = Camera.objects.create(
            code=f"F{device.index}", name=f"F{device.index}", point=like.point,
            scope_code=like.scope_code, host=device.host, port=device.port, path=device.path,
            username=device.username, sealed_password=seal(device.password), owner=like.owner,
            team=like.team,
        )  # fmt: skip
        CameraState.objects.create(camera=camera, since=timezone.now(), due_at=timezone.now())
        made[camera.id] = device.host
    canaries = [f"{plan.fleet_host(index)}:{sweep.PORT}" for index in range(CANARIES)]
    Site.objects.update_or_create(name="main", defaults={"canaries": canaries})
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cameras_camerastate SET due_at = now() + random() * interval '1 minute'"
        )
    return made


def wait_until_online() -> None:
    """Wait until each camera has been found well, and asked once more in its own phase."""
    from cameras.models import CameraState  # noqa: PLC0415 - Django is set up by now

    deadline = time.monotonic() + PATIENCE_S
    while CameraState.objects.exclude(state="online").exists():
        if time.monotonic() > deadline:
            wrong = CameraState.objects.exclude(state="online").values_list("reason", "detail")
            sys.exit(f"bench cut: not all are online: {list(wrong[:3])}")
        time.sleep(1)
    time.sleep(INTERVAL_S)


def cut_one_by_one(farm: Farm, hosts: dict[int, str]) -> tuple[dict[int, float], Feed]:
    """Cut each at its moment; when that was, and the feed once all are told or patience is over."""
    chance = random.Random(4)
    moments = sorted((chance.uniform(0, OVER_S), camera) for camera in hosts)
    cut_s: dict[int, float] = {}
    with feed_of_changes() as feed:
        began = time.monotonic()
        for moment, camera in moments:
            while (left_s := began + moment - time.monotonic()) > 0:
                feed.listen(left_s)
            farm.set(hosts[camera], Fault.UNREACHABLE.value)
            cut_s[camera] = time.monotonic()
        deadline = time.monotonic() + PATIENCE_S
        while not cut_s.keys() <= feed.offline_s.keys() and time.monotonic() < deadline:
            feed.listen(1.0)
    return cut_s, feed


@contextmanager
def feed_of_changes() -> Iterator[Feed]:
    """A connection of its own that hears of every change from now on."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    from gis_server import live  # noqa: PLC0415

    line = connection.copy()
    line.ensure_connection()
    try:
        with line.cursor() as cursor:
            cursor.execute(f"LISTEN {live.CHANNEL}")
        yield Feed(line.connection, heard_until=live.last_id())
    finally:
        line.close()


if __name__ == "__main__":
    sys.exit(main())
