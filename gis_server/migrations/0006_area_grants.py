"""Areas lent for hours; a user's row comes with what is lent to them."""

from datetime import timedelta

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gis_server', '0005_search'),
    ]

    operations = [
        migrations.AlterModelManagers(
            name='user',
            managers=[],
        ),
        migrations.CreateModel(
            name='AreaGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=19, validators=[django.core.validators.RegexValidator('^[0-9]{2,19}$', 'A scope is the first 2 to 19 digits of a code.')], verbose_name='area')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('wanted_h', models.PositiveSmallIntegerField(verbose_name='hours')),
                ('asked_at', models.DateTimeField()),
                ('state', models.CharField(default='waiting', max_length=10)),
                ('decided_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='note')),
                ('until', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('asker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='area_grants', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['asker', '-id'], name='grant_newest_of_asker'),
                    models.Index(condition=models.Q(('state', 'given')), fields=['asker', 'until'], name='grant_running_of_asker'),
                    models.Index(fields=['state', '-id'], name='grant_newest_in_state'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('asker', 'prefix'), name='one_waiting_request_per_asker_and_area'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'given', 'refused', 'withdrawn', 'ended'])), name='grant_state_is_known'),
                    models.CheckConstraint(condition=models.Q(('prefix__regex', '^[0-9]{2,19}$')), name='grant_area_is_a_code_prefix'),
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='grant_has_a_reason'),
                    models.CheckConstraint(condition=models.Q(('wanted_h__gte', 1), ('wanted_h__lte', 72)), name='grant_is_wanted_for_1_to_72_hours'),
                    models.CheckConstraint(condition=models.Q(('decided_by', None), models.Q(('decided_by', models.F('asker')), _negated=True), _connector='OR'), name='grant_is_decided_by_someone_else_than_the_asker'),
                    models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('state__in', ['waiting', 'withdrawn'])), models.Q(models.Q(('state__in', ['waiting', 'withdrawn']), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='grant_is_decided_when_its_state_says_so'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['given', 'ended']), ('until__isnull', False)), models.Q(models.Q(('state__in', ['given', 'ended']), _negated=True), ('until', None)), _connector='OR'), name='grant_has_an_end_when_it_was_given'),
                    models.CheckConstraint(condition=models.Q(('until', None), ('until__gt', models.F('decided_at')), _connector='OR'), name='grant_ends_after_it_begins'),
                    models.CheckConstraint(condition=models.Q(('until', None), ('until__lte', django.db.models.expressions.CombinedExpression(models.F('decided_at'), '+', models.Value(timedelta(hours=72)))), _connector='OR'), name='grant_lasts_72_hours_at_most'),
                    models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), ('state', 'ended')), models.Q(models.Q(('state', 'ended'), _negated=True), ('ended_at', None), ('ended_by', None)), _connector='OR'), name='grant_ended_early_says_by_whom_and_when'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='grant_is_refused_with_a_note'),
                ],
            },
        ),
    ]
