"""Two streets of one district, for the walk as somebody of the other one.

Everything of the first street carries SECRET in its names and texts, has codes that begin with
FIRST, and lies in BOX; nothing of the second does.
"""

import hashlib
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from uuid import uuid4

from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import transaction
from django.utils import timezone

from cameras.health import State
from cameras.models import (
    Camera,
    CameraState,
    Credential,
    Delivery,
    DeliveryPlan,
    MonthlyReport,
    Outage,
    OutageMember,
    Owner,
    PictureCleanup,
    PictureView,
    PlannedWork,
    PollerBeat,
    Probe,
    RepairOrder,
    RepairOrderCamera,
    RepairPhoto,
    RepairStep,
    RoutingRule,
    SavedView,
    Snapshot,
    Team,
    Upstream,
    WorkCamera,
    WorkTerm,
)
from cameras.probe.reason import Reason
from cameras.rates import figures, periods
from cameras.rates.periods import Period
from events.briefings.services import store
from events.models import (
    Briefing,
    Category,
    Department,
    Event,
    EventPhoto,
    EventStep,
    EventTask,
    EventView,
    Look,
    RoundPlace,
    VideoRound,
    VideoSeen,
    Walk,
)
from gis_server import audit, grants
from gis_server.grant_flow import GrantState
from gis_server.live import Change, record
from gis_server.models import ApiToken, AreaGrant, User
from gis_server.roles import Permission, Role
from gis_server.vault import seal
from grids.models import (
    Assignment,
    BoundaryPlan,
    Building,
    Division,
    Grid,
    GridWorker,
    ImportFault,
    ImportRun,
    PlanProposal,
    ServicePoint,
    Shop,
    StaffRole,
)
from grids.plans import drafts
from grids.plans.drafts import Draft
from grids.redrawing import Redrawing, Renamed
from patrols.intake.taking import take
from patrols.intake.tokens import hash_of
from patrols.models import (
    Checkpoint,
    CheckpointVisit,
    ControlSwitch,
    Device,
    Dispute,
    Duty,
    Errand,
    How,
    LastPosition,
    Member,
    Need,
    Post,
    RequiredVisits,
    Shift,
)
from patrols.osmand import Position
from patrols.seen import grounds
from tests.grids import territory

FIRST, SECOND, THIRD = "140107001", "140107002", "140107003"
SECRET = "SECRETIA"
# West, south, east, north in degrees; no coordinate of the second street lies between these.
BOX = (112.601, 37.901, 112.605, 37.905)
ELSEWHERE = (112.701, 37.801, 112.705, 37.805)
JPEG = b"\xff\xd8 the picture of SECRETIA \xff\xd9"


@dataclass(frozen=True)
class Street:
    """The first street's objects that routes can name, one of each kind, and its administrator."""

    grid: Grid
    camera: Camera
    outage: Outage
    order: RepairOrder
    photo: RepairPhoto
    event: Event
    event_photo: EventPhoto
    event_view: EventView
    task: EventTask
    routing: RoutingRule
    credential: Credential
    snapshot: Snapshot
    asked: AreaGrant
    lent: AreaGrant
    administrator: User
    token: ApiToken
    worker: GridWorker
    things: dict[str, int]
    stray: Building
    imported: ImportRun
    work: PlannedWork
    view: SavedView
    report: MonthlyReport
    delivery: Delivery
    department: Department
    briefing: Briefing
    duty: Duty
    device: Device
    dispute: Dispute
    errand: Errand
    checkpoint: Checkpoint
    walk: Walk
    grid_plan: BoundaryPlan
    proposal: PlanProposal


def lay_out(media: Path) -> Street:
    """Both streets, with everything that a street can have."""
    district = territory.division("140107000000", "district", None, name="The district")
    _street(district, SECOND, "Opentown", ELSEWHERE)
    grid = _street(district, FIRST, SECRET, BOX)
    camera = _camera(grid)
    administrator = _user(Role.ADMINISTRATOR, FIRST, f"{SECRET} boss")
    asked, lent = _grants(administrator)
    _history(grid, administrator)
    snapshot, token = _snapshot(camera, media), _token(administrator)
    order = _order(camera, administrator, media)
    imported = _import(administrator)
    worker = GridWorker.objects.get(number=f"W{FIRST[-3:]}")
    stray = Building.objects.create(
        name=f"{SECRET} hut", address=f"{SECRET} lane", scope_code=grid.code
    )
    things = _things(grid, worker)
    credential = Credential.objects.create(name="All of one make", changed_at=timezone.now())
    Camera.objects.filter(pk=camera.pk).update(credential=credential)
    event = _event(grid, administrator)
    duty = _duty(grid, administrator)
    device, dispute = _track(duty)
    _kept_lists(camera, administrator)
    # What can be seen there, and nobody has.
    grounds.of_day(timezone.localdate(), timezone.now())
    return Street(
        grid,
        camera,
        Outage.objects.get(members__camera=camera, closed_at=None),
        order,
        RepairPhoto.objects.get(order=order),
        event,
        EventPhoto.objects.get(event=event),
        EventView.objects.create(user=administrator, name=f"{SECRET} view"),
        EventTask.objects.get(event=event),
        RoutingRule.objects.get(team=camera.team_id),
        credential,
        snapshot,
        asked,
        lent,
        administrator,
        token,
        worker,
        things,
        stray,
        imported,
        _work(camera, administrator),
        SavedView.objects.create(user=administrator, name=f"{SECRET} view"),
        _report(administrator),
        _delivery(administrator),
        Department.objects.create(name=f"{SECRET} office", area=FIRST),
        _briefing(administrator),
        duty,
        device,
        dispute,
        _errand(duty, administrator),
        _checkpoint(duty),
        _walk(camera, administrator),
        plan := _grid_plan(grid, administrator),
        _proposal(plan),
    )


def _grid_plan(grid: Grid, planner: User) -> BoundaryPlan:
    """A draft that gives the first street's grid another name."""
    told = Redrawing(renamed=(Renamed(grid.code, grid.code, f"{SECRET} renamed"),))
    now = timezone.now()
    draft = Draft(f"{SECRET} plan", FIRST, timezone.localdate(now), [], told)
    return drafts.make(draft=draft, by=planner, now=now)


def _proposal(plan: BoundaryPlan) -> PlanProposal:
    """One that has come to nothing, for the first community."""
    return PlanProposal.objects.create(
        plan=plan, asked_at=plan.made_at, state_at=plan.made_at, revision=plan.revision,
        community=f"{FIRST}001", wishes={"locked": [f"{SECRET}"]}, state="failed",
        problem="broke_off",
    )  # fmt: skip


def _duty(grid: Grid, maker: User) -> Duty:
    """Of today: the maker at a post of the first street, in a shift of the whole district."""
    now = timezone.now()
    shift = Shift.objects.create(area=FIRST[:6], name="Day", begins=time(0), ends=time(0))
    post = Post.objects.create(
        name=f"{SECRET} gate", kind="point", scope_code=FIRST, task=f"{SECRET} task",
        point=territory.at(BOX[0] + 0.001, BOX[1] + 0.001),
    )  # fmt: skip
    post.grids.add(grid)
    Need.objects.create(post=post, shift=shift, level="usual", people=2)
    member = Member.objects.create(
        number=f"P{FIRST[-3:]}", name=f"{SECRET} guard", force="volunteer", scope_code=FIRST,
        user=maker,
    )  # fmt: skip
    return Duty.objects.create(
        post=post, shift=shift, day=timezone.localdate(now), member=member, made_by=maker,
        made_at=now, task=f"{SECRET} errand",
    )  # fmt: skip


def _errand(duty: Duty, sender: User) -> Errand:
    """One that whoever has the duty has not read, and where they stand."""
    now, point = timezone.now(), territory.at(BOX[0] + 0.002, BOX[1] + 0.002)
    LastPosition.objects.update_or_create(
        member=duty.member,
        defaults={
            "duty": duty, "at": now, "received_at": now, "point": point, "scope_code": FIRST,
        },
    )  # fmt: skip
    return Errand.objects.create(
        client_id=uuid4(), member=duty.member, duty=duty, scope_code=FIRST, point=point,
        place=f"{SECRET} lane", message=f"{SECRET}: look there", sent_by=sender,
        sender_name=SECRET, sent_at=now,
    )  # fmt: skip


def _checkpoint(duty: Duty) -> Checkpoint:
    now, point = timezone.now(), territory.at(BOX[0] + 0.001, BOX[1] + 0.002)
    row = Checkpoint.objects.create(
        post=duty.post, name=f"{SECRET} back door", point=point, secret="q" * 20, rotated_at=now
    )
    CheckpointVisit.objects.create(checkpoint=row, duty=duty, how="qr", at=now, until=now)
    return row


def _walk(camera: Camera, walker: User) -> Walk:
    """A walk that goes on, in which the camera was said to be dark."""
    now = timezone.now()
    row = VideoRound.objects.create(
        name=f"{SECRET} round", scope_code=FIRST, made_by=walker, made_at=now
    )
    RoundPlace.objects.create(round=row, camera=camera, position=1)
    walk = Walk.objects.create(round=row, by=walker, who=SECRET, begun_at=now, total=1)
    Look.objects.create(walk=walk, camera=camera, at=now, result="dark")
    shape = Polygon.from_bbox((BOX[0], BOX[1], BOX[0] + 0.001, BOX[1] + 0.001))
    VideoSeen.objects.create(camera=camera, at=now, shape=shape, scope_code=FIRST)
    return walk


def _track(duty: Duty) -> tuple[Device, Dispute]:
    """A device of whoever has the duty, and fixes of theirs and of a colleague, who disputes."""
    now = timezone.now()
    device = Device.objects.create(
        member=duty.member, name=f"{SECRET} phone", token_hash=hash_of(SECRET), hint="abcd",
        made_at=now, rotated_at=now,
    )  # fmt: skip
    colleague = Member.objects.create(
        number=f"Q{FIRST[-3:]}", name=f"{SECRET} walker", force="volunteer", scope_code=FIRST
    )
    Duty.objects.create(
        post=duty.post, shift=duty.shift, day=duty.day, member=colleague, made_at=now
    )
    place = Position("", now.timestamp(), BOX[0] + 0.002, BOX[1] + 0.002, accuracy_m=5.0)
    for member in (duty.member, colleague):
        take(member, None, [place], How.PAGE, now)
    dispute = Dispute.objects.create(
        member=colleague, begin=now - timedelta(minutes=1), end=now, reason=f"{SECRET} tunnel",
        made_at=now,
    )  # fmt: skip
    return device, dispute


def _briefing(maker: User) -> Briefing:
    """Of today in the first street, which lies in no briefing of the server's yet."""
    now = timezone.now()
    row = store("day", Period(timezone.localdate(now), timezone.localdate(now)), FIRST, maker, now)
    assert row is not None
    return row


def _delivery(maker: User) -> Delivery:
    """One that was given up, of a plan for the first street."""
    now = timezone.now()
    plan = DeliveryPlan.objects.create(
        name=f"{SECRET} plan",
        channel="email",
        sealed_address=seal(f"{SECRET}@district.example"),
        shown_address="SE…@district.example",
        made_by=maker,
        since=now,
    )
    return Delivery.objects.create(
        plan=plan, key="asked:1", state="given_up", made_at=now, give_up_at=now
    )


def _things(grid: Grid, worker: GridWorker) -> dict[str, int]:
    """The first street's things by the words that pages know them by."""
    return {
        "division": grid.community.pk,
        "grid": grid.pk,
        "building": Building.objects.get(grid=grid).pk,
        "shop": Shop.objects.get(grid=grid).pk,
        "service_point": ServicePoint.objects.get(grid=grid).pk,
        "worker": worker.pk,
    }


def people_of(code: str) -> list[User]:
    """One user of each role, whose territory is the street with this code."""
    return [_user(role, code, f"{role.value} of {code}") for role in Role]


def _user(role: Role, code: str, name: str) -> User:
    # The name to sign in by holds no code: it is shown to others on purpose.
    username = f"{role.value}-{name.split(maxsplit=1)[0]}-{User.objects.count()}"
    return User.objects.create_user(username, role=role.value, scope=[code], display_name=name)


def _street(
    district: Division, code: str, name: str, box: tuple[float, float, float, float]
) -> Grid:
    """A street with one community, one grid, and what stands in it."""
    whole = MultiPolygon(Polygon.from_bbox(box), srid=4326)
    shapes = {
        "shape": whole,
        "shape_3857": territory.projected(whole),
        "label": territory.at(box[0] + 0.002, box[1] + 0.002),
    }
    street = territory.division(
        f"{code}000", "street", district, kind="street_office", name=f"{name} street", **shapes
    )
    community = territory.division(
        f"{code}001", "community", street, kind="community", name=f"{name} community", **shapes
    )
    grid = territory.shaped(f"{code}001001", community, territory.square(box[0], box[1], 0.004))
    Grid.objects.filter(pk=grid.pk).update(name=f"{name} grid")
    point = territory.at(box[0] + 0.001, box[1] + 0.001)
    Building.objects.create(
        grid=grid, name=f"{name} house", address=name, point=point, households=3, floors=2
    )
    Shop.objects.create(grid=grid, name=f"{name} shop", kind="food", point=point)
    ServicePoint.objects.create(grid=grid, name=f"{name} point", kind="police", point=point)
    worker = GridWorker.objects.create(number=f"W{code[-3:]}", name=name, role=StaffRole.WORKER)
    Assignment.objects.create(worker=worker, grid=grid, role=StaffRole.WORKER)
    return grid


def _camera(grid: Grid) -> Camera:
    now = timezone.now()
    camera = Camera.objects.create(
        code=f"{FIRST}00001320001",
        name=f"{SECRET} gate",
        point=territory.at(BOX[0] + 0.001, BOX[1] + 0.001),
        address_text=f"{SECRET} lane",
        grid=grid,
        scope_code=grid.code,
        host="10.0.0.9",
        owner=Owner.objects.create(name=f"{SECRET} works"),
        team=Team.objects.create(name=f"{SECRET} team", phone="351-1"),
        upstream=Upstream.objects.create(kind="switch", name=f"{SECRET} switch"),
    )
    CameraState.objects.create(
        camera=camera, state=State.OFFLINE, reason=Reason.CONNECT_TIMEOUT, since=now, due_at=now
    )
    Probe.objects.create(
        camera=camera, at=now, reason=Reason.CONNECT_TIMEOUT, detail=SECRET, took_ms=5
    )
    outage = Outage.objects.create(
        opened_at=now, reason=Reason.CONNECT_TIMEOUT, suspect_kind="switch", suspect_name=SECRET
    )
    OutageMember.objects.create(
        outage=outage, camera=camera, joined_at=now, reason=Reason.CONNECT_TIMEOUT
    )
    over = Outage.objects.create(
        opened_at=now, closed_at=now, told_at=now, reason=Reason.CONNECT_TIMEOUT,
        suspect_kind="switch", suspect_name=SECRET,
    )  # fmt: skip
    OutageMember.objects.create(
        outage=over, camera=camera, joined_at=now, left_at=now, reason=Reason.CONNECT_TIMEOUT
    )
    return camera


def _order(camera: Camera, by: User, media: Path) -> RepairOrder:
    """A repair order that nobody has accepted, with a step, a photo and a rule that leads to it."""
    (media / "photo.jpg").write_bytes(JPEG)
    now = timezone.now()
    order = RepairOrder.objects.create(
        number="WX20260301-00001",
        kind="outage",
        priority="ordinary",
        reason=Reason.CONNECT_TIMEOUT,
        suspect_kind="switch",
        suspect_name=SECRET,
        team=camera.team,
        team_name=camera.team.name,
        since=now,
        opened_at=now,
        round_at=now,
        respond_due=now,
        arrive_due=now,
        fix_due=now,
    )
    RepairOrderCamera.objects.create(
        order=order, camera=camera, reason=Reason.CONNECT_TIMEOUT, joined_at=now
    )
    RepairStep.objects.create(
        order=order, at=now, action="note", after="open", note=SECRET,
        parts=[{"name": f"{SECRET} fuse", "count": 1}],
    )  # fmt: skip
    RepairPhoto.objects.create(
        order=order, by=by, who=SECRET, at=now, is_used=True, file="photo.jpg", width=1, height=1,
        sha256=hashlib.sha256(JPEG).hexdigest(),
    )  # fmt: skip
    RoutingRule.objects.create(position=1, area=FIRST, owner=camera.owner, team=camera.team)
    return order


def _kept_lists(camera: Camera, by: User) -> None:
    """A row of each list that nothing else fills: some are of the street, some of the machine."""
    now = timezone.now()
    audit.note(
        by=by, action="camera.changed", scope=FIRST, subject=camera.code,
        detail={"address_text": [SECRET, f"{SECRET} lane"]},
    )  # fmt: skip
    ControlSwitch.objects.create(
        area=FIRST, level="two", begins=now - timedelta(hours=2), until=now - timedelta(hours=1),
        reason=f"{SECRET} fair", user_id=by.pk, who=SECRET,
    )  # fmt: skip
    RequiredVisits.objects.create(area=FIRST, level="one", per_day=9)
    PollerBeat.objects.create(name="poller", site="main", started_at=now, seen_at=now)
    PictureCleanup.objects.create(
        day=timezone.localdate(now), ran_at=now, deleted=1, deleted_faults=0, kept_faults=0,
        freed_bytes=1,
    )  # fmt: skip


def _event(grid: Grid, by: User) -> Event:
    """An event of the first street that its community has, with a step, a photo and a task."""
    now = timezone.now()
    group = Category.objects.create(kind="service", code="T-9", name="Anything")
    entry = Category.objects.create(kind="service", code="T-9-1", name="Any", parent=group)
    event = Event.objects.create(
        number="SJ20260301-0000001",
        client_id=uuid4(),
        kind="service",
        category=entry,
        severity="minor",
        source="worker",
        level="community",
        state="dispatched",
        text=f"{SECRET} pothole",
        address=f"{SECRET} lane",
        point=territory.at(BOX[0] + 0.001, BOX[1] + 0.001),
        scope_code=grid.code,
        grid_then=grid,
        grid_then_code=grid.code,
        grid_then_name=f"{SECRET} grid",
        reporter=by,
        reporter_name=SECRET,
        reported_at=now,
        received_at=now,
        accept_due=now,
        handle_due=now,
        close_due=now,
        amber_at=now,
    )
    step = EventStep.objects.create(
        event=event, at=now, action="report", after="reported", level="community", close_due=now,
        who=SECRET,
    )  # fmt: skip
    Event.objects.filter(pk=event.pk).update(last_step_id=step.pk)
    EventPhoto.objects.create(
        event=event, client_id=uuid4(), by=by, who=SECRET, at=now, file="photo.jpg", width=1,
        height=1, sha256=hashlib.sha256(JPEG).hexdigest(),
    )  # fmt: skip
    EventTask.objects.create(
        event=event, division=grid.community, unit_name=f"{SECRET} community",
        unit_code=f"{FIRST}001", sent_at=now, due=now,
    )  # fmt: skip
    return event


def _snapshot(camera: Camera, media: Path) -> Snapshot:
    (media / "gate.jpg").write_bytes(JPEG)
    now, digest = timezone.now(), hashlib.sha256(JPEG).hexdigest()
    row = Snapshot.objects.create(
        camera=camera, requested_at=now, taken_at=now, file="gate.jpg", sha256=digest
    )
    PictureView.objects.create(
        at=now, user_id=1, who="somebody", how=PictureView.How.FULL, snapshot_id=row.pk,
        camera_code=camera.code, scope=camera.scope_code,
    )  # fmt: skip
    return row


def _work(camera: Camera, planner: User) -> PlannedWork:
    """A window of planned work that runs now."""
    now = timezone.now()
    until = now + timedelta(hours=4)
    work = PlannedWork.objects.create(
        kind="planned",
        title=f"{SECRET} transformer",
        starts_at=now - timedelta(hours=1),
        ends_at=until,
        target="cameras",
        entered_by=planner,
        entered_at=now,
    )
    WorkCamera.objects.create(work=work, camera=camera)
    WorkTerm.objects.create(work=work, ends_at=until, set_at=now, set_by=planner)
    return work


def _report(administrator: User) -> MonthlyReport:
    """Last month's report of the first street, in which its camera counts as nothing."""
    now = timezone.now()
    month = periods.month_before(timezone.localdate(now)).first
    zone = timezone.get_default_timezone()
    told = figures.compute(month, FIRST, now, zone)
    told["tables"]["team"]["groups"].append(
        {"key": "1", "name": f"{SECRET} team", "all": {}, "classes": {}}
    )
    return MonthlyReport.objects.create(
        month=month, scope=FIRST, known_at=now, made_by=administrator, made_at=now, figures=told
    )


def _token(owner: User) -> ApiToken:
    now = timezone.now()
    return ApiToken.objects.create(
        user=owner,
        name=f"{SECRET} robot",
        digest="0" * 64,
        permissions=[Permission.SEE_MAP.value],
        made_at=now,
        expires_at=now + timedelta(days=1),
    )


def _grants(administrator: User) -> tuple[AreaGrant, AreaGrant]:
    """A request that waits and a grant that runs, of the first street; its own head asks too."""
    now = timezone.now()
    neighbour = _user(Role.OPERATOR, THIRD, f"{SECRET} neighbour")
    asked, lent = (
        grants.ask(by=neighbour, prefix=prefix, reason=SECRET, hours=4, now=now)
        for prefix in (FIRST, f"{FIRST}001")
    )
    grants.decide(grant_id=lent.pk, by=administrator, to=GrantState.GIVEN, note=SECRET, now=now)
    grants.ask(by=administrator, prefix=THIRD, reason=SECRET, hours=1, now=now)
    return asked, lent


def _import(administrator: User) -> ImportRun:
    """A file of the first street's grids that was checked, with a fault on the map."""
    now = timezone.now()
    layer = {"name": SECRET, "columns": ["code"], "rows": [{"code": f"{FIRST}001001"}]}
    run = ImportRun.objects.create(
        target="grids",
        source_name=f"{SECRET}.zip",
        size_bytes=1,
        by=administrator,
        begun_at=now,
        step="checked",
        step_at=now,
        layers=[layer | {"geometry": "Polygon", "frame": "wgs84", "crs": "", "count": 1}],
        layer=SECRET,
        mapping={"code": "code"},
        frame="wgs84",
        scope=FIRST,
        valid_from=now.date(),
        rows=1,
        fault_counts={"doubled": 1},
    )
    ImportFault.objects.create(
        run=run,
        row=2,
        column="code",
        problem="doubled",
        details={"value": SECRET, "row": "1"},
        place=territory.at(BOX[0] + 0.001, BOX[1] + 0.001),
    )
    return run


def _history(grid: Grid, administrator: User) -> None:
    for scope in (FIRST, grid.code):
        audit.note(
            by=administrator,
            action="area.asked",
            subject=SECRET,
            scope=scope,
            detail={"to": SECRET},
        )
    with transaction.atomic():
        record(Change("camera", SECRET, grid.code, {"name": SECRET}))
