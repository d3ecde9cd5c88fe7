"""The calls about reports and comparisons."""

import datetime
from typing import List, Optional, Union

from .calls import COMPUTED, Calls, Info, path_of

Day = Union[str, datetime.date]


class ReportCalls(Calls):
    """What is stored, what it costs, and what changed."""

    def report(self, task: Optional[str] = None, *, base: Optional[str] = None) -> Info:
        """What a task, everything on a base, or the whole store holds and costs: ``{checkpoints, logicalBytes, stored, ratio,
        density...}``.

        :raises FishError: ``TASK_NOT_FOUND``, ``BASE_NOT_FOUND``.
        """
        owner = ("tasks", task) if task is not None else ("bases", base) if base is not None else ()
        return self._json("GET", path_of(*owner, "reports", "storage"))

    def report_tensors(self, task: str) -> List[Info]:
        """How much of each tensor a task's checkpoints changed."""
        return list(self._pages("tasks", task, "reports", "tensors"))

    def timeline(self, task: str, *, points: int = 500, first: Optional[int] = None, last: Optional[int] = None) -> Info:
        """A task's checkpoints in at most ``points`` points, with the ranges of their metrics: ``{checkpoints, stride, points, metrics}``."""
        return self._json("GET", path_of("tasks", task, "reports", "timeline", query={"points": points, "from": first, "to": last}))

    def growth(
        self, *, task: Optional[str] = None, base: Optional[str] = None, first: Optional[Day] = None, last: Optional[Day] = None,
        bucket: str = "day",
    ) -> Info:
        """How the stored bytes of the store, of a task or of a base grew by ``day``, ``week`` or ``month``.

        :param first: the first day, as in ``2026-01-31``; and ``last`` the last one.
        """
        query = {"bucket": bucket, "task": task, "base": base, "from": _day(first), "to": _day(last)}
        return self._json("GET", path_of("reports", "growth", query=query))

    def diff(self, task: str, step: Union[int, str] = "latest", start: Union[int, str] = "base") -> Info:
        """What changed between two states, tensor by tensor, without loading them.

        :param step: the state to compare: a step, ``latest``, ``best`` or a tag.
        :param start: what it is compared with: ``base``, a step or tag of the task, or ``TASK:STEP`` of another one on the same base.
        :raises FishError: ``CHECKPOINT_NOT_FOUND``; ``BASE_MISMATCH``.
        """
        return self._json("GET", path_of("tasks", task, "checkpoints", step, "diff", query={"from": start}), patience=COMPUTED)


def _day(value: Optional[Day]) -> Optional[str]:
    return value.isoformat() if isinstance(value, datetime.date) else value
