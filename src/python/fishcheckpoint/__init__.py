"""FishCheckpoint for PyTorch: FISH masks, masked optimizers, and a hook that saves a training run as deltas over a shared base."""

from importlib.metadata import PackageNotFoundError, version

from . import masks
from .callbacks import FishLightningCallback, FishTrainerCallback
from .client import FishClient
from .errors import FishError
from .masks import Mask
from .optim import MaskedAdam, MaskedAdamW, MaskedOptimizer, MaskedSGD
from .training import FishHook, HookOptions, SaveReport, SaveSummary, StepOutcome

__all__ = [
    "FishClient", "FishError", "FishHook", "FishLightningCallback", "FishTrainerCallback", "HookOptions", "Mask", "MaskedAdam",
    "MaskedAdamW",
    "MaskedOptimizer", "MaskedSGD", "SaveReport", "SaveSummary", "StepOutcome", "masks",
]

try:
    __version__ = version("fishcheckpoint")
except PackageNotFoundError:  # run from the source tree
    __version__ = "0+source"
