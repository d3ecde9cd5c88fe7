"""The model as the hook sees it: its tensors by name, tied ones once."""

from typing import Any, Collection, Dict, List, Mapping, Sequence

import torch

from ..masks.budget import matches
from ..tensors.ties import stored_names, tied_names


class TrackedModel:
    """A module whose tensors are looked at again at each save, so that moving or replacing them is no harm."""

    def __init__(self, model: torch.nn.Module, buffers: Sequence[str]) -> None:
        """Notes which names are tied. A model that is wrapped for parallel or compiled use is taken by what is inside, so that names are the base's."""
        self.module: torch.nn.Module = unwrapped(model)
        model = self.module
        self._groups: List[List[str]] = tied_names(model.state_dict())
        self._first = {name: group[0] for group in self._groups for name in group}
        self._group_of = {group[0]: group for group in self._groups}
        self._buffers = tuple(buffers)

    def tensors(self) -> Dict[str, torch.Tensor]:
        """The current tensors, tied ones under the first of their names. Not copied."""
        state = self.module.state_dict()
        return {group[0]: state[group[0]] for group in self._groups}

    def first_name(self, name: str) -> str:
        """The name that a tensor goes by here."""
        return self._first.get(name, name)

    def stored_names(self, first: str, known: Collection[str]) -> List[str]:
        """The names that a tensor is written under: those that the task has."""
        return stored_names(self._group_of.get(first, [first]), known)

    def parameter_names(self) -> Dict[torch.Tensor, str]:
        """The parameters' names."""
        return {parameter: self.first_name(name) for name, parameter in self.module.named_parameters()}

    def buffer_positions(self) -> Dict[str, torch.Tensor]:
        """All positions of the tensors that are saved whole."""
        return {name: torch.arange(tensor.numel(), device=tensor.device) for name, tensor in self.tensors().items() if matches(name, self._buffers)}

    def by_first_name(self, mask: Mapping[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        """A mask under the names that tensors go by here."""
        return {self.first_name(name): positions for name, positions in mask.items()}


def unwrapped(model: Any) -> torch.nn.Module:
    """The module inside of those that wrap it for parallel or compiled use."""
    while isinstance(model, (torch.nn.parallel.DistributedDataParallel, torch.nn.DataParallel)) or hasattr(model, "_orig_mod"):
        model = model._orig_mod if hasattr(model, "_orig_mod") else model.module
    return model
