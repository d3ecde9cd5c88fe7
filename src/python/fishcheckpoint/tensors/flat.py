"""Reads and writes single elements of a tensor by flat position, at a cost proportional to the positions."""

from typing import Tuple

import torch

from .raw import bits


def gather(tensor: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """The elements at flat (row-major) positions, as a new tensor [k] of the same dtype on the same device, bit for bit.

    ``positions`` is int64 [k] on the tensor's device. The tensor may have any strides.
    """
    source = bits(tensor)
    if source.is_contiguous():
        return source.view(-1).index_select(0, positions).view(tensor.dtype)
    return source[_coordinates(positions, tensor.shape)].view(tensor.dtype)


def scatter(tensor: torch.Tensor, positions: torch.Tensor, values: torch.Tensor) -> None:
    """Writes values [k] to distinct flat positions, in place and bit for bit: the inverse of :func:`gather`."""
    target, source = bits(tensor), bits(values)
    if target.is_contiguous():
        target.view(-1).index_copy_(0, positions, source)
    else:
        target[_coordinates(positions, tensor.shape)] = source


def _coordinates(positions: torch.Tensor, shape) -> Tuple[torch.Tensor, ...]:
    coordinates = []
    for size in reversed(shape):
        coordinates.append(positions % size)
        positions = torch.div(positions, size, rounding_mode="floor")
    return tuple(reversed(coordinates))
