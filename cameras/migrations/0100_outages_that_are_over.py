"""Outages that ended lately are found by when: the wall tells of them for an hour."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cameras", "0060_plans_of_working_days")]

    operations = [
        migrations.AddIndex(
            model_name="outage",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False), ("told_at__isnull", False)),
                fields=["closed_at"],
                name="outage_over",
            ),
        ),
    ]
