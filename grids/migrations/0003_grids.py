"""Grids, and the shapes they have had."""

from datetime import date

import django.contrib.gis.db.models.fields
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import psycopg2.extras
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0002_divisions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Grid',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=15, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('kind', models.CharField(choices=[('basic', 'Basic grid'), ('special', 'Special grid')], default='basic', max_length=10, verbose_name='kind')),
                ('community', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grids', to='grids.division')),
            ],
            options={
                'ordering': ['code'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9]{15}$')), name='grid_code_is_15_digits'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['basic', 'special'])), name='grid_kind_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='GridShape',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid', django.contrib.postgres.fields.ranges.DateRangeField(default=psycopg2.extras.DateRange(date(2026, 1, 1), None, '[)'))),
                ('shape', django.contrib.gis.db.models.fields.PolygonField(srid=4326)),
                ('shape_3857', django.contrib.gis.db.models.fields.PolygonField(srid=3857)),
                ('grid', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shapes', to='grids.grid')),
            ],
            options={
                'ordering': ['grid_id', 'valid'],
                'constraints': [
                    django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('grid', '='), ('valid', '&&')], name='one_shape_per_grid_and_day'),
                    models.CheckConstraint(condition=models.Q(('valid__isempty', False)), name='grid_shape_is_valid_for_some_day'),
                    models.CheckConstraint(condition=models.Q(('shape__isempty', False), ('shape__isvalid', True)), name='grid_shape_is_valid_and_not_empty'),
                    models.CheckConstraint(condition=models.Q(('shape_3857__isempty', False), ('shape_3857__isvalid', True)), name='grid_shape_3857_is_valid_and_not_empty'),
                ],
            },
        ),
    ]
