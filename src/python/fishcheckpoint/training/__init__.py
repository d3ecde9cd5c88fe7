"""The training hook: saves a run while it runs, and resumes it."""

from .hook import FishHook
from .options import HookOptions
from .reports import SaveReport, SaveSummary, StepOutcome

__all__ = ["FishHook", "HookOptions", "SaveReport", "SaveSummary", "StepOutcome"]
