"""Tensors that share memory (tied weights): written once, restored to all their names."""

from typing import Collection, Dict, List, Mapping, Optional

import torch

from .raw import key_of


def tied_names(tensors: Mapping[str, torch.Tensor]) -> List[List[str]]:
    """Groups names by memory, in order. Views that only overlap count as separate tensors."""
    groups: Dict[object, List[str]] = {}
    for name, tensor in tensors.items():
        groups.setdefault(key_of(tensor) if tensor.numel() else name, []).append(name)
    return list(groups.values())


def stored_names(group: List[str], known: Optional[Collection[str]] = None) -> List[str]:
    """The names under which a group's tensor is written: those that the base has (a base from elsewhere may have copies), else the
    first."""
    return [name for name in group if known is not None and name in known] or group[:1]


def aliases(tensors: Mapping[str, torch.Tensor]) -> Dict[str, str]:
    """The names that :func:`untied` leaves out, each with the written one: the metadata of tied weights in the form of the safetensors
    library's ``save_model``."""
    return {name: group[0] for group in tied_names(tensors) for name in group[1:]}


def untied(tensors: Mapping[str, torch.Tensor], known: Optional[Collection[str]] = None) -> Dict[str, torch.Tensor]:
    """The tensors to write: one name each, unless ``known`` names require more."""
    return {name: tensors[name] for group in tied_names(tensors) for name in stored_names(group, known)}
