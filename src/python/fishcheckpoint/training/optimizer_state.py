"""An optimizer's state, on the mask only: ``optimizer/exp_avg/NAME`` [k] and ``optimizer/step/NAME``."""

from typing import Any, Callable, Dict, Mapping

import torch

from ..optim import MaskedOptimizer
from ..tensors.flat import gather, scatter
from .capture import to_host
from .trainer_state import TrainerState, mismatch

Positions = Mapping[str, torch.Tensor]


def capture(state: TrainerState, optimizer: torch.optim.Optimizer, names: Mapping[torch.Tensor, str], positions: Positions, dense: bool) -> None:
    """Puts the optimizer's options and state in the section ``optimizer``.

    A masked optimizer's moments are on its mask already. Of another one's, the values at ``positions`` are taken, or with ``dense`` all of them.
    """
    state.put("optimizer/groups", [{key: value for key, value in group.items() if key not in ("params", "param_names")} for group in optimizer.param_groups])
    moments: Dict[str, torch.Tensor] = {}
    for parameter, values in optimizer.state.items():
        name = names.get(parameter)
        if name is None:
            continue
        for key, value in values.items():
            if key == "step":
                state.texts[f"optimizer/step/{name}"] = repr(int(value) if float(value).is_integer() else float(value))
            elif isinstance(value, torch.Tensor) and (value.shape == parameter.shape or isinstance(optimizer, MaskedOptimizer)) and value.dim() > 0:
                moments[f"optimizer/{key}/{name}"] = _selected(value, parameter, optimizer, positions.get(name), dense)
            else:
                state.put(f"optimizer/{key}/{name}", value)
    state.arrays.update(to_host(moments, copy=True))


def restore(state: TrainerState, optimizer: torch.optim.Optimizer, names: Mapping[torch.Tensor, str], positions: Positions, dense: bool) -> None:
    """Takes them back; what was not saved of a dense optimizer's state, off the mask, is zero.

    :raises FishError: ``STATE_MISMATCH``: the optimizer is another one.
    """
    groups = state.take("optimizer/groups")
    if len(groups) != len(optimizer.param_groups):
        raise mismatch("optimizer/groups", f"The optimizer has {len(optimizer.param_groups)} groups; {len(groups)} were saved.")
    document = optimizer.state_dict()
    for group, saved in zip(document["param_groups"], groups):
        group.update(saved)
    numbers = {number: parameter for group, numbered in zip(optimizer.param_groups, document["param_groups"])
               for parameter, number in zip(group["params"], numbered["params"])}
    saved = _by_name(state)
    document["state"] = {
        number: {key: _expanded(state, value, key, names[parameter], parameter, optimizer, positions, dense) for key, value in saved[names[parameter]].items()}
        for number, parameter in numbers.items() if names.get(parameter) in saved}
    optimizer.load_state_dict(document)


def _selected(value: torch.Tensor, parameter: torch.Tensor, optimizer: torch.optim.Optimizer, positions: Any, dense: bool) -> torch.Tensor:
    if not isinstance(optimizer, MaskedOptimizer) and not dense and value.shape == parameter.shape:
        value = gather(value, positions) if positions is not None else value.new_empty(0)
    return value.detach().reshape(-1)


def _by_name(state: TrainerState) -> Dict[str, Dict[str, Any]]:
    found: Dict[str, Dict[str, Any]] = {}

    def put(full: str, read: Callable[[], Any]) -> None:
        section, key, name = (full.split("/", 2) + ["", ""])[:3]
        if section == "optimizer" and name:
            found.setdefault(name, {})[key] = read()

    for full, array in state.arrays.items():
        put(full, lambda: array)
    for full in state.texts:
        put(full, lambda: float(state.texts[full]) if full.startswith("optimizer/step/") else state.take(full))
    return found


def _expanded(
    state: TrainerState, value: Any, key: str, name: str, parameter: torch.Tensor, optimizer: torch.optim.Optimizer, positions: Positions, dense: bool,
) -> Any:
    if key == "step":
        return value if not value.is_integer() else int(value)
    if f"optimizer/{key}/{name}" not in state.arrays or isinstance(optimizer, MaskedOptimizer):
        return value
    if dense:
        return value.view(parameter.shape)
    chosen = positions.get(name, parameter.new_empty(0, dtype=torch.int64)).cpu()
    if chosen.numel() != value.numel():
        raise mismatch(f"optimizer/{key}/{name}", f"There are {value.numel()} values for {chosen.numel()} positions.")
    whole = torch.zeros(parameter.shape, dtype=value.dtype)
    scatter(whole, chosen, value)
    return whole
