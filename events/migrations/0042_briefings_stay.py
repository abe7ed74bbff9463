"""What a briefing said stays: corrections are rows of their own."""

from django.db import migrations

GUARD = """
CREATE FUNCTION events_keep_briefings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'briefings are only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER briefings_are_only_added_to
    BEFORE DELETE OR UPDATE OF kind, first, last, scope, version, known_at, note, figures, changes
    ON events_briefing FOR EACH ROW EXECUTE FUNCTION events_keep_briefings();
"""
UNGUARD = """
DROP TRIGGER briefings_are_only_added_to ON events_briefing;
DROP FUNCTION events_keep_briefings();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0041_briefings'),
    ]

    operations = [
        migrations.RunSQL(GUARD, UNGUARD),
    ]
