"""What the registry knows of a device beside its address, and logins that many cameras share."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0013_kept_results'),
        ('grids', '0013_strays'),
    ]

    operations = [
        migrations.AddField(
            model_name='camera',
            name='direction_deg',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='direction (°)'),
        ),
        migrations.AddField(
            model_name='camera',
            name='firmware',
            field=models.CharField(blank=True, max_length=80, verbose_name='firmware'),
        ),
        migrations.AddField(
            model_name='camera',
            name='gb_id',
            field=models.CharField(blank=True, max_length=20, null=True, verbose_name='GB/T 28181 id'),
        ),
        migrations.AddField(
            model_name='camera',
            name='make',
            field=models.CharField(blank=True, max_length=60, verbose_name='make'),
        ),
        migrations.AddField(
            model_name='camera',
            name='model',
            field=models.CharField(blank=True, max_length=60, verbose_name='model'),
        ),
        migrations.AddField(
            model_name='camera',
            name='onvif_port',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='ONVIF port'),
        ),
        migrations.AddField(
            model_name='camera',
            name='pole',
            field=models.CharField(blank=True, max_length=40, verbose_name='pole'),
        ),
        migrations.AddField(
            model_name='camera',
            name='profiles',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='camera',
            name='serial',
            field=models.CharField(blank=True, max_length=80, verbose_name='serial number'),
        ),
        migrations.AddField(
            model_name='camera',
            name='snapshot_path',
            field=models.CharField(blank=True, max_length=300, verbose_name='snapshot path'),
        ),
        migrations.AddField(
            model_name='camera',
            name='tls',
            field=models.BooleanField(default=False, verbose_name='encrypted (TLS)'),
        ),
        migrations.AddField(
            model_name='camera',
            name='version',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='camera',
            name='view_angle_deg',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='angle of view (°)'),
        ),
        migrations.CreateModel(
            name='Credential',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('username', models.CharField(blank=True, max_length=80, verbose_name='user name')),
                ('sealed_password', models.BinaryField(blank=True, null=True)),
                ('allow_plain', models.BooleanField(default=False, verbose_name='may send the password readable')),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('name',), name='one_credential_per_name'), models.CheckConstraint(condition=models.Q(models.Q(('sealed_password', None), ('username', '')), models.Q(models.Q(('username', ''), _negated=True), ('sealed_password__isnull', False)), _connector='OR'), name='credential_login_is_whole_or_absent')],
            },
        ),
        migrations.AddField(
            model_name='camera',
            name='credential',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cameras', to='cameras.credential'),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.UniqueConstraint(fields=('gb_id',), name='one_camera_per_gb_id'),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.CheckConstraint(condition=models.Q(('gb_id', None), ('gb_id__regex', '^[0-9]{20}$'), _connector='OR'), name='camera_gb_id_is_20_digits'),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.CheckConstraint(condition=models.Q(('credential', None), ('username', ''), _connector='OR'), name='camera_has_one_login_at_most'),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.CheckConstraint(condition=models.Q(('direction_deg', None), ('direction_deg__lte', 359), _connector='OR'), name='camera_direction_is_0_to_359_degrees'),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.CheckConstraint(condition=models.Q(('view_angle_deg', None), models.Q(('view_angle_deg__gte', 1), ('view_angle_deg__lte', 360)), _connector='OR'), name='camera_view_angle_is_1_to_360_degrees'),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.CheckConstraint(condition=models.Q(('onvif_port', None), models.Q(('onvif_port__gte', 1), ('onvif_port__lte', 65535)), _connector='OR'), name='camera_onvif_port_is_a_port'),
        ),
    ]
