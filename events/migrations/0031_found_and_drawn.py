"""What the desk and the map read fast: words of events, what is due next, where open ones lie.

`event_next_due` says in SQL what `events.deadlines.next_due` says in Python; a test holds them together.
"""

from django.db import migrations

OPEN = "('accepted', 'consulting', 'dispatched', 'done', 'filed', 'handling', 'reported', 'verified')"
DUE = """
CREATE FUNCTION event_next_due(state text, accept_due timestamptz, handle_due timestamptz, close_due timestamptz)
RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(close_due, CASE WHEN state IN ('reported', 'accepted') THEN accept_due
        WHEN state IN ('filed', 'consulting', 'dispatched', 'handling') THEN handle_due END)
$$;
"""
UNDUE = "DROP FUNCTION event_next_due;"
INDEXES = f"""
CREATE INDEX event_open_by_next_due ON events_event
    (event_next_due(state, accept_due, handle_due, close_due), id) WHERE state IN {OPEN};
CREATE INDEX event_open_points ON events_event USING gist (point) WHERE state IN {OPEN};
"""
UNINDEX = "DROP INDEX event_open_by_next_due; DROP INDEX event_open_points;"

# A bulk load (SET LOCAL gis.bulk = 'on') calls event_words_fill when it is done.
WORDS = """
CREATE FUNCTION event_words_of(e events_event) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT ' ' || search_words(coalesce(e.number, '')) || ' | ' || search_words(e.text) || ' | '
        || search_words(e.address) || ' | ' || search_words(coalesce(c.name, '')) || ' | '
        || search_words(e.grid_then_name) || ' '
    FROM (SELECT 1) AS one LEFT JOIN events_category AS c ON c.id = e.category_id
$$;
CREATE FUNCTION event_words_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events_eventwords (event_id, doc) VALUES (NEW.id, event_words_of(NEW))
    ON CONFLICT (event_id) DO UPDATE SET doc = excluded.doc;
    RETURN NULL;
END $$;
CREATE TRIGGER words_of_a_new_event AFTER INSERT ON events_event
    FOR EACH ROW WHEN (NOT grids_bulk()) EXECUTE FUNCTION event_words_keep();
CREATE TRIGGER words_of_a_changed_event
    AFTER UPDATE OF number, text, address, category_id, grid_then_name ON events_event
    FOR EACH ROW WHEN (NOT grids_bulk() AND (
        OLD.number IS DISTINCT FROM NEW.number OR OLD.text <> NEW.text OR OLD.address <> NEW.address
        OR OLD.category_id <> NEW.category_id OR OLD.grid_then_name <> NEW.grid_then_name))
    EXECUTE FUNCTION event_words_keep();
CREATE FUNCTION event_words_of_category() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE events_eventwords AS w SET doc = event_words_of(e)
    FROM events_event AS e WHERE e.category_id = NEW.id AND w.event_id = e.id;
    RETURN NULL;
END $$;
CREATE TRIGGER words_of_a_renamed_entry AFTER UPDATE OF name ON events_category
    FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION event_words_of_category();
-- What the desk walks by when a word is everywhere; the planner takes it for true of a third.
CREATE FUNCTION event_has_words(id bigint, patterns text[]) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 20 AS $$
BEGIN
    RETURN EXISTS (SELECT FROM events_eventwords AS w
        WHERE w.event_id = event_has_words.id AND w.doc LIKE ALL (patterns));
END $$;
CREATE FUNCTION event_words_fill() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE made bigint;
BEGIN
    INSERT INTO events_eventwords (event_id, doc)
    SELECT e.id, event_words_of(e) FROM events_event AS e
    WHERE NOT EXISTS (SELECT FROM events_eventwords AS w WHERE w.event_id = e.id);
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;
SELECT event_words_fill();
"""
UNWORDS = """
DROP TRIGGER words_of_a_renamed_entry ON events_category;
DROP TRIGGER words_of_a_changed_event ON events_event;
DROP TRIGGER words_of_a_new_event ON events_event;
DROP FUNCTION event_has_words, event_words_fill, event_words_of_category, event_words_keep, event_words_of;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0030_desk'),
        ('gis_server', '0005_search'),
    ]

    operations = [
        migrations.RunSQL(DUE, UNDUE),
        migrations.RunSQL(INDEXES, UNINDEX),
        migrations.RunSQL(WORDS, UNWORDS),
    ]
