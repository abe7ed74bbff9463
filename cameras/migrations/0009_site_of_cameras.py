"""Every camera belongs to a site, to `main` unless told otherwise."""

import django.db.models.deletion
from django.db import migrations, models

import cameras.fleet_models

# Made anew where it is missing, so that no camera is ever without a site.
MAIN = """
CREATE FUNCTION cameras_main_site() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE found bigint;
BEGIN
    SELECT id INTO found FROM cameras_site WHERE name = 'main';
    IF found IS NULL THEN
        INSERT INTO cameras_site (name, networks, ports, canaries) VALUES ('main', '{}', '{}', '{}')
            ON CONFLICT (name) DO UPDATE SET name = 'main' RETURNING id INTO found;
    END IF;
    RETURN found;
END $$;
SELECT cameras_main_site();
"""
UNDO = "DROP FUNCTION cameras_main_site();"


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0008_sites'),
    ]

    operations = [
        migrations.RunSQL(MAIN, UNDO),
        migrations.AddField(
            model_name='camera',
            name='site',
            field=models.ForeignKey(db_default=cameras.fleet_models.MainSite(), on_delete=django.db.models.deletion.PROTECT, related_name='cameras', to='cameras.site', verbose_name='site'),
        ),
    ]
