"""Refusals are counted per device, whichever login they were of: each device gets a row for them."""

from django.db import migrations

COUNT_BY_DEVICE = """
    INSERT INTO cameras_loginbook (site_id, host, login, failed, failed_at, refused, used_at)
    SELECT site_id, host, '', least(sum(failed), 2), max(failed_at), 0, max(used_at)
    FROM cameras_loginbook WHERE login <> '' GROUP BY site_id, host;
    UPDATE cameras_loginbook SET failed = 0, failed_at = NULL, trying_until = NULL
    WHERE login <> '';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0200_lossy_line'),
    ]

    operations = [
        migrations.RunSQL(COUNT_BY_DEVICE, migrations.RunSQL.noop),
    ]
