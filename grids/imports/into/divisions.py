"""Divisions: found again by code, each under the one that its code names as parent."""

from collections.abc import Iterator

from grids.imports.into import Comparison, Found, Work, doubled, found_rows, samples_of
from grids.imports.into.designations import designate
from grids.imports.problems import Problem

# The level and parent that a code states; see `grids.codes`.
LEVEL = """CASE WHEN substr({code}, 10) <> '000' THEN 'community'
    WHEN substr({code}, 7) <> '000000' THEN 'street'
    WHEN substr({code}, 5) <> '00000000' THEN 'district'
    WHEN substr({code}, 3) <> '0000000000' THEN 'city' ELSE 'province' END"""
PARENT = """rpad(left({code}, CASE WHEN substr({code}, 10) <> '000' THEN 9
    WHEN substr({code}, 7) <> '000000' THEN 6 WHEN substr({code}, 5) <> '00000000' THEN 4
    WHEN substr({code}, 3) <> '0000000000' THEN 2 ELSE 0 END), 12, '0')"""
KIND = """coalesce(s.kind, CASE {level} WHEN 'street' THEN
        CASE WHEN s.name LIKE '%%镇' THEN 'town' WHEN s.name LIKE '%%乡' THEN 'township'
             ELSE 'street_office' END
    WHEN 'community' THEN
        CASE WHEN s.name LIKE '%%村' OR s.name LIKE '%%村委会' OR s.name LIKE '%%村民委员会'
             THEN 'village' ELSE 'community' END
    ELSE {level} END)"""
SHAPE = "CASE WHEN s.shape IS NULL THEN NULL ELSE ST_Multi(s.shape) END"
REDRAWN = """(s.shape IS NOT NULL AND (division.shape IS NULL OR division.shape_is_union
    OR ST_AsBinary(division.shape) <> ST_AsBinary(ST_Multi(s.shape))))"""
JOINED = "FROM {stage} AS s LEFT JOIN grids_division AS division ON division.code = s.code"
ORDER = ("province", "city", "district", "street", "community")


def prepare(work: Work) -> None:
    """Say the kind of each where the file does not: by level, and by how the name ends."""
    kind = KIND.format(level=LEVEL.format(code="s.code"))
    work.stage.run(f"UPDATE {{stage}} AS s SET kind = {kind} WHERE s.kind IS NULL", {})


def find_faults(work: Work) -> Iterator[Found]:
    yield from doubled(work, "code", "ST_PointOnSurface(s.shape)::text")
    yield from found_rows(
        work,
        Problem.OUTSIDE_TERRITORY,
        """SELECT s.row, NULL, s.code FROM {stage} AS s
           WHERE s.code NOT LIKE %(like_scope)s ORDER BY s.row""",
        ("code",),
        "code",
    )
    yield from found_rows(
        work,
        Problem.SKIPS_A_LEVEL,
        """SELECT s.row, NULL, s.code FROM {stage} AS s
           WHERE s.code ~ '^00|^..00.*[1-9]|^.{4}00.*[1-9]|^.{6}000.*[1-9]' ORDER BY s.row""",
        ("value",),
        "code",
    )
    parent = PARENT.format(code="s.code")
    yield from found_rows(
        work,
        Problem.PARENT_UNKNOWN,
        f"""SELECT s.row, NULL, s.code, {parent} FROM {{stage}} AS s
            WHERE substr(s.code, 7) <> '000000'
              AND NOT EXISTS (SELECT 1 FROM grids_division AS d WHERE d.code = {parent})
              AND NOT EXISTS (SELECT 1 FROM {{stage}} AS t WHERE t.code = {parent})
            ORDER BY s.row""",
        ("value", "parent"),
        "code",
    )
    yield from later_designations(work)


def later_designations(work: Work) -> Iterator[Found]:
    """Names that already change after the day from which the file's are to hold."""
    yield from found_rows(
        work,
        Problem.CHANGES_LATER,
        """SELECT s.row, NULL, s.code, lower(later.valid) FROM {stage} AS s
           JOIN grids_division AS division ON division.code = s.code
           JOIN grids_divisiondesignation AS later
             ON later.division_id = division.id AND lower(later.valid) > %(valid_from)s
           WHERE division.name <> s.name ORDER BY s.row""",
        ("value", "day"),
        "name",
    )


def compare(work: Work) -> Comparison:
    differs = work.differs("division", REDRAWN)
    new, changed, same = work.stage.one(
        f"""SELECT count(*) FILTER (WHERE division.id IS NULL),
                   count(*) FILTER (WHERE division.id IS NOT NULL AND {differs}),
                   count(*) FILTER (WHERE division.id IS NOT NULL AND NOT {differs}) {JOINED}"""
    )
    [absent] = work.stage.one(
        """SELECT count(*) FROM grids_division AS division WHERE division.code LIKE %(like_scope)s
           AND NOT EXISTS (SELECT 1 FROM {stage} AS s WHERE s.code = division.code)""",
        work.values,
    )
    samples = samples_of(
        work,
        f"""SELECT s.code, s.name, division.id IS NULL {work.pairs("division")}
            {JOINED} WHERE division.id IS NULL OR {differs} ORDER BY division.id IS NULL, s.row""",
    )
    return Comparison(new, changed, same, absent, samples=samples)


def write(work: Work) -> None:
    sets = "".join(f"{one} = s.{one}, " for one in work.compared)
    shape = f"coalesce({SHAPE}, division.shape)"
    work.stage.run(
        f"""UPDATE grids_division AS division
            SET {sets} shape = {shape}, shape_3857 = {_drawn(shape)}, label = {_label(shape)},
                shape_is_union = division.shape_is_union AND s.shape IS NULL
            FROM {{stage}} AS s
            WHERE s.code = division.code AND {work.differs("division", REDRAWN)}"""
    )
    for level in ORDER:
        _insert(work, level)
    designate(work, "division")


def _insert(work: Work, level: str) -> None:
    """New divisions of one level; those above are there already."""
    stated = LEVEL.format(code="s.code")
    work.stage.run(
        f"""INSERT INTO grids_division (code, name, level, kind, official, parent_id, shape,
                                        shape_3857, label)
            SELECT s.code, s.name, '{level}', s.kind, s.official, parent.id,
                   {SHAPE}, {_drawn(SHAPE)}, {_label(SHAPE)}
            FROM {{stage}} AS s
            LEFT JOIN grids_division AS parent ON parent.code = {PARENT.format(code="s.code")}
            WHERE {stated} = '{level}'
              AND NOT EXISTS (SELECT 1 FROM grids_division AS d WHERE d.code = s.code)
            ORDER BY s.row""",
        work.values,
    )


def _drawn(shape: str) -> str:
    """The shape for tiles: Web Mercator, clockwise."""
    return f"ST_ForcePolygonCW(ST_Transform({shape}, 3857))"


def _label(shape: str) -> str:
    """The place with the most room around it, where a name fits best."""
    return f"""CASE WHEN {shape} IS NULL THEN NULL
        ELSE (SELECT circle.center FROM ST_MaximumInscribedCircle({shape}) AS circle) END"""
