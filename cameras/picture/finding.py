"""What an exam of a picture says: the numbers measured and the faults found.  Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cameras.picture.faults import Fault


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that was found.

    score: 0 (nothing of it) to 1 (beyond doubt); at least `threshold`, or it would be no finding.
    detail: the figures it rests on, in English, for a technician.
    """

    fault: Fault
    score: float
    threshold: float
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "fault": self.fault.value,
            "score": self.score,
            "threshold": self.threshold,
            "detail": self.detail,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Finding":
        """Raises KeyError or ValueError for what `to_json` never wrote."""
        return cls(
            Fault(data["fault"]),
            float(data["score"]),
            float(data["threshold"]),
            str(data["detail"]),
        )


@dataclass(frozen=True, slots=True)
class Exam:
    """All that was measured, by name, and the faults found, the surest first.

    A measure that this picture does not have (the sharpness of a wall) is left out; none is NaN.
    """

    measures: dict[str, float]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "measures": dict(self.measures),
            "findings": [finding.to_json() for finding in self.findings],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Exam":
        """Raises KeyError or ValueError for what `to_json` never wrote."""
        measures = {str(name): float(value) for name, value in data["measures"].items()}
        return cls(measures, tuple(Finding.from_json(finding) for finding in data["findings"]))
