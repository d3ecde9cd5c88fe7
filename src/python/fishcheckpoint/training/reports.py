"""What saves did and cost."""

import enum
import json
from typing import List, NamedTuple, Optional


class StepOutcome(str, enum.Enum):
    """What ``on_step`` did with a step."""

    NOT_DUE = "not_due"
    """The cadence does not save this step."""
    QUEUED = "queued"
    """The masked values were copied and are being saved in the background."""
    SKIPPED = "skipped"
    """The step was due, but the saver was busy."""
    FAILED = "failed"
    """The values could not be copied; the report says why."""


class SaveReport(NamedTuple):
    """What one save did and cost."""

    step: int
    stall: float
    """Seconds that training waited."""
    background: float = 0.0
    """Seconds from the beginning of the save to its end, in the background; waiting for a server that is down included."""
    changed: int = 0
    """Positions of the delta."""
    stored_bytes: int = 0
    """Bytes that it added to the store; 0 when it failed or was there already."""
    error: Optional[BaseException] = None
    """Why it failed; ``None`` when it is stored."""

    def to_json(self) -> str:
        """One line of the log file."""
        return json.dumps({**self._asdict(), "error": None if self.error is None else str(self.error)})


class SaveSummary(NamedTuple):
    """What the saves of a hook did and cost together, so far."""

    saved: int
    failed: int
    skipped: int
    """Due steps that were not saved because the saver was busy."""
    stored_bytes: int
    stall: float
    longest_stall: float
    background: float

    @classmethod
    def of(cls, reports: List[SaveReport], skipped: int) -> "SaveSummary":
        """Sums reports up."""
        stalls = [report.stall for report in reports]
        return cls(
            sum(report.error is None for report in reports), sum(report.error is not None for report in reports), skipped,
            sum(report.stored_bytes for report in reports), sum(stalls), max(stalls, default=0.0), sum(report.background for report in reports))
