"""The identity of an optimizer state. Mismatches are found before anything is changed."""

import hashlib
from typing import Any, Dict, List, Mapping, Optional

import torch

from ..optim import MaskedOptimizer
from .trainer_state import TrainerState, mismatch

TEXT = "hook/optimizer"
# Options that decide which state an optimizer has. All others, including the learning rate, are restored as saved.
_DECIDING = {"amsgrad": bool, "centered": bool, "momentum": bool, "beta1": lambda value: value is not None}
# Options of the computation, which other versions of PyTorch may not have.
_OPTIONAL = {"capturable", "differentiable", "foreach", "fused", "maximize", "initial_lr", "decoupled_weight_decay"}


def described(optimizer: torch.optim.Optimizer, names: Mapping[torch.Tensor, str]) -> Dict[str, Any]:
    """An optimizer's identity: its class, and the parameters of each group as digests of their names."""
    return {"class": class_of(optimizer), "groups": [_group(group["params"], names) for group in optimizer.param_groups]}


def class_of(optimizer: torch.optim.Optimizer) -> str:
    """The name of an optimizer's class; a masked one's includes the inner optimizer's."""
    name = type(optimizer).__name__
    return f"{name}({type(optimizer._inner).__name__})" if isinstance(optimizer, MaskedOptimizer) else name


def compare(state: TrainerState, optimizer: torch.optim.Optimizer, names: Mapping[torch.Tensor, str]) -> List[Dict[str, Any]]:
    """Compares an optimizer with the saved one. States of earlier versions have no identity and are compared by their groups' options.

    :returns: the saved groups' options.
    :raises FishError: ``STATE_MISMATCH``: the class, the groups, their parameters, or an option that decides the state differs.
    """
    groups = state.take("optimizer/groups")
    saved: Optional[Mapping[str, Any]] = state.take(TEXT) if TEXT in state.texts else None
    if saved is not None and saved["class"] != class_of(optimizer):
        raise mismatch("optimizer", f"The checkpoint was trained with {saved['class']}; this run has {class_of(optimizer)}.")
    if len(groups) != len(optimizer.param_groups):
        raise mismatch("optimizer/groups", f"The optimizer has {len(optimizer.param_groups)} groups; the state has {len(groups)}.")
    for index, (options, group) in enumerate(zip(groups, optimizer.param_groups)):
        missing = set(optimizer.defaults) - set(options) - _OPTIONAL
        if saved is None and missing:
            raise mismatch("optimizer/groups",
                           f"The saved optimizer has no option '{sorted(missing)[0]}': it is not {class_of(optimizer)}.")
        if saved is not None:
            _compare_group(index, saved["groups"][index], _group(group["params"], names), ordered=isinstance(optimizer, torch.optim.LBFGS))
        for option, kind in _DECIDING.items():
            if option in options and option in group and kind(options[option]) != kind(group[option]):
                raise mismatch(f"optimizer/groups/{option}",
                               f"It was saved with {option}={options[option]!r}, which keeps other moments than {group[option]!r}.")
    return groups


def _group(parameters: List[torch.Tensor], names: Mapping[torch.Tensor, str]) -> Dict[str, Any]:
    spelled = [f"{names.get(parameter, '')} {list(parameter.shape)}" for parameter in parameters]
    return {
        "parameters": len(parameters), "elements": sum(parameter.numel() for parameter in parameters),
        "set": hashlib.sha256("\n".join(sorted(spelled)).encode("utf-8", "replace")).hexdigest(),
        "order": hashlib.sha256("\n".join(spelled).encode("utf-8", "replace")).hexdigest()}


def _compare_group(index: int, saved: Mapping[str, Any], found: Mapping[str, Any], ordered: bool) -> None:
    key = f"optimizer/groups/{index}"
    for what in ("parameters", "elements"):
        if saved[what] != found[what]:
            raise mismatch(key, f"Group {index} has {found[what]} {what}; the state has {saved[what]}.")
    if saved["set"] != found["set"]:
        raise mismatch(key, f"Group {index} has other parameters or shapes than the state. Groups are compared in order.")
    if ordered and saved["order"] != found["order"]:
        raise mismatch(key, f"Group {index} has its parameters in another order, which matters for this optimizer's state.")
