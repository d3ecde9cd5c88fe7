"""NumPy's arrays, scalars and dtypes in a trainer state. NumPy is imported only when a state needs it."""

import sys
from typing import Any, Dict, List, Optional, Sequence, Tuple

import torch

Parts = Tuple[str, List[Any]]
KINDS = ("scalar", "array dtype")
# Dtypes that other languages read as tensors; all others are stored as bytes.
_TYPED = {"|b1": torch.bool, "|u1": torch.uint8, "|i1": torch.int8, "<i2": torch.int16, "<i4": torch.int32, "<i8": torch.int64,
          "<f2": torch.float16,
          "<f4": torch.float32, "<f8": torch.float64, "<c8": torch.complex64}
_CODES = "?bBhHiIlLqQefdgFDGSUVmM"


def is_array(value: Any) -> bool:
    """Whether a value is an array of any class."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def spelled(value: Any) -> Optional[Tuple[Dict[str, Any], Any]]:
    """The description of an array, and its content: a function that returns its bytes, or its objects in order. ``None``: it cannot be
    saved."""
    import numpy
    if type(value) is not numpy.ndarray or not (value.dtype == object or _is_plain(value.dtype) and value.dtype.itemsize):
        return None
    found: Dict[str, Any] = {"kind": "array", "shape": list(value.shape), "dtype": None}
    if value.flags.f_contiguous and not value.flags.c_contiguous:
        found["order"] = "F"
    order = found.get("order", "C")
    if value.dtype == object:
        return {**found, "kind": "objects"}, value.ravel(order).tolist()
    return {**found, "dtype": numpy.lib.format.dtype_to_descr(value.dtype)}, lambda: value.tobytes(order)


def stored_as(value: Any) -> Tuple[torch.dtype, Sequence[int]]:
    """The dtype and shape [k] of the tensor with an array's content."""
    dtype = _TYPED.get(value.dtype.str) if value.dtype.fields is None and value.dtype.subdtype is None else None
    return (torch.uint8, [value.nbytes]) if dtype is None else (dtype, [value.size])


def array_of(content: memoryview, dtype: Any, shape: Sequence[int], order: str) -> Any:
    """The array, with its own memory: the inverse of :func:`spelled`."""
    import numpy
    kind = numpy.lib.format.descr_to_dtype(dtype)
    if not _is_plain(kind):
        raise ValueError(f"there are no arrays of {dtype}")
    flat = numpy.frombuffer(bytearray(content), dtype=kind) if len(content) else numpy.empty(0, dtype=kind)
    return flat.reshape(shape, order=order)


def objects_of(items: List[Any], shape: Sequence[int], order: str) -> Any:
    """An array of objects: the inverse of :func:`spelled`."""
    import numpy
    flat = numpy.empty(len(items), dtype=object)
    for index, item in enumerate(items):
        flat[index] = item
    return flat.reshape(shape, order=order)


def parts_of(value: Any) -> Optional[Parts]:
    """The kind and parts of a scalar or dtype; ``None`` if it is neither."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if isinstance(value, numpy.generic) and _is_plain(value.dtype) and value.dtype.type is type(value):
        return "scalar", [numpy.lib.format.dtype_to_descr(value.dtype), value.tobytes()]
    if isinstance(value, numpy.dtype) and _is_plain(value):
        return "array dtype", [numpy.lib.format.dtype_to_descr(value)]
    return None


def made(kind: str, parts: List[Any]) -> Any:
    """The scalar or dtype: the inverse of :func:`parts_of`."""
    import numpy
    dtype = numpy.lib.format.descr_to_dtype(parts[0])
    if kind == "array dtype" and _is_plain(dtype):
        return dtype
    return array_of(memoryview(parts[1]), parts[0], [1], "C")[0] if dtype.itemsize else dtype.type()  # an empty text


def hint_of(value: Any) -> Optional[str]:
    """A hint for objects with random state; ``None`` for others."""
    random = getattr(sys.modules.get("numpy"), "random", None)
    for name, hint in (("Generator", "Give its bit_generator.state, and set that when loading."),
                       ("BitGenerator", "Give its state, and set that when loading."),
                       ("RandomState", "Give its get_state(), and restore it with set_state().")):
        if random is not None and isinstance(value, getattr(random, name)):
            return hint
    if isinstance(value, torch.Generator):
        return "Give its get_state(), and restore it with set_state()."
    return "Give its getstate(), and restore it with setstate()." if hasattr(value, "getstate") and hasattr(value, "setstate") else None


def _is_plain(dtype: Any) -> bool:
    import numpy
    if dtype.hasobject or dtype.char not in _CODES:
        return False
    return bool(numpy.lib.format.descr_to_dtype(numpy.lib.format.dtype_to_descr(dtype)) == dtype)
