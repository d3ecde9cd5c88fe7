"""A tensor's memory as bytes, without numpy, which has no bfloat16 and may be missing."""

import ctypes
import sys
from typing import Iterator, Sequence, Tuple

import torch

if sys.byteorder != "little":
    raise ImportError("fishcheckpoint writes tensors in memory order and needs a little-endian machine.")

_CHUNK = 4 << 20


def memory_of(tensor: torch.Tensor) -> memoryview:
    """The writable bytes of a contiguous CPU tensor. The view keeps the tensor alive; a tensor without elements gives an empty view."""
    assert tensor.device.type == "cpu" and tensor.is_contiguous()
    length = tensor.numel() * tensor.element_size()
    if length == 0:
        return memoryview(bytearray())
    array = (ctypes.c_ubyte * length).from_address(tensor.data_ptr())
    setattr(array, "owner", tensor)  # the address is valid only while the tensor exists
    return memoryview(array).cast("B")


def bytes_of(tensor: torch.Tensor) -> bytes:
    """A copy of a tensor's elements in row-major order, from any device."""
    return bytes(memory_of(on_host(tensor)))


def chunks_of(tensor: torch.Tensor) -> Iterator[memoryview]:
    """A tensor's bytes in row-major order, a few MiB at a time. A tensor on another device is copied whole when its turn comes."""
    memory = memory_of(on_host(tensor))
    for start in range(0, len(memory), _CHUNK):
        yield memory[start:start + _CHUNK]


def on_host(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor itself if it is contiguous on the CPU, else a contiguous CPU copy."""
    return tensor.detach().resolve_conj().resolve_neg().to("cpu").contiguous()


def from_bytes(data, dtype: torch.dtype, shape: Sequence[int]) -> torch.Tensor:
    """A new CPU tensor with these bytes; the inverse of :func:`bytes_of`."""
    tensor = torch.empty(tuple(shape), dtype=dtype)
    memory_of(tensor)[:] = data
    return tensor


_INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def bits(tensor: torch.Tensor) -> torch.Tensor:
    """The same memory as integers of the same width: copying and comparing these is exact, also for NaN payloads and -0."""
    return tensor.detach().view(_INTEGERS[tensor.element_size()])


def key_of(tensor: torch.Tensor) -> Tuple:
    """A key that two tensors share exactly if they are the same elements of the same memory."""
    return (str(tensor.device), tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tuple(tensor.stride()))
