"""The hook as a callback of trainers. Importing it needs neither trainer package."""

from .lightning import FishLightningCallback
from .transformers import FishTrainerCallback

__all__ = ["FishLightningCallback", "FishTrainerCallback"]
