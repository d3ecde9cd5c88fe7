"""Types of Python and PyTorch in a trainer state, as parts that are plain values, and back."""

import collections
import datetime
import decimal
import enum
import fractions
import io
import pathlib
import sys
import uuid
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import torch

from ..errors import FishError

try:
    from zoneinfo import ZoneInfo
except ImportError:  # pragma: no cover
    ZoneInfo = None  # type: ignore[assignment,misc]

Parts = Tuple[str, List[Any]]
_FIXED = datetime.timezone


class _Kind(NamedTuple):
    type: type
    parts: Callable[[Any], List[Any]]
    make: Callable[..., Any]


def _of_torch(wanted: type) -> Callable[[str], Any]:
    def make(name: str) -> Any:
        found = getattr(torch, name)
        if not isinstance(found, wanted):
            raise ValueError(f"torch.{name} is not a {wanted.__name__}")
        return found
    return make


def _name_in_torch(value: Any) -> List[Any]:
    return [str(value).rpartition(".")[2]]


_KINDS: Dict[str, _Kind] = {
    "bytearray": _Kind(bytearray, lambda value: [bytes(value)], bytearray),
    "bytesio": _Kind(io.BytesIO, lambda value: [value.getvalue(), value.tell()], lambda data, position: _stream(data, position)),
    "complex": _Kind(complex, lambda value: [value.real, value.imag], complex),
    "range": _Kind(range, lambda value: [value.start, value.stop, value.step], range),
    "slice": _Kind(slice, lambda value: [value.start, value.stop, value.step], slice),
    "deque": _Kind(collections.deque, lambda value: [list(value), value.maxlen], collections.deque),
    "decimal": _Kind(decimal.Decimal, lambda value: [str(value)], decimal.Decimal),
    "fraction": _Kind(fractions.Fraction, lambda value: [value.numerator, value.denominator], fractions.Fraction),
    "uuid": _Kind(uuid.UUID, lambda value: [value.hex], uuid.UUID),
    "timedelta": _Kind(datetime.timedelta, lambda value: [value.days, value.seconds, value.microseconds], datetime.timedelta),
    "timezone": _Kind(_FIXED, lambda value: [value.utcoffset(None), value.tzname(None)], lambda offset, name: _timezone(offset, name)),
    "date": _Kind(datetime.date, lambda value: [value.isoformat()], datetime.date.fromisoformat),
    "time": _Kind(datetime.time, lambda value: _moment(value), lambda *parts: _at(datetime.time, *parts)),
    "datetime": _Kind(datetime.datetime, lambda value: _moment(value), lambda *parts: _at(datetime.datetime, *parts)),
    "device": _Kind(torch.device, lambda value: [str(value)], torch.device),
    "dtype": _Kind(torch.dtype, _name_in_torch, _of_torch(torch.dtype)),
    "layout": _Kind(torch.layout, _name_in_torch, _of_torch(torch.layout)),
    "memory_format": _Kind(torch.memory_format, _name_in_torch, _of_torch(torch.memory_format)),
    "size": _Kind(torch.Size, lambda value: [list(value)], torch.Size),
    "path": _Kind(type(pathlib.Path()), lambda value: [str(value)], pathlib.Path),
    "posix path": _Kind(pathlib.PurePosixPath, lambda value: [str(value)], pathlib.PurePosixPath),
    "windows path": _Kind(pathlib.PureWindowsPath, lambda value: [str(value)], pathlib.PureWindowsPath),
}
if ZoneInfo is not None:
    _KINDS["zoneinfo"] = _Kind(ZoneInfo, lambda value: [value.key], ZoneInfo)
_BY_TYPE = {kind.type: name for name, kind in _KINDS.items()}


def parts_of(value: Any) -> Optional[Parts]:
    """A value's kind and the parts that recreate it; ``None``: it cannot be saved."""
    name = _BY_TYPE.get(type(value))
    if name is not None:
        parts = _KINDS[name].parts(value)
        return None if parts == [None] else (name, parts)  # a time zone that was read from a file
    if isinstance(value, enum.Enum) and _class_of(type(value).__module__, type(value).__qualname__) is type(value):
        # Members that combine flags have no own name.
        named = type(value).__members__.get(value.name or "") is value
        if not named and not isinstance(value, enum.Flag):
            return None
        return "enum", [type(value).__module__, type(value).__qualname__, value.name if named else None, None if named else value.value]
    if isinstance(value, tuple) and hasattr(type(value), "_fields") and _class_of(type(value).__module__,
        type(value).__qualname__) is type(value):
        return "namedtuple", [type(value).__module__, type(value).__qualname__, list(value)]
    return None


def made(kind: str, parts: List[Any]) -> Any:
    """The value: the inverse of :func:`parts_of`. Classes are looked up only in imported modules, and their code is not run."""
    if kind == "enum":
        module, name, member, value = parts
        found = _required(module, name, enum.Enum)
        if member is None and not issubclass(found, enum.Flag):
            raise ValueError(f"{name} has no combined members")
        return found.__members__[member] if member is not None else found(value)
    if kind == "namedtuple":
        module, name, items = parts
        found = _required(module, name, tuple)
        if len(found._fields) != len(items):
            raise ValueError(f"{name} has {len(found._fields)} fields, and {len(items)} were saved")
        return tuple.__new__(found, items)
    if kind not in _KINDS:
        raise ValueError(f"unknown kind '{kind}'")
    return _KINDS[kind].make(*parts)


def _class_of(module: str, qualified: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in qualified.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    return found


def _required(module: str, qualified: str, wanted: type) -> Any:
    found = _class_of(module, qualified)
    if not isinstance(found, type) or not issubclass(found, wanted):
        raise FishError(
            "STATE_MISMATCH", f"{module}.{qualified}",
            "The trainer state has a value of this class, which is not imported or has changed.",
            f"Import {module} before resuming the run.")
    return found


def _stream(data: bytes, position: int) -> io.BytesIO:
    stream = io.BytesIO(data)
    stream.seek(position)
    return stream


def _timezone(offset: datetime.timedelta, name: str) -> datetime.timezone:
    plain = _FIXED.utc if not offset else _FIXED(offset)
    return plain if plain.tzname(None) == name else _FIXED(offset, name)


def _moment(value: Any) -> List[Any]:
    return [value.replace(tzinfo=None).isoformat(), value.tzinfo, value.fold]


def _at(kind: Any, text: str, zone: Optional[datetime.tzinfo], fold: int) -> Any:
    return kind.fromisoformat(text).replace(tzinfo=zone, fold=fold)
