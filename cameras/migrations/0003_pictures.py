"""Pictures that were asked for."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0002_states'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('requested_at', models.DateTimeField()),
                ('taken_at', models.DateTimeField(null=True)),
                ('file', models.CharField(blank=True, max_length=100)),
                ('width', models.PositiveIntegerField(null=True)),
                ('height', models.PositiveIntegerField(null=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('source', models.CharField(default='rtsp', max_length=10)),
                ('failure', models.CharField(blank=True, max_length=20)),
                ('failure_detail', models.CharField(blank=True, max_length=200)),
                ('camera', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='snapshots', to='cameras.camera')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['camera', '-id'], name='snapshot_newest_first')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('failure', ''), ('taken_at', None)), fields=('camera',), name='one_waiting_snapshot_per_camera'), models.CheckConstraint(condition=models.Q(models.Q(('file', ''), ('sha256', ''), ('taken_at', None)), models.Q(('failure', ''), ('taken_at__isnull', False), models.Q(('file', ''), _negated=True), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='snapshot_is_waiting_taken_or_failed'), models.CheckConstraint(condition=models.Q(('failure__in', ['', 'ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'stream_not_found', 'no_video', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'not_asked'])), name='snapshot_failure_is_listed')],
            },
        ),
    ]
