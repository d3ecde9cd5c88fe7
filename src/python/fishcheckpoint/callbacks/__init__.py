"""The hook as a callback of trainers. Neither package is needed to import them."""

from .lightning import FishLightningCallback
from .transformers import FishTrainerCallback

__all__ = ["FishLightningCallback", "FishTrainerCallback"]
