"""The grid of an event is kept by the database; its steps are only added to."""

from django.db import migrations

GUARD = """
CREATE FUNCTION events_keep_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the steps of an event are only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER event_steps_are_only_added_to BEFORE UPDATE OR DELETE ON events_eventstep
    FOR EACH ROW EXECUTE FUNCTION events_keep_steps();
"""
UNGUARD = """
DROP TRIGGER event_steps_are_only_added_to ON events_eventstep;
DROP FUNCTION events_keep_steps();
"""
ASSIGN = """
CREATE TRIGGER assign BEFORE INSERT OR UPDATE OF point ON events_event
    FOR EACH ROW WHEN (NOT grids_bulk()) EXECUTE FUNCTION grids_assign();
"""
FORGET = "DROP TRIGGER assign ON events_event;"


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0001_events'),
        ('grids', '0009_assignment'),
    ]

    operations = [
        migrations.RunSQL(ASSIGN, FORGET),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
