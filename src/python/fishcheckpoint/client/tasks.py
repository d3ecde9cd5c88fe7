"""Calls about tasks and tags."""

from typing import Dict, List, Mapping, Optional, Union

from ..errors import FishError
from .calls import Calls, Info, path_of


def start_of(text: str) -> Dict[str, object]:
    """``TASK:STEP`` in the server's form.

    :raises FishError: ``REQUEST_INVALID``: it does not name a task's checkpoint.
    """
    task, _, step = text.partition(":")
    if not task or not step.isascii() or not step.isdigit():
        raise FishError("REQUEST_INVALID", "from_", f"'{text[:80]}' does not name a task's checkpoint.", "Give TASK:STEP.")
    return {"task": task, "step": int(step)}


class TaskCalls(Calls):
    """Tasks: named lines of training, each on one base."""

    def put_task(
        self, task: str, base: Optional[str] = None, *, description: Optional[str] = None, metadata: Optional[Mapping[str, str]] = None,
        retention: Optional[Mapping[str, object]] = None, tensors: Optional[Mapping[str, Optional[Mapping[str, object]]]] = None,
        from_: Optional[str] = None,
    ) -> Info:
        """Creates a task, or replaces its description, metadata and retention; omitted ones are removed. :meth:`set_task` changes only the
        given ones.

        ``retention`` is ``{keepLast, keepEvery, keepBest, monitor, mode}``; ``tensors`` are the task's own: ``{NAME: {"dtype": "F32",
        "shape": [3]}}``, or ``None`` for a tensor of the base that it does not have. ``from_`` is the checkpoint that it branches from,
        ``TASK:STEP``; base and own tensors are then inherited and may be left out.

        :raises FishError: ``TASK_TAKEN``: it exists with another base, other own tensors or another start; ``BASE_NOT_FOUND``;
            ``TASK_NOT_FOUND``, ``CHECKPOINT_NOT_FOUND``: the given start does not exist.
        """
        spec = {
            "base": base, "description": description, "metadata": metadata, "retention": retention, "tensors": tensors,
            "from": None if from_ is None else start_of(from_)}
        return self._json("PUT", path_of("tasks", task), {key: value for key, value in spec.items() if value is not None})

    def set_task(self, task: str, patch: Mapping[str, object], *, dry_run: bool = False) -> Info:
        """Changes only the given ones of a task's description, metadata and retention.

        :param patch: a JSON merge patch (RFC 7396), such as ``{"retention": {"keepLast": 3}, "metadata": {"note": None}}``; ``None``
            removes.
        :param dry_run: whether to change nothing and return the result of the change.
        :returns: the task. If the retention changes, ``removes`` describes the checkpoints that the next garbage collection deletes: how
            many, which, and how long they can be restored.
        :raises FishError: ``TASK_NOT_FOUND``; ``REQUEST_INVALID``: the patch has an unknown member or an invalid value.
        """
        return self._json("PATCH", path_of("tasks", task, query={"dryRun": "true" if dry_run else None}), dict(patch))

    def get_task(self, task: str) -> Info:
        """A task.

        :raises FishError: ``TASK_NOT_FOUND``.
        """
        return self._json("GET", path_of("tasks", task))

    def list_tasks(self) -> List[Info]:
        """All tasks by name."""
        return list(self._pages("tasks"))

    def delete_task(self, task: str) -> None:
        """Deletes a task with all its checkpoints. Until their grace period ends, :meth:`undelete_task` restores them.

        :raises FishError: ``TASK_NOT_FOUND``; ``CHECKPOINT_PINNED``.
        """
        self._json("DELETE", path_of("tasks", task))

    def undelete_task(self, task: str, as_: Optional[str] = None) -> Info:
        """Restores a deleted task with the checkpoints that were deleted with it.

        :param as_: its new name. Default: the original one.
        :raises FishError: ``TASK_NOT_FOUND``: there is none, or its grace period has ended; ``TASK_TAKEN``: another task has the name.
        """
        return self._json("POST", path_of("tasks", task, "undelete"), {"as": as_})

    def list_deleted_tasks(self) -> List[Info]:
        """Deleted tasks that can be restored (``whole``), and tasks with deleted checkpoints that can be restored."""
        return list(self._pages("deleted", "tasks"))

    def tag(self, task: str, tag: str, step: Union[int, str]) -> None:
        """Sets a tag on a step (or ``latest``, ``best``, another tag); a tag of another step moves.

        :raises FishError: ``CHECKPOINT_NOT_FOUND``, ``TAG_NOT_FOUND``.
        """
        if not isinstance(step, int):
            step = self._json("GET", path_of("tasks", task, "checkpoints", step))["step"]
        self._json("PUT", path_of("tasks", task, "tags", tag), {"step": step})

    def untag(self, task: str, tag: str) -> None:
        """Removes a tag.

        :raises FishError: ``TAG_NOT_FOUND``.
        """
        self._json("DELETE", path_of("tasks", task, "tags", tag))

    def pin(self, task: str, step: Union[int, str]) -> None:
        """Protects a checkpoint from retention, deletion and overwriting until :meth:`unpin`.

        :raises FishError: ``CHECKPOINT_NOT_FOUND``.
        """
        self._json("PUT", path_of("tasks", task, "checkpoints", step, "pin"))

    def unpin(self, task: str, step: Union[int, str]) -> None:
        """Removes the protection of :meth:`pin`; succeeds if there is none."""
        self._json("DELETE", path_of("tasks", task, "checkpoints", step, "pin"))
