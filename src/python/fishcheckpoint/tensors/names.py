"""Names of tensors: a model wrapped for parallel or compiled use has the names of the inner model."""

from typing import Any, Dict, Iterable, Iterator, Optional, Tuple

import torch

_INSIDE = frozenset({"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
_PARALLEL = (torch.nn.parallel.DistributedDataParallel, torch.nn.DataParallel)


def bare_name(name: str) -> str:
    """A name without the prefixes of wrappers at any depth: ``module.0._orig_mod.weight`` is ``0.weight``."""
    if "mod" not in name:
        return name
    return ".".join(part for part in name.split(".") if part != "module" and part not in _INSIDE) or name


class NameLookup:
    """Finds a name among others: the same one, else the only one that is equal without the prefixes of wrappers."""

    def __init__(self, names: Iterable[str]) -> None:
        self._bare: Dict[str, Optional[str]] = {}
        self._names = dict.fromkeys(names)
        for name in self._names:
            bare = bare_name(name)
            self._bare[bare] = name if bare not in self._bare else None  # ambiguous: only exact names are found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def find(self, name: str) -> Optional[str]:
        """The name among these; ``None`` if there is none."""
        return name if name in self._names else self._bare.get(bare_name(name))


def unwrapped(model: Any) -> torch.nn.Module:
    """The inner module of wrappers for parallel or compiled use."""
    while isinstance(model, _PARALLEL) or hasattr(model, "_orig_mod"):
        model = model._orig_mod if hasattr(model, "_orig_mod") else model.module
    return model


def module_tensors(model: torch.nn.Module) -> Dict[str, torch.Tensor]:
    """The tensors of a module's ``state_dict()``, not copied, under their names without wrappers at any depth. Extra state that is not a
    tensor is left out."""
    return {name: tensor for name, _, tensor in _named(unwrapped(model))}


def set_extra_states(model: torch.nn.Module, tensors: Dict[str, torch.Tensor]) -> None:
    """Sets modules' extra state that is a tensor: a module creates it at each call, so restoring it in place has no effect."""
    model = unwrapped(model)
    for name, key, _ in _named(model):
        path, _, last = key.rpartition(".")
        if last == "_extra_state" and name in tensors:
            model.get_submodule(path).set_extra_state(tensors[name])


def _named(model: torch.nn.Module) -> Iterator[Tuple[str, str, torch.Tensor]]:
    state = {key: tensor for key, tensor in model.state_dict().items() if isinstance(tensor, torch.Tensor)}
    for key, tensor in state.items():
        name = _without_wrappers(model, key)
        yield name if name == key or name not in state else key, key, tensor


def _without_wrappers(model: torch.nn.Module, key: str) -> str:
    if bare_name(key) == key:
        return key
    kept, at = [], model
    for part in key.split("."):
        # A module may have a child named "module": that prefix is left out only in comparisons.
        if part not in _INSIDE and not (part == "module" and isinstance(at, _PARALLEL)):
            kept.append(part)
        at = getattr(at, part, None)
    return ".".join(kept)
