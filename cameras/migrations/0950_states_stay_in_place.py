"""The row of a state that is written with every answer stays beside its older version.

Without an index on `due_at` no index has to be written with it, and a page that is not filled has
room for the new version.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cameras", "0100_outages_that_are_over")]

    operations = [
        migrations.RemoveIndex(model_name="camerastate", name="camera_state_by_due"),
        migrations.RunSQL(
            "ALTER TABLE cameras_camerastate SET (fillfactor = 60)",
            "ALTER TABLE cameras_camerastate RESET (fillfactor)",
        ),
    ]
