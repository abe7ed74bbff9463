"""Imports point one way, and pure modules need neither Django nor a socket."""

import subprocess
import sys

from tests.house.tree import APPS, ROOT, imports, modules

# docs/design and the contract of the house: an app may import those on its right.
MAY_IMPORT = {
    "gis_server": set[str](),
    "grids": {"gis_server"},
    "patrols": {"gis_server", "grids"},
    "cameras": {"gis_server", "grids"},
    "events": {"gis_server", "grids", "patrols", "cameras"},
    "maps": {"gis_server", "grids", "patrols", "cameras", "events"},
    "fixtures": set(APPS) - {"maps"},
}
PURE = (
    "gis_server.backups.clock",
    "gis_server.backups.errors",
    "gis_server.backups.manifest",
    "gis_server.backups.pictures",
    "gis_server.backups.programs",
    "gis_server.backups.shelf",
    "gis_server.backups.tries",
    "gis_server.csv_export",
    "gis_server.disk",
    "gis_server.ellipsoid",
    "gis_server.frame_guess",
    "gis_server.frames",
    "gis_server.geojson_export",
    "gis_server.grant_flow",
    "gis_server.kept_filters",
    "gis_server.live_hub",
    "gis_server.navigation",
    "gis_server.openapi.schemas",
    "gis_server.plain_numbers",
    "gis_server.plain_text",
    "gis_server.watch.readings",
    "gis_server.workdays.worktime",
    "gis_server.xlsx_export",
    "grids.balance",
    "grids.borders",
    "grids.codes",
    "grids.crosswalk",
    "grids.impact",
    "grids.layer_diff",
    "grids.plans.effects.sketch",
    "grids.imports.cells",
    "grids.imports.crs",
    "grids.imports.csv_file",
    "grids.imports.dbf",
    "grids.imports.digest",
    "grids.imports.flow",
    "grids.imports.gis_files",
    "grids.imports.headers",
    "grids.imports.heads",
    "grids.imports.kinds",
    "grids.imports.kml",
    "grids.imports.layer",
    "grids.imports.limits",
    "grids.imports.marks",
    "grids.imports.positions",
    "grids.imports.problems",
    "grids.imports.shapefile",
    "grids.imports.shapes",
    "grids.imports.source",
    "grids.imports.xlsx_file",
    "grids.imports.zips",
    "grids.plan",
    "grids.plan_flow",
    "grids.redrawing",
    "grids.topology",
    "patrols.ages",
    "patrols.board.hours",
    "patrols.cells",
    "patrols.control",
    "patrols.coverage",
    "patrols.errands.checks",
    "patrols.errands.workflow",
    "patrols.intake.batch",
    "patrols.intake.limits",
    "patrols.intake.rows",
    "patrols.intake.spans",
    "patrols.intake.throttle",
    "patrols.intake.tokens",
    "patrols.osmand",
    "patrols.plane",
    "patrols.roster",
    "patrols.streetnet",
    "patrols.slots",
    "patrols.stretches",
    "patrols.terrain",
    "patrols.track",
    "patrols.uploads",
    "patrols.visits",
    "cameras.grouping",
    "cameras.gb28181",
    "cameras.viewing",
    "events.rounds.ordering",
    "cameras.handover.delivery_flow",
    "cameras.handover.hosts",
    "cameras.handover.line",
    "cameras.handover.outgoing",
    "cameras.health",
    "cameras.picture",
    "cameras.probe",
    "cameras.processes.shelf",
    "cameras.rates.patterns",
    "cameras.repairs.proof",
    "cameras.repairs.workflow",
    "cameras.rates.periods",
    "cameras.rates.pieces",
    "cameras.rates.plot",
    "cameras.rates.share",
    "cameras.rates.work_rules",
    "cameras.sight",
    "events.deadlines",
    "events.briefings.hot",
    "events.briefings.periods",
    "events.briefings.warnings",
    "events.counting.share",
    "events.desk.filters",
    "events.reporting.checks",
    "events.workflow",
    "maps.alarms.flood",
    "maps.alarms.ranks",
    "maps.desk.shapes",
    "maps.ogc.reading",
    "maps.figures.classes",
    "maps.figures.moments",
    "maps.files.signs",
    "maps.onduty.replay",
    "maps.simplify",
    "maps.tiles",
    "fixtures.camera_days",
    "fixtures.camera_farm.plan",
    "fixtures.duty_day",
    "fixtures.event_days",
    "fixtures.event_words",
    "fixtures.fault_days",
    "fixtures.lossy_line",
    "fixtures.patrol_words",
    "fixtures.plan_edits",
    "fixtures.repair_week",
    "fixtures.scenes",
)
# The one pure package's edge: the only file that opens sockets.
OPENS_SOCKETS = "cameras.probe.net"
SOCKETS = ("socket", "ssl", "http", "urllib.request", "asyncio.open_connection", "requests")


def name_of(path: object) -> str:
    text = str(path).removeprefix(f"{ROOT}/").removesuffix(".py").replace("/", ".")
    return text.removesuffix(".__init__")


def pure_modules() -> list[str]:
    names = [name_of(path) for path in modules()]
    return [n for n in names if any(n == pure or n.startswith(pure + ".") for pure in PURE)]


def test_imports_point_one_way() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in modules()
        for line, name in imports(path)
        if (target := name.split(".")[0]) in APPS
        and target not in MAY_IMPORT[app := path.relative_to(ROOT).parts[0]] | {app}
    ]

    assert wrong == []


def test_every_pure_module_is_there() -> None:
    there = pure_modules()

    missing = [
        pure
        for pure in PURE
        if not any(name == pure or name.startswith(pure + ".") for name in there)
    ]
    assert missing == []


def test_pure_modules_import_without_django() -> None:
    blocked = (
        "import sys, importlib\n"
        "class Closed:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('django', 'psycopg2', 'celery'):\n"
        "            raise ImportError(f'{name} is closed to pure modules')\n"
        "sys.meta_path.insert(0, Closed())\n"
        f"for name in {pure_modules()!r}:\n"
        "    importlib.import_module(name)\n"
    )

    result = subprocess.run(
        [sys.executable, "-c", blocked], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr


def test_pure_modules_open_no_socket() -> None:
    pure = set(pure_modules()) - {OPENS_SOCKETS}
    wrong = [
        f"{name_of(path)}:{line}: {name}"
        for path in modules()
        if name_of(path) in pure
        for line, name in imports(path)
        if name.startswith(SOCKETS) or name.split(".")[0] in SOCKETS
    ]

    assert wrong == []


def test_only_the_two_files_of_frames_convert_coordinates() -> None:
    by_library = {
        name_of(path)
        for path in modules()
        for _, name in imports(path)
        if name.split(".")[0] == "pyproj" or name == "gis_server.frames.transformer"
    }

    assert by_library == {"gis_server.frames", "gis_server.frame_guess", "gis_server.geo"}


def test_nobody_keeps_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils.py", "util.py", "helpers.py", "mixins.py", "base.py", "common.py", "misc.py"}

    assert [p for p in modules() if p.name in drawers] == []
