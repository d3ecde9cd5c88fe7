"""Finding the newest sound checkpoint, and restoring from it."""

from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Union

from ..client import FishClient
from ..errors import FishError
from .messages import Messages
from .tracked import TrackedModel
from .trainer_state import TrainerState


class Resumed(NamedTuple):
    """What was resumed from."""

    step: int
    state: Optional[TrainerState]
    """The trainer state; ``None`` where there is none."""
    damaged: List[int]
    """The damaged steps after it."""
    laid_on: Optional[int]
    """The step that it is laid on, where that is still there: not another one that was saved at its number since."""
    run: Optional[str]
    """The run that saved it; ``None`` where it does not say."""
    later: List[int]
    """The sound steps after it, ascending."""


def resume_model(
    client: FishClient, task: str, model: TrackedModel, at: Union[int, str], messages: Messages, check: Callable[[TrainerState], None],
) -> Optional[Resumed]:
    """Restores the model's tensors in place from the newest sound checkpoint that is not after ``at``.

    :param check: called with the trainer state before anything is changed; raises where it does not fit.
    :returns: ``None`` when the task has no checkpoint.
    :raises FishError: all of them are damaged; the model is not to be used then. ``CHECKPOINT_NOT_FOUND``: there is none at the step
        ``at``.
    """
    try:
        return _resume_once(client, task, model, at, messages, check)
    except FishError as error:
        if error.code != "CHECKPOINT_CHANGED":
            raise
        messages.warn(f"{error} It is read again.")
        return _resume_once(client, task, model, at, messages, check)


def _resume_once(
    client: FishClient, task: str, model: TrackedModel, at: Union[int, str], messages: Messages, check: Callable[[TrainerState], None],
) -> Optional[Resumed]:
    limit = None if at == "latest" else client.get(task, at)["step"]
    there = {found["step"]: found for found in client.list(task)}
    damaged: List[int] = []
    last: Optional[FishError] = None
    for step in _newest_first(there) if limit is None else sorted((step for step in there if step <= limit), reverse=True):
        try:
            state = _state_of(client, task, step, messages)
            if state is not None:
                check(state)
            client.load(task, step, into=model.module)
            _check_unchanged(client.get(task, step), there[step])
            later = sorted(other for other in there if other > step and other not in damaged)
            if later and limit is None:
                messages.warn(
                    f"Step {step} of '{task}' is of the run that saved last, and is resumed; step {later[-1]} is another run's: "
                    f"resume(at={later[-1]}).")
            return Resumed(step, state, damaged, _parent_of(there[step], there), run_of(there[step]), later)
        except FishError as error:
            if not error.is_damage:
                raise
            messages.warn(f"Step {step} of '{task}' is damaged, and the one before it is taken: {error}")
            damaged.append(step)
            last = error
    if last is not None:
        raise last
    return None


def run_of(checkpoint: Mapping[str, Any]) -> Optional[str]:
    """The id of the run that saved a checkpoint; ``None`` where it says nothing of it."""
    return (checkpoint.get("metadata") or {}).get("run")


def _newest_first(there: Mapping[int, Mapping[str, Any]]) -> List[int]:
    # A run that went back, or began anew, saves below steps of the run before it: the run that saved last is the one to go on with.
    steps = sorted(there, reverse=True)
    runs = {step: run_of(there[step]) for step in steps}
    if not steps or runs[steps[0]] is None:
        return steps
    last = max((step for step in steps if runs[step] is not None), key=lambda step: (there[step]["created"], step))
    own = [step for step in steps if runs[step] == runs[last]]
    return steps if runs[last] == runs[steps[0]] else [*own, *(step for step in steps if step < own[-1])]


def _check_unchanged(now: Mapping[str, Any], read: Mapping[str, Any]) -> None:
    # The trainer state and the model come one by one: what the step is before and after them says that they are of one save.
    if (now["state"], now["created"]) != (read["state"], read["created"]):
        raise FishError(
            "CHECKPOINT_CHANGED", f"{read['task']}/{read['step']}",
            "The step was deleted and saved with other content while it was read; the model's values are undefined now.", "Resume again.")


def _parent_of(info: Mapping[str, Any], there: Mapping[int, Mapping[str, Any]]) -> Optional[int]:
    parent = there.get(int(info["parent"])) if info["parent"].isdecimal() else None
    return parent["step"] if parent is not None and parent["state"] == info.get("parentState") else None


def _state_of(client: FishClient, task: str, step: int, messages: Messages) -> Optional[TrainerState]:
    try:
        return TrainerState.parse(client.state(task, step), f"{task}/{step}")
    except FishError as error:
        if error.code != "STATE_NOT_FOUND":
            raise
        messages.warn(f"Step {step} of '{task}' has no trainer state: the model alone is restored.")
        return None


