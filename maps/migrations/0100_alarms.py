"""Who has taken which alarm of the wall."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("maps", "0090_drawn"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlarmTake",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("subject", models.CharField(max_length=60)),
                ("raised_at", models.DateTimeField()),
                ("who", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="alarms_taken",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "maps_alarmtake",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "subject", "raised_at"), name="one_who_has_taken_an_alarm"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            kind__in=[
                                "urgent",
                                "late",
                                "outage",
                                "camera",
                                "notice",
                                "silent",
                                "dark",
                            ]
                        ),
                        name="alarm_is_of_a_known_kind",
                    ),
                ],
            },
        ),
    ]
