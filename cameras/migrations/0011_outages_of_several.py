"""An outage is no longer of one camera."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0010_outage_members'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='outage',
            name='outage_newest_first',
        ),
        migrations.RemoveField(
            model_name='outage',
            name='camera',
        ),
        migrations.AlterField(
            model_name='outagemember',
            name='camera',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outages', to='cameras.camera'),
        ),
        migrations.AddIndex(
            model_name='outage',
            index=models.Index(fields=['-opened_at', '-id'], name='outage_newest_first'),
        ),
        migrations.AddIndex(
            model_name='outage',
            index=models.Index(condition=models.Q(('closed_at', None)), fields=['id'], name='outage_open'),
        ),
        migrations.AddConstraint(
            model_name='outage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('suspect_kind', ''), ('suspect_name', '')), models.Q(('suspect_kind__in', ['pole', 'recorder', 'switch', 'subnet', 'owner']), models.Q(('suspect_name', ''), _negated=True)), _connector='OR'), name='outage_suspect_has_kind_and_name_or_neither'),
        ),
        migrations.AddIndex(
            model_name='outagemember',
            index=models.Index(fields=['camera', '-joined_at'], name='outage_of_camera'),
        ),
        migrations.AddConstraint(
            model_name='outagemember',
            constraint=models.UniqueConstraint(condition=models.Q(('left_at', None)), fields=('camera',), name='one_open_outage_per_camera'),
        ),
        migrations.AddConstraint(
            model_name='outagemember',
            constraint=models.CheckConstraint(condition=models.Q(('left_at', None), ('left_at__gte', models.F('joined_at')), _connector='OR'), name='outage_is_left_after_it_is_joined'),
        ),
        migrations.AddConstraint(
            model_name='outagemember',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'not_asked'])), name='outage_member_reason_is_listed'),
        ),
    ]
