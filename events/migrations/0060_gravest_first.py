"""The desk's list by severity, the gravest first and of those alike what is due first.

`event_rank` says in SQL what `events.desk.filters.GRAVEST_FIRST` says in Python; a test holds them together.
"""

from django.db import migrations

OPEN = "('accepted', 'consulting', 'dispatched', 'done', 'filed', 'handling', 'reported', 'verified')"
ADD = f"""
CREATE FUNCTION event_rank(severity text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE severity WHEN 'urgent' THEN 0 WHEN 'difficult' THEN 1 WHEN 'major' THEN 2 ELSE 3 END
$$;
CREATE INDEX event_open_by_rank ON events_event
    (event_rank(severity), event_next_due(state, accept_due, handle_due, close_due), id) WHERE state IN {OPEN};
"""
UNDO = """
DROP INDEX event_open_by_rank;
DROP FUNCTION event_rank;
"""


class Migration(migrations.Migration):

    dependencies = [('events', '0043_calls_that_are_repeated')]

    operations = [migrations.RunSQL(ADD, UNDO)]
