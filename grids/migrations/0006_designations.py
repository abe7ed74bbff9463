"""What divisions and grids were called when, and grids within grids."""

from datetime import date

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import psycopg2.extras
from django.db import migrations, models

FILL = """
INSERT INTO grids_divisiondesignation (division_id, code, name, valid)
    SELECT id, code, name, '[2026-01-01,)' FROM grids_division;
INSERT INTO grids_griddesignation (grid_id, code, name, valid)
    SELECT id, code, name, '[2026-01-01,)' FROM grids_grid;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0005_people'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='grid',
            name='grid_code_is_15_digits',
        ),
        migrations.AddField(
            model_name='grid',
            name='parent',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='grids.grid'),
        ),
        migrations.AlterField(
            model_name='grid',
            name='code',
            field=models.CharField(max_length=19, unique=True, verbose_name='code'),
        ),
        migrations.AddConstraint(
            model_name='grid',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9]{15}([0-9]{2}){0,2}$')), name='grid_code_is_15_to_19_digits'),
        ),
        migrations.AddConstraint(
            model_name='grid',
            constraint=models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='grid_is_not_part_of_itself'),
        ),
        migrations.CreateModel(
            name='DivisionDesignation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('valid', django.contrib.postgres.fields.ranges.DateRangeField(default=psycopg2.extras.DateRange(date(2026, 1, 1), None, '[)'))),
            ],
            options={
                'ordering': ['division_id', 'valid'],
            },
        ),
        migrations.CreateModel(
            name='GridDesignation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=19, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('valid', django.contrib.postgres.fields.ranges.DateRangeField(default=psycopg2.extras.DateRange(date(2026, 1, 1), None, '[)'))),
            ],
            options={
                'ordering': ['grid_id', 'valid'],
            },
        ),
        migrations.AddField(
            model_name='divisiondesignation',
            name='division',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='designations', to='grids.division'),
        ),
        migrations.AddField(
            model_name='griddesignation',
            name='grid',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='designations', to='grids.grid'),
        ),
        migrations.AddConstraint(
            model_name='divisiondesignation',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('division', '='), ('valid', '&&')], name='one_designation_per_division_and_day'),
        ),
        migrations.AddConstraint(
            model_name='divisiondesignation',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('code', '='), ('valid', '&&')], name='one_division_per_code_and_day'),
        ),
        migrations.AddConstraint(
            model_name='divisiondesignation',
            constraint=models.CheckConstraint(condition=models.Q(('valid__isempty', False)), name='division_designation_is_valid_for_some_day'),
        ),
        migrations.AddConstraint(
            model_name='divisiondesignation',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9]{12}$')), name='division_designation_code_is_12_digits'),
        ),
        migrations.AddConstraint(
            model_name='griddesignation',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('grid', '='), ('valid', '&&')], name='one_designation_per_grid_and_day'),
        ),
        migrations.AddConstraint(
            model_name='griddesignation',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('code', '='), ('valid', '&&')], name='one_grid_per_code_and_day'),
        ),
        migrations.AddConstraint(
            model_name='griddesignation',
            constraint=models.CheckConstraint(condition=models.Q(('valid__isempty', False)), name='grid_designation_is_valid_for_some_day'),
        ),
        migrations.AddConstraint(
            model_name='griddesignation',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9]{15}([0-9]{2}){0,2}$')), name='grid_designation_code_is_15_to_19_digits'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
