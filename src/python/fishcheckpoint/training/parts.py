"""The parts of training that resume: optimizer, random generators, schedulers and samplers, modules' extra state, and the mask."""

from typing import Any, Callable, Dict, List, Mapping, Optional

import torch

from ..errors import FishError
from ..masks import Mask
from ..optim import MaskedOptimizer
from . import extra_state, plain, rng
from .cover import Cover, from_gaps, gaps_of
from .lineage import Plan
from .messages import Messages
from .optimizer_state import OptimizerState
from .options import HookOptions
from .tracked import TrackedModel
from .trainer_state import TrainerState, mismatch


class TrainerParts:
    """Copies and restores everything besides the model. The cost of a copy is proportional to the mask."""

    def __init__(self, model: TrackedModel, optimizer: Optional[torch.optim.Optimizer], options: HookOptions) -> None:
        self._model, self._masked, self._options = model, isinstance(optimizer, MaskedOptimizer), options
        self._given = optimizer is not None
        if isinstance(optimizer, MaskedOptimizer):
            optimizer.take_names(model.parameter_names())
        self._optimizer = OptimizerState(optimizer) if optimizer is not None and options.include_optimizer else None
        self._gaps_of: Optional[Mask] = None
        self._gaps: Mapping[str, torch.Tensor] = {}

    def check(self, messages: Messages) -> None:
        """Finds parts that cannot be saved before the first step, and warns about parts that are left out. Copies nothing.

        :raises FishError: ``STATE_UNSUPPORTED``, with the entry's path.
        """
        for name, part in self._options.state.items():
            path = f"state[{name!r}]"
            left_out = plain.check(_state_of(part, path), path)
            if left_out and not _is_scheduler(part):
                messages.warn(f"Functions are not saved; a resumed run uses its own: {', '.join(left_out[:5])}"
                              f"{f' and {len(left_out) - 5} more' if len(left_out) > 5 else ''}.")
        plain.check(extra_state.of(self._model.module), "model.state_dict()")
        if self._optimizer is not None:
            foreign = self._optimizer.check(self._model.parameter_names())
            if foreign:
                messages.warn(f"The optimizer trains {len(foreign)} parameters that are not the model's ({', '.join(foreign[:5])}). "
                              "Their values are not saved: add them to the model, or give their owner in state={...}.")

    def capture(self, plan: Optional[Plan], mask: Optional[Mask], cover: Cover) -> TrainerState:
        """Copies everything that the options select.

        :param plan: the positions of the model; ``None`` for all of it.
        :param mask: the current mask.
        :param cover: the positions of saves with this mask; a plan may have more.
        :raises FishError: ``STATE_UNSUPPORTED``: a part that did not exist when the hook was created cannot be saved.
        """
        state = TrainerState()
        if self._optimizer is not None:
            positions: Mapping[str, torch.Tensor] = {} if plan is None else plan.cover
            self._optimizer.capture(state, self._model.parameter_names(), positions, dense=plan is None)
            if plan is not None and not self._masked and plan.cover.count != cover.count:
                state.arrays.update((f"hook/positions/{name}", gaps) for name, gaps in gaps_of(plan.cover).items())
        if self._options.include_rng:
            rng.capture(state)
        extra_state.capture(state, self._model.module)
        for name, part in self._options.state.items():
            state.put(f"{name}/state", part.state_dict(), f"state[{name!r}]")
        if mask is not None:
            if self._gaps_of is not mask:
                self._gaps_of, self._gaps = mask, gaps_of(mask)
            state.arrays.update((f"mask/{name}", gaps) for name, gaps in self._gaps.items())
        return state

    def prepared(self, state: TrainerState, masked: bool, cover: Cover, messages: Messages) -> Callable[[], None]:
        """Reads and validates a captured state, and warns about entries that this run does not use.

        :returns: a function that restores it: the inverse of :meth:`capture`.
        :raises FishError: ``STATE_MISMATCH``: an entry is missing, or the optimizer differs; nothing is changed.
        """
        return _sound("hook", lambda: self._prepared(state, masked, cover, messages))

    def _prepared(self, state: TrainerState, masked: bool, cover: Cover, messages: Messages) -> Callable[[], None]:
        loads: List[Callable[[], None]] = []
        if self._optimizer is not None:
            taken = state.section("hook/positions")
            positions = from_gaps(taken, self._model.tensors()) if taken else cover
            loads.append(self._optimizer.prepared(state, self._model.parameter_names(), positions, dense=not masked))
        extra = extra_state.prepared(state, self._model.module)
        loads.append(lambda: extra_state.load(self._model.module, extra))
        values: Dict[str, Any] = {name: state.take(f"{name}/state") for name in self._options.state}
        loads.extend(lambda part=part, name=name: part.load_state_dict(values[name]) for name, part in self._options.state.items())
        if self._options.include_rng:
            loads.append(rng.prepared(state))
        self._warn_of_the_rest(state, messages)

        def load() -> None:
            for one in loads:
                one()
        return load

    def mask_of(self, state: TrainerState, masked: bool) -> Optional[Mask]:
        """The trained mask; ``None`` without one.

        :raises FishError: ``STATE_MISMATCH``: only one of the two runs has a mask.
        """
        gaps = state.section("mask")
        if bool(gaps) != masked:
            raise mismatch(
                "mask", f"The checkpoint was trained {'with' if gaps else 'without'} a mask; "
                f"this run is {'with' if masked else 'without'}.")
        return _sound("mask", lambda: from_gaps(gaps, self._model.tensors())) if masked else None

    def _warn_of_the_rest(self, state: TrainerState, messages: Messages) -> None:
        saved = {name[:-len("/state")] for name in state.texts if name.endswith("/state") and name.count("/") == 1}
        rest = [f"state[{name!r}]" for name in sorted(saved - set(self._options.state))]
        if not self._given and self._options.include_optimizer and "optimizer/groups" in state.texts:
            rest.append("the optimizer")
        if rest:
            messages.warn(f"The checkpoint has state that this run does not use: {', '.join(rest)}. "
                          "Give it to the hook, or training will differ.")


def _state_of(part: Any, path: str) -> Any:
    for method in ("state_dict", "load_state_dict"):
        if not callable(getattr(part, method, None)):
            raise FishError("STATE_UNSUPPORTED", path, f"A {type(part).__name__} has no {method}().",
                            "Give an object with state_dict() and load_state_dict().")
    try:
        return part.state_dict()
    except Exception as error:
        raise FishError(
            "STATE_UNSUPPORTED", path, f"Its state_dict() fails: {type(error).__name__}: {error}.",
            "Create the hook once its state can be read.") from error


def _sound(key: str, read: Callable[[], Any]) -> Any:
    """Converts errors of a trainer state, which may be damaged or belong to another model."""
    try:
        return read()
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise mismatch(key, f"The trainer state does not fit: {type(error).__name__}: {error}.") from error


def _is_scheduler(part: Any) -> bool:
    # PyTorch's schedulers keep functions in their state, and ignore them when it is loaded.
    return any(kind.__module__ == "torch.optim.lr_scheduler" for kind in type(part).__mro__)
