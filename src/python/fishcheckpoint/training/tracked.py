"""The hook's view of the model: its tensors by name, tied ones once."""

from typing import Dict, List, Mapping, Sequence

import torch

from ..errors import FishError
from ..masks.budget import matches
from ..optim.moments import joined
from ..tensors.names import NameLookup, bare_name, module_tensors, unwrapped
from ..tensors.ties import tied_names


class TrackedModel:
    """A module whose tensors are looked up at each save, so that parts of it may be moved, replaced or compiled."""

    def __init__(self, model: torch.nn.Module, whole: Sequence[str]) -> None:
        """Records which names are tied. Parts wrapped for parallel or compiled use count by their inner module, so names equal the base's.

        :param whole: names or patterns of tensors that are saved whole.
        :raises FishError: ``REQUEST_INVALID``: a tensor is on the meta device, or lazy, and has no values yet.
        """
        self.module: torch.nn.Module = unwrapped(model)
        tensors = self._bare()
        for name, tensor in tensors.items():
            if tensor.is_meta or torch.nn.parameter.is_lazy(tensor):
                raise FishError(
                    "REQUEST_INVALID", name, "The tensor has no values yet.",
                    "Create the hook after the model is loaded and its lazy parts have run once.")
        self._groups: List[List[str]] = tied_names(tensors)
        self._first = {name: group[0] for group in self._groups for name in group}
        self._names = NameLookup(self._first)
        self._group_of = {group[0]: group for group in self._groups}
        self._whole = tuple(whole)

    def tensors(self) -> Dict[str, torch.Tensor]:
        """The current tensors, tied ones under their first name. Not copied. Extra state that is not a tensor is left out."""
        state = self._bare()
        return {group[0]: state[group[0]] for group in self._groups}

    def _bare(self) -> Dict[str, torch.Tensor]:
        # Wrappers of other packages look like a child named "module": for comparisons, both prefixes are dropped.
        tensors = module_tensors(self.module)
        if all(bare_name(name) == name for name in tensors):
            return tensors
        names = NameLookup(tensors)
        return {bare if names.find(bare) == name else name: tensor for name, bare, tensor in
                ((name, bare_name(name), tensor) for name, tensor in tensors.items())}

    def first_name(self, name: str) -> str:
        """A tensor's name here, whether or not ``name`` has prefixes of wrappers."""
        found = self._names.find(name)
        return name if found is None else self._first[found]

    def names(self, first: str) -> List[str]:
        """All names of a tensor, the first one first."""
        return self._group_of[first]

    def stored_names(self, first: str, known: NameLookup) -> List[str]:
        """The names under which a tensor is written: those that the task has, else the first."""
        group = self._group_of.get(first, [first])
        return list(dict.fromkeys(name for name in map(known.find, group) if name is not None)) or group[:1]

    def parameter_names(self) -> Dict[torch.Tensor, str]:
        """The parameters' names."""
        return {parameter: self.first_name(name) for name, parameter in self.module.named_parameters()}

    def whole_positions(self) -> Dict[str, torch.Tensor]:
        """All positions of tensors that are saved whole: buffers, own tensors, and extra state, which no mask can name."""
        return {name: torch.arange(tensor.numel(), device=tensor.device) for name, tensor in self.tensors().items()
                if name.rpartition(".")[2] == "_extra_state" or any(matches(other, self._whole) for other in self._group_of[name])}

    def by_first_name(self, mask: Mapping[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        """A mask under the names used here; positions of one tensor under several names are merged."""
        named: Dict[str, torch.Tensor] = {}
        for name, positions in mask.items():
            first = self.first_name(name)
            named[first] = joined(named[first], positions) if first in named else positions
        return named
