"""Optimizers that train the positions of a mask, and keep moments for these only."""

from .masked import MaskedOptimizer
from .optimizers import MaskedAdam, MaskedAdamW, MaskedSGD

__all__ = ["MaskedAdam", "MaskedAdamW", "MaskedOptimizer", "MaskedSGD"]
