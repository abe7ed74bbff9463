"""What is known of each camera, the probes that say so, and its outages."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0001_registry'),
    ]

    operations = [
        migrations.CreateModel(
            name='CameraState',
            fields=[
                ('camera', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='state', serialize=False, to='cameras.camera')),
                ('state', models.CharField(default='unknown', max_length=10)),
                ('since', models.DateTimeField()),
                ('reason', models.CharField(default='not_asked', max_length=20)),
                ('detail', models.CharField(blank=True, max_length=200)),
                ('last_probe_at', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('leased_by', models.CharField(blank=True, max_length=80)),
                ('streak_ok', models.PositiveIntegerField(default=0)),
                ('streak_bad', models.PositiveIntegerField(default=0)),
                ('failed_logins', models.PositiveSmallIntegerField(default=0)),
                ('failed_login_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['due_at'], name='camera_state_by_due'), models.Index(fields=['state', '-since', 'camera'], name='camera_state_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['unknown', 'online', 'degraded', 'offline'])), name='camera_state_is_known'), models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'stream_not_found', 'no_video', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'not_asked'])), name='camera_state_reason_is_listed'), models.CheckConstraint(condition=models.Q(('streak_ok', 0), ('streak_bad', 0), _connector='OR'), name='camera_streaks_exclude_each_other'), models.CheckConstraint(condition=models.Q(models.Q(('lease_until', None), ('leased_by', '')), models.Q(models.Q(('leased_by', ''), _negated=True), ('lease_until__isnull', False)), _connector='OR'), name='camera_lease_has_a_holder_and_an_end')],
            },
        ),
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(max_length=20)),
                ('camera', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outages', to='cameras.camera')),
            ],
            options={
                'ordering': ['-opened_at', '-id'],
                'indexes': [models.Index(fields=['camera', '-opened_at'], name='outage_newest_first')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('camera',), name='one_open_outage_per_camera'), models.CheckConstraint(condition=models.Q(('closed_at', None), ('closed_at__gte', models.F('opened_at')), _connector='OR'), name='outage_closes_after_it_opens'), models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'stream_not_found', 'no_video', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'not_asked'])), name='outage_reason_is_listed')],
            },
        ),
        migrations.CreateModel(
            name='Probe',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(max_length=20)),
                ('detail', models.CharField(blank=True, max_length=200)),
                ('took_ms', models.FloatField()),
                ('steps', models.JSONField(default=list)),
                ('camera', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='probes', to='cameras.camera')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['camera', '-id'], name='probe_newest_first')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'stream_not_found', 'no_video', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'not_asked'])), name='probe_reason_is_listed'), models.CheckConstraint(condition=models.Q(('took_ms__gte', 0)), name='probe_takes_no_negative_time')],
            },
        ),
    ]
