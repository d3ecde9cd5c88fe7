"""Finds values that changed outside the mask.

The paper's own CIFAR code adds weight decay to every weight after masking the gradients, so its steps are not sparse. Momentum of an
unmasked optimizer leaks in the same way after a change of masks.
"""

import dataclasses
from typing import Callable, Dict, Iterator, List, Mapping, Tuple

import torch

from ..tensors.raw import bits

_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class TensorLeak:
    """The changes outside the mask in one tensor."""

    name: str
    count: int
    first: Tuple[int, ...]
    """The first few positions."""


@dataclasses.dataclass(frozen=True)
class LeakReport:
    """The changes outside the mask in a model: positions by tensor, on the host."""

    tensors: List[TensorLeak]
    positions: Dict[str, torch.Tensor]

    @property
    def count(self) -> int:
        """Values of all tensors."""
        return sum(leak.count for leak in self.tensors)

    def describe(self) -> str:
        """The leaks as a sentence."""
        worst = sorted(self.tensors, key=lambda leak: -leak.count)[:_SHOWN]
        shown = "; ".join(f"{leak.name}: {leak.count}, at {', '.join(map(str, leak.first))}{'...' if leak.count > len(leak.first) else ''}"
            for leak in worst)
        return f"{self.count} values of {len(self.tensors)} tensors changed outside of the mask ({shown})."


def find_leaks(
    reference: Iterator[Tuple[str, torch.Tensor]], model: Mapping[str, torch.Tensor], allowed: Mapping[str,
        torch.Tensor], first_name: Callable[[str], str],
) -> LeakReport:
    """Compares a model with a reference, tensor by tensor.

    :param reference: the parent state of the model's deltas.
    :param model: the model's tensors on the host; tensors that the reference lacks are not compared.
    :param allowed: the positions that may differ.
    :param first_name: maps a name in the reference to one in ``model``.
    """
    leaks: List[TensorLeak] = []
    positions: Dict[str, torch.Tensor] = {}
    for name, expected in reference:
        name = first_name(name)
        found = model.get(name)
        if found is None or name in positions or found.shape != expected.shape or found.dtype != expected.dtype or not found.numel():
            continue
        differs = (bits(found.contiguous()) != bits(expected)).view(-1)
        if name in allowed:
            differs[allowed[name].cpu()] = False
        outside = differs.nonzero().view(-1)
        if outside.numel():
            positions[name] = outside
            leaks.append(TensorLeak(name, outside.numel(), tuple(outside[:_SHOWN].tolist())))
    return LeakReport(leaks, positions)
