"""Results and costs of saves."""

import enum
import json
from typing import List, NamedTuple, Optional


class StepOutcome(str, enum.Enum):
    """The result of ``on_step``."""

    NOT_DUE = "not_due"
    """The cadence does not save this step."""
    QUEUED = "queued"
    """The masked values were copied and are being saved in the background."""
    SKIPPED = "skipped"
    """The step was due, but all slots were in use."""
    FAILED = "failed"
    """The values could not be copied; the report gives the error."""


class SaveReport(NamedTuple):
    """The result and cost of one save."""

    step: int
    stall: float
    """Seconds that training waited."""
    background: float = 0.0
    """Seconds from the start of the save to its end, in the background, including waits for a server that is down."""
    changed: int = 0
    """Positions of the delta."""
    stored_bytes: int = 0
    """Bytes that it added to the store; 0 if it failed or existed already."""
    error: Optional[BaseException] = None
    """Why it failed; ``None`` if it is stored."""

    def to_json(self) -> str:
        """One line of the log file."""
        return json.dumps({**self._asdict(), "error": None if self.error is None else str(self.error)})


class SaveSummary(NamedTuple):
    """Totals of a hook's saves so far."""

    saved: int
    failed: int
    skipped: int
    """Due steps that were not saved because all slots were in use."""
    stored_bytes: int
    stall: float
    longest_stall: float
    background: float

    @classmethod
    def of(cls, reports: List[SaveReport], skipped: int) -> "SaveSummary":
        """Adds reports up."""
        stalls = [report.stall for report in reports]
        return cls(
            sum(report.error is None for report in reports), sum(report.error is not None for report in reports), skipped,
            sum(report.stored_bytes for report in reports), sum(stalls), max(stalls, default=0.0), sum(report.background
                for report in reports))
