"""What can be found: one table of entries, the functions that make them, and their indexes.

An app's migration adds a kind with `search_rows_<kind>(ids)` and calls `search_watch` for its table.
"""

# ruff: noqa: S608 - every name is a constant of this file
from pathlib import Path

import django.contrib.postgres.fields
from django.contrib.postgres.operations import CreateExtension
from django.db import migrations, models

DATA = Path(__file__).resolve().parent.parent / "data"
WIDE = r"\u0080-\U0010ffff"
MARKS = "·、。「」『』《》〈〉【】“”‘’…—"


def letters() -> str:
    """The initial of every character from U+4E00 to U+9FFF."""
    return (DATA / "initials.txt").read_text(encoding="ascii").replace("\n", "")


def spelled(text: str) -> str:
    """SQL that puts initials in place of the words that are read in another way than usual."""
    lines = (DATA / "readings.txt").read_text(encoding="utf-8").splitlines()
    words = dict(line.split() for line in lines)
    sql = text
    for word, initials in words.items():
        sql = f"replace({sql}, '{word}', '{initials}')"
    return f"CASE WHEN {text} ~ '{'|'.join(words)}' THEN {sql} ELSE {text} END"


# Each is immutable: the same text always gives the same words.
WORDS = rf"""
CREATE FUNCTION search_plain(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(lower(normalize(t, NFKC)), '[^a-z0-9{WIDE}]|[{MARKS}]', ' ', 'g')
$$;
CREATE FUNCTION search_squeezed(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(replace(search_plain(t), ' ', ''), 100)
$$;
-- '府前街12号' becomes '府 府前 前街 街 12 号 号': pairs of neighbours, and both ends alone.
CREATE FUNCTION search_words(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(regexp_replace(regexp_replace(search_plain(t),
        '([{WIDE}]+)', ' \1 ', 'g'), '([{WIDE}])', '\1 \1', 'g'), ' +', ' ', 'g')
$$;
CREATE FUNCTION search_initials(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN array_to_string(ARRAY(
        SELECT CASE WHEN ascii(c) BETWEEN 19968 AND 40959
                    THEN chr(get_byte('{letters()}'::bytea, ascii(c) - 19968))
                    WHEN ascii(c) < 128 THEN c ELSE '' END
        FROM unnest(string_to_array({spelled('t')}, NULL)) AS u(c)), '');
END $$;
-- Kind and every ancestor of the places that an entry lies in, each as one word.
CREATE FUNCTION search_tags(kind text, scopes text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT DISTINCT kind || ':' || left(code, digits)
        FROM unnest(scopes) AS code, unnest('{{2,4,6,9,12,15,17,19}}'::int[]) AS digits
        WHERE digits <= length(code) ORDER BY 1)
$$;
"""

# What one row of an app's table gives.  former: names and codes it once had, one a line.
# scopes: codes of the grids or divisions it lies in; west to north: WGS84 degrees or NULL.
KEEPING = """
CREATE TYPE search_row AS (
    subject bigint, title text, code text, detail text, former text, scopes text[],
    west float8, south float8, east float8, north float8);

CREATE FUNCTION search_differing(of_kind text, ids bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY EXECUTE format($query$
        SELECT coalesce(r.subject, e.subject) FROM %I($2) AS r
        FULL JOIN (SELECT * FROM gis_server_searchentry WHERE kind = $1 AND subject = ANY($2)) AS e
            ON e.subject = r.subject
        WHERE (r.title, r.code, r.detail, r.former, r.scopes, r.west, r.south, r.east, r.north)
            IS DISTINCT FROM (e.title, e.code, e.detail, e.former, e.scopes, e.west, e.south, e.east, e.north)
    $query$, 'search_rows_' || of_kind) USING of_kind, ids;
END $$;

CREATE FUNCTION search_write(of_kind text, ids bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE wrong bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('search'), hashtext(of_kind));
    wrong := ARRAY(SELECT search_differing(of_kind, ids));
    EXECUTE format($query$
        DELETE FROM gis_server_searchentry WHERE kind = $1 AND subject = ANY($2)
            AND subject NOT IN (SELECT subject FROM %I($2))
    $query$, 'search_rows_' || of_kind) USING of_kind, wrong;
    EXECUTE format($query$
        INSERT INTO gis_server_searchentry AS e (kind, subject, title, code, detail, former, scopes,
            west, south, east, north, name, key, length, doc, tags)
        SELECT $1, r.subject, r.title, r.code, r.detail, r.former, r.scopes,
            r.west, r.south, r.east, r.north,
            search_squeezed(r.title), search_squeezed(r.code), length(r.title),
            ' ' || search_words(r.title) || ' | ' || search_words(r.code)
                || ' | ' || search_words(r.detail) || ' | ' || search_words(r.former)
                || ' ~ ' || search_initials(search_squeezed(r.title))
                || ' | ' || search_initials(search_squeezed(r.former)) || ' ',
            search_tags($1, r.scopes)
        FROM %I($2) AS r
        ON CONFLICT (kind, subject) DO UPDATE SET title = excluded.title, code = excluded.code,
            detail = excluded.detail, former = excluded.former, scopes = excluded.scopes,
            west = excluded.west, south = excluded.south, east = excluded.east, north = excluded.north,
            name = excluded.name, key = excluded.key, length = excluded.length, doc = excluded.doc,
            tags = excluded.tags
    $query$, 'search_rows_' || of_kind) USING of_kind, wrong;
    RETURN cardinality(wrong);
END $$;

-- For jobs: waits for writers of this kind and keeps them waiting until the transaction ends, so
-- that what it has read is not older than what it overwrites.
CREATE FUNCTION search_refresh(of_kind text, ids bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('search'), hashtext(of_kind));
    RETURN search_write(of_kind, ids);
END $$;

-- Trigger arguments: the kind, and the column that holds its ids.
CREATE FUNCTION search_on_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids bigint[];
BEGIN
    EXECUTE format('SELECT array_agg(DISTINCT %I) FROM changed', TG_ARGV[1]) INTO ids;
    IF ids IS NOT NULL THEN
        PERFORM search_write(TG_ARGV[0], ids);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION search_on_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM gis_server_searchentry WHERE kind = TG_ARGV[0];
    RETURN NULL;
END $$;

-- Keeps the entries of a kind; `id_column` of the table holds the subjects.  A bulk import that says
-- SET LOCAL gis.bulk = 'on' is passed over and has to call `gis_server.search.refresh`.
CREATE FUNCTION search_watch(of_kind text, watched regclass, id_column text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    unless_bulk text := $when$WHEN (current_setting('gis.bulk', true) IS DISTINCT FROM 'on')$when$;
    event text; side text;
BEGIN
    FOR event, side IN VALUES ('insert', 'NEW'), ('update', 'NEW'), ('delete', 'OLD') LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER %s ON %s REFERENCING %s TABLE AS changed FOR EACH STATEMENT %s'
            ' EXECUTE FUNCTION search_on_change(%L, %L)',
            'search_' || of_kind || '_' || event, event, watched, side, unless_bulk, of_kind, id_column);
    END LOOP;
    IF id_column = 'id' THEN
        EXECUTE format('CREATE TRIGGER %I AFTER TRUNCATE ON %s FOR EACH STATEMENT'
            ' EXECUTE FUNCTION search_on_truncate(%L)', 'search_' || of_kind || '_truncate', watched, of_kind);
    END IF;
END $$;
CREATE FUNCTION search_unwatch(of_kind text, watched regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE event text;
BEGIN
    FOREACH event IN ARRAY ARRAY['insert', 'update', 'delete', 'truncate'] LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', 'search_' || of_kind || '_' || event, watched);
    END LOOP;
END $$;
"""

# The one index for all that is contained.
INDEX = """
CREATE INDEX search_by_content ON gis_server_searchentry USING gin (doc gin_trgm_ops, tags);
-- `search.find` asks the planner how common a word is.
ALTER TABLE gis_server_searchentry ALTER COLUMN doc SET STATISTICS 500;
"""

DROP = """
DROP FUNCTION search_plain, search_squeezed, search_words, search_initials, search_tags,
    search_differing, search_write, search_refresh, search_on_change, search_on_truncate,
    search_watch, search_unwatch;
DROP TYPE search_row;
"""


class KeptTrigrams(CreateExtension):
    """Left in place on the way back: others may use it by then."""

    def __init__(self) -> None:
        super().__init__("pg_trgm")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):  # noqa: ANN001, ANN201
        """Do nothing."""


class Migration(migrations.Migration):

    dependencies = [
        ('gis_server', '0004_audit'),
    ]

    operations = [
        KeptTrigrams(),
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('pk', models.CompositePrimaryKey('kind', 'subject', blank=True, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=20)),
                ('subject', models.BigIntegerField()),
                ('title', models.TextField()),
                ('code', models.TextField()),
                ('detail', models.TextField()),
                ('former', models.TextField()),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('west', models.FloatField(null=True)),
                ('south', models.FloatField(null=True)),
                ('east', models.FloatField(null=True)),
                ('north', models.FloatField(null=True)),
                ('name', models.TextField(db_collation='C')),
                ('key', models.TextField(db_collation='C')),
                ('length', models.SmallIntegerField()),
                ('doc', models.TextField()),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['kind', 'name'], name='search_by_name'),
                    models.Index(fields=['kind', 'key'], name='search_by_key'),
                    models.Index(fields=['kind', 'length', 'key', 'subject'], name='search_by_length'),
                    models.Index(models.F('kind'), models.Func('subject', function='hashint8'), name='search_by_lot'),
                ],
            },
        ),
        migrations.RunSQL(INDEX, migrations.RunSQL.noop),
        migrations.RunSQL(WORDS + KEEPING, DROP),
    ]
