"""The mode of a model while its parameters are scored."""

import contextlib
from typing import Dict, Iterator

import torch

from ..errors import FishError

MODES = ("eval", "train", "keep")


@contextlib.contextmanager
def scoring(model: torch.nn.Module, mode: str) -> Iterator[None]:
    """Puts a model into evaluation or training mode, or keeps each module's mode; restores everything at the end, including buffers.

    In training mode, batch normalization uses the example's own statistics and does not change the running ones.

    :raises FishError: ``REQUEST_INVALID``: the mode is unknown.
    """
    if mode not in MODES:
        raise FishError("REQUEST_INVALID", "mode", f"'{mode}' is not a mode.", f"Choose one of {', '.join(MODES)}.")
    training = {module: module.training for module in model.modules()}
    tracking = [module for module in model.modules() if getattr(module, "track_running_stats", False) is True]
    buffers: Dict[torch.Tensor, torch.Tensor] = {}
    if mode != "keep":
        model.train(mode == "train")
    if any(module.training for module in training):
        buffers = {buffer: buffer.detach().clone() for buffer in model.buffers()}
    for module in tracking:
        if module.training:
            module.track_running_stats = False
    try:
        yield
    finally:
        for module, was in training.items():
            module.training = was
        for module in tracking:
            module.track_running_stats = True
        with torch.no_grad():
            for buffer, kept in buffers.items():
                buffer.copy_(kept)
