"""What has been seen: of each duty, of each grid, of each cell of the plane."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0013_strays'),
        ('patrols', '0010_stale_tracks_and_disputes'),
    ]

    operations = [
        migrations.CreateModel(
            name='RequiredVisits',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area', models.CharField(max_length=19, verbose_name='territory')),
                ('level', models.CharField(choices=[('usual', 'Usual'), ('three', 'Level three'), ('two', 'Level two'), ('one', 'Level one')], max_length=5, verbose_name='control level')),
                ('per_day', models.PositiveSmallIntegerField(verbose_name='visits a day')),
            ],
            options={
                'ordering': ['area', 'level'],
                'constraints': [
                    models.UniqueConstraint(fields=('area', 'level'), name='one_rule_per_area_and_level'),
                    models.CheckConstraint(condition=models.Q(('area__regex', '^[0-9]{6,19}$')), name='required_area_is_a_code'),
                    models.CheckConstraint(condition=models.Q(('level__in', ['usual', 'three', 'two', 'one'])), name='required_level_is_known'),
                    models.CheckConstraint(condition=models.Q(('per_day__lte', 48)), name='required_visits_are_few'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SeenBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('x', models.IntegerField()),
                ('y', models.IntegerField()),
                ('at', models.BinaryField()),
            ],
            options={
                'ordering': ['x', 'y'],
                'constraints': [
                    models.UniqueConstraint(fields=('x', 'y'), name='one_block_per_place'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StoredGround',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area', models.CharField(max_length=6)),
                ('sources', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField()),
                ('data', models.BinaryField()),
            ],
            options={
                'ordering': ['area', 'id'],
                'constraints': [
                    models.UniqueConstraint(fields=('area', 'sources'), name='one_ground_per_area_and_sources'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Stretch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('begins', models.DateTimeField()),
                ('blocks', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('data', models.BinaryField()),
                ('digest', models.BinaryField(max_length=16)),
                ('duty', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stretches', to='patrols.duty')),
            ],
            options={
                'ordering': ['duty_id', 'begins'],
                'indexes': [
                    models.Index(fields=['begins'], name='stretch_by_time'),
                    django.contrib.postgres.indexes.GinIndex(fields=['blocks'], name='stretch_by_block'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('duty', 'begins'), name='one_stretch_per_duty_and_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Part',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cells', models.BinaryField()),
                ('streets', models.BinaryField()),
                ('buildings', models.BinaryField()),
                ('day', models.DateField()),
                ('first_at', models.DateTimeField(null=True)),
                ('last_at', models.DateTimeField(null=True)),
                ('seconds', models.PositiveIntegerField(default=0)),
                ('duty', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='patrols.duty')),
                ('grid', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='grids.grid')),
                ('shift', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patrols.shift')),
                ('ground', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patrols.storedground')),
                ('stretch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='patrols.stretch')),
            ],
            options={
                'ordering': ['stretch_id', 'grid_id'],
                'indexes': [
                    models.Index(fields=['grid', 'day', 'shift'], name='part_by_grid'),
                    models.Index(fields=['duty', 'grid'], name='part_by_duty'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('stretch', 'grid'), name='one_part_per_stretch_and_grid'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('begins', models.DateTimeField()),
                ('ends', models.DateTimeField()),
                ('seconds', models.PositiveIntegerField()),
                ('streets', models.PositiveIntegerField()),
                ('duty', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='visits', to='patrols.duty')),
                ('grid', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='grids.grid')),
                ('shift', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patrols.shift')),
            ],
            options={
                'ordering': ['begins', 'id'],
                'indexes': [
                    models.Index(fields=['grid', 'day', 'shift'], name='visit_by_grid'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('duty', 'grid', 'begins'), name='one_visit_per_duty_grid_and_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DayGround',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area', models.CharField(max_length=6)),
                ('day', models.DateField()),
                ('shapes', models.CharField(max_length=64)),
                ('checked_at', models.DateTimeField()),
                ('ground', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='days', to='patrols.storedground')),
            ],
            options={
                'ordering': ['area', 'day'],
                'constraints': [
                    models.UniqueConstraint(fields=('area', 'day'), name='one_ground_per_area_and_day'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Coverage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cells', models.BinaryField()),
                ('streets', models.BinaryField()),
                ('buildings', models.BinaryField()),
                ('day', models.DateField()),
                ('seen_cells', models.PositiveIntegerField()),
                ('all_cells', models.PositiveIntegerField()),
                ('seen_streets', models.PositiveIntegerField()),
                ('all_streets', models.PositiveIntegerField()),
                ('seen_buildings', models.PositiveIntegerField()),
                ('all_buildings', models.PositiveIntegerField()),
                ('is_bare', models.BooleanField()),
                ('visits', models.PositiveIntegerField(default=0)),
                ('updated_at', models.DateTimeField()),
                ('grid', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='grids.grid')),
                ('shift', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patrols.shift')),
                ('ground', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patrols.storedground')),
            ],
            options={
                'ordering': ['day', 'shift_id', 'grid_id'],
                'indexes': [
                    models.Index(fields=['grid', 'day'], name='coverage_by_grid'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('day', 'shift', 'grid'), name='one_coverage_per_day_shift_and_grid'),
                ],
            },
        ),
    ]
