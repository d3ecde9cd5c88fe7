"""The k-th highest score of many tensors, found by counting instead of sorting.

Floats that are not negative have the order of their bits: a first pass counts the upper 16 bits, a second one the lower 16 bits in the
bucket of the k-th score. Extra memory is bounded by a piece of a tensor, whatever the model's size.
"""

from typing import Callable, Dict, Iterator, List, NamedTuple, Tuple

import torch

PIECE = 1 << 22
_BUCKETS = 1 << 16
INFINITY = 0x7F800000

Scores = Callable[[], Iterator[Tuple[str, Iterator[torch.Tensor]]]]
"""Yields the competing tensors in order, each as pieces of bits: int32, not negative. Called once per pass, with the same result."""


class Threshold(NamedTuple):
    """Chooses everything above ``bits``, and the first ``ties`` of the equal ones, by tensor, then position."""

    bits: int
    ties: int


def pieces_of(scores: torch.Tensor) -> Iterator[torch.Tensor]:
    """Scores (any float dtype, not negative) as pieces of float32 bits."""
    flat = scores.detach().reshape(-1)
    for start in range(0, flat.numel(), PIECE):
        yield flat[start:start + PIECE].to(torch.float32).view(torch.int32)


def find(scores: Scores, count: int) -> Threshold:
    """The threshold that chooses ``count`` scores; at most the number of scores.

    :raises ValueError: a score is negative or not a number; its argument is the tensor's name.
    """
    if count == 0:
        return Threshold(INFINITY + 1, 0)
    upper, count = _descend(_histogram(scores, lambda bits: bits >> 16), count)
    lower, count = _descend(_histogram(scores, lambda bits: bits[(bits >> 16) == upper] & (_BUCKETS - 1)), count)
    return Threshold((upper << 16) | lower, count)


def collect(scores: Scores, threshold: Threshold) -> Dict[str, torch.Tensor]:
    """The positions that a threshold chooses: int64, ascending, on the scores' devices."""
    chosen: Dict[str, torch.Tensor] = {}
    ties = threshold.ties
    for name, pieces in scores():
        found: List[torch.Tensor] = []
        start = 0
        for bits in pieces:
            inside = bits > threshold.bits
            if ties:
                equal = (bits == threshold.bits).nonzero().view(-1)[:ties]
                inside[equal] = True
                ties -= equal.numel()
            found.append(inside.nonzero().view(-1) + start)
            start += bits.numel()
        if found:
            chosen[name] = torch.cat(found)
    return chosen


def _histogram(scores: Scores, bucket: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    counts = torch.zeros(_BUCKETS, dtype=torch.int64)
    for name, pieces in scores():
        for bits in pieces:
            if bits.numel() and (int(bits.max()) > INFINITY or int(bits.min()) < 0):
                raise ValueError(name)
            counts += torch.bincount(bucket(bits), minlength=_BUCKETS).cpu()
    return counts


def _descend(counts: torch.Tensor, count: int) -> Tuple[int, int]:
    above = counts.flip(0).cumsum(0)  # above[i]: the number in the i + 1 highest buckets
    index = int((above < count).sum())
    return _BUCKETS - 1 - index, count - (int(above[index - 1]) if index else 0)
