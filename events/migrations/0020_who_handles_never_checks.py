"""Whoever has handled an event neither verifies it, nor sends it back, nor closes it."""

from django.db import migrations

GUARD = """
CREATE FUNCTION events_who_handles_never_checks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM events_eventstep AS done
               WHERE done.event_id = NEW.event_id AND done.user_id = NEW.user_id
                 AND done.action IN ('take', 'finish_part', 'finish')) THEN
        RAISE EXCEPTION 'whoever has handled event % does not check it', NEW.event_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER who_handles_never_checks BEFORE INSERT ON events_eventstep
    FOR EACH ROW WHEN (NEW.action IN ('verify', 'rework', 'close') AND NEW.user_id IS NOT NULL)
    EXECUTE FUNCTION events_who_handles_never_checks();
"""
UNGUARD = """
DROP TRIGGER who_handles_never_checks ON events_eventstep;
DROP FUNCTION events_who_handles_never_checks();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0002_kept_by_the_database'),
    ]

    operations = [
        migrations.RunSQL(GUARD, UNGUARD),
    ]
