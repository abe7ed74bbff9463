"""Nightly backups say that they were made."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gis_server", "0100_signs_of_life")]

    operations = [
        migrations.RemoveConstraint(model_name="processbeat", name="beat_is_of_a_known_part"),
        migrations.AddConstraint(
            model_name="processbeat",
            constraint=models.CheckConstraint(
                condition=models.Q(part__in=["jobs", "pictures", "cover", "positions", "backups"]),
                name="beat_is_of_a_known_part",
            ),
        ),
        # On the way back, what the older rule does not know goes before it holds again.
        migrations.RunSQL(
            migrations.RunSQL.noop, "DELETE FROM gis_server_beat WHERE part = 'backups'"
        ),
    ]
