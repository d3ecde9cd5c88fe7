"""Calls about reports and comparisons."""

import datetime
from typing import List, Optional, Union

from .calls import COMPUTED, Calls, Info, path_of

Day = Union[str, datetime.date]


class ReportCalls(Calls):
    """The contents, sizes and changes of the store."""

    def report(self, task: Optional[str] = None, *, base: Optional[str] = None) -> Info:
        """The contents and size of a task, of all tasks on a base, or of the whole store: ``{checkpoints, logicalBytes, stored, ratio,
        density...}``.

        :raises FishError: ``TASK_NOT_FOUND``, ``BASE_NOT_FOUND``.
        """
        owner = ("tasks", task) if task is not None else ("bases", base) if base is not None else ()
        return self._json("GET", path_of(*owner, "reports", "storage"))

    def report_tensors(self, task: str) -> List[Info]:
        """How much of each tensor a task's checkpoints changed."""
        return list(self._pages("tasks", task, "reports", "tensors"))

    def timeline(self, task: str, *, points: int = 500, first: Optional[int] = None, last: Optional[int] = None) -> Info:
        """A task's checkpoints in at most ``points`` points, with the ranges of their metrics:
        ``{checkpoints, stride, points, metrics}``."""
        return self._json("GET", path_of("tasks", task, "reports", "timeline", query={"points": points, "from": first, "to": last}))

    def growth(
        self, *, task: Optional[str] = None, base: Optional[str] = None, first: Optional[Day] = None, last: Optional[Day] = None,
        bucket: str = "day",
    ) -> Info:
        """The growth of the stored bytes of the store, a task or a base by ``day``, ``week`` or ``month``.

        :param first: the first day, such as ``2026-01-31``; ``last`` is the last one.
        """
        query = {"bucket": bucket, "task": task, "base": base, "from": _day(first), "to": _day(last)}
        return self._json("GET", path_of("reports", "growth", query=query))

    def diff(self, task: str, step: Union[int, str] = "latest", start: Union[int, str] = "base") -> Info:
        """The changes between two states per tensor, without loading them.

        :param step: the state to compare: a step, ``latest``, ``best`` or a tag.
        :param start: the state to compare with: ``base``, a step or tag of the task, or another task's ``TASK:STEP`` on the same base.
        :raises FishError: ``CHECKPOINT_NOT_FOUND``; ``BASE_MISMATCH``.
        """
        return self._json("GET", path_of("tasks", task, "checkpoints", step, "diff", query={"from": start}), patience=COMPUTED)


def _day(value: Optional[Day]) -> Optional[str]:
    return value.isoformat() if isinstance(value, datetime.date) else value
