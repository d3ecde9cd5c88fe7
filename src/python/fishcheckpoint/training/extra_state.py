"""The extra state of modules (``get_extra_state``), under its names in ``state_dict()``."""

from typing import Any, Dict, Iterator, Tuple

import torch

from ..tensors.names import bare_name
from .trainer_state import TrainerState, mismatch

TEXT = "hook/extra_state"
_SUFFIX = "_extra_state"


def of(model: torch.nn.Module) -> Dict[str, Any]:
    """The extra states of a model's modules. Not copied."""
    return {name: module.get_extra_state() for name, module in _modules(model)}


def capture(state: TrainerState, model: torch.nn.Module) -> None:
    """Adds all extra states, including tensors, which may change outside the mask or in length.

    :raises FishError: ``STATE_UNSUPPORTED``, with the entry's path.
    """
    found = of(model)
    if found:
        state.put(TEXT, found, "model.state_dict()")


def prepared(state: TrainerState, model: torch.nn.Module) -> Dict[str, Any]:
    """The saved extra states; none from an earlier version.

    :raises FishError: ``STATE_MISMATCH``: they belong to other modules.
    """
    saved = state.take(TEXT) if TEXT in state.texts else {}
    other = set(saved) - {name for name, _ in _modules(model)}
    if other:
        raise mismatch(sorted(other)[0], "The checkpoint has the extra state of a module that is missing from the model.")
    return saved


def load(model: torch.nn.Module, saved: Dict[str, Any]) -> None:
    """Sets the modules' extra states: the inverse of :func:`of`."""
    for name, module in _modules(model):
        if name in saved:
            module.set_extra_state(saved[name])


def _modules(model: torch.nn.Module) -> Iterator[Tuple[str, torch.nn.Module]]:
    for name, module in model.named_modules():
        if type(module).get_extra_state is not torch.nn.Module.get_extra_state:
            # A compiled or parallel block has the same state as the plain one.
            yield bare_name(f"{name}.{_SUFFIX}" if name else _SUFFIX), module

