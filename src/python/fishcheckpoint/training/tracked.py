"""The model as the hook sees it: its tensors by name, tied ones once."""

from typing import Dict, List, Mapping, Sequence

import torch

from ..errors import FishError
from ..masks.budget import matches
from ..optim.moments import joined
from ..tensors.names import NameLookup, bare_name, module_tensors, unwrapped
from ..tensors.ties import tied_names


class TrackedModel:
    """A module whose tensors are looked at again at each save, so that moving, replacing or compiling parts of it is no harm."""

    def __init__(self, model: torch.nn.Module, whole: Sequence[str]) -> None:
        """Notes which names are tied. Parts that are wrapped for parallel or compiled use are taken by what is inside, so names are the
        base's.

        :param whole: names or patterns of the tensors that are saved whole.
        :raises FishError: ``REQUEST_INVALID``: a tensor is on the meta device, or lazy, and has no values yet.
        """
        self.module: torch.nn.Module = unwrapped(model)
        tensors = self._bare()
        for name, tensor in tensors.items():
            if tensor.is_meta or torch.nn.parameter.is_lazy(tensor):
                raise FishError(
                    "REQUEST_INVALID", name, "The tensor has no values yet.",
                    "Make the hook when the model is loaded and its lazy parts have run once.")
        self._groups: List[List[str]] = tied_names(tensors)
        self._first = {name: group[0] for group in self._groups for name in group}
        self._names = NameLookup(self._first)
        self._group_of = {group[0]: group for group in self._groups}
        self._whole = tuple(whole)

    def tensors(self) -> Dict[str, torch.Tensor]:
        """The current tensors, tied ones under the first of their names. Not copied. Extra state that is no tensor is none of them."""
        state = self._bare()
        return {group[0]: state[group[0]] for group in self._groups}

    def _bare(self) -> Dict[str, torch.Tensor]:
        # Wrappers of other packages cannot be told from a part that is called "module": here, where names are only compared, both go.
        tensors = module_tensors(self.module)
        if all(bare_name(name) == name for name in tensors):
            return tensors
        names = NameLookup(tensors)
        return {bare if names.find(bare) == name else name: tensor for name, bare, tensor in
                ((name, bare_name(name), tensor) for name, tensor in tensors.items())}

    def first_name(self, name: str) -> str:
        """The name that a tensor goes by here, whether or not ``name`` is of a wrapped model."""
        found = self._names.find(name)
        return name if found is None else self._first[found]

    def names(self, first: str) -> List[str]:
        """All names of a tensor, the first one first."""
        return self._group_of[first]

    def stored_names(self, first: str, known: NameLookup) -> List[str]:
        """The names that a tensor is written under: those that the task has, else the first."""
        group = self._group_of.get(first, [first])
        return list(dict.fromkeys(name for name in map(known.find, group) if name is not None)) or group[:1]

    def parameter_names(self) -> Dict[torch.Tensor, str]:
        """The parameters' names."""
        return {parameter: self.first_name(name) for name, parameter in self.module.named_parameters()}

    def whole_positions(self) -> Dict[str, torch.Tensor]:
        """All positions of the tensors that are saved whole: buffers, own tensors, and extra state, which no mask can name."""
        return {name: torch.arange(tensor.numel(), device=tensor.device) for name, tensor in self.tensors().items()
                if name.rpartition(".")[2] == "_extra_state" or any(matches(other, self._whole) for other in self._group_of[name])}

    def by_first_name(self, mask: Mapping[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        """A mask under the names that tensors go by here; what it has of one tensor under several names is brought together."""
        named: Dict[str, torch.Tensor] = {}
        for name, positions in mask.items():
            first = self.first_name(name)
            named[first] = joined(named[first], positions) if first in named else positions
        return named
