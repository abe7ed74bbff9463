"""Runs what a pure script of the wall exports, outside any browser."""

import json
import subprocess
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parents[2] / "maps" / "static" / "maps"


def run(name: str, body: str, given: object = None) -> Any:
    """What `body` returns: the body of an async function that knows the script's exports as `it`
    and `given`.  The script must import nothing.
    """
    text = (STATIC / f"{name}.js").read_text(encoding="utf-8")
    program = f"""
        const text = {json.dumps(text)};
        const it = await import("data:text/javascript," + encodeURIComponent(text));
        const given = {json.dumps(given)};
        const told = await (async () => {{ {body} }})();
        console.log(JSON.stringify(told ?? null));
    """
    command = ["node", "--input-type=module", "-"]
    done = subprocess.run(
        command, input=program, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
