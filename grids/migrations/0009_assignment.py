"""The grid of every point, kept by the database.

A point lies in the deepest grid whose shape of today covers it; on a shared border, in the one with
the lowest code.  Whoever writes a point, a shape or a code: the tables that carry the trigger
`assign` follow, `cameras_camera` too (its own migration gives it the trigger).  Bulk loads set
`gis.bulk` to `on` for their transaction and do the same for all their rows at once.
"""

from django.db import migrations

TARGETS = ("grids_building", "grids_shop", "grids_servicepoint")

# settings.TIME_ZONE says what a day is; a test compares.
FUNCTIONS = """
CREATE FUNCTION grids_today() RETURNS date LANGUAGE sql STABLE
    AS $$ SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date $$;

CREATE FUNCTION grids_bulk() RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT current_setting('gis.bulk', true) IS NOT DISTINCT FROM 'on' $$;

CREATE FUNCTION grids_home(place geometry, on_day date, OUT grid_id bigint, OUT code varchar)
LANGUAGE sql STABLE AS $$
    -- OFFSET 0 keeps the day out of the search for shapes: its index would be read as a whole, 15 ms
    -- for 60,000 grids instead of 0.2.
    SELECT grid.id, grid.code
    FROM (SELECT drawn.grid_id, drawn.valid FROM grids_gridshape AS drawn
          WHERE ST_Covers(drawn.shape, place) OFFSET 0) AS here
    JOIN grids_grid AS grid ON grid.id = here.grid_id
    WHERE here.valid @> on_day
    ORDER BY length(grid.code) DESC, grid.code LIMIT 1
$$;

CREATE FUNCTION grids_assign() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE home record;
BEGIN
    SELECT * INTO home FROM grids_home(NEW.point, grids_today());
    NEW.grid_id := home.grid_id;
    NEW.scope_code := coalesce(home.code, NEW.scope_code);
    RETURN NEW;
END $$;

-- The tables whose points have a grid: those with the trigger.
CREATE FUNCTION grids_assigned_tables() RETURNS SETOF regclass LANGUAGE sql STABLE AS $$
    SELECT tgrelid::regclass FROM pg_trigger
    WHERE tgfoid = 'grids_assign'::regproc AND NOT tgisinternal ORDER BY tgrelid::regclass::text
$$;

-- Looks again in which grid these rows of a table lie; answers how many had to change.
CREATE FUNCTION grids_reassign(target regclass, ids bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE changed bigint;
BEGIN
    EXECUTE format($sql$
        UPDATE %1$s AS place
        SET grid_id = home.grid_id, scope_code = coalesce(home.code, place.scope_code)
        FROM (SELECT here.id, found.* FROM %1$s AS here,
                     LATERAL grids_home(here.point, grids_today()) AS found
              WHERE here.id = ANY ($1)) AS home
        WHERE home.id = place.id AND place.grid_id IS DISTINCT FROM home.grid_id
    $sql$, target) USING ids;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;

CREATE FUNCTION grids_follow_shapes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE target regclass; ids bigint[];
BEGIN
    IF grids_bulk() THEN RETURN NULL; END IF;
    FOR target IN SELECT grids_assigned_tables() LOOP
        EXECUTE format($sql$
            SELECT array_agg(DISTINCT near.id) FROM changed, LATERAL (
                SELECT place.id FROM %s AS place WHERE place.point && changed.shape OFFSET 0) AS near
            WHERE changed.valid @> grids_today()
        $sql$, target) INTO ids;
        PERFORM grids_reassign(target, ids);
    END LOOP;
    RETURN NULL;
END $$;

-- On a day on which shapes begin or end, looks at the points in them; answers how many changed.
CREATE FUNCTION grids_follow_day(on_day date) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE target regclass; ids bigint[]; total bigint := 0;
BEGIN
    FOR target IN SELECT grids_assigned_tables() LOOP
        EXECUTE format($sql$
            SELECT array_agg(DISTINCT near.id) FROM grids_gridshape AS drawn, LATERAL (
                SELECT place.id FROM %s AS place WHERE place.point && drawn.shape OFFSET 0) AS near
            WHERE lower(drawn.valid) = $1 OR upper(drawn.valid) = $1
        $sql$, target) INTO ids USING on_day;
        total := total + grids_reassign(target, ids);
    END LOOP;
    RETURN total;
END $$;

CREATE FUNCTION grids_follow_grid_code() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE target regclass;
BEGIN
    FOR target IN SELECT grids_assigned_tables() LOOP
        EXECUTE format('UPDATE %s SET scope_code = $1 WHERE grid_id = $2', target)
            USING NEW.code, NEW.id;
    END LOOP;
    RETURN NULL;
END $$;

CREATE FUNCTION grids_prefix(code varchar, level varchar) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(code, CASE level WHEN 'province' THEN 2 WHEN 'city' THEN 4 WHEN 'district' THEN 6
                                 WHEN 'street' THEN 9 ELSE 12 END)
$$;

-- Points outside of all grids are known by a division's code: they follow it.
CREATE FUNCTION grids_follow_division_code() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE target regclass; before text := grids_prefix(OLD.code, OLD.level);
BEGIN
    FOR target IN SELECT grids_assigned_tables() LOOP
        EXECUTE format($sql$
            UPDATE %s SET scope_code = $2 || substr(scope_code, length($1) + 1)
            WHERE grid_id IS NULL AND starts_with(scope_code, $1)
        $sql$, target) USING before, grids_prefix(NEW.code, NEW.level);
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER follow_new AFTER INSERT ON grids_gridshape
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION grids_follow_shapes();
CREATE TRIGGER follow_before AFTER UPDATE ON grids_gridshape
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION grids_follow_shapes();
CREATE TRIGGER follow_after AFTER UPDATE ON grids_gridshape
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION grids_follow_shapes();
CREATE TRIGGER follow_gone AFTER DELETE ON grids_gridshape
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION grids_follow_shapes();
CREATE TRIGGER follow_code AFTER UPDATE OF code ON grids_grid
    FOR EACH ROW WHEN (OLD.code <> NEW.code) EXECUTE FUNCTION grids_follow_grid_code();
CREATE TRIGGER follow_code AFTER UPDATE OF code ON grids_division
    FOR EACH ROW WHEN (OLD.code <> NEW.code) EXECUTE FUNCTION grids_follow_division_code();
"""

FORGET = """
DROP TRIGGER follow_code ON grids_division;
DROP TRIGGER follow_code ON grids_grid;
DROP TRIGGER follow_gone ON grids_gridshape;
DROP TRIGGER follow_after ON grids_gridshape;
DROP TRIGGER follow_before ON grids_gridshape;
DROP TRIGGER follow_new ON grids_gridshape;
DROP FUNCTION grids_follow_division_code();
DROP FUNCTION grids_prefix(varchar, varchar);
DROP FUNCTION grids_follow_grid_code();
DROP FUNCTION grids_follow_day(date);
DROP FUNCTION grids_follow_shapes();
DROP FUNCTION grids_reassign(regclass, bigint[]);
DROP FUNCTION grids_assigned_tables();
DROP FUNCTION grids_assign();
DROP FUNCTION grids_home(geometry, date);
DROP FUNCTION grids_bulk();
DROP FUNCTION grids_today();
"""


def assigned(table: str) -> migrations.RunSQL:
    """Have the database keep `grid_id` and `scope_code` of a table with a `point`."""
    return migrations.RunSQL(
        f"CREATE TRIGGER assign BEFORE INSERT OR UPDATE OF point ON {table}\n"
        "    FOR EACH ROW WHEN (NOT grids_bulk()) EXECUTE FUNCTION grids_assign();",
        f"DROP TRIGGER assign ON {table};",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0008_stand_ins'),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, FORGET),
        *(assigned(table) for table in TARGETS),
    ]
