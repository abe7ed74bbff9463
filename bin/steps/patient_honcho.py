"""honcho, for which a line that cannot be written is lost and nothing else.

Its own printer raises where the disk of the log is full, and honcho ends with all processes.
"""

import sys
from contextlib import suppress
from typing import Any

from honcho import command
from honcho.printer import Printer


class PatientPrinter(Printer):  # type: ignore[misc]
    def write(self, message: Any) -> None:
        with suppress(OSError):
            super().write(message)


if __name__ == "__main__":
    command.Printer = PatientPrinter
    sys.exit(command.main())
