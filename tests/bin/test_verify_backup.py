"""bin/verify-backup on its throw-away server."""

import json
from pathlib import Path

from bin.steps.verify_backup import needed_mb


def test_room_is_asked_for_the_largest_database(tmp_path: Path) -> None:
    for number, size in enumerate((10**9, 3 * 10**9)):
        folder = tmp_path / f"gis-server-{number}"
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps({"database_bytes": size}))
    (tmp_path / "gis-server-x").mkdir()
    (tmp_path / "gis-server-x" / "manifest.json").write_text("half")

    assert needed_mb(tmp_path) == 3500
    assert needed_mb(tmp_path / "none") == 500
