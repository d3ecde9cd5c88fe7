"""The mask itself: positions by tensor."""

import dataclasses
import os
import weakref
from typing import Any, Dict, List, Mapping, Optional, Union

import torch

from ..errors import FishError
from ..safetensors import SafetensorsReader, save_file
from ..tensors.names import NameLookup

_SUFFIX, _VALUES = ".indices", ".values"


@dataclasses.dataclass(frozen=True)
class TensorShare:
    """A mask's share of one tensor."""

    name: str
    count: int
    share: float
    """Of the mask's positions."""
    density: float
    """Of the tensor's elements."""


class Mask(Dict[str, torch.Tensor]):
    """Positions that training may change: parameter name -> ascending flat (row-major) indices, int64 [k], on the parameter's device.

    A dict; tensors without positions are left out. Do not change its content in place.
    """

    elements: Optional[int] = None
    """Elements of all candidate tensors, if known: the mask's density is its share of them."""
    _tensors: Mapping[str, Any] = {}

    def __init__(self, positions: Mapping[str, torch.Tensor] = {}, *,
                 of: Optional[Mapping[str, torch.Tensor]] = None) -> None:  # noqa: B006
        """Takes ownership of positions and validates them.

        :param of: all candidate tensors by name. They are not kept alive.
        :raises FishError: ``INDEX_UNSORTED``, ``INDEX_REPEATED``, ``INDEX_OUT_OF_RANGE``.
        """
        super().__init__((name, _checked(name, indices)) for name, indices in positions.items() if indices.numel())
        if of is not None:
            self.elements = sum(tensor.numel() for tensor in of.values())
            self._tensors = {name: weakref.ref(tensor) for name, tensor in of.items()}

    def __repr__(self) -> str:
        density = f", density {100 * self.count / self.elements:.3g}%" if self.elements else ""
        return f"{type(self).__name__}({len(self):,} tensors, {self.count:,} positions{density})"

    def __getstate__(self) -> Dict[str, Any]:
        return {"elements": self.elements}

    def name_of(self, tensor: torch.Tensor) -> Optional[str]:
        """The name of a candidate tensor, found by identity; ``None`` for others."""
        if not self._tensors:
            return None
        return next((name for name, known in self._tensors.items() if known() is tensor), None)

    @property
    def count(self) -> int:
        """Positions of all tensors."""
        return sum(indices.numel() for indices in self.values())

    def equals(self, other: Mapping[str, torch.Tensor]) -> bool:
        """Whether another mask has the same positions."""
        return self.keys() == other.keys() and all(torch.equal(indices.cpu(), other[name].cpu()) for name, indices in self.items())

    def union(self, *others: Mapping[str, torch.Tensor]) -> "Mask":
        """The positions in this mask or any other."""
        parts: Dict[str, List[torch.Tensor]] = {}
        for mask in (self, *others):
            for name, indices in mask.items():
                parts.setdefault(name, []).append(indices)
        result = Mask({name: found[0] if len(found) == 1 else torch.unique(torch.cat([part.to(found[0].device) for part in found]))
                       for name, found in parts.items()})
        for mask in (self, *others):
            if isinstance(mask, Mask) and mask.elements is not None:
                result.elements = max(mask.elements, result.elements or 0)
                result._tensors = {**mask._tensors, **result._tensors}
        return result

    def report(self, parameters: Union[torch.nn.Module, Mapping[str, torch.Tensor]]) -> List[TensorShare]:
        """The distribution of the mask: for each tensor its share of the mask and the masked share of the tensor, largest share first."""
        tensors = dict(parameters.named_parameters()) if isinstance(parameters, torch.nn.Module) else parameters
        names, total = NameLookup(tensors), self.count
        shares = [TensorShare(name, len(indices), len(indices) / total, len(indices) / tensors[names.find(name) or name].numel())
                  for name, indices in self.items()]
        return sorted(shares, key=lambda share: (-share.count, share.name))

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes a safetensors file with ``NAME.indices`` (I32 if they fit, else I64) for each tensor."""
        save_file({name + _SUFFIX: indices.to(torch.int32) if int(indices[-1]) < 2 ** 31 else indices for name, indices in self.items()},
                  path, {"format": "fish-mask"})

    @classmethod
    def load(cls, path: Union[str, "os.PathLike[str]"], device: Union[str, torch.device] = "cpu") -> "Mask":
        """Reads a file of :meth:`save`, from Python or C#.

        Also accepts a sparse patch (and ignores its values), and dense masks: tensors under the parameters' names whose nonzero elements
        are in the mask. Refuses pickled files.

        :raises FishError: ``HEADER_*``, ``INDEX_*``.
        """
        found = {}
        with SafetensorsReader(path) as reader:
            for name in reader.keys():
                if name.endswith(_SUFFIX):
                    found[name[:-len(_SUFFIX)]] = reader.tensor(name).to(torch.int64).to(device)
                elif not name.endswith(_VALUES):
                    found[name] = reader.tensor(name).view(-1).nonzero().view(-1).to(device)
        return cls(found)

    @classmethod
    def full(cls, parameters: Union[torch.nn.Module, Mapping[str, torch.Tensor]]) -> "Mask":
        """Every position of every trainable parameter, at 8 bytes each. For full training, give the hook no mask instead."""
        tensors = dict(parameters.named_parameters()) if isinstance(parameters, torch.nn.Module) else parameters
        trained = {name: tensor for name, tensor in tensors.items() if tensor.requires_grad}
        return cls({name: torch.arange(tensor.numel(), device=tensor.device) for name, tensor in trained.items()}, of=trained)


def _checked(name: str, indices: torch.Tensor) -> torch.Tensor:
    hint = "Positions must be flat, ascending indices of the tensor."
    if indices.dim() != 1 or indices.dtype != torch.int64:
        raise FishError("PATCH_INVALID", name, f"Positions are {indices.dtype} {list(indices.shape)}; expected int64 [k].", hint)
    if int(indices[0]) < 0:
        raise FishError("INDEX_OUT_OF_RANGE", name, f"The position {int(indices[0])} is negative.", hint)
    if indices.numel() > 1:
        smallest = int((indices[1:] - indices[:-1]).min())
        if smallest <= 0:
            raise FishError("INDEX_REPEATED" if smallest == 0 else "INDEX_UNSORTED", name, "Positions do not ascend.", hint)
    return indices
