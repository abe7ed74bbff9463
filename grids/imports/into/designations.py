"""The history of codes and names, carried on when an import brings another name."""

from grids.imports.into import Work

# Those whose name of today is not the last of their history.
RENAMED = """
    FROM {{stage}} AS s JOIN grids_{kind} AS thing ON thing.code = s.code
    LEFT JOIN grids_{kind}designation AS last
      ON last.{kind}_id = thing.id AND upper_inf(last.valid)
    WHERE last.id IS NULL OR last.name <> thing.name OR last.code <> thing.code"""


def designate(work: Work, kind: str) -> None:
    """Close the last designation of what has another name now, and begin the next.

    One that began on the very day is corrected instead: nothing was called so for no day at all.
    """
    renamed, history = RENAMED.format(kind=kind), f"grids_{kind}designation"
    begun = "lower(old.valid) >= %(valid_from)s"
    work.stage.run(
        f"""UPDATE {history} AS old SET code = thing.code, name = thing.name
            FROM (SELECT last.id, thing.code, thing.name {renamed}) AS thing
            WHERE old.id = thing.id AND {begun}""",
        work.values,
    )
    work.stage.run(
        f"""WITH closed AS (
                UPDATE {history} AS old SET valid = daterange(lower(old.valid), %(valid_from)s)
                FROM (SELECT last.id {renamed}) AS thing
                WHERE old.id = thing.id RETURNING old.{kind}_id)
            SELECT count(*) FROM closed""",
        work.values,
    )
    work.stage.run(
        f"""INSERT INTO {history} ({kind}_id, code, name, valid)
            SELECT thing.id, thing.code, thing.name, daterange(%(valid_from)s, NULL) {renamed}""",
        work.values,
    )
