"""The territory can be found: a function for each table that turns rows into entries.

What a division or grid was once called stands in the column `former`, one name or code a line.
"""

# ruff: noqa: S608 - every name is a constant of this file
from django.db import migrations

POINT = "ST_X({0}), ST_Y({0}), ST_X({0}), ST_Y({0})"
BOX = "ST_XMin({0}), ST_YMin({0}), ST_XMax({0}), ST_YMax({0})"


def rows(kind: str, select: str, source: str) -> str:
    return f"""
CREATE FUNCTION search_rows_{kind}(ids bigint[]) RETURNS SETOF search_row LANGUAGE sql STABLE AS $$
    SELECT {select} FROM {source}
$$;"""


def former(of: str, alias: str) -> str:
    """Names and codes of days that are over, but for those it has today."""
    return f"""coalesce((
        SELECT string_agg(DISTINCT once.called, chr(10)) FROM grids_{of}designation AS past,
            LATERAL (VALUES (past.name::text), (past.code::text)) AS once(called)
        WHERE past.{of}_id = {alias}.id AND upper(past.valid) <= grids_today()
            AND once.called NOT IN ({alias}.name, {alias}.code)), '')"""


def place(kind: str, table: str) -> str:
    select = f"""p.id, p.name, coalesce(p.code, ''), p.address, '', ARRAY[p.scope_code::text],
        {POINT.format('p.point')}"""
    return rows(kind, select, f"{table} AS p WHERE p.id = ANY(ids)")


ROWS = [
    rows(
        "division",
        f"""d.id, d.name, d.code, '', {former('division', 'd')}, ARRAY[d.code::text],
        {BOX.format('d.shape')}""",
        "grids_division AS d WHERE d.id = ANY(ids)",
    ),
    # The newest shape: the map only has to be taken there, and no entry waits for a day to come.
    rows(
        "grid",
        f"""g.id, g.name, g.code, '', {former('grid', 'g')}, ARRAY[g.code::text],
        {BOX.format('newest.shape')}""",
        """grids_grid AS g LEFT JOIN LATERAL (
        SELECT shape FROM grids_gridshape WHERE grid_id = g.id ORDER BY lower(valid) DESC LIMIT 1
    ) AS newest ON true WHERE g.id = ANY(ids)""",
    ),
    # A street lies in every community whose grids it touches, today or once.
    rows(
        "street",
        f"""s.id, s.name, coalesce(s.code, ''), '', '', ARRAY(
        SELECT DISTINCT left(g.code, 12) FROM grids_gridshape AS drawn
        JOIN grids_grid AS g ON g.id = drawn.grid_id
        WHERE ST_Intersects(drawn.shape, s.line) ORDER BY 1), {BOX.format('s.line')}""",
        "grids_street AS s WHERE s.id = ANY(ids)",
    ),
    place("building", "grids_building"),
    place("shop", "grids_shop"),
    place("service_point", "grids_servicepoint"),
    # Staff are found by whoever has one of their grids, and on the map where these are.
    rows(
        "grid_worker",
        """w.id, w.name, w.number, '', '', ARRAY(
        SELECT DISTINCT g.code::text FROM grids_assignment AS a JOIN grids_grid AS g ON g.id = a.grid_id
        WHERE a.worker_id = w.id AND (upper_inf(a.valid) OR upper(a.valid) > grids_today()) ORDER BY 1),
        NULL::float8, NULL::float8, NULL::float8, NULL::float8""",
        "grids_gridworker AS w WHERE w.id = ANY(ids)",
    ),
]

# Kind, table, and the column of the table that holds the kind's ids.
WATCHED = [
    ("division", "grids_division", "id"),
    ("division", "grids_divisiondesignation", "division_id"),
    ("grid", "grids_grid", "id"),
    ("grid", "grids_gridshape", "grid_id"),
    ("grid", "grids_griddesignation", "grid_id"),
    ("street", "grids_street", "id"),
    ("building", "grids_building", "id"),
    ("shop", "grids_shop", "id"),
    ("service_point", "grids_servicepoint", "id"),
    ("grid_worker", "grids_gridworker", "id"),
    ("grid_worker", "grids_assignment", "worker_id"),
]

RESHAPED = [
    ("new", "INSERT", "NEW"),
    ("before", "UPDATE", "OLD"),
    ("after", "UPDATE", "NEW"),
    ("gone", "DELETE", "OLD"),
]

# Streets and staff are found by the codes of grids; places have the code of theirs in their row.
FOLLOW = """
CREATE FUNCTION grids_search_recoded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_write('grid_worker', ARRAY(
        SELECT DISTINCT worker_id FROM grids_assignment WHERE grid_id = NEW.id));
    PERFORM search_write('street', ARRAY(
        SELECT DISTINCT s.id FROM grids_gridshape AS drawn JOIN grids_street AS s ON s.line && drawn.shape
        WHERE drawn.grid_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER search_recoded AFTER UPDATE OF code ON grids_grid
    FOR EACH ROW WHEN (OLD.code <> NEW.code) EXECUTE FUNCTION grids_search_recoded();

CREATE FUNCTION grids_search_reshaped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_write('street', ARRAY(
        SELECT DISTINCT s.id FROM changed JOIN grids_street AS s ON s.line && changed.shape));
    RETURN NULL;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER search_reshaped_{name} AFTER {event} ON grids_gridshape
    REFERENCING {side} TABLE AS changed FOR EACH STATEMENT WHEN (NOT grids_bulk())
    EXECUTE FUNCTION grids_search_reshaped();
"""
    for name, event, side in RESHAPED
)

WATCH = "".join(f"SELECT search_watch('{k}', '{table}', '{ids}');\n" for k, table, ids in WATCHED)
FILL = "".join(
    f"SELECT search_write('{k}', ARRAY(SELECT id FROM {table}));\n"
    for k, table, ids in WATCHED
    if ids == "id"
)

UNDO = (
    "DROP TRIGGER search_recoded ON grids_grid;\n"
    + "".join(f"DROP TRIGGER search_reshaped_{name} ON grids_gridshape;\n" for name, *_ in RESHAPED)
    + "DROP FUNCTION grids_search_recoded, grids_search_reshaped;\n"
    + "".join(f"SELECT search_unwatch('{k}', '{table}');\n" for k, table, _ in WATCHED)
    + "".join(
        f"DROP FUNCTION search_rows_{k};\nDELETE FROM gis_server_searchentry WHERE kind = '{k}';\n"
        for k, _, ids in WATCHED
        if ids == "id"
    )
)


class Migration(migrations.Migration):

    dependencies = [
        ('gis_server', '0005_search'),
        ('grids', '0009_assignment'),
    ]

    operations = [migrations.RunSQL("".join(ROWS) + FOLLOW + WATCH + FILL, UNDO)]
