"""What bin/up, bin/test and bin/bench all need before anything of theirs can run."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bin.steps import packages, places, postgres, processes, product, redis_server
from bin.steps.journal import Journal
from bin.steps.places import Places
from bin.steps.stamps import content_hash

# The database of a throw-away cluster that all others in it are copied from.
MODEL = "model"
MODEL_NAMED_IN = "TEST_DATABASE_MODEL"
WAIT = "another bin/up or bin/test is setting up this checkout: run this again when it is done."


def begin(command: str) -> tuple[Places, Journal]:
    """Open the state folder and take over what bash did before Python was there."""
    where = places.open_places()
    journal = Journal(command, where.log)
    places.check_space(where.var, 500, "the database")
    if seconds := os.environ.pop("SETUP_PACKAGES_S", ""):
        journal.note_time("System packages", float(seconds))
    return where, journal


def ensure_files(where: Places, journal: Journal, *, for_tests: bool) -> None:
    """Everything that is installed or compiled into the checkout; one command at a time."""
    with places.take_lock(where, "setup", WAIT):
        packages.ensure_python_packages(where, journal, for_tests=for_tests)
        packages.ensure_front_end(where, journal)
        product.compile_words(where, journal)


@dataclass(frozen=True)
class Running:
    """A private server at work: the variables that lead to it, and what its data are known by."""

    server: processes.Server
    env: dict[str, str]
    identity: str = ""


@contextmanager
def database(where: Places, journal: Journal, *, name: str, lasting: bool) -> Iterator[Running]:
    """A private PostGIS with the database `gis`, empty each time unless its data are `lasting`."""
    cluster = _cluster(where, name, lasting=lasting)
    folder = cluster.data
    with ExitStack() as stack:
        with journal.step("PostGIS") as step:
            # What was never synced to disk cannot be trusted after an end that was not orderly.
            if not lasting and (folder / "postmaster.pid").exists():
                postgres.clear_leftovers(cluster)
                shutil.rmtree(folder)
            if not folder.exists():
                step.note = "new data folder"
                postgres.create(cluster, journal)
            server = stack.enter_context(postgres.running(cluster))
            if not lasting:
                postgres.ask(cluster, journal, "DROP DATABASE IF EXISTS gis WITH (FORCE)")
            identity = postgres.prepare(cluster, journal, "gis")
        yield Running(server, {"DATABASE_URL": cluster.url("gis")}, identity)


@contextmanager
def redis(where: Places, journal: Journal, *, name: str, lasting: bool) -> Iterator[Running]:
    private = redis_server.Redis(
        where.var / name, where.sockets / f"{name}.sock", where.log / f"{name}.log", lasting
    )
    with ExitStack() as stack:
        with journal.step("Redis"):
            server = stack.enter_context(redis_server.running(private))
        yield Running(server, {"REDIS_URL": private.url})


@contextmanager
def throw_away_servers(where: Places, journal: Journal) -> Iterator[dict[str, str]]:
    """Servers for tests and benchmarks, and the environment that leads the product to them."""
    env = throw_away_environment(where)
    with (
        database(where, journal, name="pg-test", lasting=False) as postgis,
        redis(where, journal, name="redis-test", lasting=False) as cache,
    ):
        yield env | postgis.env | cache.env


@contextmanager
def another_lane(
    where: Places, journal: Journal, env: Mapping[str, str], lane: str
) -> Iterator[dict[str, str]]:
    """The environment `env` of throw-away servers, for tests that run beside those: a database of
    another name in the same PostgreSQL, a Redis and a folder of its own.
    """
    own = throw_away_environment(where, lane)
    own["DATABASE_URL"] = throw_away_cluster(where).url(lane)
    own[MODEL_NAMED_IN] = env[MODEL_NAMED_IN]
    with redis(where, journal, name=f"redis-{lane}", lasting=False) as cache:
        yield own | cache.env


def ensure_model(where: Places, journal: Journal, env: Mapping[str, str]) -> dict[str, str]:
    """A database with all tables and no row that a migration did not put there, and the variable
    that names it for tests: they copy it, in place of making it anew.

    It stays with its cluster, and is made again after a change of what makes tables.
    """
    cluster = throw_away_cluster(where)
    with journal.step("Tables for tests") as step:
        stamp = content_hash(product.makers_of_tables(where.root))
        if postgres.note_of(cluster, journal, MODEL) == stamp:
            step.skip()
        else:
            postgres.ask(cluster, journal, f"DROP DATABASE IF EXISTS {MODEL} WITH (FORCE)")
            postgres.prepare(cluster, journal, MODEL)
            product.bring_tables_to(where, journal, env, cluster.url(MODEL))
            postgres.note(cluster, journal, MODEL, stamp)
    return {MODEL_NAMED_IN: MODEL}


def throw_away_cluster(where: Places) -> postgres.Cluster:
    return _cluster(where, "pg-test", lasting=False)


def private_cluster(where: Places) -> postgres.Cluster:
    """The one whose data are kept."""
    return _cluster(where, "pg", lasting=True)


def _cluster(where: Places, name: str, *, lasting: bool) -> postgres.Cluster:
    return postgres.Cluster(
        where.var / name, where.sockets / name, where.log / f"{name}.log", lasting,
        postgres.archive_at(os.environ.get("WAL_ARCHIVE", "").strip()) if lasting else None,
    )  # fmt: skip


def throw_away_environment(where: Places, lane: str = "test") -> dict[str, str]:
    """The product's environment for tests and benchmarks, blind to servers that somebody uses."""
    env = product.environment(where)
    for name in ("DATABASE_URL", "REDIS_URL"):
        env.pop(name, None)
    scratch = where.var / "scratch" / lane
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "media").mkdir(parents=True)
    env |= {"MEDIA_ROOT": str(scratch / "media"), "STATIC_ROOT": str(scratch / "static")}
    env |= {"BACKUP_DIR": str(scratch / "backups"), "BACKUP_AT": "never"}
    env["METRICS_DIR"] = str(scratch / "metrics")
    if browser := chromium():
        env["CHROMIUM"] = browser
    return env


def chromium() -> str:
    """The browser for tests, as the distribution calls it; empty where there is none."""
    if given := os.environ.get("CHROMIUM"):
        return given
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), "")
