"""Signs of life of pollers, notices of their troubles, and since when each camera was in which state."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0011_outages_of_several'),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('blind', 'The poller cannot reach its canaries'), ('many_at_once', 'Too many cameras failed at once')], max_length=12)),
                ('site', models.CharField(max_length=40)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('detail', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['-opened_at', '-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('kind', 'site'), name='one_open_notice_per_kind_and_site'), models.CheckConstraint(condition=models.Q(('closed_at', None), ('closed_at__gte', models.F('opened_at')), _connector='OR'), name='notice_closes_after_it_opens'), models.CheckConstraint(condition=models.Q(('kind__in', ['blind', 'many_at_once'])), name='notice_is_of_a_known_kind')],
            },
        ),
        migrations.CreateModel(
            name='PollerBeat',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('site', models.CharField(max_length=40)),
                ('started_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('in_flight', models.PositiveIntegerField(default=0)),
                ('asked', models.PositiveBigIntegerField(default=0)),
                ('lag_ms', models.PositiveIntegerField(default=0)),
                ('canaries_up', models.PositiveSmallIntegerField(default=0)),
                ('canaries', models.PositiveSmallIntegerField(default=0)),
                ('suspects_itself', models.BooleanField(default=False)),
                ('version', models.CharField(blank=True, max_length=20)),
            ],
            options={
                'ordering': ['site', 'name'],
                'indexes': [models.Index(fields=['seen_at'], name='poller_beat_by_time')],
            },
        ),
        migrations.CreateModel(
            name='StateSpan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(max_length=10)),
                ('reason', models.CharField(max_length=20)),
                ('since', models.DateTimeField()),
                ('camera', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='spans', to='cameras.camera')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['camera', 'since', 'id'], name='span_of_camera')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['unknown', 'online', 'degraded', 'offline'])), name='span_state_is_known')],
            },
        ),
    ]
