"""Pictures with their proof of age, exams, baselines, masks, rounds, and the list of who has looked."""

import django.db.models.deletion
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE FUNCTION cameras_keep_views() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '1094 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'who has seen a picture is only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER picture_views_are_only_added_to BEFORE UPDATE OR DELETE ON cameras_pictureview
    FOR EACH ROW EXECUTE FUNCTION cameras_keep_views();
"""
UNGUARD = """
DROP TRIGGER picture_views_are_only_added_to ON cameras_pictureview;
DROP FUNCTION cameras_keep_views();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0022_found_sooner'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PictureBaseline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('light', models.CharField(max_length=8)),
                ('content', models.JSONField()),
                ('is_current', models.BooleanField(default=True)),
                ('made_at', models.DateTimeField()),
                ('learnt_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=0)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='PictureCleanup',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('deleted', models.PositiveIntegerField(default=0)),
                ('deleted_faults', models.PositiveIntegerField(default=0)),
                ('kept_faults', models.PositiveIntegerField(default=0)),
                ('freed_bytes', models.PositiveBigIntegerField(default=0)),
                ('ran_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-day'],
            },
        ),
        migrations.CreateModel(
            name='PictureExam',
            fields=[
                ('snapshot', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='exam', serialize=False, to='cameras.snapshot')),
                ('measures', models.JSONField(default=dict)),
                ('findings', models.JSONField(default=list)),
                ('fault', models.CharField(blank=True, max_length=12)),
                ('counted', models.BooleanField(default=False)),
                ('judged', models.CharField(blank=True, choices=[('fine', 'This is fine'), ('fault', 'Confirmed fault')], max_length=5)),
                ('judged_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-snapshot'],
            },
        ),
        migrations.CreateModel(
            name='PictureRule',
            fields=[
                ('priority', models.CharField(max_length=12, primary_key=True, serialize=False)),
                ('hours', models.JSONField(default=list)),
                ('dim_after_min', models.PositiveIntegerField()),
                ('keep_days', models.PositiveIntegerField(null=True)),
                ('keep_faults_days', models.PositiveIntegerField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['priority'],
            },
        ),
        migrations.CreateModel(
            name='PictureTurn',
            fields=[
                ('camera', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='picture_turn', serialize=False, to='cameras.camera')),
                ('tried_at', models.DateTimeField(null=True)),
                ('again_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('leased_by', models.CharField(blank=True, max_length=80)),
                ('streak_ok', models.PositiveSmallIntegerField(default=0)),
                ('streak_bad', models.PositiveSmallIntegerField(default=0)),
                ('counted_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['camera'],
                'indexes': [
                    models.Index(condition=models.Q(('lease_until__isnull', False)), fields=['lease_until'], name='picture_turn_leased'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('lease_until', None), ('leased_by', '')), models.Q(models.Q(('leased_by', ''), _negated=True), ('lease_until__isnull', False)), _connector='OR'), name='picture_turn_lease_has_a_holder_and_an_end'),
                    models.CheckConstraint(condition=models.Q(('streak_ok', 0), ('streak_bad', 0), _connector='OR'), name='picture_streaks_exclude_each_other'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PictureView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('user_id', models.BigIntegerField()),
                ('who', models.CharField(max_length=150)),
                ('origin', models.CharField(blank=True, max_length=45)),
                ('how', models.CharField(choices=[('full', 'Whole picture'), ('sheet', 'Contact sheet'), ('timeline', 'Timeline')], max_length=8)),
                ('snapshot_id', models.BigIntegerField()),
                ('camera_code', models.CharField(max_length=20)),
                ('scope', models.CharField(max_length=19)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['at'], name='picture_view_by_time'),
                    models.Index(fields=['user_id', 'snapshot_id', '-at'], name='picture_view_by_user'),
                    models.Index(fields=['snapshot_id', '-id'], name='picture_view_by_picture'),
                    models.Index(fields=['camera_code', '-id'], name='picture_view_by_camera'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('how__in', ['full', 'sheet', 'timeline'])), name='picture_view_is_of_a_known_kind'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PrivacyMask',
            fields=[
                ('camera', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='mask', serialize=False, to='cameras.camera')),
                ('polygons', models.JSONField(default=list)),
                ('version', models.PositiveIntegerField(default=1)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['camera'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='camerastate',
            name='camera_state_reason_is_listed',
        ),
        migrations.RemoveConstraint(
            model_name='notice',
            name='notice_is_of_a_known_kind',
        ),
        migrations.RemoveConstraint(
            model_name='outage',
            name='outage_reason_is_listed',
        ),
        migrations.RemoveConstraint(
            model_name='outagemember',
            name='outage_member_reason_is_listed',
        ),
        migrations.RemoveConstraint(
            model_name='probe',
            name='probe_reason_is_listed',
        ),
        migrations.RemoveConstraint(
            model_name='snapshot',
            name='snapshot_is_waiting_taken_or_failed',
        ),
        migrations.RemoveConstraint(
            model_name='snapshot',
            name='snapshot_failure_is_listed',
        ),
        migrations.AddField(
            model_name='camerastate',
            name='picture_detail',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='camerastate',
            name='picture_fault',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='pollerbeat',
            name='kind',
            field=models.CharField(choices=[('poller', 'Poller'), ('pictures', 'Picture process')], db_default='poller', default='poller', max_length=8),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='claimed_by',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='device_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='is_fault',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='light',
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='masks_version',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='probe',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='snapshots', to='cameras.probe'),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='purpose',
            field=models.CharField(choices=[('click', 'Asked for'), ('round', 'Round')], default='click', max_length=5),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='thumb',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('blind', 'The poller cannot reach its canaries'), ('many_at_once', 'Too many cameras failed at once'), ('not_asked', 'Nobody asks the cameras of this site'), ('no_store', 'Pictures cannot be stored')], max_length=12),
        ),
        migrations.AddIndex(
            model_name='snapshot',
            index=models.Index(condition=models.Q(('taken_at__isnull', False)), fields=['camera', '-taken_at', '-id'], name='snapshot_newest_taken'),
        ),
        migrations.AddIndex(
            model_name='snapshot',
            index=models.Index(fields=['requested_at'], name='snapshot_by_age'),
        ),
        migrations.AddIndex(
            model_name='snapshot',
            index=models.Index(condition=models.Q(('failure', ''), ('taken_at', None)), fields=['id'], name='snapshot_waiting'),
        ),
        migrations.AddConstraint(
            model_name='camerastate',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'picture_lost', 'picture_flat', 'picture_dark', 'picture_bright', 'picture_low_contrast', 'picture_blurred', 'picture_colour_cast', 'picture_noise', 'picture_stripes', 'picture_torn', 'picture_frozen', 'picture_covered', 'picture_moved', 'picture_shaking', 'not_asked'])), name='camera_state_reason_is_listed'),
        ),
        migrations.AddConstraint(
            model_name='camerastate',
            constraint=models.CheckConstraint(condition=models.Q(('picture_fault__in', ['', 'ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'picture_lost', 'picture_flat', 'picture_dark', 'picture_bright', 'picture_low_contrast', 'picture_blurred', 'picture_colour_cast', 'picture_noise', 'picture_stripes', 'picture_torn', 'picture_frozen', 'picture_covered', 'picture_moved', 'picture_shaking', 'not_asked'])), name='camera_picture_fault_is_listed'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['blind', 'many_at_once', 'not_asked', 'no_store'])), name='notice_is_of_a_known_kind'),
        ),
        migrations.AddConstraint(
            model_name='outage',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'picture_lost', 'picture_flat', 'picture_dark', 'picture_bright', 'picture_low_contrast', 'picture_blurred', 'picture_colour_cast', 'picture_noise', 'picture_stripes', 'picture_torn', 'picture_frozen', 'picture_covered', 'picture_moved', 'picture_shaking', 'not_asked'])), name='outage_reason_is_listed'),
        ),
        migrations.AddConstraint(
            model_name='outagemember',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'picture_lost', 'picture_flat', 'picture_dark', 'picture_bright', 'picture_low_contrast', 'picture_blurred', 'picture_colour_cast', 'picture_noise', 'picture_stripes', 'picture_torn', 'picture_frozen', 'picture_covered', 'picture_moved', 'picture_shaking', 'not_asked'])), name='outage_member_reason_is_listed'),
        ),
        migrations.AddConstraint(
            model_name='pollerbeat',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['poller', 'pictures'])), name='beat_is_of_a_known_kind'),
        ),
        migrations.AddConstraint(
            model_name='probe',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'picture_lost', 'picture_flat', 'picture_dark', 'picture_bright', 'picture_low_contrast', 'picture_blurred', 'picture_colour_cast', 'picture_noise', 'picture_stripes', 'picture_torn', 'picture_frozen', 'picture_covered', 'picture_moved', 'picture_shaking', 'not_asked'])), name='probe_reason_is_listed'),
        ),
        migrations.AddConstraint(
            model_name='snapshot',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('file', ''), ('sha256', ''), ('taken_at', None), ('thumb', '')), models.Q(('failure', ''), ('taken_at__isnull', False), models.Q(('file', ''), _negated=True), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='snapshot_is_waiting_taken_or_failed'),
        ),
        migrations.AddConstraint(
            model_name='snapshot',
            constraint=models.CheckConstraint(condition=models.Q(('failure__in', ['', 'ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'picture_lost', 'picture_flat', 'picture_dark', 'picture_bright', 'picture_low_contrast', 'picture_blurred', 'picture_colour_cast', 'picture_noise', 'picture_stripes', 'picture_torn', 'picture_frozen', 'picture_covered', 'picture_moved', 'picture_shaking', 'not_asked'])), name='snapshot_failure_is_listed'),
        ),
        migrations.AddConstraint(
            model_name='snapshot',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['click', 'round'])), name='snapshot_purpose_is_known'),
        ),
        migrations.AddConstraint(
            model_name='snapshot',
            constraint=models.CheckConstraint(condition=models.Q(('light__in', ['', 'day', 'twilight', 'night'])), name='snapshot_light_is_known'),
        ),
        migrations.AddField(
            model_name='picturebaseline',
            name='camera',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='baselines', to='cameras.camera'),
        ),
        migrations.AddField(
            model_name='picturebaseline',
            name='made_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='picturebaseline',
            name='snapshot',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='cameras.snapshot'),
        ),
        migrations.AddField(
            model_name='pictureexam',
            name='judged_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='picturerule',
            name='changed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='privacymask',
            name='changed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='picturebaseline',
            index=models.Index(fields=['camera', 'light', '-id'], name='baseline_newest_first'),
        ),
        migrations.AddConstraint(
            model_name='picturebaseline',
            constraint=models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('camera', 'light'), name='one_current_baseline_per_light'),
        ),
        migrations.AddConstraint(
            model_name='picturebaseline',
            constraint=models.CheckConstraint(condition=models.Q(('light__in', ['day', 'twilight', 'night'])), name='baseline_light_is_known'),
        ),
        migrations.AddConstraint(
            model_name='pictureexam',
            constraint=models.CheckConstraint(condition=models.Q(('fault__in', ['', 'lost', 'flat', 'dark', 'bright', 'low_contrast', 'blurred', 'colour_cast', 'noise', 'stripes', 'torn', 'frozen', 'covered', 'moved', 'shaking'])), name='exam_fault_is_listed'),
        ),
        migrations.AddConstraint(
            model_name='pictureexam',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.Exact(models.Func(models.F('findings'), function='jsonb_typeof', output_field=models.TextField()), models.Value('array')), name='exam_findings_are_a_list'),
        ),
        migrations.AddConstraint(
            model_name='pictureexam',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('judged', ''), ('judged_at', None)), models.Q(('judged__in', ['fine', 'fault']), ('judged_at__isnull', False)), _connector='OR'), name='exam_is_judged_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='picturerule',
            constraint=models.CheckConstraint(condition=models.Q(('priority__in', ['key_area', 'key_industry', 'ordinary'])), name='picture_rule_is_of_a_known_class'),
        ),
        migrations.AddConstraint(
            model_name='picturerule',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.Exact(models.Func(models.F('hours'), function='jsonb_typeof', output_field=models.TextField()), models.Value('array')), name='picture_rule_hours_are_a_list'),
        ),
        migrations.AddConstraint(
            model_name='picturerule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('keep_days', None), models.Q(('keep_days__gte', 1), ('keep_days__lte', 3650)), _connector='OR'), models.Q(('keep_faults_days', None), models.Q(('keep_faults_days__gte', 1), ('keep_faults_days__lte', 3650)), _connector='OR')), name='picture_rule_keeps_1_to_3650_days'),
        ),
        migrations.AddConstraint(
            model_name='privacymask',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.Exact(models.Func(models.F('polygons'), function='jsonb_typeof', output_field=models.TextField()), models.Value('array')), name='mask_polygons_are_a_list'),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
