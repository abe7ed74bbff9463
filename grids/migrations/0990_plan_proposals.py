"""Proposals of borders that somebody has asked for."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STATES = [
    ('waiting', 'Waiting'), ('working', 'Working'), ('done', 'Done'), ('cancelled', 'Cancelled'),
    ('failed', 'Failed'),
]


class Migration(migrations.Migration):
    dependencies = [('grids', '0980_plan_imports'), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name='PlanProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('revision', models.PositiveIntegerField()),
                ('community', models.CharField(max_length=19)),
                ('wishes', models.JSONField(default=dict)),
                ('state', models.CharField(choices=STATES, default='waiting', max_length=9)),
                ('state_at', models.DateTimeField()),
                ('problem', models.CharField(blank=True, max_length=20)),
                ('seen', models.JSONField(default=dict)),
                ('result', models.JSONField(default=dict)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='grids.boundaryplan')),
            ],
            options={'ordering': ['-id']},
        ),
        migrations.AddConstraint(
            model_name='planproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('waiting', 'working'))), fields=('plan',), name='one_proposal_at_work_on_a_plan'),
        ),
        migrations.AddConstraint(
            model_name='planproposal',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'working', 'done', 'cancelled', 'failed'])), name='proposal_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='planproposal',
            constraint=models.CheckConstraint(condition=models.Q(('community__regex', '^[0-9]{12}$')), name='proposal_is_for_a_community'),
        ),
    ]
