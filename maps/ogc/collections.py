"""The one table of collections: everything of the map that somebody may see, for other programs.

Codes in the columns are those of the database and of the other APIs, so that they can be filtered
by and stay when words change.  Nothing secret is here: no network addresses, logins or codes to be
scanned; people are named only where their permission stands.
"""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from cameras.grouping import Kind as Suspect
from cameras.health import State
from cameras.models import Camera, RepairOrder
from cameras.probe.reason import Reason
from cameras.repairs.workflow import Status as OrderStatus
from events.deadlines import Colour
from events.models import EventKind, Source
from events.models.event import OPEN_VALUES
from events.workflow import Level as EventLevel
from events.workflow import Severity
from events.workflow import Status as EventStatus
from gis_server.roles import Permission
from grids.models import DivisionKind, GridKind, Level, ServiceKind, ShopKind, StaffRole
from maps.layers import EVENT_DUES, EVENT_NEARNESS
from maps.ogc.prepared import on_duty_now, unseen_now
from maps.ogc.table import At, Collection, Column, Days, During, Kind, Words
from patrols.control import ControlLevel
from patrols.models.posts import Force, MeansName, PostKind
from patrols.seen.texts import QUARTER_M2

CODE, NAME = Column("code", _("Code")), Column("name", _("Name"))
GRID_CODE, GRID_NAME = Column("grid_code", _("Code of the grid")), Column("grid", _("Grid"))
TERRITORY = Column("scope_code", _("Code of the territory"))
SINCE, UPDATED = _("Since"), _("Last change")


def _choice(name: str, title: Words, words: Iterable[str]) -> Column:
    return Column(name, title, choices=tuple(str(word) for word in words))


def _whole(name: str, title: Words) -> Column:
    return Column(name, title, Kind.WHOLE)


def _number(name: str, title: Words) -> Column:
    return Column(name, title, Kind.NUMBER)


def _time(name: str, title: Words) -> Column:
    return Column(name, title, Kind.TIME)


def _day(name: str, title: Words) -> Column:
    return Column(name, title, Kind.DAY)


def _flag(name: str, title: Words) -> Column:
    return Column(name, title, Kind.YES_NO)


# ---- Territory -----------------------------------------------------------------------------------

DIVISIONS = """
    SELECT division.id, division.shape AS geom, division.code, division.name, division.kind,
           parent.code AS parent_code, division.official
    FROM grids_division AS division LEFT JOIN grids_division AS parent
        ON parent.id = division.parent_id
    WHERE division.level = '{level}' AND IN_REACH(division.code)"""
DIVISION_TITLES = {
    Level.PROVINCE: ("provinces", _("Provinces")),
    Level.CITY: ("cities", _("Cities")),
    Level.DISTRICT: ("districts", _("Districts")),
    Level.STREET: ("streets-and-towns", _("Streets and towns")),
    Level.COMMUNITY: ("communities", _("Communities and villages")),
}

GRIDS = """
    SELECT drawn.id, drawn.shape AS geom, grid.code, grid.name, grid.kind,
           community.code AS community_code, community.name AS community,
           lower(drawn.valid) AS valid_from, upper(drawn.valid) - 1 AS valid_to
    FROM grids_gridshape AS drawn
    JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    JOIN grids_division AS community ON community.id = grid.community_id
    WHERE drawn.valid && daterange(%(first)s, %(last)s, '[]') AND IN_REACH(grid.code)"""

STAFF = """
    SELECT post.id, ST_PointOnSurface(drawn.shape) AS geom, grid.code AS grid_code,
           grid.name AS grid, post.role, worker.number, worker.name,
           lower(post.valid) AS valid_from, upper(post.valid) - 1 AS valid_to
    FROM grids_assignment AS post
    JOIN grids_grid AS grid ON grid.id = post.grid_id
    JOIN grids_gridworker AS worker ON worker.id = post.worker_id
    LEFT JOIN LATERAL (
        SELECT shape FROM grids_gridshape AS shapes
        WHERE shapes.grid_id = grid.id
          AND shapes.valid && post.valid * daterange(%(first)s, %(last)s, '[]')
        ORDER BY shapes.valid DESC LIMIT 1
    ) AS drawn ON true
    WHERE post.valid && daterange(%(first)s, %(last)s, '[]') AND IN_REACH(grid.code)"""

PLACES = """
    SELECT place.id, place.point AS geom, place.code, place.name, place.address, {own},
           grid.code AS grid_code, grid.name AS grid, place.scope_code
    FROM {table} AS place LEFT JOIN grids_grid AS grid ON grid.id = place.grid_id
    WHERE place.point IS NOT NULL AND IN_REACH(place.scope_code)"""
ADDRESS = Column("address", _("Address"))

# ---- Events --------------------------------------------------------------------------------------

EVENTS = f"""
    SELECT event.id, event.point AS geom, event.number, event.kind, category.code AS category_code,
           category.name AS category, event.severity, event.state, event.level, event.control,
           event.source, event.text, event.address, grid.code AS grid_code, grid.name AS grid,
           event.scope_code, event.reported_at, event.received_at, event.closed_at,
           CASE WHEN event.closed_at IS NULL THEN due.at END AS due_at,
           CASE WHEN event.closed_at IS NULL THEN {EVENT_DUES}[{EVENT_NEARNESS}] END AS due,
           event.overdue
    FROM events_event AS event
    JOIN events_category AS category ON category.id = event.category_id
    LEFT JOIN grids_grid AS grid ON grid.id = event.grid_id
    CROSS JOIN LATERAL (SELECT event_next_due(event.state, event.accept_due, event.handle_due,
        event.close_due) AS at) AS due
    WHERE IN_REACH(event.scope_code)"""  # noqa: S608 - our own words
OPEN_EVENTS = f"""{EVENTS}
    AND event.state IN ({", ".join(f"'{state}'" for state in OPEN_VALUES)})"""
EVENT_COLUMNS = (
    Column("number", _("Number")),
    _choice("kind", _("Kind"), EventKind.values),
    Column("category_code", _("Code of the entry")),
    Column("category", _("Entry of the catalogue")),
    _choice("severity", _("Severity"), Severity),
    _choice("state", _("State"), EventStatus),
    _choice("level", _("Level"), EventLevel),
    _choice("control", _("Control level"), ControlLevel),
    _choice("source", _("Source"), Source.values),
    Column("text", _("Text")),
    ADDRESS,
    GRID_CODE,
    GRID_NAME,
    TERRITORY,
    _time("reported_at", _("Reported at")),
    _time("received_at", _("Received at")),
    _time("closed_at", _("Closed at")),
    _time("due_at", _("Next deadline")),
    _choice("due", _("How near the deadline is"), Colour),
    _flag("overdue", _("Was overdue")),
)

# ---- Cameras -------------------------------------------------------------------------------------

CAMERAS = f"""
    SELECT camera.id, camera.point AS geom, camera.code, camera.name,
           camera.address_text AS address, coalesce(state.state, '{State.UNKNOWN}') AS state,
           coalesce(state.reason, '{Reason.NOT_ASKED}') AS reason,
           coalesce(state.unstable, false) AS unstable, state.since, state.last_probe_at,
           camera.priority, camera.enabled, camera.direction_deg, camera.pole,
           owner.name AS owner, team.name AS team, grid.code AS grid_code, grid.name AS grid,
           camera.scope_code
    FROM cameras_camera AS camera
    LEFT JOIN cameras_camerastate AS state ON state.camera_id = camera.id
    JOIN cameras_owner AS owner ON owner.id = camera.owner_id
    JOIN cameras_team AS team ON team.id = camera.team_id
    LEFT JOIN grids_grid AS grid ON grid.id = camera.grid_id
    WHERE IN_REACH(camera.scope_code)"""  # noqa: S608 - our own words

# In the middle of those of its cameras that the reader may see, as on the wall.
OUTAGES = """
    SELECT outage.id, ST_Centroid(ST_Collect(camera.point)) AS geom, outage.opened_at,
           outage.reason, outage.suspect_kind, outage.suspect_name, count(*) AS cameras
    FROM cameras_outage AS outage
    JOIN cameras_outagemember AS part ON part.outage_id = outage.id AND part.left_at IS NULL
    JOIN cameras_camera AS camera ON camera.id = part.camera_id
    WHERE outage.closed_at IS NULL AND IN_REACH(camera.scope_code)
    GROUP BY outage.id"""

ORDERS = """
    SELECT job.id, ST_Centroid(ST_Collect(camera.point)) AS geom, job.number, job.state, job.kind,
           job.priority, job.reason, job.suspect_kind, job.suspect_name, job.team_name AS team,
           job.since, job.opened_at, job.fix_due, job.closed_at, job.reopened,
           count(*) AS cameras
    FROM cameras_repairorder AS job
    JOIN cameras_repairordercamera AS part ON part.order_id = job.id
    JOIN cameras_camera AS camera ON camera.id = part.camera_id
    WHERE IN_REACH(camera.scope_code)
    GROUP BY job.id"""
REASON = _choice("reason", _("Reason"), Reason)
SUSPECT = (
    _choice("suspect_kind", _("Kind of what is suspected"), Suspect),
    Column("suspect_name", _("What is suspected")),
)

# ---- Patrols -------------------------------------------------------------------------------------

# An area has no point of its own: it is shown inside the grids that are patrolled from it.
POSTS = """
    SELECT post.id, coalesce(post.point, (
               SELECT ST_PointOnSurface(ST_Collect(drawn.shape))
               FROM patrols_post_grids AS mine
               JOIN grids_gridshape AS drawn ON drawn.grid_id = mine.grid_id
               WHERE mine.post_id = post.id
                 AND drawn.valid @> (%(now)s AT TIME ZONE %(zone)s)::date)) AS geom,
           post.name, post.kind, post.task, post.is_active, post.point IS NOT NULL AS is_placed,
           post.scope_code
    FROM patrols_post AS post WHERE IN_REACH(post.scope_code)"""

CHECKPOINTS = """
    SELECT spot.id, spot.point AS geom, spot.name, post.name AS post, spot.radius_m, spot.dwell_s,
           spot.is_active, post.scope_code
    FROM patrols_checkpoint AS spot JOIN patrols_post AS post ON post.id = spot.post_id
    WHERE IN_REACH(post.scope_code)"""

POSITIONS = """
    SELECT position.duty_id AS id, position.point AS geom, member.name, member.force, member.means,
           post.name AS post, shift.name AS shift, position.at, position.accuracy_m,
           position.speed_ms, position.bearing, position.scope_code
    FROM patrols_lastposition AS position
    JOIN patrols_member AS member ON member.id = position.member_id
    JOIN patrols_duty AS duty ON duty.id = position.duty_id
    JOIN patrols_post AS post ON post.id = duty.post_id
    JOIN patrols_shift AS shift ON shift.id = duty.shift_id
    WHERE position.duty_id = ANY(%(running)s) AND IN_REACH(position.scope_code)"""

COVERAGE = f"""
    SELECT told.id, drawn.shape AS geom, grid.code, grid.name, told.day, shift.name AS shift,
           told.seen_streets::float8 / nullif(told.all_streets, 0) AS street_share,
           told.seen_quarters::float8 / nullif(told.all_quarters, 0) AS area_share,
           told.seen_buildings::float8 / nullif(told.all_buildings, 0) AS building_share,
           told.seen_streets, told.all_streets, told.seen_quarters * {QUARTER_M2} AS seen_m2,
           told.all_quarters * {QUARTER_M2} AS all_m2,
           told.seen_buildings, told.all_buildings, told.is_bare, told.visits, told.updated_at
    FROM patrols_coverage AS told
    JOIN grids_grid AS grid ON grid.id = told.grid_id
    JOIN patrols_shift AS shift ON shift.id = told.shift_id
    LEFT JOIN grids_gridshape AS drawn
        ON drawn.grid_id = told.grid_id AND drawn.valid @> told.day
    WHERE told.day <@ daterange(%(first)s, %(last)s, '[]') AND IN_REACH(grid.code)"""  # noqa: S608 - our own words

UNSEEN = """
    SELECT told.*, drawn.shape AS geom
    FROM json_to_recordset(%(rows)s) AS told (
        id bigint, code text, name text, community text, unseen_median_h float8,
        unseen_longest_h float8, was_seen bool, street text, visits int, visits_needed int,
        visits_missing int, control text, window_h float8, street_share float8, area_share float8,
        building_share float8, has_ground bool)
    JOIN grids_gridshape AS drawn
        ON drawn.grid_id = told.id AND drawn.valid @> (%(now)s AT TIME ZONE %(zone)s)::date
    WHERE IN_REACH(told.code)"""
SHARES = (
    _number("street_share", _("Share of streets seen")),
    _number("area_share", _("Share of the area seen")),
    _number("building_share", _("Share of buildings seen")),
)

COLLECTIONS: dict[str, Collection] = {
    one.id: one
    for one in (
        *(
            Collection(
                id=name,
                title=title,
                about=_("Divisions with code and outline, as they are today."),
                permission=Permission.SEE_MAP,
                geometry="MultiPolygon",
                sql=DIVISIONS.format(level=level.value),
                columns=(
                    CODE,
                    NAME,
                    _choice("kind", _("Kind"), DivisionKind.values),
                    Column("parent_code", _("Code of what it lies in")),
                    _flag("official", _("In a public list")),
                ),
                may_lack_place=True,
            )
            for level, (name, title) in DIVISION_TITLES.items()
        ),
        Collection(
            id="grids",
            title=_("Grids"),
            about=_(
                "Shapes of grids in force today; with datetime those of that day, or all that were "
                "in force within an interval. Codes and names are those of today."
            ),
            permission=Permission.SEE_MAP,
            geometry="Polygon",
            sql=GRIDS,
            columns=(
                CODE,
                NAME,
                _choice("kind", _("Kind"), GridKind.values),
                Column("community_code", _("Code of the community")),
                Column("community", _("Community or village")),
                _day("valid_from", _("First day")),
                _day("valid_to", _("Last day")),
            ),
            when=Days(),
        ),
        Collection(
            id="grid-staff",
            title=_("Grid staff"),
            about=_(
                "Who looks after which grid today, or on the days that datetime asks for; a point "
                "inside the grid."
            ),
            permission=Permission.SEE_PEOPLE,
            geometry="Point",
            sql=STAFF,
            columns=(
                GRID_CODE,
                GRID_NAME,
                _choice("role", _("Role"), StaffRole.values),
                Column("number", _("Staff number")),
                NAME,
                _day("valid_from", _("First day")),
                _day("valid_to", _("Last day")),
            ),
            when=Days(),
            may_lack_place=True,
        ),
        Collection(
            id="buildings",
            title=_("Buildings"),
            about=_("Buildings that have a place on the map, with the number of households."),
            permission=Permission.SEE_MAP,
            geometry="Point",
            sql=PLACES.format(
                table="grids_building", own="place.households, place.floors, place.units"
            ),
            columns=(
                CODE,
                NAME,
                ADDRESS,
                _whole("households", _("Households")),
                _whole("floors", _("Floors")),
                _whole("units", _("Units")),
                GRID_CODE,
                GRID_NAME,
                TERRITORY,
            ),
        ),
        Collection(
            id="shops",
            title=_("Shops"),
            about=_("Shops and other small businesses that have a place on the map."),
            permission=Permission.SEE_MAP,
            geometry="Point",
            sql=PLACES.format(table="grids_shop", own="place.kind, place.open"),
            columns=(
                CODE,
                NAME,
                ADDRESS,
                _choice("kind", _("Kind"), ShopKind.values),
                _flag("open", _("Open")),
                GRID_CODE,
                GRID_NAME,
                TERRITORY,
            ),
        ),
        Collection(
            id="service-points",
            title=_("Service points"),
            about=_("Places where people find help."),
            permission=Permission.SEE_MAP,
            geometry="Point",
            sql=PLACES.format(table="grids_servicepoint", own="place.kind"),
            columns=(
                CODE,
                NAME,
                ADDRESS,
                _choice("kind", _("Kind"), ServiceKind.values),
                GRID_CODE,
                GRID_NAME,
                TERRITORY,
            ),
        ),
        Collection(
            id="events-open",
            title=_("Open events"),
            about=_("Events that are not over, with the deadline that runs, as they are now."),
            permission=Permission.SEE_EVENTS,
            geometry="Point",
            sql=OPEN_EVENTS,
            columns=EVENT_COLUMNS,
            when=At("received_at"),
        ),
        Collection(
            id="events",
            title=_("Events, open and past"),
            about=_("All events; datetime asks for the time of receipt."),
            permission=Permission.SEE_EVENTS,
            geometry="Point",
            sql=EVENTS,
            columns=EVENT_COLUMNS,
            when=At("received_at"),
        ),
        Collection(
            id="cameras",
            title=_("Cameras"),
            about=_("Cameras with their state as it is now."),
            permission=Permission.SEE_CAMERAS,
            geometry="Point",
            sql=CAMERAS,
            columns=(
                CODE,
                NAME,
                ADDRESS,
                _choice("state", _("State"), State),
                REASON,
                _flag("unstable", _("Comes and goes")),
                _time("since", SINCE),
                _time("last_probe_at", _("Last check")),
                _choice("priority", _("Priority"), Camera.Priority.values),
                _flag("enabled", _("Enabled")),
                _whole("direction_deg", _("Direction (°)")),
                Column("pole", _("Pole")),
                Column("owner", _("Owner")),
                Column("team", _("Team")),
                GRID_CODE,
                GRID_NAME,
                TERRITORY,
            ),
        ),
        Collection(
            id="outages",
            title=_("Open outages"),
            about=_("Faults that hold cameras down now, in the middle of these cameras."),
            permission=Permission.SEE_CAMERAS,
            geometry="Point",
            sql=OUTAGES,
            columns=(
                _time("opened_at", SINCE),
                REASON,
                *SUSPECT,
                _whole("cameras", _("Cameras")),
            ),
            when=At("opened_at"),
        ),
        Collection(
            id="repair-orders",
            title=_("Repair orders"),
            about=_(
                "Repair orders, open and closed, in the middle of their cameras; datetime asks for "
                "those that were open then."
            ),
            permission=Permission.SEE_CAMERAS,
            geometry="Point",
            sql=ORDERS,
            columns=(
                Column("number", _("Number")),
                _choice("state", _("State"), OrderStatus),
                _choice("kind", _("Kind"), RepairOrder.Kind.values),
                _choice("priority", _("Priority"), Camera.Priority.values),
                REASON,
                *SUSPECT,
                Column("team", _("Team")),
                _time("since", SINCE),
                _time("opened_at", _("Opened at")),
                _time("fix_due", _("To be repaired by")),
                _time("closed_at", _("Closed at")),
                _whole("reopened", _("Times opened anew")),
                _whole("cameras", _("Cameras")),
            ),
            when=During("opened_at", "closed_at"),
        ),
        Collection(
            id="patrol-posts",
            title=_("Patrol posts"),
            about=_("Where people are needed; an area is shown by a point inside it."),
            permission=Permission.SEE_PATROLS,
            geometry="Point",
            sql=POSTS,
            columns=(
                NAME,
                _choice("kind", _("Kind"), PostKind.values),
                Column("task", _("Task")),
                _flag("is_active", _("In use")),
                _flag("is_placed", _("Has a point of its own")),
                TERRITORY,
            ),
            may_lack_place=True,
        ),
        Collection(
            id="checkpoints",
            title=_("Checkpoints"),
            about=_("Where whoever has duty at a post is to call."),
            permission=Permission.SEE_PATROLS,
            geometry="Point",
            sql=CHECKPOINTS,
            columns=(
                NAME,
                Column("post", _("Post")),
                _whole("radius_m", _("Radius (m)")),
                _whole("dwell_s", _("Stay (s)")),
                _flag("is_active", _("In use")),
                TERRITORY,
            ),
        ),
        Collection(
            id="on-duty",
            title=_("People on duty now"),
            about=_("Where those who are on duty now were last heard of."),
            permission=Permission.SEE_PATROLS,
            geometry="Point",
            sql=POSITIONS,
            columns=(
                NAME,
                _choice("force", _("Force"), Force.values),
                _choice("means", _("Means of transport"), MeansName.values),
                Column("post", _("Post")),
                Column("shift", _("Shift")),
                _time("at", _("Heard of at")),
                _number("accuracy_m", _("Accuracy (m)")),
                _number("speed_ms", _("Speed (m/s)")),
                _number("bearing", _("Bearing (°)")),
                TERRITORY,
            ),
            when=At("at"),
            prepare=on_duty_now,
        ),
        Collection(
            id="coverage",
            title=_("Patrol coverage"),
            about=_(
                "What each shift has seen of a grid today, or on the days that datetime asks for; "
                "grids that nobody came near have no feature."
            ),
            permission=Permission.SEE_COVERAGE,
            geometry="Polygon",
            sql=COVERAGE,
            columns=(
                CODE,
                NAME,
                _day("day", _("Day")),
                Column("shift", _("Shift")),
                *SHARES,
                _whole("seen_streets", _("Street pieces seen")),
                _whole("all_streets", _("Street pieces")),
                _whole("seen_m2", _("Area seen (m²)")),
                _whole("all_m2", _("Area that counts (m²)")),
                _whole("seen_buildings", _("Buildings seen")),
                _whole("all_buildings", _("Buildings")),
                _flag("is_bare", _("Counts whole")),
                _whole("visits", _("Visits")),
                _time("updated_at", UPDATED),
            ),
            when=Days(),
            may_lack_place=True,
        ),
        Collection(
            id="unseen-grids",
            title=_("Blind spots by grid"),
            about=_(
                "Every grid with the hours since anybody on duty has seen it, its visits today and "
                "those that it needs."
            ),
            permission=Permission.SEE_COVERAGE,
            geometry="Polygon",
            sql=UNSEEN,
            columns=(
                CODE,
                NAME,
                Column("community", _("Community or village")),
                _number("unseen_median_h", _("Hours unseen (median)")),
                _number("unseen_longest_h", _("Hours unseen (longest)")),
                _flag("was_seen", _("Was ever seen")),
                Column("street", _("Street that was unseen for longest")),
                _whole("visits", _("Visits")),
                _whole("visits_needed", _("Visits needed")),
                _whole("visits_missing", _("Visits missing")),
                _choice("control", _("Control level"), ControlLevel),
                _number("window_h", _("May be unseen for (h)")),
                *SHARES,
                _flag("has_ground", _("Ground is known")),
            ),
            prepare=unseen_now,
        ),
    )
}
