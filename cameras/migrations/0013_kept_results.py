"""Of good answers one in a while is kept; room in each page for the next version of a row."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0012_watching'),
    ]

    operations = [
        migrations.AddField(
            model_name='camerastate',
            name='kept_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(
            "ALTER TABLE cameras_camerastate SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05,"
            " autovacuum_vacuum_cost_delay = 0)",
            "ALTER TABLE cameras_camerastate RESET (fillfactor, autovacuum_vacuum_scale_factor,"
            " autovacuum_vacuum_cost_delay)",
        ),
    ]
