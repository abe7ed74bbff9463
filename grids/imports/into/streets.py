"""Streets as lines: found again by code."""

from collections.abc import Iterator

from grids.imports.into import Comparison, Found, Work, doubled, samples_of

REDRAWN = "ST_AsBinary(street.line) IS DISTINCT FROM ST_AsBinary(s.shape)"
JOINED = "FROM {stage} AS s LEFT JOIN grids_street AS street ON street.code = s.code"


def prepare(work: Work) -> None:
    """Nothing: the reader has filled every column."""


def find_faults(work: Work) -> Iterator[Found]:
    yield from doubled(work, "code", "s.shape::text")


def compare(work: Work) -> Comparison:
    differs = work.differs("street", REDRAWN)
    new, changed, same = work.stage.one(
        f"""SELECT count(*) FILTER (WHERE street.id IS NULL),
                   count(*) FILTER (WHERE street.id IS NOT NULL AND {differs}),
                   count(*) FILTER (WHERE street.id IS NOT NULL AND NOT {differs}) {JOINED}"""
    )
    [absent] = work.stage.one(
        """SELECT count(*) FROM grids_street AS street WHERE street.code IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM {stage} AS s WHERE s.code = street.code)"""
    )
    samples = samples_of(
        work,
        f"""SELECT s.code, s.name, street.id IS NULL {work.pairs("street")}
            {JOINED} WHERE street.id IS NULL OR {differs} ORDER BY street.id IS NULL, s.row""",
    )
    return Comparison(new, changed, same, absent, samples=samples)


def write(work: Work) -> None:
    sets = "".join(f"{one} = s.{one}, " for one in work.compared)
    work.stage.run(
        f"""UPDATE grids_street AS street SET {sets} line = s.shape
            FROM {{stage}} AS s WHERE s.code = street.code AND {work.differs("street", REDRAWN)}"""
    )
    work.stage.run(
        f"""INSERT INTO grids_street (code, {work.inserted}, line)
           SELECT s.code, {work.inserted}, s.shape FROM {{stage}} AS s
           WHERE NOT EXISTS (SELECT 1 FROM grids_street AS street WHERE street.code = s.code)
           ORDER BY s.row"""
    )
