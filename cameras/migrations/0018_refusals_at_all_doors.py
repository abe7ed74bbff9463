"""Refusals at ONVIF count with those at streams; a login stays proven by its streams alone."""

from django.db import migrations, models

COUNT_ALL = """
    UPDATE cameras_loginbook SET
        refused = CASE WHEN accepted_at >= failed_at THEN 0 ELSE least(failed, 2) END,
        failed = failed + (onvif_refused_at IS NOT NULL)::int,
        failed_at = greatest(failed_at, onvif_refused_at)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0017_login_books'),
    ]

    operations = [
        migrations.AddField(
            model_name='loginbook',
            name='refused',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.RunSQL(COUNT_ALL, migrations.RunSQL.noop),
    ]
