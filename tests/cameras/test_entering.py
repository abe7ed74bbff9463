"""A whole table of cameras: new, changed or as it was; a dry run; all or nothing; who may."""

import io
import json
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from django.test import Client

from cameras.models import Camera, CameraState, Credential
from cameras.roster import COLUMNS, read_roster
from cameras.services import Entered, enter_roster
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from gis_server.vault import unseal
from tests.cameras.conftest import OTHER_STREET, STREET, MakeCamera
from tests.conftest import MakeUser, SignIn

HEAD = (
    "编号,名称,经度,纬度,IP地址,端口,用户名,密码,区划代码,责任单位,杆号,朝向,国标编码,类别,"
    "上联设备类型,上联设备\n"
)
ROW = (
    "c-1,东门,112.57,37.88,10.0.0.9,8554,viewer,hush-hush,{street},水务局,P-1,90,"
    "14010700001320000001,一类,交换机,S 1\n"
)
OK = HEAD + ROW.format(street=STREET)


@pytest.fixture
def technician(make_user: MakeUser) -> User:
    return make_user(Role.MAINTAINER, (STREET,))


def enter(text: str, by: User, now: datetime, *, dry_run: bool = False) -> Entered:
    roster = read_roster(text.encode())
    assert roster.faults == []
    return enter_roster(by=by, entries=roster.entries, now=now, dry_run=dry_run)


def counts(entered: Entered) -> tuple[int, int, int, int]:
    return entered.new, entered.changed, entered.same, len(entered.faults)


def test_a_table_with_chinese_heads_is_entered(technician: User, now: datetime) -> None:
    assert counts(enter(OK, technician, now)) == (1, 0, 0, 0)

    camera = Camera.objects.select_related("owner", "upstream", "state").get()
    assert unseal(bytes(camera.sealed_password or b"")) == "hush-hush"
    assert (camera.owner.name, camera.pole, camera.direction_deg) == ("水务局", "P-1", 90)
    assert (camera.priority, camera.gb_id) == ("key_area", "14010700001320000001")
    assert camera.upstream is not None
    assert (camera.upstream.kind, camera.upstream.name) == ("switch", "S 1")
    assert (camera.scope_code, camera.state.due_at) == (STREET, now)


def test_a_dry_run_counts_the_same_and_leaves_nothing(technician: User, now: datetime) -> None:
    assert counts(enter(OK, technician, now, dry_run=True)) == (1, 0, 0, 0)

    assert not Camera.objects.exists()
    assert not AuditRow.objects.exists()


def test_what_is_known_is_changed_where_a_cell_says_otherwise(
    technician: User, now: datetime
) -> None:
    enter(OK, technician, now)
    CameraState.objects.update(failed_logins=2, failed_login_at=now, leased_by="a", lease_until=now)

    assert counts(enter(OK, technician, now)) == (0, 0, 1, 0)
    bare = "code,name,lon,lat,host,pole,owner\nc-1,北门,112.57,37.88,10.0.0.9,,公园处\n"
    assert counts(enter(bare, technician, now)) == (0, 1, 0, 0)

    camera = Camera.objects.select_related("owner").get()
    assert (camera.name, camera.owner.name, camera.pole) == ("北门", "公园处", "P-1")
    assert (camera.version, camera.port) == (1, 8554)
    # Nothing that the poller asks by has changed.
    assert CameraState.objects.get().leased_by == "a"


def test_another_password_is_tried_at_once_and_told_nowhere(
    technician: User, now: datetime
) -> None:
    enter(OK, technician, now)
    CameraState.objects.update(failed_logins=2, failed_login_at=now, leased_by="a", lease_until=now)

    enter(OK.replace("hush-hush", "even-quieter"), technician, now)

    state = CameraState.objects.select_related("camera").get()
    assert (state.failed_logins, state.leased_by) == (0, "")
    assert unseal(bytes(state.camera.sealed_password or b"")) == "even-quieter"
    assert AuditRow.objects.get(action="camera.changed").detail == {"login": "own"}
    trail = json.dumps(list(AuditRow.objects.values_list("detail", flat=True)))
    assert "hush" not in trail + repr(read_roster(OK.encode()))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(OK.replace(STREET, OTHER_STREET), 2, id="outside of their area"),
        pytest.param(OK.replace(STREET, ""), 2, id="in no grid, without territory"),
        pytest.param(OK.replace("c-1", "theirs"), 2, id="a code of another street"),
        pytest.param(OK.replace("0001,一类", "0009,一类"), 2, id="an id that is taken"),
        pytest.param(OK.replace("hush-hush", ""), 2, id="no password"),
        pytest.param(
            "code,name,lon,lat,host,凭据组,territory\n"
            f"c-1,a,112.57,37.88,h,nobody,{STREET}\n", 2, id="no such group",
        ),
        pytest.param(
            "code,name,lon,lat,host\nmine,a,112.57,37.88,10.9.9.9\n", 2,
            id="a password to another address",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_by_its_row_and_nothing_is_entered(
    make_camera: MakeCamera, technician: User, now: datetime, text: str, line: int
) -> None:
    make_camera(code="theirs", scope_code=OTHER_STREET, gb_id="14010700001320000009")
    make_camera(code="mine", login=("a", "b"), host="10.1.1.1")

    entered = enter(text, technician, now)

    assert [fault.line for fault in entered.faults] == [line]
    assert Camera.objects.count() == 2
    assert not AuditRow.objects.exists()


def test_a_table_gives_cameras_a_shared_login(technician: User, now: datetime) -> None:
    group = Credential.objects.create(name="海康", changed_at=now)
    enter(OK, technician, now)
    text = "code,name,lon,lat,host,凭据组\nc-1,东门,112.57,37.88,10.0.0.9,海康\n"

    assert counts(enter(text, technician, now)) == (0, 1, 0, 0)
    assert counts(enter(text, technician, now)) == (0, 0, 1, 0)

    camera = Camera.objects.get()
    assert (camera.credential_id, camera.username) == (group.pk, "")


def test_what_is_entered_costs_the_same_for_many(
    technician: User, now: datetime, django_assert_max_num_queries: Any
) -> None:
    rows = "".join(
        f"c-{n},a,112.57,37.88,10.0.0.9,8554,,,{STREET},水务局,P-1,90,,一类,交换机,S 1\n"
        for n in range(300)
    )
    # Savepoint and release; cameras, ids, groups; owners, teams, upstream devices, made where they
    # are missing; cameras, states; where they lie; the audit row; the due ones twice; inner
    # savepoints of the bulk inserts.
    with django_assert_max_num_queries(30):
        enter(HEAD + rows, technician, now)


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def test_a_workbook_is_read_with_numbers_as_it_writes_them() -> None:
    roster = read_roster(
        workbook(
            ("编号", "名称", "经度", "纬度", "网络地址", "端口", "朝向", "地址"),
            ("c-1", "东门", 112.57, 37.88, "10.0.0.9", 8554, 90.0, None),
            ("c-2", None, 112.57, 37.88, "10.0.0.9", 554, None, None),
        )
    )

    [camera] = roster.cameras
    assert (camera.port, camera.direction_deg, camera.point.x) == (8554, 90, 112.57)
    assert [fault.line for fault in roster.faults] == [3]


def send(client: Client, content: bytes, query: str = "") -> Any:
    return client.post(
        f"/cameras/import/send/?{query}", content, content_type="application/octet-stream"
    )


def test_the_page_checks_first_and_then_enters_what_was_checked(sign_in: SignIn) -> None:
    client = sign_in(Role.MAINTAINER)

    checked = send(client, OK.encode()).json()
    assert (checked["done"], checked["new"], checked["fault_count"]) == (False, 1, 0)
    assert not Camera.objects.exists()

    other = send(client, OK.replace("东门", "西门").encode(), f"checked={checked['digest']}")
    assert other.status_code == 409
    done = send(client, OK.encode(), f"checked={checked['digest']}").json()
    assert (done["done"], done["new"]) == (True, 1)
    assert Camera.objects.count() == 1


def test_faults_of_reading_and_of_entering_stand_in_one_list(sign_in: SignIn) -> None:
    rows = [ROW.format(street=street) for street in (OTHER_STREET, STREET)]
    text = HEAD + rows[0] + rows[1].replace("112.57", "east").replace("c-1", "c-2")

    answer = send(sign_in(Role.MAINTAINER, (STREET,)), text.encode()).json()

    assert [fault["line"] for fault in answer["faults"]] == [2, 3]
    assert "hush" not in json.dumps(answer)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"a,b\n1,2\n", id="no such table"),
        pytest.param(b"PK\x03\x04 and nothing", id="a broken workbook"),
        pytest.param(workbook(("编号",)), id="a workbook without rows"),
    ],
)
def test_what_is_no_table_is_refused(sign_in: SignIn, content: bytes) -> None:
    answer = send(sign_in(Role.MAINTAINER), content)

    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_the_template_is_a_table_that_can_be_entered(sign_in: SignIn) -> None:
    client = sign_in(Role.MAINTAINER)
    answer = client.get("/cameras/import/template.xlsx")

    roster = read_roster(b"".join(answer.streaming_content))  # type: ignore[attr-defined]

    assert roster.faults == []
    assert roster.cameras[0].gb_id == "14010700001320000001"
    assert roster.entries[0].given < set(COLUMNS)
    assert "摄像机" in client.get("/cameras/import/").content.decode()


def test_who_may_not_change_cameras_imports_none(operator: Client) -> None:
    assert send(operator, OK.encode()).status_code == 403
    assert operator.get("/cameras/import/").status_code == 403
