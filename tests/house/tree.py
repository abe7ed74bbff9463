"""What the tests of the house know of the tree: its files and what they import."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("gis_server", "grids", "patrols", "cameras", "events", "maps", "fixtures")


def tracked() -> list[Path]:
    """Every file of the project, as git would submit it."""
    out = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    return [ROOT / name for name in out.split("\0") if name and (ROOT / name).is_file()]


def modules() -> list[Path]:
    """The apps' Python files."""
    return [p for p in tracked() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] in APPS]


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Everything in a Python file; read once, for several tests ask."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a file imports, wherever in it."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.relative_to(ROOT)}:{node.lineno}: a relative import"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
