"""Saved views of the offline list, plans of its delivery, and each delivery with its state."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0028_usual_repair_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DeliveryPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('webhook', 'Webhook (signed JSON)'), ('wecom', 'WeCom group robot'), ('dingtalk', 'DingTalk group robot')], max_length=8, verbose_name='channel')),
                ('sealed_address', models.BinaryField()),
                ('shown_address', models.CharField(max_length=200)),
                ('address_mark', models.CharField(max_length=64)),
                ('sealed_secret', models.BinaryField(blank=True, null=True)),
                ('filters', models.JSONField(default=dict)),
                ('formats', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), blank=True, default=list, size=None)),
                ('daily_at', models.TimeField(blank=True, null=True)),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None)),
                ('outage_cameras', models.PositiveIntegerField(blank=True, null=True)),
                ('language', models.CharField(default='zh-hans', max_length=10)),
                ('enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('since', models.DateTimeField()),
                ('trouble', models.CharField(blank=True, max_length=300)),
                ('version', models.PositiveIntegerField(default=0)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='delivery_plans', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'id'],
                'constraints': [
                    models.UniqueConstraint(fields=('name',), name='one_delivery_plan_per_name'),
                    models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'webhook', 'wecom', 'dingtalk'])), name='delivery_channel_is_known'),
                    models.CheckConstraint(condition=models.Q(('formats__contained_by', ['xlsx', 'csv', 'pdf', 'geojson', 'kml'])), name='delivery_formats_are_known'),
                    models.CheckConstraint(condition=models.Q(('weekdays__contained_by', [1, 2, 3, 4, 5, 6, 7])), name='delivery_weekdays_are_1_to_7'),
                    models.CheckConstraint(condition=models.Q(('outage_cameras', None), ('outage_cameras__gte', 2), _connector='OR'), name='delivery_of_two_or_more_cameras'),
                    models.CheckConstraint(condition=django.db.models.lookups.Exact(models.Func(models.F('filters'), function='jsonb_typeof', output_field=models.TextField()), models.Value('object')), name='delivery_filters_are_an_object'),
                    models.CheckConstraint(condition=models.Q(models.Q(('channel', 'webhook'), _negated=True), ('sealed_secret__isnull', False), _connector='OR'), name='webhooks_are_signed'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60)),
                ('state', models.CharField(default='waiting', max_length=8)),
                ('made_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(null=True)),
                ('give_up_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('leased_by', models.CharField(blank=True, max_length=80)),
                ('tried_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('rows', models.PositiveIntegerField(null=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='cameras.deliveryplan')),
            ],
            options={
                'verbose_name': 'delivery',
                'ordering': ['-made_at', '-id'],
                'indexes': [
                    models.Index(fields=['plan', '-made_at', '-id'], name='delivery_newest_first'),
                    models.Index(condition=models.Q(('state__in', ['waiting', 'failed'])), fields=['next_at', 'id'], name='delivery_due'),
                    models.Index(condition=models.Q(('state', 'sending')), fields=['lease_until'], name='delivery_being_sent'),
                    models.Index(fields=['tried_at'], name='delivery_by_attempt'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('plan', 'key'), name='one_delivery_per_plan_and_key'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'sending', 'sent', 'failed', 'given_up', 'unclear'])), name='delivery_state_is_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'sending'), models.Q(('leased_by', ''), _negated=True)), models.Q(models.Q(('state', 'sending'), _negated=True), ('lease_until', None), ('leased_by', '')), _connector='OR'), name='delivery_has_a_lease_while_it_is_sent'),
                    models.CheckConstraint(condition=models.Q(models.Q(('next_at__isnull', False), ('state__in', ['waiting', 'failed'])), models.Q(models.Q(('state__in', ['waiting', 'failed']), _negated=True), ('next_at', None)), _connector='OR'), name='delivery_waits_for_a_time'),
                    models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at', None)), _connector='OR'), name='delivery_is_sent_at_a_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('filters', models.JSONField(default=dict)),
                ('is_default', models.BooleanField(default=False)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'id'],
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'name'), name='one_view_per_name_of_a_user'),
                    models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('user',), name='one_default_view_per_user'),
                    models.CheckConstraint(condition=django.db.models.lookups.Exact(models.Func(models.F('filters'), function='jsonb_typeof', output_field=models.TextField()), models.Value('object')), name='saved_view_filters_are_an_object'),
                ],
            },
        ),
    ]
