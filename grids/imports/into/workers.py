"""The grid staff and their posts: people found again by staff number.

A row may name several grids, and a person may have several rows.  A community's code stands for all
its grids.
"""

from collections.abc import Iterator

from grids.imports.into import Comparison, Found, Work, found_rows, samples_of
from grids.imports.problems import Problem

# One line a person: the first row that names them.
PEOPLE = "(SELECT DISTINCT ON (number) * FROM {stage} ORDER BY number, row)"
NAMED = """(SELECT s.row, s.number, s.role, s.since, s.until, s.stands_in_for, named.code
    FROM {stage} AS s, regexp_split_to_table(s.grid_code, '[,;、，；/[:space:]]+') AS named (code)
    WHERE named.code <> '')"""
# The grid with a code, or all grids of the community with that code.
MEANT = """LATERAL (
    SELECT one.id, one.code FROM grids_grid AS one WHERE one.code = named.code
    UNION ALL
    SELECT one.id, one.code FROM grids_division AS community
    JOIN grids_grid AS one ON one.community_id = community.id AND length(one.code) = 15
    WHERE community.code = named.code)"""
# Person by person the grids they hold, with days; `valid` as it would be stored.
POSTS = f"""(SELECT DISTINCT ON (named.number, grid.id, named.role)
        named.row, named.number, named.role, named.since, named.until, named.stands_in_for,
        grid.id AS grid_id, grid.code,
        daterange(coalesce(named.since, %(valid_from)s), named.until + 1) AS valid
    FROM {NAMED} AS named, {MEANT} AS grid
    WHERE grid.code LIKE %(like_scope)s
    ORDER BY named.number, grid.id, named.role, named.row)"""
JOINED = f"FROM {PEOPLE} AS s LEFT JOIN grids_gridworker AS person ON person.number = s.number"
HELD = """EXISTS (SELECT 1 FROM grids_assignment AS held
    WHERE held.worker_id = person.id AND held.grid_id = post.grid_id AND held.role = post.role
      AND held.valid && post.valid)"""


def prepare(work: Work) -> None:
    """Nothing: the reader has filled every column."""


def find_faults(work: Work) -> Iterator[Found]:
    yield from found_rows(
        work,
        Problem.DIFFERENT_PEOPLE,
        """SELECT s.row, NULL, s.number, t.row FROM {stage} AS s JOIN {stage} AS t
             ON t.number = s.number AND t.row < s.row AND (t.name <> s.name)
           ORDER BY s.row""",
        ("value", "row"),
        "number",
    )
    yield from found_rows(
        work,
        Problem.GRID_UNKNOWN,
        f"""SELECT named.row, NULL, named.code FROM {NAMED} AS named
            WHERE named.code NOT LIKE %(like_scope)s
               OR NOT EXISTS (SELECT 1 FROM (SELECT 1) AS one, {MEANT} AS grid)
            ORDER BY named.row""",
        ("value",),
        "grid_code",
    )
    yield from found_rows(
        work,
        Problem.ENDS_BEFORE,
        """SELECT s.row, NULL, coalesce(s.since, %(valid_from)s), s.until FROM {stage} AS s
           WHERE s.until < coalesce(s.since, %(valid_from)s) ORDER BY s.row""",
        ("since", "until"),
        "until",
    )
    yield from found_rows(
        work,
        Problem.PERSON_UNKNOWN,
        """SELECT s.row, NULL, s.stands_in_for FROM {stage} AS s
           WHERE s.stands_in_for = s.number OR (s.stands_in_for IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM {stage} AS t WHERE t.number = s.stands_in_for)
             AND NOT EXISTS (SELECT 1 FROM grids_gridworker AS p WHERE p.number = s.stands_in_for))
           ORDER BY s.row""",
        ("value",),
        "stands_in_for",
    )
    yield from found_rows(
        work,
        Problem.CODE_OF_ANOTHER,
        f"""SELECT s.row, NULL, s.number {JOINED}
            WHERE EXISTS (SELECT 1 FROM grids_assignment AS a WHERE a.worker_id = person.id)
              AND NOT EXISTS (SELECT 1 FROM grids_assignment AS a
                              JOIN grids_grid AS grid ON grid.id = a.grid_id
                              WHERE a.worker_id = person.id AND grid.code LIKE %(like_scope)s)
            ORDER BY s.row""",
        ("value",),
        "number",
    )


def compare(work: Work) -> Comparison:
    personal = _personal(work)
    new, changed, same = work.stage.one(
        f"""SELECT count(*) FILTER (WHERE person.id IS NULL),
                   count(*) FILTER (WHERE person.id IS NOT NULL AND {personal.differs("person")}),
                   count(*) FILTER (WHERE person.id IS NOT NULL
                                      AND NOT {personal.differs("person")}) {JOINED}"""
    )
    [absent] = work.stage.one(f"SELECT count(DISTINCT person.id) {_absent()}", work.values)
    posts, new_posts = work.stage.one(
        f"""SELECT count(*), count(*) FILTER (WHERE person.id IS NULL OR NOT {HELD})
            FROM {POSTS} AS post
            LEFT JOIN grids_gridworker AS person ON person.number = post.number""",
        work.values,
    )
    samples = samples_of(
        personal,
        f"""SELECT s.number, s.name, person.id IS NULL {personal.pairs("person")} {JOINED}
            WHERE person.id IS NULL OR {personal.differs("person")}
            ORDER BY person.id IS NULL, s.row""",
    )
    notes = {"posts": posts, "new_posts": new_posts}
    return Comparison(new, changed, same, absent, notes, samples)


def write(work: Work) -> None:
    personal = _personal(work)
    sets = ", ".join(f"{one} = s.{one}" for one in personal.compared)
    work.stage.run(
        f"""UPDATE grids_gridworker AS person SET {sets} FROM {PEOPLE} AS s
            WHERE s.number = person.number AND {personal.differs("person")}"""
    )
    work.stage.run(
        f"""INSERT INTO grids_gridworker (number, name, role, phone)
            SELECT s.number, s.name, s.role, s.phone {JOINED} WHERE person.id IS NULL
            ORDER BY s.row"""
    )
    if work.retire_absent:
        _end_absent(work)
    _post(work)


def _personal(work: Work) -> Work:
    """The same import, looking at the columns of the person only."""
    of_person = tuple(one for one in work.fields if one in ("number", "name", "role", "phone"))
    return Work(work.target, work.stage, of_person, work.scope, work.valid_from, work.today)


def _post(work: Work) -> None:
    """New posts begin; of those that are held already, days that the file states are taken over."""
    work.stage.run(
        f"""UPDATE grids_assignment AS held
            SET valid = daterange(coalesce(post.since, lower(held.valid)), post.until + 1),
                stands_in_for_id = other.id
            FROM {POSTS} AS post JOIN grids_gridworker AS person ON person.number = post.number
            LEFT JOIN grids_gridworker AS other ON other.number = post.stands_in_for
            WHERE held.worker_id = person.id AND held.grid_id = post.grid_id
              AND held.role = post.role AND held.valid && post.valid
              AND (post.since IS NOT NULL OR post.until IS NOT NULL)""",
        work.values,
    )
    work.stage.run(
        f"""INSERT INTO grids_assignment (worker_id, grid_id, role, valid, stands_in_for_id)
            SELECT person.id, post.grid_id, post.role, post.valid, other.id
            FROM {POSTS} AS post JOIN grids_gridworker AS person ON person.number = post.number
            LEFT JOIN grids_gridworker AS other ON other.number = post.stands_in_for
            WHERE NOT {HELD} ORDER BY post.row, post.grid_id""",
        work.values,
    )


def _absent() -> str:
    """Posts that are held on the day, in the territory, by people that are not in the file."""
    return """FROM grids_assignment AS held
        JOIN grids_gridworker AS person ON person.id = held.worker_id
        JOIN grids_grid AS grid ON grid.id = held.grid_id
        WHERE grid.code LIKE %(like_scope)s AND held.valid @> %(valid_from)s::date
          AND NOT EXISTS (SELECT 1 FROM {stage} AS s WHERE s.number = person.number)"""


def _end_absent(work: Work) -> None:
    work.stage.run(
        f"""DELETE FROM grids_assignment AS old USING (SELECT held.id {_absent()}) AS gone
            WHERE old.id = gone.id AND lower(old.valid) >= %(valid_from)s""",
        work.values,
    )
    work.stage.run(
        f"""UPDATE grids_assignment AS old SET valid = daterange(lower(old.valid), %(valid_from)s)
            FROM (SELECT held.id {_absent()}) AS gone WHERE old.id = gone.id""",
        work.values,
    )
