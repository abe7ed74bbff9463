"""Cameras that were watched before spans were written begin one with the state they are in."""

from django.db import migrations

BEGIN = """
    INSERT INTO cameras_statespan (camera_id, state, reason, since)
    SELECT s.camera_id, s.state, s.reason, s.since FROM cameras_camerastate AS s
    WHERE NOT EXISTS (SELECT FROM cameras_statespan AS span WHERE span.camera_id = s.camera_id)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0020_by_host'),
    ]

    operations = [
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
    ]
