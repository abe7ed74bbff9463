"""Urgent events that were closed lately are found by when: the wall tells of them for an hour."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0064_video_rounds")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("severity", "urgent"), ("state", "closed")),
                fields=["closed_at"],
                name="event_urgent_closed",
            ),
        ),
    ]
