"""Figures of a period find its events by the due times that steps have set.

Steps are written in the order of time, and what they are due by follows soon: a summary of pages
(BRIN) finds them as well as a tree would, and costs next to nothing at each step.
"""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0032_find_open_events'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='eventstep',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['close_due'], name='event_steps_by_due', pages_per_range=32),
        ),
    ]
