"""The staff, and who looks after which grid."""

from datetime import date

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import psycopg2.extras
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0004_places'),
    ]

    operations = [
        migrations.CreateModel(
            name='GridWorker',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=12, unique=True, verbose_name='staff number')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('role', models.CharField(choices=[('chief', 'Head grid chief'), ('worker', 'Grid worker'), ('assistant', 'Assistant')], max_length=10, verbose_name='role')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('role__in', ['chief', 'worker', 'assistant'])), name='grid_worker_role_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('chief', 'Head grid chief'), ('worker', 'Grid worker'), ('assistant', 'Assistant')], max_length=10, verbose_name='role')),
                ('valid', django.contrib.postgres.fields.ranges.DateRangeField(default=psycopg2.extras.DateRange(date(2026, 1, 1), None, '[)'))),
                ('grid', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='grids.grid')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='grids.gridworker')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('worker', '='), ('grid', '='), ('role', '='), ('valid', '&&')], name='one_assignment_per_worker_grid_role_and_day'),
                    models.CheckConstraint(condition=models.Q(('valid__isempty', False)), name='assignment_is_valid_for_some_day'),
                    models.CheckConstraint(condition=models.Q(('role__in', ['chief', 'worker', 'assistant'])), name='assignment_role_is_known'),
                ],
            },
        ),
    ]
