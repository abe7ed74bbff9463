"""Area is seen in quarters of cells: what was made from whole cells is made anew."""

from django.db import migrations

# Tracks whose positions are still there are worked out again from their first one on.  When each
# cell was last seen stays: that is kept by cells as before.
AGAIN = """
    INSERT INTO patrols_staletrack (duty_id, since, marked_at)
    SELECT duty.id, (duty.day - 1)::timestamptz, now() FROM patrols_duty AS duty
    WHERE EXISTS (SELECT FROM patrols_stretch AS one WHERE one.duty_id = duty.id)
    ON CONFLICT (duty_id) DO UPDATE SET since = excluded.since, marked_at = excluded.marked_at;
    DELETE FROM patrols_part;
    DELETE FROM patrols_stretch;
    DELETE FROM patrols_visit;
    DELETE FROM patrols_coverage;
    DELETE FROM patrols_dayground;
    DELETE FROM patrols_storedground;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED"""


class Migration(migrations.Migration):
    dependencies = [("patrols", "0040_errands")]

    operations = [
        migrations.RunSQL(AGAIN, AGAIN),
        migrations.RenameField("part", "cells", "quarters"),
        migrations.RenameField("coverage", "cells", "quarters"),
        migrations.RenameField("coverage", "seen_cells", "seen_quarters"),
        migrations.RenameField("coverage", "all_cells", "all_quarters"),
    ]
