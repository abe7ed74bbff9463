"""The table of roles in the documents is the one that the code goes by."""

import re

from gis_server.roles import Permission, Role, may
from tests.house.tree import ROOT

DOCUMENT = ROOT / "docs" / "design" / "roles-and-scope.md"


def table() -> str:
    """Permissions down, roles across, as Markdown."""
    rows = [
        ["permission", *(role.value.replace("_", " ") for role in Role)],
        ["---", *(":-:" for _ in Role)],
        *(
            [f"`{permission.value}`", *("x" if may(role, permission) else "" for role in Role)]
            for permission in Permission
        ),
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def test_the_documents_show_who_may_do_what() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    shown = re.search(r"^\| permission \|.*?(?=\n\n)", text, re.MULTILINE | re.DOTALL)

    assert shown is not None
    assert shown[0] == table(), f"replace the table in {DOCUMENT.name} by:\n{table()}"
