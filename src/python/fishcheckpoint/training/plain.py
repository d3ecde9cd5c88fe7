"""Converts plain values, such as the ``state_dict()`` of schedulers and samplers, to JSON and back exactly. Loading cannot run code.

A value is saved with its type, or refused with its path. The form is in docs/reference/format/container.md ("Trainer state").
"""

import base64
import collections
import functools
import json
import types
import weakref
from typing import Any, Dict, Iterable, List, Optional, Set

import torch

from ..errors import FishError
from ..tensors.dtypes import name_of
from ..tensors.raw import from_bytes, memory_of
from . import arrays, kinds

_TAG = "$"
_MAX_DEPTH = 100
_LONG = 256
_MAX_JSON_BITS = 4096
_CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, functools.partial, weakref.ref)
_FACTORIES = {factory.__name__: factory for factory in (bool, bytes, complex, dict, float, frozenset, int, list, set, str, tuple)}
Tensors = Dict[str, torch.Tensor]


def encode(value: Any, key: str, tensors: Tensors, path: str = "") -> str:
    """A value as JSON; its tensors and arrays are copied to the host into ``tensors`` (one dimension each), under names that begin with
    ``key``.

    Functions in a dict are left out: schedulers store theirs there, and keep them. ``path`` names the value in errors; by default it is
    ``key``.

    :raises FishError: ``STATE_UNSUPPORTED``: a part cannot be saved; the key is its path.
    """
    return json.dumps(_Encoder(key, tensors).encode(value, path or key))


def check(value: Any, path: str) -> List[str]:
    """Checks whether a value can be encoded, without copying.

    :returns: the paths of left-out functions.
    :raises FishError: as :func:`encode`.
    """
    encoder = _Encoder("", None)
    encoder.encode(value, path)
    return encoder.left_out


def decode(text: str, tensors: Tensors, key: str = "") -> Any:
    """The value: the inverse of :func:`encode`. Tensors of a missing device are on the CPU.

    :raises FishError: ``STATE_MISMATCH``: the text is damaged, or was written by a newer version; a class of an enum or named tuple is not
        imported.
    """
    try:
        return _Decoder(tensors).decode(json.loads(text))
    except FishError:
        raise
    except (ArithmeticError, AttributeError, ImportError, LookupError, RecursionError, RuntimeError, TypeError, ValueError) as error:
        raise FishError(
            "STATE_MISMATCH", key, f"A value of the trainer state cannot be read: {type(error).__name__}: {error}.",
            "It is damaged, or was written by a newer version: load it with that version, or resume from another step.") from error


class _Encoder:
    def __init__(self, key: str, tensors: Optional[Tensors]) -> None:
        self._key, self._tensors = key, tensors
        self._inside: Set[int] = set()
        self.left_out: List[str] = []

    def encode(self, value: Any, path: str) -> Any:
        if value is None or type(value) in (bool, float, str):
            return value
        if type(value) is int:
            return value if value.bit_length() <= _MAX_JSON_BITS else {_TAG: "int", "items": [hex(value)]}
        if isinstance(value, torch.Tensor):
            return self._tensor(value, path)
        if type(value) is bytes:
            return {_TAG: "bytes", "data": base64.b64encode(value).decode()}
        if id(value) in self._inside:
            raise unsupported(path, "It contains itself.")
        if len(self._inside) >= _MAX_DEPTH:
            raise unsupported(path, f"It is nested more than {_MAX_DEPTH} deep.")
        self._inside.add(id(value))
        try:
            return self._nested(value, path)
        finally:
            self._inside.remove(id(value))

    def _nested(self, value: Any, path: str) -> Any:
        kind = type(value)
        if kind is dict or kind in (collections.OrderedDict, collections.defaultdict, collections.Counter):
            return self._mapping(value, path)
        if kind in (list, tuple):
            if len(value) >= _LONG and (numbers := _numbers(value)) is not None:
                return {_TAG: "numbers", "name": self._keep(numbers), "tuple": kind is tuple}
            encoded = self._items(value, path)
            return encoded if kind is list else {_TAG: "tuple", "items": encoded}
        if kind in (set, frozenset):
            return {_TAG: kind.__name__, "items": self._items(value, path)}
        if arrays.is_array(value):
            return self._array(value, path)
        parts = arrays.parts_of(value) or kinds.parts_of(value)
        if parts is None:
            raise unsupported(path, f"{kind.__module__}.{kind.__qualname__} cannot be saved.", value)
        return {_TAG: parts[0], "items": [self._items(part, path) if type(part) is list else self.encode(part, path) for part in parts[1]]}

    def _items(self, values: Iterable[Any], path: str) -> List[Any]:
        return [self.encode(item, f"{path}[{index}]") for index, item in enumerate(values)]

    def _mapping(self, value: Dict[Any, Any], path: str) -> Any:
        items = {}
        for name, item in value.items():
            if isinstance(item, _CODE):
                self.left_out.append(f"{path}[{_shown(name)}]")
            else:
                items[name] = item
        if type(value) is dict and all(type(name) is str and name != _TAG for name in items):
            return {name: self.encode(item, f"{path}[{_shown(name)}]") for name, item in items.items()}
        kind = {collections.OrderedDict: "ordered", collections.defaultdict: "defaultdict",
                collections.Counter: "counter"}.get(type(value), "dict")
        pairs = [[self.encode(name, f"{path} (a key)"), self.encode(item, f"{path}[{_shown(name)}]")] for name, item in items.items()]
        found = {_TAG: kind, "items": pairs}
        if isinstance(value, collections.defaultdict):
            found["factory"] = None if value.default_factory is None else getattr(value.default_factory, "__name__", "")
            if found["factory"] is not None and _FACTORIES.get(found["factory"]) is not value.default_factory:
                raise unsupported(path, f"It is a defaultdict of {value.default_factory!r}, which is not a plain type.")
        if kind == "ordered" and hasattr(value, "_metadata"):  # that of a module's state_dict()
            found["metadata"] = self.encode(value._metadata, f"{path}._metadata")
        return found

    def _tensor(self, value: torch.Tensor, path: str) -> Any:
        if type(value) not in (torch.Tensor, torch.nn.Parameter):
            raise unsupported(path, f"{type(value).__module__}.{type(value).__qualname__} is a special kind of tensor.")
        if value.layout != torch.strided or value.is_quantized or value.device.type == "meta" or getattr(value, "is_nested", False):
            raise unsupported(path, "It is not a dense tensor with values.")
        found: Dict[str, Any] = {_TAG: "tensor", "shape": list(value.shape)}
        dense = value.detach()
        try:
            name_of(value.dtype, path)
        except FishError:
            if not value.is_complex():
                raise unsupported(path, f"Tensors of {value.dtype} cannot be saved.") from None
            dense, found["complex"] = torch.view_as_real(dense.resolve_conj()), True
        if value.device.type != "cpu":
            found["device"] = str(value.device)
        if value.requires_grad:
            found["requires_grad"] = True
        if isinstance(value, torch.nn.Parameter):
            found["parameter"] = True
        # Always a copy: training continues.
        found["name"] = "" if self._tensors is None else self._keep(dense.resolve_conj().resolve_neg().to("cpu",
            copy=True).contiguous().view(-1))
        return found

    def _array(self, value: Any, path: str) -> Any:
        found = arrays.spelled(value)
        if found is None:
            raise unsupported(path, f"A {type(value).__module__}.{type(value).__qualname__} of {value.dtype!r} cannot be saved.", value)
        spelled, content = found
        spelled = {_TAG: spelled.pop("kind"), **spelled, "dtype": self.encode(spelled["dtype"], path)}
        if spelled[_TAG] == "objects":
            return {**spelled, "items": self._items(content, path)}
        return {**spelled, "name": "" if self._tensors is None else self._keep(from_bytes(content(), *arrays.stored_as(value)))}

    def _keep(self, tensor: torch.Tensor) -> str:
        if self._tensors is None:
            return ""
        name = f"{self._key}/{len(self._tensors)}"
        self._tensors[name] = tensor
        return name


class _Decoder:
    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors

    def decode(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.decode(item) for item in value]
        if not isinstance(value, dict):
            return value
        kind = value.get(_TAG)
        if kind is None:
            return {name: self.decode(item) for name, item in value.items()}
        if kind == "tensor":
            return self._tensor(value)
        if kind == "bytes":
            return base64.b64decode(value["data"], validate=True)
        if kind == "numbers":
            return (tuple if value["tuple"] else list)(self._tensors[value["name"]].tolist())
        if kind == "array":
            content = memory_of(self._tensors[value["name"]].contiguous())
            return arrays.array_of(content, self.decode(value["dtype"]), value["shape"], value.get("order", "C"))
        items = self.decode(value["items"])
        if kind == "objects":
            return arrays.objects_of(items, value["shape"], value.get("order", "C"))
        if kind in ("dict", "counter", "ordered", "defaultdict"):
            return self._mapping(kind, value, {name: item for name, item in items})
        if kind in ("tuple", "set", "frozenset"):
            return {"tuple": tuple, "set": set, "frozenset": frozenset}[kind](items)
        if kind == "int":
            return int(items[0], 16)
        return arrays.made(kind, items) if kind in arrays.KINDS else kinds.made(kind, items)

    def _mapping(self, kind: str, value: Dict[str, Any], pairs: Dict[Any, Any]) -> Any:
        if kind == "counter":
            return collections.Counter(pairs)
        if kind == "defaultdict":
            return collections.defaultdict(None if value["factory"] is None else _FACTORIES[value["factory"]], pairs)
        if kind == "dict":
            return pairs
        ordered = collections.OrderedDict(pairs)
        if "metadata" in value:
            ordered._metadata = self.decode(value["metadata"])  # type: ignore[attr-defined]
        return ordered

    def _tensor(self, value: Dict[str, Any]) -> torch.Tensor:
        tensor = self._tensors[value["name"]].clone()
        tensor = torch.view_as_complex(tensor.view(*value["shape"], 2)) if value.get("complex") else tensor.view(value["shape"])
        tensor = placed(tensor, value.get("device", "cpu"))
        wanted = bool(value.get("requires_grad"))
        return torch.nn.Parameter(tensor, requires_grad=wanted) if value.get("parameter") else tensor.requires_grad_(wanted)


def placed(tensor: torch.Tensor, device: str) -> torch.Tensor:
    """A tensor on a device, or where it is if that device is missing."""
    try:
        return tensor.to(device)
    except (AssertionError, RuntimeError):
        return tensor


def unsupported(path: str, cause: str, value: Any = None) -> FishError:
    """The error for a value that cannot be saved in a trainer state."""
    hint = arrays.hint_of(value) or "Let state_dict() return plain values, tensors and arrays, or leave out the entry."
    return FishError("STATE_UNSUPPORTED", path, cause, hint)


def _numbers(values: Any) -> Optional[torch.Tensor]:
    found = set(map(type, values))
    try:
        if found == {int}:
            return torch.tensor(values, dtype=torch.int64)
        return torch.tensor(values, dtype=torch.float64) if found == {float} else None
    except (OverflowError, RuntimeError):  # beyond 64 bits
        return None


def _shown(name: Any) -> str:
    text = repr(name)
    return text if len(text) <= 80 else f"{text[:80]}..."
