"""What stands in the places of routes when the tests walk them: real objects of the first street.

Whoever adds a route with a new place in it adds the object here; whoever adds a route that shows
nothing of a street even to its own people says why in SHOWS_NOTHING.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from events.models import Category, DeadlineRule
from maps.layers import LAYERS
from maps.ogc.collections import COLLECTIONS
from maps.tiles import tiles_over
from tests.grids.territory import projected, square
from tests.house.streets import BOX, FIRST, Street

_TILE = tiles_over(projected(square(BOX[0], BOX[1], 0.004)).extent, 14)[0]

PLACES: dict[str, Callable[[Street], Sequence[object]]] = {
    "str:event_number": lambda street: [street.event.number],
    "int:briefing_id": lambda street: [street.briefing.pk],
    "int:camera_id": lambda street: [street.camera.pk],
    "int:category_id": lambda street: [Category.objects.get(code="G0101").pk],
    "int:deadline_id": lambda street: [DeadlineRule.objects.earliest("id").pk],
    "int:department_id": lambda street: [street.department.pk],
    "int:credential_id": lambda street: [street.credential.pk],
    "int:grant_id": lambda street: [street.asked.pk, street.lent.pk],
    "int:order_id": lambda street: [street.order.pk],
    "int:event_id": lambda street: [street.event.pk],
    "int:event_view_id": lambda street: [street.event_view.pk],
    "str:action": lambda street: ["accept"],
    "int:event_photo_id": lambda street: [street.event_photo.pk],
    "int:errand_id": lambda street: [street.errand.pk],
    "int:checkpoint_id": lambda street: [street.checkpoint.pk],
    "int:round_id": lambda street: [street.walk.round_id],
    "int:walk_id": lambda street: [street.walk.pk],
    "str:secret": lambda street: [street.checkpoint.secret],
    "int:member_id": lambda street: [street.duty.member_id],
    "int:duty_id": lambda street: [street.duty.pk],
    "int:device_id": lambda street: [street.device.pk],
    "int:dispute_id": lambda street: [street.dispute.pk],
    "str:track_kind": lambda street: ["gpx", "csv", "geojson"],
    "int:post_id": lambda street: [street.duty.post_id],
    "int:shift_id": lambda street: [street.duty.shift_id],
    "int:photo_id": lambda street: [street.photo.pk],
    "int:rule_id": lambda street: [street.routing.pk],
    "int:task_id": lambda street: [street.task.pk],
    "int:team_id": lambda street: [street.camera.team_id],
    "int:site_id": lambda street: [street.camera.site_id],
    "int:token_id": lambda street: [street.token.pk],
    "int:grid_plan_id": lambda street: [street.grid_plan.pk],
    "str:plan_verb": lambda street: ["submit", "approve"],
    "int:proposal_id": lambda street: [street.proposal.pk],
    "int:plan_id": lambda street: [street.delivery.plan_id],
    "int:delivery_id": lambda street: [street.delivery.pk],
    "int:view_id": lambda street: [street.view.pk],
    "int:user_id": lambda street: [street.administrator.pk],
    "int:number": lambda street: sorted({*street.things.values()}),
    "int:report_id": lambda street: [street.report.pk],
    "str:kind": lambda street: ["xlsx", "pdf"],
    "int:work_id": lambda street: [street.work.pk],
    "str:number": lambda street: [street.worker.number],
    "int:outage_id": lambda street: [street.outage.pk],
    "int:run_id": lambda street: [street.imported.pk],
    "int:snapshot_id": lambda street: [street.snapshot.pk],
    "int:x": lambda street: [_TILE.x],
    "int:y": lambda street: [_TILE.y],
    "int:z": lambda street: [_TILE.z],
    "str:code": lambda street: [street.grid.code, f"{FIRST}000"],
    "str:verb": lambda street: ["accept"],
    "str:priority": lambda street: ["ordinary"],
    "str:edition": lambda street: ["anything"],
    "str:ref": lambda street: ["0" * 16],
    "str:layer": lambda street: [*LAYERS],
    # One of each permission; tests/maps/ogc/test_answers.py asks for all of them.
    "str:collection": lambda street: [
        *{one.permission: name for name, one in COLLECTIONS.items()}.values()
    ],
    "str:fid": lambda street: [street.camera.pk],
}
# Two places that only mean something together.
PAIRS: dict[tuple[str, str], Callable[[Street], list[tuple[object, object]]]] = {
    ("str:thing", "int:number"): lambda street: [*street.things.items()],
    ("str:on", "int:number"): lambda street: [(on, street.things[on]) for on in ("grid", "worker")],
}
# Where only one object will do.
VALUES: dict[str, Callable[[Street], list[tuple[object, ...]]]] = {
    "ogc/collections/<str:collection>/items/<str:fid>": lambda street: [
        ("cameras", street.camera.pk),
        ("events", street.event.pk),
        ("buildings", street.things["building"]),
        ("on-duty", street.duty.pk),
        ("checkpoints", street.checkpoint.pk),
        ("repair-orders", street.order.pk),
        ("outages", street.outage.pk),
        ("communities", street.things["division"]),
        ("grids", street.grid.shapes.earliest("id").pk),
        ("unseen-grids", street.grid.pk),
    ],
    "territory/strays/<str:thing>/<int:number>/": lambda street: [("building", street.stray.pk)],
    # The sheet as PDF or PNG is drawn from what these hold, and takes seconds each time.
    "maps/files/map.<str:form>": lambda street: [("html",), ("gpkg",)],
    # The workbook is compressed, the paper has numbers of glyphs: tests/maps/test_plan_files.py.
    "plans/<int:grid_plan_id>/files/plan.<str:form>": lambda street: [
        (street.grid_plan.pk, form) for form in ("html", "gpkg")
    ],
    "events/briefings/<int:briefing_id>/file.<str:kind>": lambda street: [
        (street.briefing.pk, kind) for kind in ("docx", "pdf")
    ],
}
# By route: questions that aim at the first street, asked besides the plain address.
QUESTIONS: dict[str, list[str]] = {
    "api/cameras.geojson": ["bbox=" + ",".join(map(str, BOX))],
    "api/maps/select/": ["bbox=" + ",".join(map(str, BOX))],
    "api/maps/select.csv": ["layer=cameras&bbox=" + ",".join(map(str, BOX))],
    "api/maps/select.geojson": ["bbox=" + ",".join(map(str, BOX))],
    "api/maps/select.gpkg": ["bbox=" + ",".join(map(str, BOX))],
    "api/cameras/offline/": ["state=offline", "state=unknown"],
    "api/grid-plans/map/": [f"below={FIRST}"],
    "api/grid-plans/<int:grid_plan_id>/drawing/": [f"community={FIRST}001"],
    "api/grid-plans/<int:grid_plan_id>/renumbering/": [f"community={FIRST}001"],
    "api/grid-plans/<int:grid_plan_id>/snapping/": [f"community={FIRST}001"],
    "api/grid-plans/<int:grid_plan_id>/staff/": [f"community={FIRST}001"],
    "api/grid-plans/crosswalk/": [f"below={FIRST}&from=2026-01-02&until=2026-01-03"],
    "plans/compare/shapes/": [f"below={FIRST}&a=2026-01-02&b=2026-01-03"],
    "plans/compare/": [f"below={FIRST}"],
    "plans/map/": [f"below={FIRST}"],
    "plans/crosswalk/": [f"below={FIRST}"],
    "api/find/": ["q=SECRETIA", f"q={FIRST}"],
    "api/territory/find/": ["q=SECRETIA"],
    "api/events/rounds/seen.geojson": ["bbox=" + ",".join(map(str, BOX))],
    "api/patrols/nearest/": ["lon=112.65&lat=37.85"],
    "patrols/errands/send/": ["lon=112.65&lat=37.85"],
    "audit/": [f"area={FIRST}", "action=area.asked"],
    "audit/export/": [f"area={FIRST}"],
    "events/figures/list/": ["term=reported"],
}
# By route: questions for the rows of a list as a file.
FILES: dict[str, list[str]] = {
    "cameras/pictures/views/": ["f=csv"],
    "area-grants/": ["f=csv"],
    "area-grants/running/": ["f=csv"],
    "area-grants/to-decide/": ["f=csv"],
    "events/briefings/": ["f=csv"],
    "events/figures/list/": ["term=reported&f=csv", "term=reported&f=geojson"],
    "events/rounds/": ["f=csv"],
    "events/rounds/<int:round_id>/": ["f=csv", "f=geojson", "of=walks&f=csv"],
    "events/rules/catalogue/": ["f=csv"],
    "events/rules/deadlines/": ["f=csv"],
    "events/rules/departments/": ["f=csv"],
    "imports/": ["f=csv"],
    "patrols/checkpoints/": ["f=csv", "f=geojson"],
    "patrols/dark/": ["f=csv", "f=geojson"],
    "patrols/devices/": ["f=csv"],
    "patrols/disputes/": ["f=csv"],
    "patrols/errands/": ["f=csv", "f=geojson"],
    "patrols/members/": ["f=csv"],
    "patrols/roster/": ["f=csv"],
    "plans/": ["f=csv"],
    "plans/<int:grid_plan_id>/": ["f=csv"],
    "plans/crosswalk/": [
        f"below={FIRST}&from=2026-01-02&until=2026-01-03&only=all&of={of}&f=csv"
        for of in ("shares", "rates")
    ],
    "plans/map/": [f"below={FIRST}&f=csv"],
    "plans/<int:grid_plan_id>/impact/": ["f=csv"],
    "rates/intervals/": ["f=csv", "f=geojson"],
    "repairs/handover/": ["f=csv"],
    "repairs/planned/": ["f=csv"],
    "repairs/teams/": ["f=csv"],
    "territory/<str:code>/": ["f=csv", "tab=people&f=csv"],
    "territory/strays/": ["f=csv", "f=geojson"],
    "users/": ["f=csv"],
    "account/tokens/": ["f=csv"],
    "cameras/": ["f=csv", "f=geojson"],
    "cameras/<int:camera_id>/": [f"list={name}&f=csv" for name in ("outages", "results", "edits")],
    "cameras/logins/": ["f=csv"],
    "cameras/pictures/": ["f=csv", "f=geojson"],
    "cameras/pictures/rounds/": ["f=csv", "list=deleted&f=csv"],
    "cameras/sites/": ["f=csv", "list=pollers&f=csv"],
    "control-levels/": ["f=csv", "list=switches&f=csv"],
    "grids/<str:code>/": ["f=csv"],
    "imports/<int:run_id>/": ["f=csv", "f=geojson"],
    "patrols/required-visits/": ["f=csv"],
    "patrols/shifts/": ["f=csv"],
    "rates/patterns/": ["list=parts&f=csv"],
    "repairs/orders/": ["f=csv", "f=geojson"],
    "repairs/routing/": ["f=csv"],
    "repairs/times/": ["f=csv"],
}
for _route, _questions in FILES.items():
    QUESTIONS.setdefault(_route, []).extend(_questions)
SHOWS_NOTHING = {
    "api/grid-plans/<int:grid_plan_id>/check/": "whether something is wrong, which nothing is",
    "api/grid-plans/<int:grid_plan_id>/<str:plan_verb>/": "only takes a step",
    "api/grid-plans/<int:grid_plan_id>/proposals/<int:proposal_id>/cancel/": "only takes a step",
    "api/grid-plans/<int:grid_plan_id>/proposals/<int:proposal_id>/take/": "only takes a step",
    **{
        f"api/grid-plans/<int:grid_plan_id>/{verb}/": "only takes a step"
        for verb in ("operations", "undo", "redo", "preview", "preview/figures", "locks", "here")
    },
    "api/grid-plans/<int:grid_plan_id>/repairs/": "what is mended, which is nothing",
    "api/grid-plans/<int:grid_plan_id>/impact/points/": (
        "places that change hands, which none does: see tests/grids/plans/test_impact.py"
    ),
    "base/<int:z>/<int:x>/<int:y>": "the base map, which is nobody's; none by itself",
    "map-archive/make/": "only takes a form",
    "map-archive/territory.pmtiles": "there is none until it is made",
    "": "leads on to the wall",
    "api/cameras/summary/": "counts alone",
    "api/figures/headlines/": "counts alone: see tests/maps/test_headlines.py",
    "api/figures/grids/": "numbers alone: see tests/maps/test_grid_figures.py",
    "api/events/photos/": "only takes a photo",
    **{f"api/maps/alarms/{verb}/": "only takes a step" for verb in ("take", "note", "release")},
    "api/events/rounds/walks/<int:walk_id>/looks/": "only takes a look",
    "api/events/rounds/walks/<int:walk_id>/end/": "only takes a step",
    "api/patrols/errands/<int:errand_id>/withdraw/": "only takes a step",
    "api/patrols/phone/errands/<int:errand_id>/<str:verb>/": "only takes a step",
    "events/rounds/<int:round_id>/begin/": "only takes a form",
    "events/rounds/<int:round_id>/change/": "only takes a form",
    "patrols/checkpoints/<int:checkpoint_id>/rotate/": "only takes a form",
    "patrols/errands/<int:errand_id>/withdraw/": "only takes a form",
    "api/events/reports/batch/": "only takes reports",
    "api/events/categories/": "the catalogue, which is everybody's",
    "api/open311/v2/tokens/<str:event_number>.json": "the number that was asked for",
    "api/open311/v2/tokens/<str:event_number>.xml": "the number that was asked for",
    "api/events/<int:event_id>/steps/": "only takes a step",
    "events/list.xlsx": "a compressed file",
    "events/bulk/": "only takes a form",
    "events/views/save/": "only takes a form",
    "events/views/<int:event_view_id>/": "only takes a form",
    "events/<int:event_id>/do/<str:action>/": "only takes a form",
    "events/<int:event_id>/seen/": "only takes a form",
    "api/events/mine/<int:task_id>/<str:verb>/": "only takes a step",
    "events/briefings/<int:briefing_id>/correct/": "only takes a form",
    "events/figures/table.xlsx": "a compressed file with the rows of events/figures/table.csv",
    "api/cameras/<int:camera_id>/snapshot/": "the number of a request",
    "api/cameras/rounds/": "counts alone",
    "events/rules/catalogue/<int:category_id>/move/": "only takes a form",
    "events/rules/deadlines/<int:deadline_id>/remove/": "only takes a form",
    "area-grants/<int:grant_id>/decide/": "only takes a form",
    "area-grants/<int:grant_id>/withdraw/": "only takes a form",
    "area-grants/<int:grant_id>/end/": "only takes a form",
    "imports/upload/": "only takes a file",
    "imports/<int:run_id>/state/": "a step and numbers",
    "imports/<int:run_id>/changes/": (
        "what a checked import would change, which is no longer told of one that is applied: see"
        " tests/grids/imports"
    ),
    "tiles/<str:edition>/outline.json": "borders and places alone: see tests/maps/test_outline.py",
    "imports/<int:run_id>/confirm/": "only takes a form",
    "imports/<int:run_id>/apply/": "only takes a form",
    "imports/<int:run_id>/check/": "only takes a form",
    "imports/<int:run_id>/discard/": "only takes a form",
    "cameras/logins/<int:credential_id>/remove/": "only takes a form",
    "cameras/import/template.xlsx": "an empty table",
    "cameras/import/send/": "only takes a file",
    "cameras/test/": "only takes a form",
    "cameras/discover/run/": "only takes a form",
    "cameras/sites/<int:site_id>/remove/": "only takes a form",
    "cameras/<int:camera_id>/read/": "asks a device, which this one has no port for",
    "repairs/planned/<int:work_id>/end/": "only takes a form",
    "repairs/planned/<int:work_id>/withdraw/": "only takes a form",
    "repairs/planned/<int:work_id>/review/": "only takes a form",
    "patrols/devices/<int:device_id>/revoke/": "only takes a form",
    "patrols/devices/<int:device_id>/rotate/": "only takes a form",
    "patrols/me/upload/": "only takes a file",
    "api/patrols/fixes/": "only takes positions",
    "api/maps/then/": "needs a moment: see tests/maps/test_then_events.py",
    "api/maps/then/changes/": "needs a span: see tests/maps/test_then_events.py",
    "api/maps/then/grids/": "needs two days: see tests/maps/test_then_grids.py",
    "api/patrols/replay/": "needs a shift: see tests/maps/test_on_duty.py",
    "api/patrols/tracks/": "needs a number: see tests/patrols/test_own_track.py",
    "patrols/roster/file.xlsx": "a compressed file",
    "patrols/roster/copy/": "only takes a form",
    "patrols/roster/import/send/": "only takes a file",
    "patrols/members/import/send/": "only takes a file",
    "patrols/members/of-workers/": "only takes a form",
    "api/patrols/duties/<int:duty_id>/": "only takes a step",
    "patrols/coverage.xlsx": "a compressed file with the rows of patrols/coverage.csv",
    "patrols/required-visits/<int:rule_id>/remove/": "only takes a form",
    "rates/table.xlsx": "a compressed file with the rows of rates/table.csv",
    "repairs/list.pdf": "texts as numbers of glyphs",
    "repairs/list.xlsx": "a compressed file",
    "repairs/views/save/": "only takes a form",
    "repairs/views/<int:view_id>/": "only takes a form",
    "repairs/handover/<int:plan_id>/send/": "only takes a form",
    "repairs/handover/<int:plan_id>/remove/": "only takes a form",
    "repairs/handover/deliveries/<int:delivery_id>/again/": "only takes a form",
    "repairs/orders/<int:order_id>/do/<str:verb>/": "only takes a form",
    "repairs/orders/<int:order_id>/photos/": "only takes a file",
    "repairs/teams/<int:team_id>/remove/": "only takes a form",
    "repairs/routing/<int:rule_id>/": "only takes a form",
    "repairs/times/<int:rule_id>/remove/": "only takes a form",
    "api/repairs/orders/<int:order_id>/<str:verb>/": "only takes a step",
    "tiles/version/": "a hash",
    "cameras/pictures/<int:snapshot_id>/judge/": "only takes a form",
    "territory/delete/<str:thing>/<int:number>/": "only takes a form",
    "territory/end/<int:number>/": "only takes a form",
    "territory/withdraw/<int:number>/": "only takes a form",
    "territory/undo/<int:number>/": "only takes a form",
    "account/sessions/end-others/": "only takes a form",
    "account/sessions/<str:ref>/end/": "only takes a form",
    "account/tokens/<int:token_id>/revoke/": "only takes a form",
    "users/<int:user_id>/reset-password/": "only takes a form",
    "users/<int:user_id>/unlock/": "only takes a form",
    "users/<int:user_id>/end-sessions/": "only takes a form",
    "users/<int:user_id>/remove-second-factor/": "only takes a form",
    "users/<int:user_id>/revoke-tokens/": "only takes a form",
}


def addresses(route: str, street: Street) -> Iterator[tuple[str, list[str]]]:
    """Every address of a route that aims at the first street, and what was typed into it.

    Raises:
        LookupError: a place that no object stands for yet.
    """
    names = places_of(route)
    for values in _values(names, route, street):
        address = "/" + route
        for name, value in zip(names, values, strict=True):
            address = address.replace(f"<{name}>", str(value), 1)
        typed = [str(value) for value in values]
        yield address, typed
        for question in QUESTIONS.get(route, []):
            yield f"{address}?{question}", [*typed, question.partition("=")[2]]


def _values(names: list[str], route: str, street: Street) -> Iterator[tuple[object, ...]]:
    if route in VALUES:
        yield from VALUES[route](street)
        return
    pair = tuple(names)
    if len(names) == 2 and pair in PAIRS:
        yield from PAIRS[(names[0], names[1])](street)
        return
    missing = [name for name in names if name not in PLACES]
    if missing:
        raise LookupError(
            f"{route}: add an object of the first street for {missing} to PLACES in"
            " tests/house/samples.py (and to tests/house/streets.py, if there is none yet)"
        )
    yield from product(*(PLACES[name](street) for name in names))


def places_of(route: str) -> list[str]:
    return [part.partition(">")[0] for part in route.split("<")[1:]]
