"""Optimizers that train the positions of a mask, with moments only for them."""

from .masked import MaskedOptimizer
from .optimizers import MaskedAdam, MaskedAdamW, MaskedSGD

__all__ = ["MaskedAdam", "MaskedAdamW", "MaskedOptimizer", "MaskedSGD"]
