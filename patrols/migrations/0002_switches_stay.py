"""Switches of the control level are only added to."""

from django.db import migrations

GUARD = """
CREATE FUNCTION patrols_keep_switches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'switches of the control level are only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER switches_are_only_added_to BEFORE UPDATE OR DELETE ON patrols_controlswitch
    FOR EACH ROW EXECUTE FUNCTION patrols_keep_switches();
"""
UNGUARD = """
DROP TRIGGER switches_are_only_added_to ON patrols_controlswitch;
DROP FUNCTION patrols_keep_switches();
"""


class Migration(migrations.Migration):

    dependencies = [('patrols', '0001_control_levels')]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
