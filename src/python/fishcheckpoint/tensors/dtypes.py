"""The dtypes of safetensors and of this PyTorch."""

from typing import Dict

import torch

from ..errors import FishError

# Name and bits of an element, in the reference library's sort order (by alignment, later ones first).
BITS: Dict[str, int] = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64,
    "U64": 64,
}
ORDER: Dict[str, int] = {name: index for index, name in enumerate(BITS)}

_NAMES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "F8_E5M2": "float8_e5m2", "F8_E4M3": "float8_e4m3fn", "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz", "I16": "int16", "U16": "uint16", "F16": "float16",
    "BF16": "bfloat16",
    "I32": "int32", "U32": "uint32", "F32": "float32", "C64": "complex64", "F64": "float64", "I64": "int64", "U64": "uint64",
}
_TORCH = {name: getattr(torch, attribute) for name, attribute in _NAMES.items() if hasattr(torch, attribute)}
_SPELLED = {dtype: name for name, dtype in _TORCH.items()}


def torch_dtype(name: str, key: str) -> torch.dtype:
    """The PyTorch dtype of a safetensors name such as ``BF16``; ``key`` is the tensor, for the error.

    :raises FishError: ``DTYPE_MISMATCH``: this PyTorch does not have the dtype.
    """
    if name not in _TORCH:
        raise FishError("DTYPE_MISMATCH", key, f"This PyTorch ({torch.__version__}) has no dtype for {name}.", "Use a newer PyTorch.")
    return _TORCH[name]


def name_of(dtype: torch.dtype, key: str) -> str:
    """The safetensors name of a PyTorch dtype: the inverse of :func:`torch_dtype`.

    :raises FishError: ``DTYPE_MISMATCH``: the format does not have the dtype.
    """
    if dtype not in _SPELLED:
        raise FishError("DTYPE_MISMATCH", key, f"The safetensors format has no dtype for {dtype}.", "Convert the tensor.")
    return _SPELLED[dtype]
