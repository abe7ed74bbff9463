"""Imports: files, what was found in them, and how a source was read the last time."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0010_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='division',
            name='shape_is_union',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name='ImportMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target', models.CharField(choices=[('divisions', 'Divisions'), ('grids', 'Grids'), ('streets', 'Streets'), ('buildings', 'Buildings'), ('shops', 'Shops'), ('service_points', 'Service points'), ('workers', 'Grid staff')], max_length=20)),
                ('columns', models.CharField(max_length=64)),
                ('mapping', models.JSONField(default=dict)),
                ('frame', models.CharField(blank=True, max_length=10)),
                ('exchange_axes', models.BooleanField(default=False)),
                ('used_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.UniqueConstraint(fields=('target', 'columns'), name='one_mapping_per_source'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target', models.CharField(choices=[('divisions', 'Divisions'), ('grids', 'Grids'), ('streets', 'Streets'), ('buildings', 'Buildings'), ('shops', 'Shops'), ('service_points', 'Service points'), ('workers', 'Grid staff')], max_length=20, verbose_name='kind')),
                ('source_name', models.CharField(max_length=200, verbose_name='file')),
                ('file', models.CharField(max_length=200)),
                ('size_bytes', models.BigIntegerField()),
                ('begun_at', models.DateTimeField()),
                ('step', models.CharField(choices=[('reading', 'reading'), ('waiting', 'waiting'), ('checking', 'checking'), ('checked', 'checked'), ('applying', 'applying'), ('applied', 'applied'), ('refused', 'refused'), ('discarded', 'discarded')], default='reading', max_length=10)),
                ('step_at', models.DateTimeField()),
                ('layers', models.JSONField(default=list)),
                ('layer', models.CharField(blank=True, max_length=200)),
                ('mapping', models.JSONField(default=dict)),
                ('frame', models.CharField(blank=True, max_length=10)),
                ('exchange_axes', models.BooleanField(default=False)),
                ('guess', models.JSONField(default=dict)),
                ('scope', models.CharField(max_length=19, verbose_name='territory')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('retire_absent', models.BooleanField(default=False)),
                ('rows', models.BigIntegerField(null=True)),
                ('counts', models.JSONField(default=dict)),
                ('samples', models.JSONField(default=list)),
                ('fault_counts', models.JSONField(default=dict)),
                ('registry_token', models.CharField(blank=True, max_length=64)),
                ('problem', models.CharField(blank=True, max_length=40)),
                ('details', models.JSONField(default=dict)),
                ('applied_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='imports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['scope', '-id'], name='import_by_territory'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('target__in', ['divisions', 'grids', 'streets', 'buildings', 'shops', 'service_points', 'workers'])), name='import_target_is_known'),
                    models.CheckConstraint(condition=models.Q(('step__in', ['reading', 'waiting', 'checking', 'checked', 'applying', 'applied', 'refused', 'discarded'])), name='import_step_is_known'),
                    models.CheckConstraint(condition=models.Q(('scope__regex', '^[0-9]{2,19}$')), name='import_territory_is_a_code'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ImportFault',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.BigIntegerField(null=True)),
                ('column', models.CharField(blank=True, max_length=200)),
                ('problem', models.CharField(max_length=40)),
                ('details', models.JSONField(default=dict)),
                ('place', django.contrib.gis.db.models.fields.GeometryField(null=True, srid=4326)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='faults', to='grids.importrun')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
    ]
