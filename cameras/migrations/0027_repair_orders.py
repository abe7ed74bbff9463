"""Repair orders with their cameras and steps, members of teams, rules; steps are only added to."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE FUNCTION cameras_keep_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the steps of a repair order are only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER repair_steps_are_only_added_to BEFORE UPDATE OR DELETE ON cameras_repairstep
    FOR EACH ROW EXECUTE FUNCTION cameras_keep_steps();
"""
UNGUARD = """
DROP TRIGGER repair_steps_are_only_added_to ON cameras_repairstep;
DROP FUNCTION cameras_keep_steps();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0026_monthly_reports'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RepairOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20)),
                ('state', models.CharField(default='open', max_length=10)),
                ('kind', models.CharField(choices=[('outage', 'Outage'), ('picture', 'Picture fault')], max_length=7)),
                ('priority', models.CharField(max_length=12)),
                ('reason', models.CharField(max_length=20)),
                ('suspect_kind', models.CharField(blank=True, max_length=10)),
                ('suspect_name', models.CharField(blank=True, max_length=253)),
                ('team_name', models.CharField(max_length=80)),
                ('since', models.DateTimeField()),
                ('opened_at', models.DateTimeField()),
                ('round_at', models.DateTimeField()),
                ('reopened', models.PositiveSmallIntegerField(default=0)),
                ('respond_due', models.DateTimeField()),
                ('arrive_due', models.DateTimeField()),
                ('fix_due', models.DateTimeField()),
                ('escalated', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), blank=True, default=list, size=None)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('arrived_at', models.DateTimeField(null=True)),
                ('repaired_at', models.DateTimeField(null=True)),
                ('verified_at', models.DateTimeField(null=True)),
                ('verified_how', models.CharField(blank=True, choices=[('machine', 'Proved by the machine'), ('by_itself', 'Recovered by itself'), ('people', 'Confirmed by two people')], max_length=9)),
                ('closed_at', models.DateTimeField(null=True)),
                ('waits_for', models.CharField(blank=True, choices=[('owner', 'the owner'), ('power', 'the power company')], max_length=5)),
                ('waiting_since', models.DateTimeField(null=True)),
                ('review_on', models.DateField(null=True)),
                ('override_at', models.DateTimeField(null=True)),
                ('override_reason', models.CharField(blank=True, max_length=500)),
                ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('override_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('repaired_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='orders', to='cameras.team')),
            ],
            options={
                'ordering': ['-opened_at', '-id'],
                'indexes': [
                    models.Index(fields=['-opened_at', '-id'], name='order_newest_first'),
                    models.Index(condition=models.Q(('state__in', ['accepted', 'on_site', 'open', 'refused', 'repaired', 'verified', 'waiting'])), fields=['state', 'id'], name='order_live'),
                    models.Index(fields=['team', 'state'], name='order_of_team'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('number',), name='one_order_per_number'),
                    models.UniqueConstraint(condition=models.Q(('state__in', ['accepted', 'on_site', 'open', 'refused', 'repaired', 'verified', 'waiting']), models.Q(('suspect_kind', ''), _negated=True)), fields=('suspect_kind', 'suspect_name'), name='one_live_order_per_thing'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['open', 'accepted', 'on_site', 'repaired', 'verified', 'closed', 'refused', 'waiting', 'withdrawn'])), name='order_state_is_known'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['outage', 'picture'])), name='order_kind_is_known'),
                    models.CheckConstraint(condition=models.Q(('priority__in', ['key_area', 'key_industry', 'ordinary'])), name='order_is_of_a_known_class'),
                    models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'picture_lost', 'picture_flat', 'picture_dark', 'picture_bright', 'picture_low_contrast', 'picture_blurred', 'picture_colour_cast', 'picture_noise', 'picture_stripes', 'picture_torn', 'picture_frozen', 'picture_covered', 'picture_moved', 'picture_shaking', 'not_asked'])), name='order_reason_is_listed'),
                    models.CheckConstraint(condition=models.Q(models.Q(('suspect_kind', ''), ('suspect_name', '')), models.Q(('suspect_kind__in', ['pole', 'recorder', 'switch', 'subnet', 'owner']), models.Q(('suspect_name', ''), _negated=True)), _connector='OR'), name='order_suspect_has_kind_and_name_or_neither'),
                    models.CheckConstraint(condition=models.Q(models.Q(('review_on__isnull', False), ('state', 'waiting'), ('waiting_since__isnull', False), ('waits_for__in', ['owner', 'power'])), models.Q(models.Q(('state', 'waiting'), _negated=True), ('review_on', None), ('waiting_since', None), ('waits_for', '')), _connector='OR'), name='order_waits_for_somebody_until_a_day'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'repaired'), _negated=True), ('repaired_at__isnull', False), _connector='OR'), name='order_is_repaired_at_a_time'),
                    models.CheckConstraint(condition=models.Q(models.Q(('verified_at', None), ('verified_how', '')), models.Q(('verified_at__isnull', False), ('verified_how__in', ['machine', 'by_itself', 'people'])), _connector='OR'), name='order_is_verified_at_a_time_and_somehow'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['verified', 'closed']), _negated=True), ('verified_at__isnull', False), _connector='OR'), name='order_is_closed_once_verified'),
                    models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state__in', ['closed', 'withdrawn'])), models.Q(models.Q(('state__in', ['closed', 'withdrawn']), _negated=True), ('closed_at', None)), _connector='OR'), name='order_over_has_an_end'),
                    models.CheckConstraint(condition=models.Q(('escalated__contained_by', ['respond', 'arrive', 'fix'])), name='order_stages_told_of_are_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RepairOrderCamera',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=20)),
                ('joined_at', models.DateTimeField()),
                ('left_at', models.DateTimeField(null=True)),
                ('is_open', models.BooleanField(default=True)),
                ('back_at', models.DateTimeField(null=True)),
                ('good_probes', models.PositiveSmallIntegerField(default=0)),
                ('counted_at', models.DateTimeField(null=True)),
                ('after', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='after_orders', to='cameras.snapshot')),
                ('before', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='before_orders', to='cameras.snapshot')),
                ('camera', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='orders', to='cameras.camera')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cameras', to='cameras.repairorder')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.UniqueConstraint(fields=('order', 'camera'), name='one_part_per_camera_in_an_order'),
                    models.UniqueConstraint(condition=models.Q(('is_open', True)), fields=('camera',), name='one_open_order_per_camera'),
                    models.CheckConstraint(condition=models.Q(('left_at', None), ('is_open', False), _connector='OR'), name='order_is_left_by_what_is_not_open'),
                    models.CheckConstraint(condition=models.Q(('reason__in', ['ok', 'own_trouble', 'not_allowed', 'name_not_resolved', 'no_route', 'refused', 'connect_timeout', 'tls_failed', 'silent', 'hung_up', 'not_rtsp', 'rejected', 'busy', 'login_needed', 'plain_login_only', 'wrong_login', 'locked', 'stream_not_found', 'no_video', 'not_onvif', 'clock_off', 'no_frame', 'capture_failed', 'store_failed', 'not_started', 'picture_lost', 'picture_flat', 'picture_dark', 'picture_bright', 'picture_low_contrast', 'picture_blurred', 'picture_colour_cast', 'picture_noise', 'picture_stripes', 'picture_torn', 'picture_frozen', 'picture_covered', 'picture_moved', 'picture_shaking', 'not_asked'])), name='order_camera_reason_is_listed'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RepairPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('who', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
                ('is_used', models.BooleanField(default=False)),
                ('file', models.CharField(max_length=100)),
                ('sha256', models.CharField(max_length=64)),
                ('width', models.PositiveIntegerField()),
                ('height', models.PositiveIntegerField()),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photos', to='cameras.repairorder')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [
                    models.Index(condition=models.Q(('is_used', False)), fields=['at'], name='photo_waiting_by_age'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RepairRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('priority', models.CharField(max_length=12)),
                ('valid_from', models.DateField()),
                ('delay_outage_min', models.PositiveIntegerField()),
                ('delay_picture_min', models.PositiveIntegerField()),
                ('respond_min', models.PositiveIntegerField()),
                ('arrive_min', models.PositiveIntegerField()),
                ('fix_min', models.PositiveIntegerField()),
                ('made_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['priority', '-valid_from'],
                'constraints': [
                    models.UniqueConstraint(fields=('priority', 'valid_from'), name='one_repair_rule_per_class_and_day'),
                    models.CheckConstraint(condition=models.Q(('priority__in', ['key_area', 'key_industry', 'ordinary'])), name='repair_rule_is_of_a_known_class'),
                    models.CheckConstraint(condition=models.Q(('arrive_min__gte', models.F('respond_min')), ('fix_min__gte', models.F('arrive_min')), ('fix_min__lte', 525600), ('respond_min__gte', 1)), name='repair_deadlines_follow_each_other'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RepairStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('user_id', models.BigIntegerField(null=True)),
                ('who', models.CharField(blank=True, max_length=150)),
                ('action', models.CharField(max_length=10)),
                ('before', models.CharField(blank=True, max_length=10)),
                ('after', models.CharField(max_length=10)),
                ('team_name', models.CharField(blank=True, max_length=80)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('parts', models.JSONField(default=list)),
                ('photos', models.JSONField(default=list)),
                ('detail', models.JSONField(default=dict)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='cameras.repairorder')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [
                    models.Index(fields=['order', 'id'], name='step_of_order'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('action__in', ['opened', 'accept', 'arrive', 'repair', 'refuse', 'wait', 'resume', 'route', 'agree', 'withdraw', 'ask', 'grant', 'decline', 'verify', 'recover', 'disprove', 'relapse', 'close', 'absorb', 'escalate', 'join', 'leave', 'note', 'hand_over'])), name='step_action_is_known'),
                    models.CheckConstraint(condition=models.Q(('after__in', ['open', 'accepted', 'on_site', 'repaired', 'verified', 'closed', 'refused', 'waiting', 'withdrawn']), ('before__in', ['', 'open', 'accepted', 'on_site', 'repaired', 'verified', 'closed', 'refused', 'waiting', 'withdrawn'])), name='step_leads_to_a_known_state'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RoutingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('area', models.CharField(max_length=19)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cameras.owner')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='routing_rules', to='cameras.team')),
                ('upstream', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cameras.upstream')),
            ],
            options={
                'ordering': ['position', 'id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('area__regex', '^[0-9]{2,19}$')), name='routing_area_is_a_code'),
                ],
            },
        ),
        migrations.CreateModel(
            name='TeamMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='cameras.team')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='teams', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['team', 'user'],
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'team'), name='one_place_per_user_in_a_team'),
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
