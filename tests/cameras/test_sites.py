"""Sites: whose cameras a poller asks, and where these may be."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import ProtectedError

from cameras import services
from cameras.models import Camera, Site
from cameras.services.sites import Canary, canary, checked_networks
from gis_server.errors import Invalid, NotFound
from tests.cameras.conftest import MakeCamera


def claimed(site: str, now: datetime) -> list[int]:
    claims = services.claim(poller="a", limit=9, lease=timedelta(seconds=30), now=now, site=site)
    return [claim.camera_id for claim in claims]


def test_a_camera_belongs_to_the_main_site_unless_told_otherwise(make_camera: MakeCamera) -> None:
    make_camera()

    assert Camera.objects.get().site.name == "main"


def test_a_poller_gets_the_cameras_of_its_site_only(make_camera: MakeCamera, now: datetime) -> None:
    here = make_camera()
    there = make_camera(site=Site.objects.create(name="east"))

    assert claimed("east", now) == [there.id]
    assert claimed("main", now) == [here.id]
    assert claimed("nowhere", now) == []


def test_a_site_with_cameras_cannot_be_deleted(make_camera: MakeCamera) -> None:
    make_camera()

    with pytest.raises(ProtectedError):
        Site.objects.all().delete()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("10.0.0.1:80", Canary("10.0.0.1", 80), id="an address"),
        pytest.param("gateway.lan:443", Canary("gateway.lan", 443), id="a name"),
        pytest.param("[fd00::1]:554", Canary("fd00::1", 554), id="IPv6"),
    ],
)
def test_a_canary_is_read(text: str, found: Canary) -> None:
    assert canary(text) == found


@pytest.mark.parametrize("text", ["", "10.0.0.1", ":80", "a:0", "a:65536", "a:-1", "a:８０", "a:x"])
def test_what_is_no_canary_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        canary(text)


@pytest.mark.parametrize(
    ("networks", "allowed"),
    [
        pytest.param([], ["10.0.0.0/8", "fd00::/8"], id="none: all that the setting has"),
        pytest.param(["10.1.0.0/16"], ["10.1.0.0/16"], id="a part"),
        pytest.param(["fd00:1::/32"], ["fd00:1::/32"], id="IPv6"),
    ],
)
def test_networks_of_a_site(settings: Any, networks: list[str], allowed: list[str]) -> None:
    settings.PROBE_NETWORKS = ["10.0.0.0/8", "fd00::/8"]

    assert checked_networks(networks) == allowed


@pytest.mark.parametrize("cidr", ["11.0.0.0/16", "10.0.0.0/7", "0.0.0.0/0", "fc00::/7", "x", ""])
def test_a_site_leads_nowhere_the_setting_does_not(settings: Any, cidr: str) -> None:
    settings.PROBE_NETWORKS = ["10.0.0.0/8", "fd00::/8"]

    with pytest.raises(Invalid):
        checked_networks([cidr])


def test_rules_of_a_site_that_is_not_there(db: None) -> None:
    with pytest.raises(NotFound):
        services.site_rules("nowhere")
    with pytest.raises(CommandError, match="nowhere"):
        call_command("poll", "--once", "--site", "nowhere")
