"""Pages of rules: the catalogue, deadlines, departments."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from events.models import Category, DeadlineRule, Department, DepartmentMember
from events.services import catalogue, deadline_rules, departments
from events.services.deadlines import dues_at
from gis_server.errors import Conflict, NotAllowed, NotFound
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.conftest import SignIn
from tests.events.town import DISTRICT, OTHER_STREET, STREET, Town, make_event, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(town: Town) -> User:
    return make_person("admin", Role.ADMINISTRATOR, DISTRICT)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def test_the_catalogue_of_each_kind_is_shown_in_its_order(client: Client) -> None:
    for kind in ("safety", "opinion", "service", "emergency"):
        page = client.get(f"/events/rules/catalogue/?kind={kind}").content.decode()
        entries = Category.objects.filter(kind=kind, parent__isnull=False)
        assert all(entry.name in page for entry in entries)


def test_an_entry_is_added_changed_moved_and_taken_out_of_use(client: Client) -> None:
    group = Category.objects.get(code="G01")
    sent = {
        "parent": group.pk,
        "code": "G0199",
        "name": "<b>窨井</b>",
        "hint": "",
        "severity": "major",
        "needs_photo": "on",
    }

    assert client.post("/events/rules/catalogue/?kind=service", sent).status_code == 302
    entry = Category.objects.get(code="G0199")
    assert entry.needs_photo
    client.post(f"/events/rules/catalogue/{entry.pk}/move/", {"do": "up"})
    changed = {"version": entry.version, "name": "窨井", "hint": "x", "severity": "minor"}
    client.post(f"/events/rules/catalogue/{entry.pk}/", changed)

    entry.refresh_from_db()
    assert (entry.name, entry.severity, entry.is_active, entry.version) == (
        "窨井",
        "minor",
        False,
        1,
    )
    codes = list(group.entries.order_by("position").values_list("code", flat=True))
    assert codes[-2:] == ["G0199", "G0105"]
    assert set(AuditRow.objects.filter(subject="G0199").values_list("action", flat=True)) == {
        "category.added",
        "category.moved",
        "category.changed",
    }


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.DISTRICT_LEADER, 200),
        (Role.STREET_LEADER, 403),
        (Role.OPERATOR, 403),
        (Role.PLANNER, 403),
    ],
)
def test_the_district_says_what_holds_for_all(
    sign_in: SignIn, town: Town, role: Role, status: int
) -> None:
    for page in ("catalogue", "deadlines", "departments"):
        assert sign_in(role).get(f"/events/rules/{page}/").status_code == status
        User.objects.filter(role=role.value).delete()


def test_what_was_added_is_escaped(client: Client, town: Town) -> None:
    Category.objects.create(kind="service", code="X", name="<script>alert(1)</script>")

    assert (
        "<script>alert(1)"
        not in client.get("/events/rules/catalogue/?kind=service").content.decode()
    )


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param({"code": "g01", "name": "x", "severity": "minor"}, 422, id="small letters"),
        pytest.param({"code": "G0101", "name": "x", "severity": "minor"}, 422, id="code is taken"),
        pytest.param({"code": "N1", "name": "x" * 41, "severity": "minor"}, 422, id="too long"),
        pytest.param({"code": "N1", "name": "x", "severity": "huge"}, 422, id="no severity"),
        pytest.param(
            {"code": "N1", "name": "x", "severity": "minor", "parent": "0"}, 422, id="no group"
        ),
    ],
)
def test_entries_that_there_cannot_be(client: Client, sent: dict[str, str], status: int) -> None:
    before = Category.objects.count()

    assert client.post("/events/rules/catalogue/?kind=service", sent).status_code == status
    assert Category.objects.count() == before


def test_an_old_page_of_an_entry_changes_nothing(client: Client, town: Town) -> None:
    Category.objects.filter(pk=town.entry.pk).update(version=3)
    sent = {"version": 2, "name": "New", "severity": "minor", "is_active": "on"}

    assert client.post(f"/events/rules/catalogue/{town.entry.pk}/", sent).status_code == 422
    assert Category.objects.get(pk=town.entry.pk).name == "井盖缺失"


def test_only_who_answers_for_all_events_changes_their_rules(town: Town) -> None:
    make_event(town.entry, scope_code=f"{OTHER_STREET}001001")
    street = make_person("half", Role.ADMINISTRATOR, STREET)

    with pytest.raises(NotAllowed):
        catalogue.move_category(by=street, category_id=town.entry.pk, up=True)


def test_a_deadline_holds_from_its_day_on_and_the_past_stays_answerable(
    client: Client, town: Town
) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    sent = {
        "stage": "accept",
        "category": town.entry.pk,
        "valid_from": tomorrow.isoformat(),
        "amount": 45,
        "unit": "minute",
        "amber": 30,
    }

    assert client.post("/events/rules/deadlines/", sent).status_code == 302
    assert client.post("/events/rules/deadlines/", sent).status_code == 422  # there is one

    rule = DeadlineRule.objects.get(category=town.entry)
    now = timezone.now()
    later = now + timedelta(days=2)
    assert dues_at(town.entry, "minor", "community", now).accept == now + timedelta(minutes=120)
    assert dues_at(town.entry, "minor", "community", later).accept == later + timedelta(minutes=45)
    today_page = client.get("/events/rules/deadlines/?day=2025-06-01").content.decode()
    assert today_page.count("T-0101") == 2  # among all that were entered, and in the form
    coming_page = client.get(f"/events/rules/deadlines/?day={tomorrow}").content.decode()
    assert coming_page.count("T-0101") == 3

    client.post(f"/events/rules/deadlines/{rule.pk}/remove/")
    assert not DeadlineRule.objects.filter(pk=rule.pk).exists()


def test_what_holds_already_is_not_taken_back(admin: User) -> None:
    rule = DeadlineRule.objects.first()
    assert rule is not None

    with pytest.raises(Conflict):
        deadline_rules.remove_rule(by=admin, rule_id=rule.pk, now=timezone.now())


@pytest.mark.parametrize("amount", ["0", "-1", "251", "x", "99999999999999999999"])
def test_times_that_are_none(client: Client, amount: str) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    sent = {
        "stage": "accept",
        "valid_from": tomorrow.isoformat(),
        "amount": amount,
        "unit": "workday",
        "amber": "30",
    }

    assert client.post("/events/rules/deadlines/", sent).status_code == 422


def test_a_department_is_made_filled_and_taken_out_of_use(
    client: Client, town: Town, handler: User
) -> None:
    sent = {"name": "区住建局", "area": DISTRICT, "phone": "3040"}
    assert client.post("/events/rules/departments/", sent).status_code == 302
    row = Department.objects.get(name="区住建局")

    page = client.get(f"/events/rules/departments/{row.pk}/").content.decode()
    assert handler.username in page
    changed = sent | {"version": row.version, "is_active": "on", "member": handler.pk}
    client.post(f"/events/rules/departments/{row.pk}/", changed)
    assert DepartmentMember.objects.filter(department=row, user=handler).exists()

    del changed["is_active"]
    client.post(f"/events/rules/departments/{row.pk}/", changed | {"version": 1})
    row.refresh_from_db()
    assert row.is_active is False


def test_a_department_elsewhere_is_not_there_and_none_is_made_elsewhere(
    town: Town, sign_in: SignIn
) -> None:
    street = make_person("half", Role.ADMINISTRATOR, STREET)
    elsewhere = Department.objects.create(name="SECRET", area=OTHER_STREET)

    with pytest.raises(NotFound):
        departments.department_for(street, elsewhere.pk)
    with pytest.raises(NotAllowed):
        departments.add_department(by=street, name="x", area=DISTRICT, phone="")


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/events/rules/catalogue/?kind=service", 5),
        ("/events/rules/deadlines/", 5),
        ("/events/rules/departments/", 6),
    ],
)
def test_a_page_costs_a_fixed_number_of_queries(
    client: Client, address: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(address)
    Department.objects.bulk_create(Department(name=str(n), area=DISTRICT) for n in range(20))

    with django_assert_num_queries(queries):
        client.get(address)
