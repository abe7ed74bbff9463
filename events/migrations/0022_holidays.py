"""Holidays and make-up workdays of 2024 to 2026, as the State Council's general office has announced
them (国务院办公厅关于部分节假日安排的通知, one a year).  Those of 2027 are not known yet.

Only days that are not what their place in the week says.
"""

from typing import Any

from django.db import migrations

SOURCE = 'chinesecalendar 1.11.0'
DAYS = (
    ('2024-01-01', False, '元旦'),
    ('2024-02-04', True, '春节调休上班'),
    ('2024-02-12', False, '春节'),
    ('2024-02-13', False, '春节'),
    ('2024-02-14', False, '春节'),
    ('2024-02-15', False, '春节'),
    ('2024-02-16', False, '春节'),
    ('2024-02-18', True, '春节调休上班'),
    ('2024-04-04', False, '清明节'),
    ('2024-04-05', False, '清明节'),
    ('2024-04-07', True, '清明节调休上班'),
    ('2024-04-28', True, '劳动节调休上班'),
    ('2024-05-01', False, '劳动节'),
    ('2024-05-02', False, '劳动节'),
    ('2024-05-03', False, '劳动节'),
    ('2024-05-11', True, '劳动节调休上班'),
    ('2024-06-10', False, '端午节'),
    ('2024-09-14', True, '中秋节调休上班'),
    ('2024-09-16', False, '中秋节'),
    ('2024-09-17', False, '中秋节'),
    ('2024-09-29', True, '国庆节调休上班'),
    ('2024-10-01', False, '国庆节'),
    ('2024-10-02', False, '国庆节'),
    ('2024-10-03', False, '国庆节'),
    ('2024-10-04', False, '国庆节'),
    ('2024-10-07', False, '国庆节'),
    ('2024-10-12', True, '国庆节调休上班'),
    ('2025-01-01', False, '元旦'),
    ('2025-01-26', True, '春节调休上班'),
    ('2025-01-28', False, '春节'),
    ('2025-01-29', False, '春节'),
    ('2025-01-30', False, '春节'),
    ('2025-01-31', False, '春节'),
    ('2025-02-03', False, '春节'),
    ('2025-02-04', False, '春节'),
    ('2025-02-08', True, '春节调休上班'),
    ('2025-04-04', False, '清明节'),
    ('2025-04-27', True, '劳动节调休上班'),
    ('2025-05-01', False, '劳动节'),
    ('2025-05-02', False, '劳动节'),
    ('2025-05-05', False, '劳动节'),
    ('2025-06-02', False, '端午节'),
    ('2025-09-28', True, '国庆节调休上班'),
    ('2025-10-01', False, '国庆节'),
    ('2025-10-02', False, '国庆节'),
    ('2025-10-03', False, '国庆节'),
    ('2025-10-06', False, '中秋节'),
    ('2025-10-07', False, '国庆节'),
    ('2025-10-08', False, '国庆节'),
    ('2025-10-11', True, '国庆节调休上班'),
    ('2026-01-01', False, '元旦'),
    ('2026-01-02', False, '元旦'),
    ('2026-01-04', True, '元旦调休上班'),
    ('2026-02-14', True, '春节调休上班'),
    ('2026-02-16', False, '春节'),
    ('2026-02-17', False, '春节'),
    ('2026-02-18', False, '春节'),
    ('2026-02-19', False, '春节'),
    ('2026-02-20', False, '春节'),
    ('2026-02-23', False, '春节'),
    ('2026-02-28', True, '春节调休上班'),
    ('2026-04-06', False, '清明节'),
    ('2026-05-01', False, '劳动节'),
    ('2026-05-04', False, '劳动节'),
    ('2026-05-05', False, '劳动节'),
    ('2026-05-09', True, '劳动节调休上班'),
    ('2026-06-19', False, '端午节'),
    ('2026-09-20', True, '国庆节调休上班'),
    ('2026-09-25', False, '中秋节'),
    ('2026-10-01', False, '国庆节'),
    ('2026-10-02', False, '国庆节'),
    ('2026-10-05', False, '国庆节'),
    ('2026-10-06', False, '国庆节'),
    ('2026-10-07', False, '国庆节'),
    ('2026-10-10', True, '国庆节调休上班'),
)


def enter(apps: Any, schema_editor: Any) -> None:
    CalendarDay = apps.get_model('events', 'CalendarDay')
    CalendarDay.objects.bulk_create(
        [CalendarDay(day=day, is_workday=works, name=name, source=SOURCE) for day, works, name in DAYS],
        ignore_conflicts=True,
    )


def take_out(apps: Any, schema_editor: Any) -> None:
    apps.get_model('events', 'CalendarDay').objects.filter(source=SOURCE).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0021_more_time_is_granted_by_somebody_else'),
    ]

    operations = [
        migrations.RunPython(enter, take_out),
    ]
