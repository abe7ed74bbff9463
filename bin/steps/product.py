"""The product's own steps: words, secrets, tables, static files, the district and the demo."""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from bin.steps.journal import Failed, Journal
from bin.steps.places import Places, checkout_hash
from bin.steps.stamps import content_hash, fresh, keep

DEMO_NETWORKS = "127.77.0.0/16,127.78.0.0/16,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"


def compile_words(places: Places, journal: Journal) -> None:
    """Compile translations that are newer than what was compiled from them."""
    with journal.step("Translations") as step:
        stale = [
            source
            for source in sorted((places.root / "locale").glob("*/LC_MESSAGES/*.po"))
            if not (words := source.with_suffix(".mo")).exists()
            or words.stat().st_mtime < source.stat().st_mtime
        ]
        if not stale:
            step.skip()
        for source in stale:
            journal.run(
                ["msgfmt", "--check", "--output-file", source.with_suffix(".mo"), source],
                env=os.environ, cwd=places.root,
                failed=f"the translations in {source.relative_to(places.root)} have a mistake.",
            )  # fmt: skip


def ensure_secrets(places: Places) -> dict[str, str]:
    """Make the keys where they are missing and say where they are.  A key given is left alone."""
    return make_secrets(places.secrets, os.environ)


def make_secrets(folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The variables that name files with keys in `folder`, which are made where they are missing;
    nothing of a key that is `given`.
    """
    makers: dict[str, Callable[[], str]] = {
        "SECRET_KEY": lambda: secrets.token_urlsafe(64),
        "VAULT_KEY": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
        # What Prometheus shows to be let in at /metrics.
        "METRICS_TOKEN": lambda: secrets.token_hex(32),
    }
    folder.chmod(0o700)
    named = {}
    for name, make in makers.items():
        if given.get(name) or given.get(f"{name}_FILE"):
            continue
        file = folder / name.lower()
        if not file.exists() or not file.stat().st_size:
            file.unlink(missing_ok=True)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as out:
                out.write(make())
        file.chmod(0o600)
        named[f"{name}_FILE"] = str(file)
    return named


def environment(places: Places) -> dict[str, str]:
    """What every program of the product gets; what the user has set himself wins."""
    return paths(places) | ensure_secrets(places)


def paths(places: Places) -> dict[str, str]:
    """This environment, with the way to the product's own Python and settings."""
    ours = {
        "VIRTUAL_ENV": str(places.venv),
        "PATH": f"{places.venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "gis_server.settings",
    }
    theirs = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {"METRICS_DIR": str(counters(places))} | theirs | ours


def counters(places: Places) -> Path:
    """Where processes count for /metrics: in memory, for a full disk would end them as they write
    to a mapped file.
    """
    memory = Path("/dev/shm")
    return (memory if memory.is_dir() else places.run) / f"gis-server-{checkout_hash(places.root)}"


def count_anew(env: Mapping[str, str]) -> None:
    """Drop what processes of an earlier run have counted; none of them may be left."""
    for file in Path(env["METRICS_DIR"]).glob("*.db"):
        with suppress(OSError):
            file.unlink()


def _manage(places: Places, journal: Journal, env: Mapping[str, str], *words: str) -> str:
    # Text, for its last line is a sentence.
    return journal.run(
        [places.venv / "bin" / "python", "manage.py", *words],
        env={**env, "LOG_FORMAT": "text"}, cwd=places.root,
        failed=lambda output: last_sentence(words[0], output),
    )  # fmt: skip


def last_sentence(command: str, output: str) -> str:
    """Our commands end with a sentence; a trace's last line is the next best thing."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return f"'manage.py {command}' did not succeed: {lines[-1] if lines else 'it said nothing.'}"


def migrate(places: Places, journal: Journal, env: Mapping[str, str], database: str | None) -> None:
    """Bring the tables up to date.

    `database` identifies the private database; a server of the user's own (None) is always asked,
    because nobody here knows what happened to it meanwhile.
    """
    with journal.step("Tables") as step:
        stamp = content_hash(makers_of_tables(places.root), database or "")
        if database and fresh(places, "migrate", stamp):
            step.skip()
            return
        _manage(places, journal, env, "migrate", "--no-input", "--verbosity=1")
        keep(places, "migrate", stamp)


def bring_tables_to(
    places: Places, journal: Journal, env: Mapping[str, str], database_url: str
) -> None:
    """Make all tables in a database that has none."""
    changed = {**env, "DATABASE_URL": database_url}
    _manage(places, journal, changed, "migrate", "--no-input", "--verbosity=0")


def makers_of_tables(root: Path) -> list[Path]:
    """What decides which tables there are and what is in them from the start: our migrations, what
    these read, and packages that bring their own."""
    settings = root / "gis_server" / "settings.py"
    ours = [*root.glob("*/migrations/*.py"), *root.glob("*/data/*.txt")]
    return [*ours, root / "requirements" / "run.lock", settings]


def collect_static(places: Places, journal: Journal, env: Mapping[str, str]) -> None:
    with journal.step("Static files") as step:
        sources = [
            file
            for folder in places.root.glob("*/static")
            if folder.parent.name != "var"
            for file in folder.rglob("*")
            if file.is_file()
        ]
        locks = [places.root / "package-lock.json", places.root / "requirements" / "run.lock"]
        stamp = content_hash([*sources, *locks, places.root / "gis_server" / "settings.py"])
        collected = Path(env.get("STATIC_ROOT") or places.var / "static")
        if fresh(places, "static", stamp) and collected.is_dir():
            step.skip()
            return
        _manage(places, journal, env, "collectstatic", "--no-input", "--clear", "--verbosity=0")
        keep(places, "static", stamp)


def load_district(
    places: Places, journal: Journal, env: Mapping[str, str], database: str | None
) -> None:
    with journal.step("District of 897 grids") as step:
        if database and fresh(places, "district", database):
            step.skip("already there")
            return
        _manage(places, journal, env, "load_district", "--if-empty")
        keep(places, "district", database or "")


def load_demo(places: Places, journal: Journal, env: Mapping[str, str], database: str) -> None:
    """Users and cameras to try it with; what the command says of them is said at later starts."""
    with journal.step("Demo users and cameras") as step:
        stamp = demo_stamp(places.root, database)
        if fresh(places, "demo", stamp) and sign_ins_file(places).exists():
            step.skip("already there")
            return
        said = _manage(places, journal, env, "load_demo")
        file = sign_ins_file(places)
        file.write_text(said, encoding="utf-8")
        file.chmod(0o600)
        keep(places, "demo", stamp)


def demo_stamp(root: Path, database: str) -> str:
    """A newer demo may have parts that this database lacks; `load_demo` knows which."""
    return content_hash([root / "fixtures" / "demo.py"], database)


def sign_ins_file(places: Places) -> Path:
    return places.var / "demo-sign-ins.txt"


def check_given(places: Places, journal: Journal, env: Mapping[str, str], name: str) -> None:
    """Try a server that the user named in DATABASE_URL or REDIS_URL, for at most five seconds.

    Raises:
        Failed: it does not answer, or lacks what is needed.
    """
    with journal.step(f"{name} as given"):
        script = Path(__file__).with_name("try_server.py")
        python = places.venv / "bin" / "python"
        said = journal.run(
            [python, script, name], env=env, cwd=places.root,
            failed=f"{name} could not be tried.",
        ).strip()  # fmt: skip
        if said:
            raise Failed(said)
