from django.db import migrations, models

TABLES = ("grids_division", "grids_grid", "grids_gridshape")

# One trigger a statement, not a row: a bulk load changes the token once.
CREATE = """
CREATE FUNCTION maps_new_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO maps_edition (id, token) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET token = excluded.token;
    RETURN NULL;
END $$;
INSERT INTO maps_edition (id, token) VALUES (1, gen_random_uuid());
""" + "".join(  # noqa: S608
    f"""
CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION maps_new_edition();
"""
    for table in TABLES
)

DROP = "".join(f"DROP TRIGGER new_edition ON {table};\n" for table in TABLES) + (
    "DROP FUNCTION maps_new_edition();"
)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("grids", "0003_grids")]

    operations = [
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("token", models.UUIDField()),
            ],
            options={
                "db_table": "maps_edition",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="one_edition_of_the_map"
                    )
                ],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
