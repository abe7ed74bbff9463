"""Compiles every template of the project; runs in the virtual environment, as part of bin/check."""

import sys
from pathlib import Path

import django
from django.template import TemplateSyntaxError, engines


def main() -> int:
    django.setup()
    engine = engines["django"]
    failures = 0
    for file in sorted(Path().glob("*/templates/**/*.*")):
        try:
            engine.from_string(file.read_text(encoding="utf-8"))
        except TemplateSyntaxError as error:
            print(f"{file}: {error}")
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
