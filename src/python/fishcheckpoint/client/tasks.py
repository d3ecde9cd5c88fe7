"""The calls about tasks and tags."""

from typing import Dict, List, Mapping, Optional, Union

from ..errors import FishError
from .calls import Calls, Info, path_of


def start_of(text: str) -> Dict[str, object]:
    """``TASK:STEP`` as the server takes it.

    :raises FishError: ``REQUEST_INVALID``: it names no checkpoint of a task.
    """
    task, _, step = text.partition(":")
    if not task or not step.isascii() or not step.isdigit():
        raise FishError("REQUEST_INVALID", "from_", f"'{text[:80]}' names no checkpoint of a task.", "Give TASK:STEP.")
    return {"task": task, "step": int(step)}


class TaskCalls(Calls):
    """Tasks: named lines of training, each bound to one base."""

    def put_task(
        self, task: str, base: Optional[str] = None, *, description: Optional[str] = None, metadata: Optional[Mapping[str, str]] = None,
        retention: Optional[Mapping[str, object]] = None, tensors: Optional[Mapping[str, Optional[Mapping[str, object]]]] = None,
        from_: Optional[str] = None,
    ) -> Info:
        """Makes a task, or replaces the description, metadata and retention of one: what is left out of these is removed. :meth:`set_task` changes only what it
        names.

        ``retention`` is ``{keepLast, keepEvery, keepBest, monitor, mode}``; ``tensors`` are the task's own: ``{NAME: {"dtype": "F32", "shape": [3]}}``,
        or ``None`` for one of the base's that it does not have. ``from_`` is the checkpoint that it starts from, ``TASK:STEP``: base and own tensors are then
        those of that one, and may be left out.

        :raises FishError: ``TASK_TAKEN``: it exists with another base, other own tensors or another start; ``BASE_NOT_FOUND``; ``TASK_NOT_FOUND``,
            ``CHECKPOINT_NOT_FOUND``: what it is to start from is not there.
        """
        spec = {
            "base": base, "description": description, "metadata": metadata, "retention": retention, "tensors": tensors,
            "from": None if from_ is None else start_of(from_)}
        return self._json("PUT", path_of("tasks", task), {key: value for key, value in spec.items() if value is not None})

    def set_task(self, task: str, patch: Mapping[str, object], *, dry_run: bool = False) -> Info:
        """Changes of a task's description, metadata and retention what is named, and nothing else.

        :param patch: a JSON merge patch (RFC 7396), as in ``{"retention": {"keepLast": 3}, "metadata": {"note": None}}``; ``None`` removes.
        :param dry_run: whether nothing is changed, and the answer is what would be.
        :returns: the task. ``removes`` is there where the retention is changed: how many checkpoints it deletes with the next collection, which, and for how
            long they can be brought back after that.
        :raises FishError: ``TASK_NOT_FOUND``; ``REQUEST_INVALID``: the patch names something else, or a value is none.
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
        """Deletes a task with all its checkpoints. Until their grace is over, :meth:`undelete_task` brings them back.

        :raises FishError: ``TASK_NOT_FOUND``; ``CHECKPOINT_PINNED``.
        """
        self._json("DELETE", path_of("tasks", task))

    def undelete_task(self, task: str, as_: Optional[str] = None) -> Info:
        """Brings a deleted task back with the checkpoints that were deleted with it.

        :param as_: the name that it gets. Default: the one that it had.
        :raises FishError: ``TASK_NOT_FOUND``: there is none, or its grace is over; ``TASK_TAKEN``: another task has the name.
        """
        return self._json("POST", path_of("tasks", task, "undelete"), {"as": as_})

    def list_deleted_tasks(self) -> List[Info]:
        """The deleted tasks that can be brought back (``whole``), and the tasks of which deleted checkpoints can."""
        return list(self._pages("deleted", "tasks"))

    def tag(self, task: str, tag: str, step: Union[int, str]) -> None:
        """Sets a tag on a step (or ``latest``, ``best``, another tag), moving it if another one has it.

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
        """Keeps a checkpoint whatever the retention says, and from being deleted or overwritten, until :meth:`unpin`.

        :raises FishError: ``CHECKPOINT_NOT_FOUND``.
        """
        self._json("PUT", path_of("tasks", task, "checkpoints", step, "pin"))

    def unpin(self, task: str, step: Union[int, str]) -> None:
        """Gives a checkpoint back to the retention; no error where it is not pinned."""
        self._json("DELETE", path_of("tasks", task, "checkpoints", step, "pin"))
