"""The calls about tasks and tags."""

from typing import Dict, List, Mapping, Optional

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
        """Makes a task, or changes the description, metadata and retention of one.

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

    def get_task(self, task: str) -> Info:
        """A task.

        :raises FishError: ``TASK_NOT_FOUND``.
        """
        return self._json("GET", path_of("tasks", task))

    def list_tasks(self) -> List[Info]:
        """All tasks by name."""
        return list(self._pages("tasks"))

    def delete_task(self, task: str) -> None:
        """Deletes a task with all its checkpoints."""
        self._json("DELETE", path_of("tasks", task))

    def tag(self, task: str, tag: str, step: int) -> None:
        """Sets a tag on a step, moving it if another one has it."""
        self._json("PUT", path_of("tasks", task, "tags", tag), {"step": step})

    def untag(self, task: str, tag: str) -> None:
        """Removes a tag.

        :raises FishError: ``TAG_NOT_FOUND``.
        """
        self._json("DELETE", path_of("tasks", task, "tags", tag))
