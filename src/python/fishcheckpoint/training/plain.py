"""Plain values as JSON and back, exactly: what ``state_dict()`` of schedulers and samplers is made of. Nothing that is loaded can run code."""

import base64
import collections
import json
from typing import Any, Dict

import torch

from ..errors import FishError

_TAG = "$"


def encode(value: Any, key: str, tensors: Dict[str, torch.Tensor]) -> str:
    """A value as JSON; tensors in it are copied to the host into ``tensors`` (one dimension each), under names that begin with ``key``.

    Takes None, bool, int, float, str, bytes, list, tuple, dict, set, Counter, and tensors. Functions in a dict are left out: schedulers hold theirs there, and
    keep them.

    :raises FishError: ``STATE_MISMATCH``: something else is in it.
    """
    return json.dumps(_encode(value, key, tensors))


def decode(text: str, tensors: Dict[str, torch.Tensor]) -> Any:
    """The value: the mirror of :func:`encode`."""
    return _decode(json.loads(text), tensors)


def _encode(value: Any, key: str, tensors: Dict[str, torch.Tensor]) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)) and type(value) in (bool, int, float, str):
        return value
    if isinstance(value, torch.Tensor):
        name = f"{key}/{len(tensors)}"
        tensors[name] = value.detach().to("cpu", copy=True).contiguous().view(-1)
        return {_TAG: "tensor", "name": name, "shape": list(value.shape)}
    if isinstance(value, bytes):
        return {_TAG: "bytes", "data": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        items = [(name, item) for name, item in value.items() if not callable(item)]
        if type(value) is dict and all(isinstance(name, str) and name != _TAG for name, _ in items):
            return {name: _encode(item, key, tensors) for name, item in items}
        kind = "counter" if isinstance(value, collections.Counter) else "dict"
        return {_TAG: kind, "items": [[_encode(name, key, tensors), _encode(item, key, tensors)] for name, item in items]}
    if isinstance(value, (list, tuple, set, frozenset)):
        encoded = [_encode(item, key, tensors) for item in value]
        return encoded if isinstance(value, list) else {_TAG: "tuple" if isinstance(value, tuple) else "set", "items": encoded}
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return _encode(value.item(), key, tensors)  # a numpy number
    raise FishError("STATE_MISMATCH", key, f"A {type(value).__name__} is in the state.", "Let state_dict() give plain values and tensors.")


def _decode(value: Any, tensors: Dict[str, torch.Tensor]) -> Any:
    if isinstance(value, list):
        return [_decode(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get(_TAG)
    if kind is None:
        return {name: _decode(item, tensors) for name, item in value.items()}
    if kind == "tensor":
        return tensors[value["name"]].clone().view(value["shape"])
    if kind == "bytes":
        return base64.b64decode(value["data"])
    items = _decode(value["items"], tensors)
    if kind in ("dict", "counter"):
        pairs = {name: item for name, item in items}
        return collections.Counter(pairs) if kind == "counter" else pairs
    return tuple(items) if kind == "tuple" else set(items)
