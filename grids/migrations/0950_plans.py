"""Boundary plans: what each changes, its steps (which the database keeps), and whom grids come from."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

STATES = [
    ('draft', 'Draft'), ('in_review', 'In review'), ('approved', 'Approved'), ('scheduled', 'Scheduled'),
    ('in_force', 'In force'), ('superseded', 'Superseded'), ('withdrawn', 'Withdrawn'),
]
ACTIONS = [
    ('made', 'Made'), ('saved', 'Saved'), ('submitted', 'Sent to review'), ('returned', 'Returned'),
    ('approved', 'Approved'), ('scheduled', 'Scheduled'), ('refused', 'Could not be published'),
    ('published', 'Published'), ('superseded', 'Superseded'), ('withdrawn', 'Withdrawn'),
]
DATED = ['in_force', 'scheduled', 'superseded']
PUBLISHED = ['in_force', 'superseded']
KINDS = [('basic', 'Basic grid'), ('special', 'Special grid')]

GUARD = """
CREATE FUNCTION grids_keep_plan_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'steps of plans are only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER plan_steps_are_only_added_to BEFORE UPDATE OR DELETE ON grids_planstep
    FOR EACH ROW EXECUTE FUNCTION grids_keep_plan_steps();
"""
UNGUARD = """
DROP TRIGGER plan_steps_are_only_added_to ON grids_planstep;
DROP FUNCTION grids_keep_plan_steps();
"""


def key() -> models.BigAutoField:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')


def person() -> models.ForeignKey:
    return models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0013_strays'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='grid',
            name='gone_on',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.CreateModel(
            name='BoundaryPlan',
            fields=[
                ('id', key()),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('scope_code', models.CharField(max_length=19, verbose_name='territory')),
                ('base_day', models.DateField()),
                ('operations', models.JSONField(default=list)),
                ('posts', models.JSONField(default=list)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('state', models.CharField(choices=STATES, default='draft', max_length=10, verbose_name='state')),
                ('made_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('effective_on', models.DateField(blank=True, null=True)),
                ('document', models.CharField(blank=True, max_length=80)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('approved_by', person()),
                ('author', person()),
                ('editor', person()),
                ('inverse_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='inverses', to='grids.boundaryplan')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['scope_code', '-id'], name='plan_by_territory'),
                    models.Index(condition=models.Q(('state', 'scheduled')), fields=['effective_on'], name='plan_waiting_for_its_day'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', [value for value, _name in STATES])), name='plan_state_is_known'),
                    models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='plan_has_a_title'),
                    models.CheckConstraint(condition=models.Q(('scope_code__regex', '^[0-9]{2,19}$')), name='plan_territory_is_a_code'),
                    models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.comparison.Cast('operations', models.TextField())), 4000000), name='plan_operations_are_not_too_long'),
                    models.CheckConstraint(condition=models.Q(('approved_by', None), models.Q(models.Q(('approved_by', models.F('author')), _negated=True), models.Q(('approved_by', models.F('editor')), _negated=True)), _connector='OR'), name='plan_is_approved_by_somebody_else'),
                    models.CheckConstraint(condition=models.Q(models.Q(('effective_on__isnull', False), ('state__in', DATED), models.Q(('document', ''), _negated=True)), models.Q(models.Q(('state__in', DATED), _negated=True), ('effective_on', None)), _connector='OR'), name='plan_with_a_day_has_a_document'),
                    models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', False), ('state__in', PUBLISHED)), models.Q(models.Q(('state__in', PUBLISHED), _negated=True), ('published_at', None)), _connector='OR'), name='plan_that_was_published_says_when'),
                    models.CheckConstraint(condition=models.Q(('inverse_of', None), models.Q(('inverse_of', models.F('id')), _negated=True), _connector='OR'), name='plan_does_not_take_itself_back'),
                    models.UniqueConstraint(condition=models.Q(('state', 'withdrawn'), _negated=True), fields=('inverse_of',), name='one_plan_takes_another_back'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PlanChange',
            fields=[
                ('id', key()),
                ('kind', models.CharField(choices=KINDS, default='basic', max_length=10)),
                ('code_before', models.CharField(blank=True, max_length=19)),
                ('code_after', models.CharField(blank=True, max_length=19)),
                ('name_before', models.CharField(blank=True, max_length=80)),
                ('name_after', models.CharField(blank=True, max_length=80)),
                ('before', django.contrib.gis.db.models.fields.PolygonField(blank=True, null=True, srid=4326)),
                ('after', django.contrib.gis.db.models.fields.PolygonField(blank=True, null=True, srid=4326)),
                ('others', models.JSONField(default=list)),
                ('effective_on', models.DateField(blank=True, null=True)),
                ('community', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grids.division')),
                ('grid', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='grids.grid')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='grids.boundaryplan')),
            ],
            options={
                'ordering': ['plan_id', 'id'],
                'constraints': [
                    models.UniqueConstraint(fields=('plan', 'grid'), name='one_change_of_a_grid_in_a_plan'),
                    models.UniqueConstraint(condition=models.Q(('code_after', ''), _negated=True), fields=('plan', 'code_after'), name='one_grid_per_code_in_a_plan'),
                    models.UniqueConstraint(fields=('grid', 'effective_on'), name='a_grid_changes_once_a_day'),
                    models.CheckConstraint(condition=models.Q(('code_after', ''), ('code_before', ''), _negated=True), name='change_is_of_a_grid_before_or_after'),
                    models.CheckConstraint(condition=models.Q(models.Q(models.Q(('before', None), ('code_before', '')), models.Q(models.Q(('code_before', ''), _negated=True), ('before__isnull', False)), _connector='OR'), models.Q(models.Q(('after', None), ('code_after', '')), models.Q(models.Q(('code_after', ''), _negated=True), ('after__isnull', False)), _connector='OR')), name='change_has_a_shape_where_it_has_a_code'),
                    models.CheckConstraint(condition=models.Q(models.Q(('before', None), models.Q(('before__isempty', False), ('before__isvalid', True)), _connector='OR'), models.Q(('after', None), models.Q(('after__isempty', False), ('after__isvalid', True)), _connector='OR')), name='change_shapes_are_valid_and_not_empty'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['basic', 'special'])), name='change_kind_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PlanStep',
            fields=[
                ('id', key()),
                ('action', models.CharField(choices=ACTIONS, max_length=10)),
                ('at', models.DateTimeField()),
                ('user_id', models.BigIntegerField(null=True)),
                ('who', models.CharField(blank=True, max_length=150)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('revision', models.PositiveIntegerField()),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='grids.boundaryplan')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('action__in', [value for value, _name in ACTIONS])), name='plan_step_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Lineage',
            fields=[
                ('id', key()),
                ('how', models.CharField(choices=[('split', 'Split from'), ('merged', 'Merged into')], max_length=6)),
                ('on', models.DateField()),
                ('earlier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='became', to='grids.grid')),
                ('later', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='came_from', to='grids.grid')),
                ('plan', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lineage', to='grids.boundaryplan')),
            ],
            options={
                'ordering': ['on', 'id'],
                'constraints': [
                    models.UniqueConstraint(fields=('earlier', 'later', 'on'), name='one_lineage_of_two_grids_and_a_day'),
                    models.CheckConstraint(condition=models.Q(('earlier', models.F('later')), _negated=True), name='lineage_is_of_two_grids'),
                    models.CheckConstraint(condition=models.Q(('how__in', ['split', 'merged'])), name='lineage_is_known'),
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
