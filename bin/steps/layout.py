"""Where an installation lies, and what of a checkout goes into it.

A release is a folder that is complete or does not count.  Its name holds a hash of its files, so
that the same files are the same release, wherever they came from.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

USER = "gis-server"
FRONT_USER = "gis-server-front"
DATABASE_USER = "postgres"
COMPLETE = ".release"
"""The file that a release gets last; it holds the release's name."""
TAKEN = frozenset({
    ".npmrc", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Procfile", "README.md",
    "README.zh-hans.md", "bin", "cameras", "docs", "events", "fixtures", "gis_server", "grids",
    "locale", "manage.py", "maps", "package-lock.json", "package.json", "patrols", "pyproject.toml",
    "requirements",
})  # fmt: skip
LEFT_OUT = frozenset({".ci", ".gitignore", "benchmarks", "tests"})
"""What a checkout has besides; everything that is neither is no file of the project."""
MADE = frozenset({"__pycache__"})
MADE_ENDINGS = frozenset({".mo", ".pyc"})


@dataclass(frozen=True)
class Layout:
    """The folders of an installation, all below `root`, which is / but for rehearsals."""

    root: Path = Path("/")

    @property
    def opt(self) -> Path:
        return self.root / "opt" / "gis-server"

    @property
    def releases(self) -> Path:
        return self.opt / "releases"

    @property
    def current(self) -> Path:
        return self.opt / "current"

    @property
    def state(self) -> Path:
        return self.root / "var" / "lib" / "gis-server"

    @property
    def log(self) -> Path:
        return self.root / "var" / "log" / "gis-server"

    @property
    def etc(self) -> Path:
        return self.root / "etc" / "gis-server"

    @property
    def environment(self) -> Path:
        return self.etc / "environment"

    @property
    def secrets(self) -> Path:
        return self.etc / "secrets"

    @property
    def tls(self) -> Path:
        return self.etc / "tls"

    @property
    def front(self) -> Path:
        return self.etc / "nginx.conf"

    @property
    def units(self) -> Path:
        return self.root / "etc" / "systemd" / "system"

    @property
    def manage(self) -> Path:
        return self.root / "usr" / "local" / "sbin" / "gis-manage"

    @property
    def postgres_socket(self) -> Path:
        return self.root / "run" / "gis-server-postgres"

    @property
    def redis_socket(self) -> Path:
        return self.root / "run" / "gis-server-redis" / "redis.sock"

    def running_release(self) -> Path | None:
        """The release that `current` leads to; None before the first installation."""
        if not self.current.is_symlink():
            return None
        release = self.current.resolve()
        return release if (release / COMPLETE).exists() else None


def files_of(root: Path) -> Iterator[Path]:
    """The files of the project below `root`, in a fixed order, as paths relative to it."""
    for name in sorted(TAKEN):
        top = root / name
        for file in [top] if top.is_file() else sorted(top.rglob("*")):
            relative = file.relative_to(root)
            made = file.suffix in MADE_ENDINGS or not MADE.isdisjoint(relative.parts)
            if file.is_file() and not made:
                yield relative


def release_name(root: Path) -> str:
    """The name of the release that these files are: `0.1.0-3f2a9c1d2b4e`."""
    digest = hashlib.sha256()
    for file in files_of(root):
        content = (root / file).read_bytes()
        digest.update(f"{file}\0{len(content)}\0".encode())
        digest.update(content)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return f"{project['project']['version']}-{digest.hexdigest()[:12]}"
