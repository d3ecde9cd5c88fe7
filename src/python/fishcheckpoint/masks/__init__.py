"""FISH masks and others: which positions training may change.

*Training Neural Networks with Fixed Sparse Masks* (Sung, Nair, Raffel, NeurIPS 2021).
"""

from .budget import MaskBudget
from .fisher import FisherInformation, empirical_fisher, expected_fisher, sampled_fisher
from .mask import Mask
from .selection import bitfit, fish, magnitude, random, top, top_per_tensor

__all__ = [
    "FisherInformation", "Mask", "MaskBudget", "bitfit", "empirical_fisher", "expected_fisher", "fish", "magnitude", "random",
    "sampled_fisher",
    "top", "top_per_tensor",
]
