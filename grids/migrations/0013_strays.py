"""Find what is in no grid without reading all places."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0012_edits'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='building',
            index=models.Index(condition=models.Q(('grid', None)), fields=['scope_code', 'id'], name='building_in_no_grid'),
        ),
        migrations.AddIndex(
            model_name='servicepoint',
            index=models.Index(condition=models.Q(('grid', None)), fields=['scope_code', 'id'], name='servicepoint_in_no_grid'),
        ),
        migrations.AddIndex(
            model_name='shop',
            index=models.Index(condition=models.Q(('grid', None)), fields=['scope_code', 'id'], name='shop_in_no_grid'),
        ),
    ]
