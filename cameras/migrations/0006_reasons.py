"""The list of reasons grows: TLS, a login that is locked, ONVIF, and a clock that is off."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0005_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='camerastate',
            name='camera_state_reason_is_listed',
        ),
        migrations.RemoveConstraint(
            model_name='outage',
            name='outage_reason_is_listed',
        ),
        migrations.RemoveConstraint(
            model_name='probe',
            name='probe_reason_is_listed',
        ),
        migrations.RemoveConstraint(
            model_name='snapshot',
            name='snapshot_failure_is_listed',
        ),
        migrations.AddConstraint(
            model_name='camerastate',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'not_asked'])), name='camera_state_reason_is_listed'),
        ),
        migrations.AddConstraint(
            model_name='outage',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'not_asked'])), name='outage_reason_is_listed'),
        ),
        migrations.AddConstraint(
            model_name='probe',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'not_asked'])), name='probe_reason_is_listed'),
        ),
        migrations.AddConstraint(
            model_name='snapshot',
            constraint=models.CheckConstraint(condition=models.Q(('failure__in', ['', 'ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'not_asked'])), name='snapshot_failure_is_listed'),
        ),
    ]
