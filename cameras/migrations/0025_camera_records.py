"""The registry with dates: a trigger writes a row whenever what rates depend on changes."""

import django.db.models.deletion
from django.db import migrations, models

FOLLOW = """
CREATE FUNCTION cameras_record_camera() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND ROW(OLD.owner_id, OLD.team_id, OLD.upstream_id, OLD.scope_code, OLD.priority, OLD.enabled)
            IS NOT DISTINCT FROM
            ROW(NEW.owner_id, NEW.team_id, NEW.upstream_id, NEW.scope_code, NEW.priority, NEW.enabled) THEN
        RETURN NULL;
    END IF;
    INSERT INTO cameras_camerarecord
        (camera_id, since, owner_id, owner_name, team_id, team_name, upstream_id, scope_code, priority, enabled)
    VALUES (NEW.id, now(),
        NEW.owner_id, coalesce((SELECT name FROM cameras_owner WHERE id = NEW.owner_id), ''),
        NEW.team_id, coalesce((SELECT name FROM cameras_team WHERE id = NEW.team_id), ''),
        NEW.upstream_id, NEW.scope_code, NEW.priority, NEW.enabled);
    RETURN NULL;
END $$;
CREATE TRIGGER camera_is_recorded
    AFTER INSERT OR UPDATE OF owner_id, team_id, upstream_id, scope_code, priority, enabled ON cameras_camera
    FOR EACH ROW EXECUTE FUNCTION cameras_record_camera();
CREATE FUNCTION cameras_keep_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the dated registry is only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER records_are_only_added_to BEFORE UPDATE ON cameras_camerarecord
    FOR EACH ROW EXECUTE FUNCTION cameras_keep_records();
"""
UNFOLLOW = """
DROP TRIGGER camera_is_recorded ON cameras_camera;
DROP FUNCTION cameras_record_camera();
DROP TRIGGER records_are_only_added_to ON cameras_camerarecord;
DROP FUNCTION cameras_keep_records();
"""
# What nobody wrote down before today is taken to have been as it is.
BEGIN = """
INSERT INTO cameras_camerarecord
    (camera_id, since, owner_id, owner_name, team_id, team_name, upstream_id, scope_code, priority, enabled)
SELECT c.id, least(now(), (SELECT min(s.since) FROM cameras_statespan AS s WHERE s.camera_id = c.id)),
    c.owner_id, o.name, c.team_id, t.name, c.upstream_id, c.scope_code, c.priority, c.enabled
FROM cameras_camera AS c JOIN cameras_owner AS o ON o.id = c.owner_id JOIN cameras_team AS t ON t.id = c.team_id;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0024_planned_work'),
    ]

    operations = [
        migrations.CreateModel(
            name='CameraRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField()),
                ('owner_id', models.BigIntegerField()),
                ('owner_name', models.CharField(max_length=80)),
                ('team_id', models.BigIntegerField()),
                ('team_name', models.CharField(max_length=80)),
                ('upstream_id', models.BigIntegerField(null=True)),
                ('scope_code', models.CharField(max_length=19)),
                ('priority', models.CharField(max_length=12)),
                ('enabled', models.BooleanField()),
                ('camera', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='records', to='cameras.camera')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['camera', 'since', 'id'], name='record_of_camera')],
            },
        ),
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOW, UNFOLLOW),
    ]
