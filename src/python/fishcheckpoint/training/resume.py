"""Finds the newest intact checkpoint, and restores it."""

from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Union

from ..client import FishClient
from ..errors import FishError
from .messages import Messages
from .tracked import TrackedModel
from .trainer_state import TrainerState


class Resumed(NamedTuple):
    """The restored checkpoint."""

    step: int
    state: Optional[TrainerState]
    """The trainer state; ``None`` if there is none."""
    damaged: List[int]
    """The damaged steps after it."""
    laid_on: Optional[int]
    """Its parent step, if that still exists and was not replaced."""
    run: Optional[str]
    """The run that saved it; ``None`` if unknown."""
    later: List[int]
    """The intact steps after it, ascending."""


def resume_model(
    client: FishClient, task: str, model: TrackedModel, at: Union[int, str], messages: Messages, check: Callable[[TrainerState], None],
) -> Optional[Resumed]:
    """Restores the model's tensors in place from the newest intact checkpoint up to ``at``.

    :param check: called with the trainer state before anything is changed; raises if it does not fit.
    :returns: ``None`` if the task has no checkpoint.
    :raises FishError: all of them are damaged, and the model's values are undefined. ``CHECKPOINT_NOT_FOUND``: there is none at the step
        ``at``.
    """
    try:
        return _resume_once(client, task, model, at, messages, check)
    except FishError as error:
        if error.code != "CHECKPOINT_CHANGED":
            raise
        messages.warn(f"{error} Reading it again.")
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
                    f"Step {step} of '{task}' belongs to the run that saved last and is resumed; step {later[-1]} belongs to another run: "
                    f"resume(at={later[-1]}).")
            return Resumed(step, state, damaged, _parent_of(there[step], there), run_of(there[step]), later)
        except FishError as error:
            if not error.is_damage:
                raise
            messages.warn(f"Step {step} of '{task}' is damaged; trying the one before it: {error}")
            damaged.append(step)
            last = error
    if last is not None:
        raise last
    return None


def run_of(checkpoint: Mapping[str, Any]) -> Optional[str]:
    """The id of the run that saved a checkpoint; ``None`` if unknown."""
    return (checkpoint.get("metadata") or {}).get("run")


def _newest_first(there: Mapping[int, Mapping[str, Any]]) -> List[int]:
    # A run that went back or started over saves below steps of the earlier run: the run that saved last continues.
    steps = sorted(there, reverse=True)
    runs = {step: run_of(there[step]) for step in steps}
    if not steps or runs[steps[0]] is None:
        return steps
    last = max((step for step in steps if runs[step] is not None), key=lambda step: (there[step]["created"], step))
    own = [step for step in steps if runs[step] == runs[last]]
    return steps if runs[last] == runs[steps[0]] else [*own, *(step for step in steps if step < own[-1])]


def _check_unchanged(now: Mapping[str, Any], read: Mapping[str, Any]) -> None:
    # The trainer state and the model are read one by one; equal metadata before and after proves that they belong to one save.
    if (now["state"], now["created"]) != (read["state"], read["created"]):
        raise FishError(
            "CHECKPOINT_CHANGED", f"{read['task']}/{read['step']}",
            "The step was replaced with other content while it was read; the model's values are undefined now.", "Resume again.")


def _parent_of(info: Mapping[str, Any], there: Mapping[int, Mapping[str, Any]]) -> Optional[int]:
    parent = there.get(int(info["parent"])) if info["parent"].isdecimal() else None
    return parent["step"] if parent is not None and parent["state"] == info.get("parentState") else None


def _state_of(client: FishClient, task: str, step: int, messages: Messages) -> Optional[TrainerState]:
    try:
        return TrainerState.parse(client.state(task, step), f"{task}/{step}")
    except FishError as error:
        if error.code != "STATE_NOT_FOUND":
            raise
        messages.warn(f"Step {step} of '{task}' has no trainer state: only the model is restored.")
        return None


