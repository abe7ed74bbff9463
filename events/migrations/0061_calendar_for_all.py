"""The calendar of working days holds for cameras too: its days move to the project's own tables."""

from django.db import migrations

COLUMNS = "day, is_workday, name, source, changed_at, changed_by_id"
MOVE = """
INSERT INTO {to} ({columns}) SELECT {columns} FROM {of}
ON CONFLICT (day) DO UPDATE SET is_workday = excluded.is_workday, name = excluded.name, source = excluded.source,
    changed_at = excluded.changed_at, changed_by_id = excluded.changed_by_id;
DELETE FROM {of};
"""


def move(of: str, to: str) -> str:
    return MOVE.format(of=of, to=to, columns=COLUMNS)


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0060_gravest_first'),
        ('gis_server', '0060_calendar_for_all'),
    ]

    operations = [
        migrations.RunSQL(
            move('events_calendarday', 'gis_server_calendarday'),
            move('gis_server_calendarday', 'events_calendarday'),
        ),
        migrations.DeleteModel(name='CalendarDay'),
    ]
