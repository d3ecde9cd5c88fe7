"""Checks whether a model can be saved to a task: compares names, dtypes and shapes with the task's layout before training."""

from typing import Collection, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

import torch

from ..errors import FishError
from ..masks.budget import matches
from ..safetensors.header import Entry
from ..tensors.dtypes import name_of, torch_dtype
from ..tensors.names import NameLookup
from .tracked import TrackedModel

Own = Dict[str, Optional[Mapping[str, object]]]
"""A task's own tensors: dtype and shape by name; ``None`` for a tensor of the base that the task does not have."""
_SHOWN = 20


def own_tensors(model: TrackedModel, layout: Mapping[str, Entry], patterns: Sequence[str]) -> Own:
    """The meaning of the option ``own_tensors`` for a task on a base: the model's matching tensors are the task's own, and matching tensors
    that only the base has are left out."""
    known, own, covered = NameLookup(layout), {}, set()
    for first, tensor in model.tensors().items():
        stored = model.stored_names(first, known)
        covered.update(stored)
        if any(matches(name, patterns) for name in (*model.names(first), *stored)):
            own.update((name, {"dtype": name_of(tensor.dtype, name), "shape": list(tensor.shape)}) for name in stored)
    return {**own, **{name: None for name in layout if name not in covered and matches(name, patterns)}}


def with_own(layout: Mapping[str, Entry], own: Own) -> Dict[str, Entry]:
    """The layout of a task on a base with own tensors, without their offsets."""
    changed = {name: Entry(name, str(spec["dtype"]), tuple(spec["shape"]), 0, 0)  # type: ignore[arg-type]
               for name, spec in own.items() if spec is not None}
    return {**{name: entry for name, entry in layout.items() if name not in own}, **changed}


def check_fit(model: TrackedModel, layout: Mapping[str, Entry], task: str, is_new: bool) -> None:
    """Compares all tensors of a model with a task's layout; names are compared without the prefixes of wrappers.

    :param is_new: whether the task does not exist yet, so that its own tensors can be chosen.
    :raises FishError: ``LAYOUT_MISMATCH`` with up to 20 differences and the number of all, and a hint.
    """
    known, differences, mendable, covered = NameLookup(layout), {}, [], set()
    dtypes: List[str] = []
    tensors = model.tensors()
    for first, tensor in tensors.items():
        stored = [name for name in model.stored_names(first, known) if name in layout]
        covered.update(stored)
        spelled = _spelled(tensor)
        if not stored:
            differences[first] = f"'{first}' ({spelled}, {list(tensor.shape)}) is not in it"
            mendable.append(first)
        for entry in map(layout.__getitem__, stored):
            if tuple(tensor.shape) != entry.shape:
                differences[entry.name] = f"'{entry.name}' has the shape {list(tensor.shape)}, the task's has {list(entry.shape)}"
                mendable.append(entry.name)
            elif spelled != entry.dtype:
                differences[entry.name] = f"'{entry.name}' has the dtype {spelled}, the task's has {entry.dtype}"
                dtypes.append(entry.name)
    missing = [name for name in layout if name not in covered]
    differences.update((name, f"'{name}' is missing from the model") for name in missing)
    if not differences:
        return
    # A whole model in another dtype does not need own tensors.
    other = 2 * len(dtypes) > len(tensors)
    own = [*mendable, *missing, *([] if other else dtypes)]
    hints = _dtype_hint(layout, dtypes) if other else []
    if own:
        option = f"own_tensors={_short(own, [*tensors, *layout])!r}"
        hints.append(f"If this is intended, give the hook {option}: tensors that the base lacks start as zeros." if is_new else
                     f"A task's tensors are fixed: train to another task, with {option}.")
    shown = list(differences.values())[:_SHOWN]
    rest = f"; and {len(differences) - len(shown)} more" if len(differences) > len(shown) else ""
    where = f"the base of the new task '{task}'" if is_new else f"the task '{task}'"
    raise FishError(
        "LAYOUT_MISMATCH", task, f"The model differs from {where} in {len(differences)} tensors: {'; '.join(shown)}{rest}.",
        " ".join(hints))


def _spelled(tensor: torch.Tensor) -> str:
    try:
        return name_of(tensor.dtype, "")
    except FishError:
        return str(tensor.dtype)


def _dtype_hint(layout: Mapping[str, Entry], names: Iterable[str]) -> List[str]:
    found = sorted({layout[name].dtype for name in names})
    try:
        change = f"model.to({torch_dtype(found[0], '')})" if len(found) == 1 else "model.to(...)"
    except FishError:
        change = "model.to(...)"
    return [f"Train in the base's dtype ({change} before creating the optimizer), or add a base in the trained dtype."]


def _short(names: Collection[str], known: Collection[str]) -> List[str]:
    if len(names) <= _SHOWN:
        return list(names)
    chosen = set(names)
    inside: Dict[str, List[int]] = {}  # by prefix: the number of names with it, and of the chosen ones
    for name in dict.fromkeys(known):
        for prefix in _prefixes(name):
            counts = inside.setdefault(prefix, [0, 0])
            counts[0] += 1
            counts[1] += name in chosen
    def of(name: str) -> str:
        return next((f"{prefix}.*" for prefix in _prefixes(name) if inside[prefix][0] == inside[prefix][1] > 1), name)
    return list(dict.fromkeys(map(of, names)))


def _prefixes(name: str) -> Tuple[str, ...]:
    parts = name.split(".")
    return tuple(".".join(parts[:count]) for count in range(1, len(parts)))
