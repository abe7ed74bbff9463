"""Cameras of a farm in the registry, for the tests of this folder."""

from collections.abc import Sequence

from django.contrib.gis.geos import Point
from django.utils import timezone

from cameras.models import Camera, CameraState, Owner, Team
from cameras.probe.target import Target
from gis_server.vault import seal

INTERVAL_S = 5


def register(targets: Sequence[Target], interval_s: int = INTERVAL_S) -> None:
    """Cameras at these addresses, due at once."""
    owner, team = Owner.objects.create(name="o"), Team.objects.create(name="t")
    for number, one in enumerate(targets):
        assert one.login is not None
        camera = Camera.objects.create(
            code=f"C{number}", name=f"C{number}", point=Point(112.56, 37.88, srid=4326),
            scope_code="140107001000", host=one.host, port=one.rtsp_port, path=one.path,
            username=one.login.username, sealed_password=seal(one.login.password),
            owner=owner, team=team, interval_s=interval_s,
        )  # fmt: skip
        CameraState.objects.create(camera=camera, since=timezone.now(), due_at=timezone.now())
