"""/etc/gis-server/environment: settings, one NAME=value a line, read by systemd and by us.

What an administrator has written there stays as it is; only what is asked for is replaced.
"""

import re
from collections.abc import Mapping

from bin.steps.journal import Failed

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HEAD = """\
# Settings of gis-server (docs/settings.md), read at the start of each process:
# after a change run `systemctl restart gis-server.target`.
"""


def read(text: str) -> dict[str, str]:
    """The settings in a file, by systemd's rules as far as one line goes: # and ; begin a comment
    line, and quotes around a value are not part of it.

    Raises:
        Failed: a line that is neither a comment nor NAME=value.
    """
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not NAME.fullmatch(name):
            raise Failed(f"line {number} of the environment file is not NAME=value: correct it.")
        values[name] = unquoted(value.strip())
    return values


def unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r'\\(["\\`$])', r"\1", value[1:-1])
    return value


def line_of(name: str, value: str) -> str:
    """
    Raises:
        Failed: a value with a line break in it.
    """
    if "\n" in value or "\r" in value:
        raise Failed(f"{name} has a line break in it, which no setting can hold.")
    if re.fullmatch(r"[\w.,:/@?&=%+*~\[\]-]*", value):
        return f"{name}={value}"
    escaped = re.sub(r'(["\\`$])', r"\\\1", value)
    return f'{name}="{escaped}"'


def changed(text: str, values: Mapping[str, str]) -> str:
    """The text with these settings in it: in their place where they stand, else at the end."""
    left = dict(values)
    lines = []
    for line in text.splitlines():
        name = line.partition("=")[0].strip()
        lines.append(line_of(name, left.pop(name)) if name in left else line)
    lines += [line_of(name, value) for name, value in left.items()]
    return "".join(f"{line}\n" for line in lines)
