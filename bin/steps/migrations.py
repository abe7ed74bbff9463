"""Which migrations an upgrade has applied, and taking exactly those back."""

import re
from collections.abc import Callable, Sequence

Manage = Callable[[list[str]], str]
"""Runs a command of the newer version and returns what it printed."""
APPLIED = re.compile(r"^\[X\]\s+(\w+)\.(\w+)", re.MULTILINE)


def applied(manage: Manage) -> list[tuple[str, str]]:
    """App and name of each applied migration, in the order in which they apply."""
    return APPLIED.findall(manage(["showmigrations", "--plan"]))


def ways_back(
    before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """To which migration each app goes back, the app that was changed last first; `zero` for one
    that had none.
    """
    known = set(before)
    fresh = [one for one in after if one not in known]
    last = dict(before)
    apps = dict.fromkeys(app for app, _name in reversed(fresh))
    return [(app, last.get(app, "zero")) for app in apps]


def take_back(manage: Manage, before: Sequence[tuple[str, str]]) -> int:
    """Undo what was applied since `before`; how many migrations that were.

    Raises:
        Failed: one cannot be undone; those after it have been.
    """
    after = applied(manage)
    for app, name in ways_back(before, after):
        manage(["migrate", app, name, "--no-input", "--verbosity=1"])
    return len(set(after) - set(before))
