"""The pages of sites: who asks which cameras, and the forms of a site."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from cameras import services
from cameras.health import State
from cameras.models import Camera, CameraState, Notice, PollerBeat, Site
from cameras.probe.reason import Reason
from cameras.services import WantedSite
from gis_server.errors import Conflict
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.cameras.conftest import OTHER_STREET, STREET, MakeCamera
from tests.cameras.threads import together
from tests.conftest import MakeUser, SignIn

PAGE = {"accept": "text/html"}


@pytest.fixture(autouse=True)
def networks(settings: LazySettings) -> None:
    settings.PROBE_NETWORKS = ["10.0.0.0/8", "127.0.0.0/8", "fd00::/8"]


@pytest.fixture
def boss(sign_in: SignIn) -> Client:
    return sign_in(Role.ADMINISTRATOR)


@pytest.fixture
def east(db: None) -> Site:
    return Site.objects.create(name="east", networks=["10.20.0.0/16"], canaries=["10.20.0.1:80"])


def beat(**values: Any) -> PollerBeat:
    now = timezone.now()
    given = {"name": "host-1", "site": "east", "started_at": now, "seen_at": now} | values
    return PollerBeat.objects.create(**given)


def text(client: Client, path: str = "/cameras/sites/", status: int = 200) -> str:
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == status
    return answer.content.decode()


def of_east(answer: Any) -> Any:
    """What the page tells of that site; there is a main one beside it, always."""
    return next(row for row in answer.context["rows"] if row["site"].name == "east")


def filled(**values: Any) -> dict[str, Any]:
    return {
        "networks": "10.20.0.0/16\nfd00:1::/32",
        "ports": "554, 80",
        "canaries": "10.20.0.1:80 [fd00:1::1]:554 gateway.lan:443",
        "lost_share_pct": "30",
    } | values


def test_a_site_says_who_takes_its_pictures_and_that_nobody_does(
    boss: Client, make_camera: MakeCamera, east: Site
) -> None:
    make_camera(site=east)
    assert "bin/manage pictures --site east" in text(boss)

    beat(name="photo-1", kind=PollerBeat.Kind.PICTURES, asked=7)

    page = text(boss)
    assert "photo-1" in page
    assert "bin/manage pictures --site east" not in page
    assert "bin/manage poll --site east" in page


def test_a_site_shows_its_cameras_by_state_and_only_those_of_the_reader(
    sign_in: SignIn, make_camera: MakeCamera, east: Site
) -> None:
    make_camera(site=east, state=State.OFFLINE, reason=Reason.NO_ROUTE)
    make_camera(site=east, state=State.ONLINE, reason=Reason.OK)
    make_camera(site=east, state=State.ONLINE, reason=Reason.OK, scope_code=OTHER_STREET)
    CameraState.objects.filter(camera=make_camera(site=east)).delete()

    answer = sign_in(scope=(STREET,)).get("/cameras/sites/", headers=PAGE)

    row = of_east(answer)
    assert {one["value"]: one["count"] for one in row["counts"]} == {
        "offline": 1,
        "degraded": 0,
        "unknown": 1,
        "online": 1,
    }
    assert f"?site={east.pk}&amp;state=offline" in answer.content.decode()


@pytest.mark.parametrize(
    ("values", "badge"),
    [
        pytest.param({}, "good", id="heard"),
        pytest.param({"suspects_itself": True}, "warn", id="suspects itself"),
        # services.watch.BEAT_LASTS: 30 s.
        pytest.param({"seen_at": timezone.now() - timedelta(seconds=31)}, "bad", id="silent"),
    ],
)
def test_a_poller_is_at_work_or_suspects_itself_or_is_silent(
    boss: Client, east: Site, values: dict[str, Any], badge: str
) -> None:
    beat(**values)

    row = of_east(boss.get("/cameras/sites/", headers=PAGE))

    assert [one["badge"] for one in row["pollers"]] == [badge]
    assert row["is_asked"] is (badge != "bad")


def test_a_site_that_nobody_asks_says_what_to_do(
    boss: Client, make_camera: MakeCamera, east: Site
) -> None:
    make_camera(site=east)

    assert "bin/manage poll --site east" in text(boss)
    beat()
    assert "bin/manage poll --site east" not in text(boss)


def test_before_the_first_site_the_page_says_so(boss: Client) -> None:
    Site.objects.all().delete()

    html = text(boss)

    assert "empty-state" in html
    assert "bin/manage poll" in html


def test_a_blind_site_says_since_when(boss: Client, east: Site) -> None:
    opened = timezone.now() - timedelta(minutes=7)
    Notice.objects.create(kind="blind", site="east", opened_at=opened, detail="0 of 3 <b>")
    Notice.objects.create(kind="many_at_once", site="east", opened_at=opened, closed_at=opened)

    answer = boss.get("/cameras/sites/", headers=PAGE)

    html = answer.content.decode()
    assert [one["row"].opened_at for one in of_east(answer)["notices"]] == [opened]
    assert "0 of 3 &lt;b&gt;" in html


MEANT = {
    "blind": ["All its cameras are unknown", "the machine that the poller runs on"],
    "many_at_once": ["offline later, and only while canaries answer", "Nothing that these cameras"],
    "lossy_line": ["Cameras that fail meanwhile are unknown", "how full the line is"],
    "not_asked": ["Nothing new is heard of its cameras", "bin/manage poll --site east"],
    "no_store": ["the states of its cameras hold", "the disk of the pictures"],
}
"""What follows from each, as `cameras.sight` and `services.watch` have it, and what to do."""


@pytest.mark.parametrize("kind", Notice.Kind.values)
def test_each_notice_says_what_becomes_of_the_cameras_and_nothing_of_another_kind(
    boss: Client, make_camera: MakeCamera, east: Site, kind: str
) -> None:
    make_camera(site=east)
    if kind != "not_asked":
        beat()
    Notice.objects.create(kind=kind, site="east", opened_at=timezone.now())

    html = boss.get("/cameras/sites/", headers=PAGE | {"accept-language": "en"}).content.decode()

    said = {one for one, words in MEANT.items() if any(word in html for word in words)}
    assert said == {kind}
    assert all(html.count(word) == 1 for word in MEANT[kind])


def test_a_poller_that_was_started_before_the_bounds_were_changed_is_told_of(
    boss: Client, east: Site
) -> None:
    beat(started_at=timezone.now() - timedelta(hours=1))

    answer = boss.post(f"/cameras/sites/{east.pk}/", filled(version="0"), headers=PAGE, follow=True)

    row = of_east(answer)
    assert [one["outdated"] for one in row["pollers"]] == [True]


def test_names_from_outside_are_escaped(boss: Client, east: Site) -> None:
    beat(name="<script>1</script>", version="<i>")

    assert "<script>1" not in text(boss)
    assert "<i>" not in text(boss)


def test_the_page_costs_a_fixed_number_of_queries(
    boss: Client, make_camera: MakeCamera, django_assert_num_queries: Any
) -> None:
    def costs() -> None:
        # Session and user; sites, their number; cameras by state; beats; notices.
        with django_assert_num_queries(7):
            boss.get("/cameras/sites/", headers=PAGE)

    make_camera()
    boss.get("/cameras/sites/")
    costs()
    for number in range(9):
        make_camera(site=Site.objects.create(name=f"s{number}"))
        beat(name=f"p{number}", site=f"s{number}")
        Notice.objects.create(kind="blind", site=f"s{number}", opened_at=timezone.now())
    costs()


def test_operators_read_and_only_administrators_change(
    sign_in: SignIn, operator: Client, east: Site
) -> None:
    html = text(operator)
    assert "10.20.0.0/16" in html
    # A canary may be a device of anybody's area.
    assert "10.20.0.1" not in html
    assert f"/cameras/sites/{east.pk}/" not in html
    for client in (operator, sign_in(Role.MAINTAINER), sign_in(Role.PLANNER)):
        for path in ("new/", f"{east.pk}/", f"{east.pk}/remove/"):
            assert client.post(f"/cameras/sites/{path}", filled()).status_code == 403
    assert sign_in(Role.GRID_WORKER).get("/cameras/sites/").status_code == 403


def test_a_site_is_made_with_an_audit_row(boss: Client) -> None:
    answer = boss.post("/cameras/sites/new/", filled(name="west"), headers=PAGE)

    row = Site.objects.get(name="west")
    assert answer.headers["Location"] == "/cameras/sites/"
    assert row.networks == ["10.20.0.0/16", "fd00:1::/32"]
    assert row.ports == [80, 554]
    assert row.canaries == ["10.20.0.1:80", "[fd00:1::1]:554", "gateway.lan:443"]
    assert AuditRow.objects.get().action == "site.added"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"name": "a b"}, "name", id="a space in the name"),
        pytest.param({"name": "东"}, "name", id="a name that no shell likes"),
        pytest.param({"name": "east"}, "name", id="a name that is taken"),
        pytest.param({"networks": "10.20.0.1/16"}, "networks", id="host bits"),
        pytest.param({"networks": "8.8.8.0/24"}, "networks", id="outside PROBE_NETWORKS"),
        pytest.param({"networks": "x"}, "networks", id="no network"),
        pytest.param(
            {"networks": " ".join(f"10.0.{one}.0/24" for one in range(65))}, "networks", id="many"
        ),
        pytest.param({"networks": "1" * 8_001}, "networks", id="long"),
        pytest.param({"ports": "0"}, "ports", id="port 0"),
        pytest.param({"ports": "65536"}, "ports", id="too large a port"),
        pytest.param({"ports": "٥٥٤"}, "ports", id="digits of another script"),
        pytest.param({"ports": "-1"}, "ports", id="negative"),
        pytest.param({"canaries": "10.20.0.1"}, "canaries", id="no port"),
        pytest.param({"canaries": "10.22.0.1:80"}, "canaries", id="outside the site"),
        pytest.param(
            {"canaries": " ".join(f"10.20.0.{one}:80" for one in range(17))}, "canaries", id="17"
        ),
        pytest.param({"lost_share_pct": "0"}, "lost_share_pct", id="no share"),
        pytest.param({"lost_share_pct": "101"}, "lost_share_pct", id="more than all"),
    ],
)
def test_what_no_site_can_be_is_told_at_its_field(
    boss: Client, east: Site, values: dict[str, str], field: str
) -> None:
    answer = boss.post("/cameras/sites/new/", filled(name="west") | values, headers=PAGE)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert Site.objects.filter(name="west").count() == 0


def test_what_was_changed_stands_in_the_audit_trail(boss: Client, east: Site) -> None:
    boss.post(f"/cameras/sites/{east.pk}/", filled(version="0", ports="554"))

    row = AuditRow.objects.get(action="site.changed")
    assert row.subject == "east"
    assert row.detail["ports"] == [[], [554]]
    assert "lost_share_pct" not in row.detail
    east.refresh_from_db()
    assert (east.version, east.ports) == (1, [554])


def test_a_form_sent_unchanged_changes_nothing(boss: Client, east: Site) -> None:
    form = boss.get(f"/cameras/sites/{east.pk}/", headers=PAGE).context["form"]
    sent = {name: form[name].value() for name in form.fields}

    boss.post(f"/cameras/sites/{east.pk}/", sent)

    assert not AuditRow.objects.exists()
    assert Site.objects.get(pk=east.pk).version == 0


def test_whoever_saves_second_is_told_and_overwrites_nothing(boss: Client, east: Site) -> None:
    boss.post(f"/cameras/sites/{east.pk}/", filled(version="0", ports="554"))

    answer = boss.post(f"/cameras/sites/{east.pk}/", filled(version="0", ports="80"), headers=PAGE)

    assert answer.status_code == 422
    assert Site.objects.get(pk=east.pk).ports == [554]


def test_a_site_with_cameras_of_another_area_is_not_theirs_to_change(
    sign_in: SignIn, make_camera: MakeCamera, east: Site
) -> None:
    make_camera(site=east, scope_code=OTHER_STREET)
    client = sign_in(Role.ADMINISTRATOR, (STREET,))

    answer = client.post(f"/cameras/sites/{east.pk}/", filled(version="0"), headers=PAGE)

    assert answer.status_code == 422
    assert Site.objects.get(pk=east.pk).version == 0
    client.post(f"/cameras/sites/{east.pk}/remove/")
    assert Site.objects.filter(pk=east.pk).exists()


def test_only_a_site_without_cameras_is_removed_and_never_the_main_one(
    boss: Client, make_camera: MakeCamera, east: Site
) -> None:
    camera = make_camera(site=east)
    boss.post(f"/cameras/sites/{east.pk}/remove/")
    assert Site.objects.filter(pk=east.pk).exists()

    Camera.objects.filter(pk=camera.pk).delete()
    boss.post(f"/cameras/sites/{east.pk}/remove/")
    assert not Site.objects.filter(pk=east.pk).exists()

    main = Site.objects.get_or_create(name="main")[0]
    boss.post(f"/cameras/sites/{main.pk}/remove/")
    assert Site.objects.filter(pk=main.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told(make_user: MakeUser) -> None:
    boss = make_user(Role.ADMINISTRATOR)
    site = Site.objects.create(name="east")

    def save(ports: list[int]) -> str:
        wanted = WantedSite(networks=[], ports=ports, canaries=[], lost_share_pct=30)
        try:
            services.change_site(
                by=User.objects.get(pk=boss.pk),
                site_id=site.pk,
                version=0,
                wanted=wanted,
                now=timezone.now(),
            )
        except Conflict:
            return "told"
        return "saved"

    assert sorted(together(lambda: save([1]), lambda: save([2]))) == ["saved", "told"]
    assert Site.objects.get(pk=site.pk).version == 1
    assert AuditRow.objects.count() == 1


def test_a_site_that_is_gone_is_not_found(boss: Client) -> None:
    assert boss.get("/cameras/sites/99/", headers=PAGE).status_code == 404
