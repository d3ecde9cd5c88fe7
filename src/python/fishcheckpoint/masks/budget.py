"""How many positions a mask may have."""

import fnmatch
import math
from decimal import ROUND_CEILING, Decimal
from typing import Iterable, Mapping, NamedTuple, Union

import torch

from ..errors import FishError
from ..tensors.names import bare_name

Ratio = Union[float, str, Decimal]
"""A ratio from 0 to 1. It counts as the written decimal number, so 29% of 100 is 29; binary floats would give 28."""


class MaskBudget(NamedTuple):
    """The arithmetic of the paper's code: ``k = floor(total * ratio) - head``."""

    trainable: int
    """Elements of all trainable tensors, including those that always train."""
    total: int
    """Positions of the mask."""
    always_trained: int
    """Positions of the tensors that always train."""

    @property
    def free(self) -> int:
        """Positions to choose outside the tensors that always train."""
        return self.total - self.always_trained

    @classmethod
    def compute(cls, tensors: Mapping[str, torch.Tensor], ratio: Ratio, always_trained: Iterable[str] = ()) -> "MaskBudget":
        """Computes the budget of trainable tensors.

        :raises FishError: ``REQUEST_INVALID``: the ratio is not between 0 and 1, or the tensors that always train exceed the budget alone.
        """
        share = Decimal(str(ratio))
        if not 0 <= share <= 1:
            raise FishError("REQUEST_INVALID", "ratio", f"{ratio} is not a ratio.", "Give a ratio from 0 to 1, such as 0.005.")
        patterns = tuple(always_trained)
        trainable = sum(tensor.numel() for tensor in tensors.values())
        always = sum(tensor.numel() for name, tensor in tensors.items() if matches(name, patterns))
        budget = cls(trainable, math.floor(share * trainable), always)
        if budget.free < 0:
            least = _min_ratio(always, trainable)
            raise FishError(
                "REQUEST_INVALID", "ratio",
                f"The tensors that always train have {always:,} elements; a ratio of {ratio} of {trainable:,} allows {budget.total:,}, "
                f"{-budget.free:,} too few.",
                f"Set ratio={least} for these only, or ratio={_min_ratio(always + budget.total, trainable)} for as many others "
                f"as {ratio} allows; or let fewer tensors always train.")
        return budget


def _min_ratio(count: int, total: int) -> str:
    """A short ratio that allows at least a number of all elements."""
    for digits in range(1, 30):
        step = Decimal(10) ** -digits
        share = (Decimal(count) / Decimal(total)).quantize(step, ROUND_CEILING)
        if share >= 1:
            return "1"
        if math.floor(share * total) <= count + max(1, count // 100):
            return format(share.normalize(), "f")
    return "1"


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name, with or without prefixes of model wrappers, equals one of these or matches a pattern such as ``classifier.*``."""
    names = {name, bare_name(name)}
    return any(one == pattern or fnmatch.fnmatchcase(one, pattern) for pattern in patterns for one in names)
