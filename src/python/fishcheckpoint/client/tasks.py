"""The calls about tasks and tags."""

from typing import List, Mapping, Optional

from .calls import Calls, Info, path_of


class TaskCalls(Calls):
    """Tasks: named lines of training, each bound to one base."""

    def put_task(
        self, task: str, base: str, *, description: Optional[str] = None, metadata: Optional[Mapping[str, str]] = None,
        retention: Optional[Mapping[str, object]] = None, tensors: Optional[Mapping[str, Optional[Mapping[str, object]]]] = None,
    ) -> Info:
        """Makes a task, or changes the description, metadata and retention of one.

        ``retention`` is ``{keepLast, keepEvery, keepBest, monitor, mode}``; ``tensors`` are the task's own: ``{NAME: {"dtype": "F32", "shape": [3]}}``,
        or ``None`` for one of the base's that it does not have.

        :raises FishError: ``TASK_TAKEN``: it exists with another base or other own tensors; ``BASE_NOT_FOUND``.
        """
        spec = {"base": base, "description": description, "metadata": metadata, "retention": retention, "tensors": tensors}
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
