"""Restores a model in place from a stream of tensors."""

from typing import Any, Dict, Iterator, Tuple

import torch

from ..errors import FishError
from ..tensors.names import NameLookup, module_tensors, set_extra_states
from ..tensors.raw import bits
from ..tensors.ties import tied_names

_HINT = "Restore into the checkpoint's model."


def restore_into(tensors: Iterator[Tuple[str, torch.Tensor]], target: Any = None) -> Dict[str, torch.Tensor]:
    """Copies tensors bit for bit into those of a module or dict with the same names; any name restores tensors that share memory. Names are
    compared without the prefixes of wrappers for parallel or compiled use.

    :returns: the target's tensors, a module's without prefixes of wrappers; new ones if ``target`` is ``None``.
    :raises FishError: ``TENSOR_UNKNOWN``, ``TENSOR_MISSING``, ``SHAPE_MISMATCH``, ``DTYPE_MISMATCH``, and errors of the stream. Earlier
        tensors are restored then, which the cause reports.
    """
    if target is None:
        return dict(tensors)
    known: Dict[str, torch.Tensor] = module_tensors(target) if isinstance(target, torch.nn.Module) else {
        name: tensor for name, tensor in target.items() if isinstance(tensor, torch.Tensor)}
    names, restored = NameLookup(known), set()
    try:
        for name, tensor in tensors:
            found = names.find(name)
            if found is None:
                raise FishError("TENSOR_UNKNOWN", name, "The model does not have this tensor.", _HINT)
            copy_bits(tensor, known[found], name)
            restored.add(found)
    except FishError as error:
        if restored:
            error.add_cause(f"The model's values are undefined now: {len(restored)} of its tensors are already the checkpoint's.")
        raise
    for group in tied_names(known):
        if restored.isdisjoint(group):
            raise FishError("TENSOR_MISSING", group[0], "The checkpoint does not have this tensor.", _HINT)
    if isinstance(target, torch.nn.Module):
        set_extra_states(target, known)
    return known


def copy_bits(source: torch.Tensor, target: torch.Tensor, name: str) -> None:
    """Copies a tensor's bits to another tensor of the same dtype and shape, on any device."""
    if source.shape != target.shape:
        raise FishError("SHAPE_MISMATCH", name, f"The model's shape is {list(target.shape)}, the checkpoint's {list(source.shape)}.", _HINT)
    if source.dtype != target.dtype:
        raise FishError("DTYPE_MISMATCH", name, f"The model's dtype is {target.dtype}, the checkpoint's {source.dtype}.", _HINT)
    with torch.no_grad():
        bits(target).copy_(bits(source))
