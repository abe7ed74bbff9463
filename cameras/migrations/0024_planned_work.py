"""Windows of planned work and power cuts, their terms and their reviews."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0023_picture_health'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PlannedWork',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('planned', 'Planned work'), ('power_cut', 'Power cut'), ('other', 'Other excuse')], max_length=10, verbose_name='kind')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('target', models.CharField(choices=[('cameras', 'Single cameras'), ('upstream', 'All behind a recorder or switch'), ('owner', 'All of an owner'), ('area', 'All of an area')], max_length=8)),
                ('area', models.CharField(blank=True, max_length=19)),
                ('entered_at', models.DateTimeField()),
                ('accepted_until', models.DateTimeField(null=True)),
                ('rejected_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=0)),
                ('entered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cameras.owner')),
                ('upstream', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cameras.upstream')),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-starts_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='WorkCamera',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('camera', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cameras.camera')),
                ('work', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='cameras.plannedwork')),
            ],
            options={
                'ordering': ['camera'],
                'constraints': [
                    models.UniqueConstraint(fields=('work', 'camera'), name='one_part_per_camera_of_work'),
                ],
            },
        ),
        migrations.AddField(
            model_name='plannedwork',
            name='cameras',
            field=models.ManyToManyField(related_name='+', through='cameras.WorkCamera', to='cameras.camera'),
        ),
        migrations.CreateModel(
            name='WorkReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('accepted', 'Accepted'), ('rejected', 'Rejected')], max_length=8)),
                ('ends_at', models.DateTimeField()),
                ('at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=500)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('work', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='cameras.plannedwork')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('verdict__in', ['accepted', 'rejected'])), name='review_verdict_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='WorkTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ends_at', models.DateTimeField()),
                ('set_at', models.DateTimeField()),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('work', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='terms', to='cameras.plannedwork')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddIndex(
            model_name='plannedwork',
            index=models.Index(fields=['-starts_at', '-id'], name='work_newest_first'),
        ),
        migrations.AddIndex(
            model_name='plannedwork',
            index=models.Index(fields=['ends_at'], name='work_by_end'),
        ),
        migrations.AddConstraint(
            model_name='plannedwork',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='work_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='plannedwork',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['planned', 'power_cut', 'other'])), name='work_is_of_a_known_kind'),
        ),
        migrations.AddConstraint(
            model_name='plannedwork',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('area', ''), ('owner', None), ('target', 'cameras'), ('upstream', None)), models.Q(('area', ''), ('owner', None), ('target', 'upstream'), ('upstream__isnull', False)), models.Q(('area', ''), ('owner__isnull', False), ('target', 'owner'), ('upstream', None)), models.Q(('area__regex', '^[0-9]{2,19}$'), ('owner', None), ('target', 'area'), ('upstream', None)), _connector='OR'), name='work_has_one_target'),
        ),
        migrations.AddConstraint(
            model_name='plannedwork',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at', None), ('withdrawn_by', None)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='work_is_withdrawn_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='plannedwork',
            constraint=models.CheckConstraint(condition=models.Q(('accepted_until', None), ('rejected_at', None), _connector='OR'), name='work_is_not_accepted_and_rejected'),
        ),
    ]
