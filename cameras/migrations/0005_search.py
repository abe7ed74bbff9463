"""Cameras can be found, by name, code and address."""

from django.db import migrations

ADD = """
CREATE FUNCTION search_rows_camera(ids bigint[]) RETURNS SETOF search_row LANGUAGE sql STABLE AS $$
    SELECT c.id, c.name, c.code, c.address_text, ''::text, ARRAY[c.scope_code::text],
        ST_X(c.point), ST_Y(c.point), ST_X(c.point), ST_Y(c.point)
    FROM cameras_camera AS c WHERE c.id = ANY(ids)
$$;
SELECT search_watch('camera', 'cameras_camera', 'id');
SELECT search_write('camera', ARRAY(SELECT id FROM cameras_camera));
"""
UNDO = """
SELECT search_unwatch('camera', 'cameras_camera');
DROP FUNCTION search_rows_camera;
DELETE FROM gis_server_searchentry WHERE kind = 'camera';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('gis_server', '0005_search'),
        ('cameras', '0004_grid_of_cameras'),
    ]

    operations = [migrations.RunSQL(ADD, UNDO)]
