"""The audit trail is searched by area and action."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gis_server', '0006_area_grants'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='auditrow',
            index=models.Index(fields=['action', '-id'], name='audit_by_action'),
        ),
        migrations.AddIndex(
            model_name='auditrow',
            index=models.Index(fields=['scope', '-id'], name='audit_by_area', opclasses=['varchar_pattern_ops', 'int8_ops']),
        ),
    ]
