"""Places name their grid without a foreign key, which would look it up once for each row that moves.

The database finds the grid itself (migration 0009).  What is left of the key is its other side: a
grid that has places cannot be deleted, which is found out at the end of the transaction as before.
Also, places without a code have no entry among the codes.
"""

import django.db.models.deletion
from django.db import migrations, models

HOLD = """
CREATE FUNCTION grids_hold_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM grids_building WHERE grid_id = OLD.id)
       OR EXISTS (SELECT FROM grids_shop WHERE grid_id = OLD.id)
       OR EXISTS (SELECT FROM grids_servicepoint WHERE grid_id = OLD.id)
    THEN RAISE EXCEPTION 'grid % has places and violates "grid_with_places_stays"', OLD.code
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'grid_with_places_stays';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER grid_with_places_stays AFTER DELETE ON grids_grid
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grids_hold_places();
"""
LET_GO = """
DROP TRIGGER grid_with_places_stays ON grids_grid;
DROP FUNCTION grids_hold_places();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0990_plan_proposals'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='building',
            name='one_building_per_code',
        ),
        migrations.RemoveConstraint(
            model_name='servicepoint',
            name='one_servicepoint_per_code',
        ),
        migrations.RemoveConstraint(
            model_name='shop',
            name='one_shop_per_code',
        ),
        migrations.AlterField(
            model_name='building',
            name='grid',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='grids.grid'),
        ),
        migrations.AlterField(
            model_name='servicepoint',
            name='grid',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='grids.grid'),
        ),
        migrations.AlterField(
            model_name='shop',
            name='grid',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='grids.grid'),
        ),
        migrations.AddConstraint(
            model_name='building',
            constraint=models.UniqueConstraint(condition=models.Q(('code__isnull', False)), fields=('code',), name='one_building_per_code'),
        ),
        migrations.AddConstraint(
            model_name='servicepoint',
            constraint=models.UniqueConstraint(condition=models.Q(('code__isnull', False)), fields=('code',), name='one_servicepoint_per_code'),
        ),
        migrations.AddConstraint(
            model_name='shop',
            constraint=models.UniqueConstraint(condition=models.Q(('code__isnull', False)), fields=('code',), name='one_shop_per_code'),
        ),
        migrations.RunSQL(HOLD, LET_GO),
    ]
