"""The audit trail, whose rows the database refuses to change or delete."""

import django.db.models.functions.datetime
from django.db import migrations, models

GUARD = """
CREATE FUNCTION gis_server_keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE ON gis_server_audit
    FOR EACH ROW EXECUTE FUNCTION gis_server_keep_audit();
"""
UNGUARD = """
DROP TRIGGER audit_is_only_added_to ON gis_server_audit;
DROP FUNCTION gis_server_keep_audit();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('gis_server', '0003_roles'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('user_id', models.BigIntegerField(null=True)),
                ('who', models.CharField(max_length=150)),
                ('origin', models.CharField(blank=True, max_length=45)),
                ('action', models.CharField(max_length=40)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('scope', models.CharField(blank=True, max_length=19)),
                ('detail', models.JSONField(default=dict)),
            ],
            options={
                'db_table': 'gis_server_audit',
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['at'], name='audit_by_time'),
                    models.Index(fields=['subject', '-id'], name='audit_by_subject'),
                    models.Index(fields=['user_id', '-id'], name='audit_by_user'),
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
