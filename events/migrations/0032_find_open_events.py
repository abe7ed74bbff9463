"""The box of the wall finds events that are not over, by number, entry, address and text.

What is over is found at the desk (`events_eventwords`): among it, nobody would find a place any more.
"""

from django.db import migrations

ADD = """
CREATE FUNCTION search_rows_event(ids bigint[]) RETURNS SETOF search_row LANGUAGE sql STABLE AS $$
    SELECT e.id, c.name || CASE WHEN e.address = '' THEN '' ELSE ' ' || e.address END, coalesce(e.number, ''),
        left(e.text, 60), ''::text, ARRAY[e.scope_code::text],
        ST_X(e.point), ST_Y(e.point), ST_X(e.point), ST_Y(e.point)
    FROM events_event AS e JOIN events_category AS c ON c.id = e.category_id
    WHERE e.id = ANY(ids) AND e.state IN
        ('accepted', 'consulting', 'dispatched', 'done', 'filed', 'handling', 'reported', 'verified')
$$;
CREATE FUNCTION search_events_of_category() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_write('event', ARRAY(SELECT e.id FROM events_event AS e WHERE e.category_id = NEW.id
        AND e.closed_at IS NULL));
    RETURN NULL;
END $$;
CREATE TRIGGER search_event_of_a_renamed_entry AFTER UPDATE OF name ON events_category
    FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION search_events_of_category();
SELECT search_watch('event', 'events_event', 'id');
SELECT search_write('event', ARRAY(SELECT id FROM events_event));
"""
UNDO = """
DROP TRIGGER search_event_of_a_renamed_entry ON events_category;
DROP FUNCTION search_events_of_category;
SELECT search_unwatch('event', 'events_event');
DROP FUNCTION search_rows_event;
DELETE FROM gis_server_searchentry WHERE kind = 'event';
"""


class Migration(migrations.Migration):

    dependencies = [('events', '0031_found_and_drawn')]

    operations = [migrations.RunSQL(ADD, UNDO)]
