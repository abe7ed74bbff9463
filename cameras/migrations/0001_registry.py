"""The registry: owners, teams, recorders and switches, and the cameras themselves."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('grids', '0005_people'),
    ]

    operations = [
        migrations.CreateModel(
            name='Owner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('name',), name='one_owner_per_name')],
            },
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('phone', models.CharField(blank=True, max_length=30, verbose_name='phone')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('name',), name='one_team_per_name')],
            },
        ),
        migrations.CreateModel(
            name='Upstream',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('recorder', 'Recorder'), ('switch', 'Switch')], max_length=10, verbose_name='kind')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('address', models.CharField(blank=True, max_length=80, verbose_name='network address')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('name',), name='one_upstream_per_name'), models.CheckConstraint(condition=models.Q(('kind__in', ['recorder', 'switch'])), name='upstream_is_of_a_known_kind')],
            },
        ),
        migrations.CreateModel(
            name='Camera',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('point', django.contrib.gis.db.models.fields.PointField(srid=4326, verbose_name='position')),
                ('address_text', models.CharField(blank=True, max_length=200, verbose_name='address')),
                ('scope_code', models.CharField(max_length=15, verbose_name='territory')),
                ('host', models.CharField(max_length=253, verbose_name='host')),
                ('port', models.PositiveIntegerField(default=554, verbose_name='RTSP port')),
                ('path', models.CharField(default='/', max_length=300, verbose_name='stream path')),
                ('username', models.CharField(blank=True, max_length=80, verbose_name='user name')),
                ('sealed_password', models.BinaryField(blank=True, null=True)),
                ('allow_plain_login', models.BooleanField(default=False, verbose_name='may send the password readable')),
                ('priority', models.CharField(choices=[('key_area', 'Key public area'), ('key_industry', 'Key industry'), ('ordinary', 'Ordinary')], default='ordinary', max_length=12, verbose_name='priority')),
                ('interval_s', models.PositiveIntegerField(blank=True, null=True, verbose_name='probe interval (s)')),
                ('enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('has_video', models.BooleanField(default=True, verbose_name='sends pictures')),
                ('grid', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cameras', to='grids.grid')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cameras', to='cameras.owner')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cameras', to='cameras.team')),
                ('upstream', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cameras', to='cameras.upstream')),
            ],
            options={
                'ordering': ['code'],
                'indexes': [models.Index(fields=['scope_code'], name='camera_by_territory')],
                'constraints': [models.UniqueConstraint(fields=('code',), name='one_camera_per_code'), models.CheckConstraint(condition=models.Q(('port__gte', 1), ('port__lte', 65535)), name='camera_port_is_a_port'), models.CheckConstraint(condition=models.Q(('interval_s', None), models.Q(('interval_s__gte', 5), ('interval_s__lte', 3600)), _connector='OR'), name='camera_interval_is_5_to_3600_s'), models.CheckConstraint(condition=models.Q(models.Q(('sealed_password', None), ('username', '')), models.Q(models.Q(('username', ''), _negated=True), ('sealed_password__isnull', False)), _connector='OR'), name='camera_login_is_whole_or_absent'), models.CheckConstraint(condition=models.Q(('scope_code__regex', '^[0-9]{2,15}$')), name='camera_territory_is_a_code'), models.CheckConstraint(condition=models.Q(('priority__in', ['key_area', 'key_industry', 'ordinary'])), name='camera_priority_is_known')],
            },
        ),
    ]
