"""Every edit in place, with what was before; the database refuses to change or delete a row."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

GUARD = """
CREATE FUNCTION grids_keep_edits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'edits are only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER edits_are_only_added_to BEFORE UPDATE OR DELETE ON grids_edit
    FOR EACH ROW EXECUTE FUNCTION grids_keep_edits();
"""
UNGUARD = """
DROP TRIGGER edits_are_only_added_to ON grids_edit;
DROP FUNCTION grids_keep_edits();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0011_imports'),
    ]

    operations = [
        migrations.CreateModel(
            name='Edit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('thing', models.CharField(choices=[('division', 'Division'), ('grid', 'Grid'), ('building', 'Building'), ('shop', 'Shop'), ('service_point', 'Service point'), ('worker', 'Staff'), ('assignment', 'Assignment')], max_length=15)),
                ('thing_id', models.BigIntegerField()),
                ('about_worker', models.BigIntegerField(default=0)),
                ('about_grid', models.BigIntegerField(default=0)),
                ('label', models.CharField(max_length=120)),
                ('scope_code', models.CharField(blank=True, max_length=19)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('user_id', models.BigIntegerField(null=True)),
                ('who', models.CharField(max_length=150)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('undoes', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_by', to='grids.edit')),
            ],
            options={
                'db_table': 'grids_edit',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['thing', 'thing_id', '-id'], name='edit_by_thing'), models.Index(fields=['scope_code', '-id'], name='edit_by_territory'), models.Index(condition=models.Q(('about_worker', 0), _negated=True), fields=['about_worker', '-id'], name='edit_by_worker'), models.Index(condition=models.Q(('about_grid', 0), _negated=True), fields=['about_grid', '-id'], name='edit_by_grid')],
                'constraints': [models.CheckConstraint(condition=models.Q(('thing__in', ['division', 'grid', 'building', 'shop', 'service_point', 'worker', 'assignment'])), name='edit_is_of_a_known_thing'), models.CheckConstraint(condition=models.Q(('after', {}), ('before', {}), _negated=True), name='edit_has_a_before_or_an_after')],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
